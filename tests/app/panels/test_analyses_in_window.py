"""Analyses through the window: by every mapping stimulus, significance, cancel, maps."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt
from support.in_window import choose, tick, use_session, use_stimulus

import insilico_gui as ig
from insilico_gui.analysis.fields.registry import (
    CONTRAST_AVERAGE,
    DOTS,
    FRAME_AVERAGE,
    NOISE,
    SPARSE_NOISE,
    map_fields,
)
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.app.map import outlines
from insilico_gui.experiment.declared import tuning as declared
from insilico_gui.progress import Progress

LIMIT_S = 60.0
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def laboratory(window):
    """The demo session, with the 252 units of one field to be encoded."""
    use_session(window, ig.open_session("demo"))
    window.experiment.pick(fields=[1])
    window.experiment.look(encode_selected=True)
    return window


def encode(window, stimulus):
    use_stimulus(window, stimulus)
    window.wait(LIMIT_S)
    window.encode()
    window.wait(LIMIT_S)
    assert window.now.responses is not None


def press(window, qtbot, button):
    qtbot.mouseClick(button, LEFT)
    window.wait(LIMIT_S)


def selected(window):
    """Unit table of the selected units."""
    return window.now.units.iloc[window.now.selection.indices]


def analysed(window):
    """Parameters of the analyses as they are exported."""
    now = window.now
    take = window.experiment.to_export(now.session_name, now.stimulus_name)
    return take().attrs["analyses"]


def items(box):
    return [box.itemText(i) for i in range(box.count())]


def repeated_gratings():
    return ig.stimuli.drifting_gratings(
        n_directions=8, duration_s=0.3, blank_s=0.1, repeats=3
    )


@pytest.mark.timeout(120)
def test_significance_is_shown_and_becomes_columns(laboratory, qtbot):
    encode(laboratory, repeated_gratings())
    panel, experiment = laboratory.panel("Tuning"), laboratory.experiment
    panel.permutations.setValue(40)
    panel.seed.setValue(7)
    press(laboratory, qtbot, panel.compute_button)
    units = selected(laboratory)
    assert units["p_gOSI"].between(1 / 41, 1).all()
    about = analysed(laboratory)["direction tuning of drifting gratings"]
    assert (about["n_permutations"], about["seed"]) == (40, 7)
    tuning = laboratory.now.results["direction tuning"].dataset
    best = int(tuning["curve"].std("direction").argmax("unit"))
    assert panel.unit.value() == units["unit_id"].iloc[best]
    panel.unit.setValue(units["unit_id"].iloc[2])
    assert f"p(gOSI) {units['p_gOSI'].iloc[2]:.2g}" in panel.about.text()
    everything = laboratory.now.selection.indices
    experiment.pick(indices=everything[:5])
    best = int(tuning["curve"][:, :5].std("direction").argmax("unit"))
    assert panel.unit.value() == units["unit_id"].iloc[best]  # the best of these
    panel.unit.setValue("mean")
    about_all = panel.about.text()
    assert "p(gOSI) ≤ 0.01: 0" in about_all.replace("&le;", "≤")
    assert f"medians: &nbsp; OSI_fit {units['OSI_fit'][:5].median():.3g}" in about_all
    experiment.pick(indices=everything)
    assert panel.unit.value() == "mean"  # that of any selection
    # the same again with the same seed, by every other way in
    _, columns = tune(laboratory.now.responses, "direction", n_permutations=40, seed=7)
    np.testing.assert_array_equal(units["p_gOSI"], columns["p_gOSI"])


@pytest.mark.timeout(120)
def test_cancel_of_a_fit_half_way(laboratory, qtbot, monkeypatch):
    encode(laboratory, repeated_gratings())
    panel = laboratory.panel("Tuning")
    half_way, go_on = threading.Event(), threading.Event()
    told = []

    def watched(*args, on_progress, **kwargs):
        def tell(done, total):
            told.append(done / total)
            if done >= total / 2:
                half_way.set()
                go_on.wait(LIMIT_S)
            on_progress(done, total)

        return original(*args, on_progress=tell, **kwargs)

    original = declared.tune
    monkeypatch.setattr(declared, "tune", watched)
    panel.permutations.setValue(200)
    qtbot.mouseClick(panel.compute_button, LEFT)
    qtbot.waitUntil(half_way.is_set, timeout=20_000)
    (job,) = laboratory.jobs.announced()
    qtbot.waitUntil(lambda: isinstance(job.latest, Progress), timeout=5000)
    bar = laboratory.playback_bar
    assert bar.progress.isVisible()
    assert 0 < bar.progress.value() < bar.progress.maximum()
    assert job.title == "Computing direction tuning of drifting gratings"
    assert bar.doing.text().startswith("Computing direction t")  # as far as it fits
    assert not panel.compute_button.isEnabled()
    qtbot.mouseClick(bar.cancel_button, LEFT)
    go_on.set()
    laboratory.wait(LIMIT_S)
    assert told[-1] < 1  # it ended there
    assert "direction tuning" not in laboratory.now.results
    assert bar.message.text().startswith("Cancelled: Computing direction tuning")
    assert not bar.progress.isVisible()
    # and the window goes on
    monkeypatch.undo()
    panel.permutations.setValue(0)
    press(laboratory, qtbot, panel.compute_button)
    assert "direction tuning" in laboratory.now.results


@pytest.mark.timeout(120)
def test_sparse_noise_and_its_averages_map_fields(laboratory, qtbot):
    encode(
        laboratory,
        ig.stimuli.sparse_noise(n_presentations=300, duration_s=0.1, density=0.08),
    )
    panel = laboratory.panel("Receptive fields")
    assert items(panel.method) == [SPARSE_NOISE, CONTRAST_AVERAGE, FRAME_AVERAGE]
    press(laboratory, qtbot, panel.compute_button)
    units = selected(laboratory)
    inside = units[["true_rf_x", "true_rf_y"]].abs().max(axis=1) < 0.75
    # squares of 8 degrees are 0.074 and 0.132 wide
    assert (units["rf_x_fit"] - units["true_rf_x"])[inside].abs().median() < 0.037
    assert (units["rf_y_fit"] - units["true_rf_y"])[inside].abs().median() < 0.066
    assert panel.outline.isVisible()
    pictures = {}
    for polarity in ("on+off", "on", "off"):
        choose(panel.polarity, polarity)
        pictures[polarity] = panel.plot.image.image.copy()
    fields = laboratory.now.results["receptive fields"].dataset
    np.testing.assert_allclose(
        pictures["off"], fields["rf"].sel(polarity="off").isel(unit=0)
    )
    assert not np.allclose(pictures["on"], pictures["off"], equal_nan=True)
    axis = panel.plot.getAxis("bottom")
    assert axis.labelText == "azimuth (deg)"
    ticks = {text: at for at, text in axis._tickLevels[0]}
    assert ticks["0"] == pytest.approx(127.5)
    assert ticks["20"] - ticks["0"] < ticks["60"] - ticks["40"]  # a flat screen
    choose(panel.axes, "pixels")
    (ticks,) = panel.plot.getAxis("bottom")._tickLevels
    assert [label for _, label in ticks] == ["0", "50", "100", "150", "200", "250"]
    assert axis.labelText == "column (px)"

    choose(panel.method, CONTRAST_AVERAGE)
    press(laboratory, qtbot, panel.compute_button)
    units = selected(laboratory)
    assert (units["rf_x_fit"] - units["true_rf_x"])[inside].abs().median() < 0.037
    assert not panel.polarity.isEnabled()
    assert "lag" in panel.about.text()


@pytest.mark.timeout(120)
def test_monet_is_mapped_by_contrast(laboratory, qtbot):
    encode(laboratory, ig.stimuli.monet2(n_blocks=2, duration_s=12))
    panel = laboratory.panel("Receptive fields")
    assert items(panel.method) == [CONTRAST_AVERAGE, FRAME_AVERAGE]
    press(laboratory, qtbot, panel.compute_button)
    units = selected(laboratory)
    untuned = (units["true_class"] == "untuned") & (
        units[["true_rf_x", "true_rf_y"]].abs().max(axis=1) < 0.75
    )
    error = (units["rf_x_fit"] - units["true_rf_x"])[untuned].abs()
    assert error.median() < 2 / 15
    tick(panel.outlines)
    panel.least_r2.setValue(0.3)
    good = (units["rf_r2"] >= 0.3) & units["rf_x_fit"].notna()
    drawn = laboratory.viewer.layers["Receptive fields"]
    assert 0 < len(drawn.data) == min(good.sum(), 50) < len(units)  # 50 at most


@pytest.mark.timeout(120)
def test_images_in_trials_are_mapped_by_noise(laboratory, qtbot):
    encode(
        laboratory,
        ig.stimuli.static_gratings(orientations=4, image_s=0.3, blank_s=0.1),
    )
    panel = laboratory.panel("Receptive fields")
    assert items(panel.method) == [CONTRAST_AVERAGE, FRAME_AVERAGE, NOISE]
    choose(panel.method, NOISE)
    press(laboratory, qtbot, panel.compute_button)
    _, _, columns = map_fields(laboratory.now.responses, laboratory.now.frames, NOISE)
    units = selected(laboratory)
    np.testing.assert_allclose(units["rf_r2"], columns["rf_r2"])
    assert panel.polarity.isEnabled()
    choose(panel.polarity, "off")
    assert panel.plot.image.image.min() == 0


@pytest.mark.timeout(120)
def test_what_does_not_fit_a_stimulus_is_said(laboratory, qtbot):
    encode(laboratory, ig.stimuli.full_field_flashes(blank_s=0.3, repeats=2))
    panel = laboratory.panel("Receptive fields")
    assert not panel.compute_button.isEnabled()
    assert panel.note.text().startswith("Encode gaussian dots, sparse")
    panel = laboratory.panel("Tuning")
    assert "direction" not in items(panel.parameter)
    encode(
        laboratory,
        ig.stimuli.drifting_gratings(n_directions=8, duration_s=0.3, blank_s=0.1),
    )
    panel.permutations.setValue(20)
    press(laboratory, qtbot, panel.compute_button)
    message = laboratory.playback_bar.message.text()
    assert message.startswith("⚠ Every condition was presented only once")
    assert message.count(".") == 1
    assert panel.compute_button.isEnabled()


@pytest.mark.timeout(120)
def test_retinotopy_of_the_sheet(window, qtbot):
    panel = window.panel("Retinotopy")
    assert not panel.compute_button.isEnabled()
    use_session(window, ig.open_session("demo"))
    assert items(panel.source) == ["unit table"]
    press(window, qtbot, panel.compute_button)
    maps = window.now.results["retinotopy of the session"].dataset
    # the field signs that the demo's cortex is built with
    assert sorted(maps["patch_name"].to_numpy().tolist()) == sorted(
        ["V1 \N{MINUS SIGN}", "LM +", "RL +", "AL \N{MINUS SIGN}"]
    )
    units = window.now.units
    found = units["sign_area"].str.split().str[0]
    inside = units["sign_patch"] > 0
    assert inside.mean() > 0.8
    assert (found == units["area"])[inside].mean() > 0.97
    assert (found[~inside] == "none").all()
    np.testing.assert_allclose(
        panel.plots["field_sign"].image.image, maps["field_sign"].to_numpy()
    )
    assert panel.plots["azimuth"].plotItem.titleLabel.text == "azimuth (deg)"
    # its columns colour the map, with zero in the middle
    assert "field_sign" in items(window.panel("Map").color_by)
    choose(window.panel("Map").color_by, "field_sign")
    assert window.map.limits == (-1.0, 1.0)
    choose(window.panel("Map").color_by, "sign_area")
    assert "V1 \N{MINUS SIGN}" in window.map.categories
    choose(window.panel("Map").color_by, "sign_patch")
    assert window.map.categories == ["0", "1", "2", "3", "4"]  # numbers that are names
    # too little smoothing: one sentence
    panel = window.panel("Retinotopy")
    panel.sigma_um.setValue(5)
    press(window, qtbot, panel.compute_button)
    message = window.playback_bar.message.text()
    assert message.startswith("⚠ No place of the sheet has enough units")


@pytest.mark.timeout(120)
def test_one_of_two_parts_that_vary_the_same_is_chosen(laboratory, qtbot):
    def gratings(frequency):
        return ig.stimuli.drifting_gratings(
            n_directions=8,
            duration_s=0.4,
            blank_s=0.1,
            temporal_frequency=frequency,
        )

    panel = laboratory.panel("Tuning")
    encode(laboratory, gratings(2))
    assert panel.part.isHidden()  # no choice
    spec = ig.stimuli.Sequence(
        parts=[gratings(4).spec, gratings(0.5).spec], blank_s=0.2
    )
    encode(laboratory, spec.stimulus())
    assert not panel.part.isHidden()
    assert items(panel.part) == ["drifting_gratings", "drifting_gratings_2"]
    means = []
    for part in items(panel.part):
        choose(panel.part, part)
        assert not panel.unit.isEnabled()  # the other part is not shown for it
        press(laboratory, qtbot, panel.compute_button)
        tuning = laboratory.now.results["direction tuning"].dataset
        assert tuning.attrs["analysis"]["part"] == part
        assert panel.unit.isEnabled()
        taken = ig.analysis.take_part(laboratory.now.responses, part)
        expected, _ = tune(taken, "direction")
        assert tuning.identical(expected)
        means.append(tuning["curve"].mean().item())
    assert means[0] != pytest.approx(means[1], rel=0.01)
    encode(laboratory, gratings(2))
    assert panel.part.isHidden()


@pytest.mark.timeout(120)
def test_one_of_two_parts_with_dots_is_chosen(laboratory, qtbot, monkeypatch):
    def dots(sigma_deg):
        return ig.stimuli.gaussian_dots(
            n_columns=6, n_rows=4, sigma_deg=sigma_deg, duration_s=0.4
        )

    panel = laboratory.panel("Receptive fields")
    assert panel.part.isHidden()  # no choice
    spec = ig.stimuli.Sequence(parts=[dots(6).spec, dots(12).spec], blank_s=0.6)
    encode(laboratory, spec.stimulus())
    assert items(panel.part) == ["gaussian_dots", "gaussian_dots_2"]
    assert not panel.part.isHidden()
    tick(panel.outlines)
    for part in items(panel.part):
        choose(panel.part, part)
        assert not panel.unit.isEnabled()  # the other part is not shown for it
        press(laboratory, qtbot, panel.compute_button)
        fields = laboratory.now.results["receptive fields"].dataset
        assert fields.attrs["analysis"]["part"] == part
        taken = ig.analysis.take_part(laboratory.now.responses, part)
        expected, _, _ = map_fields(taken, laboratory.now.frames, DOTS)
        assert fields.identical(expected)
        assert panel.unit.isEnabled()
        # outlines are of the latest result
        fit = laboratory.now.results["receptive fields"].fit
        drawn = laboratory.viewer.layers["Receptive fields"].data
        shown = outlines.drawn_columns(laboratory.now)
        np.testing.assert_allclose(drawn[0][:, -2:], fit.ellipse()[shown[0]], rtol=1e-6)
    # more outlines than can be told apart are not drawn, which is said
    n_outlined = len(outlines.outlined(laboratory.now))
    assert n_outlined > outlines.MAX_OUTLINES
    assert f"best fitted of {n_outlined}" in panel.about.text()
    assert len(laboratory.viewer.layers["Receptive fields"].data) == 50
    monkeypatch.setattr(outlines, "MAX_OUTLINES", n_outlined + 50)
    panel.least_r2.setValue(panel.least_r2.value() - 0.01)
    assert "outlines" not in panel.about.text()
    monkeypatch.setattr(outlines, "MAX_OUTLINES", 5)
    panel.least_r2.setValue(panel.least_r2.value() - 0.01)
    assert len(laboratory.viewer.layers["Receptive fields"].data) == 5
    assert "outlines: the 5 best fitted of" in panel.about.text()
    # averages are of all frames
    choose(panel.method, CONTRAST_AVERAGE)
    assert panel.part.isHidden()
