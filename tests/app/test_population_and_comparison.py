"""Histograms of the population, and responses against a reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.stimuli import ArrayStimulus

FAST = 60.0


@pytest.fixture
def encoded(window):
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 255, (50, 36, 64), np.uint8)
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, ArrayStimulus(clip, 10.0, name="first"))
    window.encode()
    window.wait(FAST)
    return window


def histograms(window):
    return {
        item.name().split(" ")[0]: item.getData()
        for item in window.panel("Population").plot.listDataItems()
    }


def test_histograms_count_the_selected_units_of_each_area(encoded):
    panel = encoded.population_panel
    panel.column.setCurrentText("x")
    drawn = histograms(encoded)
    units = encoded.experiment.units
    assert set(drawn) == {"V1", "LM", "AL"}
    for area, (edges, counts) in drawn.items():
        values = units.loc[units["area"] == area, "x"]
        np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    encoded.experiment.select(areas=["LM"])
    (counts,) = [counts for _, counts in histograms(encoded).values()]
    assert counts.sum() == (units["area"] == "LM").sum()
    encoded.experiment.clear_selection()
    assert histograms(encoded) == {}


def measure(window, name, **columns):
    table = pd.DataFrame(columns)
    window.experiment.use_analysis(name, xr.Dataset(), table)


def test_the_newest_result_is_shown_until_the_user_chooses(encoded):
    panel = encoded.population_panel
    units = encoded.experiment.units
    values = np.linspace(0, 1, len(units))
    assert panel.column.currentText() == "rf_x"  # there is nothing but positions
    measure(encoded, "fields", rf_x_fit=values, rf_r2=values)
    assert panel.column.currentText() == "rf_r2"
    measure(encoded, "direction tuning", pref_dir=360 * values)
    measured = encoded.experiment.analysis_columns("direction tuning")
    assert [panel.column.currentText()] == measured
    (ticks,) = panel.plot.getAxis("bottom")._tickLevels
    assert [label for _, label in ticks] == ["0", "90", "180", "270", "360"]
    panel.column.setCurrentText("y")
    panel.column.activated.emit(panel.column.currentIndex())
    measure(encoded, "fields", rf_x_fit=values, rf_r2=values)
    assert panel.column.currentText() == "y"


def test_a_property_comes_before_a_position(window):
    use_session(window, ig.open_session("demo", device="cpu"))
    panel = window.panel("Population")
    assert panel.column.itemText(0) == "x"
    assert panel.column.currentText() == "pref_dir"
    window.experiment.pick(areas=["AL"], fields=[6])
    window.panel("Stimulus").selected_only.setChecked(True)
    clip = np.full((20, 144, 256), 128, np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 30.0))
    window.encode()
    window.wait(FAST)
    window.panel("Compare").keep_button.click()
    assert window.panel("Compare").column.currentText() == "pref_dir"


def test_a_kept_reference_is_compared_by_unit(encoded, tmp_path):
    panel = encoded.compare_panel
    assert not panel.compare_button.isEnabled()
    panel.keep_button.click()
    first = encoded.experiment.responses
    rng = np.random.default_rng(1)
    clip = rng.integers(0, 255, (50, 36, 64), np.uint8)
    encoded.experiment.use_stimulus(ArrayStimulus(clip, 10.0, name="second"))
    encoded.encode()
    encoded.wait(FAST)
    assert "first" in panel.about.text()
    panel.compare_button.click()
    encoded.wait(FAST)
    second = encoded.experiment.responses
    units = encoded.experiment.units
    expected = [np.corrcoef(first[10:, u], second[10:, u])[0, 1] for u in range(40)]
    np.testing.assert_allclose(units["correlation"], expected, rtol=1e-4)
    assert panel.column.currentText() == "mean response"
    x, y = panel.plot.listDataItems()[-1].getData()
    np.testing.assert_allclose(x, first[10:].mean("time"), rtol=1e-5)
    np.testing.assert_allclose(y, second[10:].mean("time"), rtol=1e-5)
    assert encoded.map_panel.color_by.findText("mean_difference") >= 0


def test_a_reference_from_a_file(encoded, tmp_path):
    path = tmp_path / "before.npz"
    ig.export(encoded.experiment.responses[:, ::2], path)
    encoded.compare_panel.load(path)
    encoded.wait(FAST)
    encoded.compare_panel.compare_button.click()
    encoded.wait(FAST)
    correlation = encoded.experiment.units["correlation"]
    np.testing.assert_allclose(correlation[::2], 1, rtol=1e-6)
    assert correlation[1::2].isna().all()
    (tmp_path / "bad.npz").write_bytes(b"no zip")
    encoded.compare_panel.load(tmp_path / "bad.npz")
    encoded.wait(FAST)
    assert "bad.npz" in encoded.playback_bar.message.toolTip()
