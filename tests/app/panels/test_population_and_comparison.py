"""Histograms of the population, and responses against a reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.experiment import analyses
from insilico_gui.experiment.analyses import Result
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


def show_second(window):
    """Another stimulus, encoded; the first stays in the experiment."""
    rng = np.random.default_rng(1)
    clip = rng.integers(0, 255, (50, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0, name="second"))
    window.encode()
    window.wait(FAST)


def histograms(window):
    return {
        item.name().split(" ")[0]: item.getData()
        for item in window.panel("Population").plot.listDataItems()
    }


def test_histograms_count_the_selected_units_of_each_area(encoded):
    panel = encoded.panel("Population")
    choose(panel.column, "x")
    drawn = histograms(encoded)
    units = encoded.now.units
    assert set(drawn) == {"V1", "LM", "AL"}
    for area, (edges, counts) in drawn.items():
        values = units.loc[units["area"] == area, "x"]
        np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    encoded.experiment.pick(areas=["LM"])
    (counts,) = [counts for _, counts in histograms(encoded).values()]
    assert counts.sum() == (units["area"] == "LM").sum()
    encoded.experiment.pick_none()
    assert histograms(encoded) == {}


@pytest.fixture
def measure(encoded, monkeypatch):
    """Registers an analysis that finds given columns, and runs it in the window."""
    registered = dict(analyses.analyses())
    monkeypatch.setattr(analyses, "_ANALYSES", registered)

    def run(name, **columns):
        registered.pop(name, None)

        @analyses.register(name)
        def found(data, on_progress):
            """What a test measures."""
            return Result(xr.Dataset(), pd.DataFrame(columns), data.rows)

        encoded.analyse(name, {})
        encoded.wait(FAST)
        assert name in encoded.now.results

    return run


def test_the_newest_result_is_shown_until_the_user_chooses(encoded, measure):
    panel = encoded.panel("Population")
    values = np.linspace(0, 1, len(encoded.now.units))
    assert panel.column.currentText() == "rf_x"  # there is nothing but positions
    measure("fields", rf_x_fit=values, rf_r2=values)
    assert panel.column.currentText() == "rf_r2"
    measure("angles", pref_dir=360 * values)
    measured = encoded.now.columns_of("angles")
    assert [panel.column.currentText()] == measured
    (ticks,) = panel.plot.getAxis("bottom")._tickLevels
    assert [label for _, label in ticks] == ["0", "90", "180", "270", "360"]
    choose(panel.column, "y")
    measure("others", rf_x_fit=values, rf_r2=values)
    assert panel.column.currentText() == "y"


def test_a_property_comes_before_a_position(window):
    use_session(window, ig.open_session("demo", device="cpu"))
    panel = window.panel("Population")
    assert panel.column.itemText(0) == "x"
    assert panel.column.currentText() == "pref_dir"
    window.experiment.pick(areas=["AL"], fields=[6])
    window.experiment.look(encode_selected=True)
    clip = np.full((20, 144, 256), 128, np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 30.0))
    window.encode()
    window.wait(FAST)
    window.panel("Compare").keep_button.click()
    assert window.panel("Compare").column.currentText() == "pref_dir"


def test_a_kept_reference_is_compared_by_unit(encoded, tmp_path):
    panel = encoded.panel("Compare")
    assert not panel.compare_button.isEnabled()
    panel.keep_button.click()
    first = encoded.now.responses
    show_second(encoded)
    assert "first" in panel.about.text()
    panel.compare_button.click()
    encoded.wait(FAST)
    second = encoded.now.responses
    units = encoded.now.units
    expected = [np.corrcoef(first[10:, u], second[10:, u])[0, 1] for u in range(40)]
    np.testing.assert_allclose(units["correlation"], expected, rtol=1e-4)
    assert panel.column.currentText() == "mean response"
    x, y = panel.plot.listDataItems()[-1].getData()
    np.testing.assert_allclose(x, first[10:].mean("time"), rtol=1e-5)
    np.testing.assert_allclose(y, second[10:].mean("time"), rtol=1e-5)
    assert encoded.panel("Map").color_by.findText("mean_difference") >= 0
    # the map has the colours of the difference at once, and of others by choice
    panel = encoded.panel("Compare")
    assert encoded.now.view.color_by == "mean_difference"
    assert panel.color_by.currentText() == "difference"
    choose(panel.color_by, "correlation")
    assert encoded.now.view.color_by == "correlation"
    # a click near a point looks at its unit
    alone, box = int(np.argmax(x)), panel.plot.plotItem.vb
    up = float(y[alone]) + 2 * box.viewPixelSize()[1]
    panel.plot.clicked.emit(float(x[alone]), up)
    assert encoded.now.view.unit_id == units["unit_id"].iloc[alone]
    choose(panel.column, "correlation of each unit")
    assert panel.histogram.isVisible() and not panel.plot.isVisible()
    drawn = panel.histogram.listDataItems()
    assert (
        sum(item.getData()[1].sum() for item in drawn) == 40
        and "median" in panel.summary.text()
    )
    # run A is chosen as well: it is what is on show
    choose(panel.run_a, f"first on {encoded.now.session_name}")
    assert encoded.now.stimulus_name == "first"


def test_any_two_runs_are_compared(encoded, tmp_path):
    """Run A is the one on show; B is any other, also one of another session."""
    first, name = encoded.now.responses, encoded.now.session_name
    show_second(encoded)
    second = encoded.now.responses
    other = use_session(encoded, LeakySession(40, (36, 64)))
    encoded.encode()
    encoded.wait(FAST)
    panel = encoded.panel("Compare")
    texts = [panel.run_b.itemText(k) for k in range(panel.run_b.count())]
    assert texts == ["choose a run", f"first on {name}", f"second on {name}"]
    choose(panel.run_b, f"first on {name}")
    panel.compare_button.click()
    encoded.wait(FAST)
    found = encoded.now.results["comparison"].columns
    np.testing.assert_allclose(
        found["mean_reference"], first[10:].mean("time"), rtol=1e-5
    )
    # the same two the other way round
    encoded.experiment.show(name, "first")
    encoded.wait(FAST)
    panel = encoded.panel("Compare")
    choose(panel.run_b, f"second on {other}")
    panel.compare_button.click()
    encoded.wait(FAST)
    found = encoded.now.results["comparison"].columns
    np.testing.assert_allclose(
        found["mean_response"], first[10:].mean("time"), rtol=1e-5
    )
    np.testing.assert_allclose(
        found["mean_reference"], second[10:].mean("time"), rtol=1e-5
    )
    # what it is compared with follows its name, and goes with it
    encoded.experiment.rename("stimulus", "second", "later")
    entry = encoded.experiment.document.analyses[-1]
    assert entry.parameters == {"other_session": other, "other_stimulus": "later"}
    assert f"later on {other}" == encoded.panel("Compare").run_b.currentText()
    n_analyses = len(encoded.experiment.document.analyses)
    encoded.experiment.remove_stimulus("later")
    assert len(encoded.experiment.document.analyses) < n_analyses
    assert entry not in encoded.experiment.document.analyses
    assert encoded.panel("Compare").run_b.currentText() == "choose a run"


def test_results_of_two_runs_are_compared(encoded, measure):
    """A column is that of each run's own result."""
    n_units = len(encoded.now.units)
    measure("kind", quality=np.arange(n_units) / n_units)
    show_second(encoded)
    encoded.experiment.compare_with(encoded.now.session_name, "first")
    panel = encoded.panel("Compare")
    assert panel.column.findText("quality") < 0  # the second has none
    measure("kind", quality=np.arange(n_units)[::-1] / n_units)
    panel = encoded.panel("Compare")
    choose(panel.column, "quality")
    x, y = panel.plot.listDataItems()[-1].getData()
    np.testing.assert_allclose(x, np.arange(n_units) / n_units)
    np.testing.assert_allclose(y, np.arange(n_units)[::-1] / n_units)


def test_a_reference_from_a_file(encoded, tmp_path):
    path = tmp_path / "before.npz"
    ig.export(encoded.now.responses[:, ::2], path)
    panel = encoded.panel("Compare")
    panel.load(path)
    encoded.wait(FAST)
    assert panel.run_b.currentText() == "before.npz"
    panel.compare_button.click()
    encoded.wait(FAST)
    correlation = encoded.now.units["correlation"]
    np.testing.assert_allclose(correlation[::2], 1, rtol=1e-6)
    assert correlation[1::2].isna().all()
    (entry,) = encoded.experiment.document.analyses
    assert entry.parameters == {"other_file": str(path)}
    (tmp_path / "bad.npz").write_bytes(b"no zip")
    panel.load(tmp_path / "bad.npz")
    encoded.wait(FAST)
    assert "bad.npz" in encoded.playback_bar.message.toolTip()
