"""Parametric stimuli through the window: Monet2 to direction tuning, dots to fields."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy.stats import mannwhitneyu
from support.in_window import choose, tick, use_session

import insilico_gui as ig
from insilico_gui.app.map.outlines import MAX_OUTLINES

LIMIT_S = 100.0
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(kept_window):
    """One window, which begins a new experiment for each test."""
    return kept_window


@pytest.fixture
def laboratory(window):
    use_session(window, ig.open_session("demo"))
    window.experiment.pick(fields=[1])
    window.experiment.look(encode_selected=True)
    window.show_panel("Stimulus")
    return window


def show(window, qtbot, family, **parameters):
    """Choose a family, set parameters, press the button, wait for the responses."""
    form = window.panel("Stimulus").form
    form.family.setCurrentText(family)
    for name, value in parameters.items():
        getattr(form.form(family), name).value = value
    window.wait(LIMIT_S)
    assert form.button.isEnabled(), form.about.text()
    qtbot.mouseClick(form.button, LEFT)
    window.wait(LIMIT_S)
    assert window.now.stimulus.name == family
    assert window.now.responses is not None


@pytest.mark.timeout(200)
def test_monet2_to_direction_tuning_and_export(laboratory, qtbot, tmp_path):
    show(laboratory, qtbot, "monet2")
    panel = laboratory.panel("Tuning")
    assert panel.parameter.currentText() == "direction"
    qtbot.mouseClick(panel.compute_button, LEFT)
    laboratory.wait(LIMIT_S)
    units = laboratory.now.units.iloc[laboratory.now.selection.indices]
    assert units["gDSI_measured"].notna().all()
    measured = units["gDSI_measured"]
    selective = measured[units["true_class"] == "direction"]
    untuned = measured[units["true_class"] == "untuned"]
    assert selective.median() > 1.5 * untuned.median()
    assert mannwhitneyu(selective, untuned, alternative="greater").pvalue < 1e-4
    path = tmp_path / "monet.zarr"
    laboratory.panel("Export").path.setText(str(path))
    qtbot.mouseClick(laboratory.panel("Export").button, LEFT)
    laboratory.wait(LIMIT_S)
    loaded = ig.load_responses(path)
    trials = laboratory.now.stimulus.trials
    assert loaded.attrs["trials"]["direction"] == trials["direction"].tolist()
    np.testing.assert_array_equal(loaded["gDSI_measured"], units["gDSI_measured"])


@pytest.mark.timeout(200)
def test_dots_to_receptive_fields_and_export(laboratory, qtbot, tmp_path):
    show(laboratory, qtbot, "gaussian dots")
    panel = laboratory.panel("Receptive fields")
    qtbot.mouseClick(panel.compute_button, LEFT)
    laboratory.wait(LIMIT_S)
    units = laboratory.now.units.iloc[laboratory.now.selection.indices]
    inside = units[["true_rf_x", "true_rf_y"]].abs().max(axis=1) < 0.75
    x_error = (units["rf_x_fit"] - units["true_rf_x"])[inside].abs()
    y_error = (units["rf_y_fit"] - units["true_rf_y"])[inside].abs()
    # within one dot spacing: 15 x 7 dots
    assert ((x_error < 2 / 15) & (y_error < 2 / 7)).mean() > 0.95
    assert panel.outline.isVisible()
    tick(panel.outlines)
    drawn = laboratory.viewer.layers["Receptive fields"]
    n_fitted = units["rf_x_fit"].notna().sum()
    assert n_fitted > MAX_OUTLINES and len(drawn.data) == MAX_OUTLINES
    # what is drawn over the stimulus has no place on the cortical sheet
    laboratory.viewer.add_points([[20.0, 30.0]], name="of the user")
    laboratory.experiment.look(layout="anatomical")
    assert "Receptive fields" not in laboratory.viewer.layers
    laboratory.experiment.look(layout="retinotopic")
    assert "Receptive fields" in laboratory.viewer.layers
    tick(laboratory.panel("Receptive fields").outlines, False)
    assert "Receptive fields" not in laboratory.viewer.layers
    path = tmp_path / "dots.npz"
    laboratory.panel("Export").path.setText(str(path))
    qtbot.mouseClick(laboratory.panel("Export").button, LEFT)
    laboratory.wait(LIMIT_S)
    loaded = ig.load_responses(path)
    assert set(loaded.attrs["trials"]["polarity"]) == {"on", "off"}
    assert (
        loaded.attrs["analyses"]["receptive fields of gaussian dots"]["latency_s"]
        == 0.2
    )


@pytest.mark.timeout(200)
def test_two_parameters_make_a_map(laboratory, qtbot):
    show(
        laboratory,
        qtbot,
        "drifting gratings",
        n_directions=2,
        spatial_frequency=(0.02, 0.04, 0.08),
        temporal_frequency=(1.0, 2.0, 4.0),
        duration_s=0.5,
        blank_s=0.1,
    )
    panel = laboratory.panel("Tuning")
    pair = "spatial_frequency x temporal_frequency"
    names = [panel.parameter.itemText(i) for i in range(panel.parameter.count())]
    single = ["direction", "spatial_frequency", "temporal_frequency"]
    with_angle = [f"direction x {name}" for name in single[1:]]
    assert names == [*single, pair, *with_angle]
    choose(panel.parameter, pair)
    qtbot.mouseClick(panel.compute_button, LEFT)
    laboratory.wait(LIMIT_S)
    tuning = laboratory.now.results[f"tuning to {pair}"].dataset
    # the unit that varies most comes first; the mean is a choice
    best = tuning["curve"].std(pair.split(" x ")).argmax("unit")
    units = laboratory.now.units
    assert panel.unit.value() == units["unit_id"].iloc[int(best)]
    np.testing.assert_allclose(panel.pair.image.image, tuning["curve"][..., best])
    panel.unit.setValue("mean")
    mean = tuning["curve"].mean("unit").to_numpy()
    np.testing.assert_allclose(panel.pair.image.image, mean, rtol=1e-6)
    assert "pref_speed_raw" in laboratory.now.units
    # four directions are too few for a fit: said, and the window goes on
    choose(panel.parameter, "direction")
    qtbot.mouseClick(panel.compute_button, LEFT)
    laboratory.wait(LIMIT_S)
    assert laboratory.playback_bar.message.text().startswith("⚠")
