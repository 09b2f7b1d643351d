"""Traces, raster and trials in a real window: numbers, clicks, keys, what comes in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QPointF, Qt
from support.in_window import choose, tick, use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.analysis.trials.scales import scaled
from insilico_gui.errors import ExperimentError
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120
LEFT = Qt.MouseButton.LeftButton
RATE = 10.0


@pytest.fixture
def strip(window):
    """Forty units, eight trials of four directions, encoded."""
    use_session(window, LeakySession(40, (36, 64)))
    gratings = ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=0.4, blank_s=0.4, repeats=2, frame_rate=RATE
    )
    use_stimulus(window, gratings)
    window.encode()
    window.wait(LIMIT_S)
    return window


def in_front(window, title):
    panel = window.panel(title)
    window.wait(LIMIT_S)
    return panel


def values(window):
    return window.now.responses.to_numpy()


def click(qtbot, plot, x, y):
    scene = plot.plotItem.vb.mapViewToScene(QPointF(x, y))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(scene))


@pytest.mark.timeout(300)
def test_traces_are_the_responses_on_every_scale(strip, tmp_path):
    experiment, everything = strip.experiment, values(strip)
    experiment.select(indices=[1, 2, 3], name="three", session=strip.now.session_name)
    experiment.pick(indices=[4, 5, 8, 9])
    ids = strip.now.units["unit_id"].tolist()
    panel = in_front(strip, "Traces")
    panel.controls.units.setText(f"{ids[7]}, {ids[2]}")
    panel.controls.units.returnPressed.emit()
    assert strip.now.view.traces.units == (ids[7], ids[2])
    choose(panel.controls.means, "of every selection")
    for layout in ("overlaid", "stacked"):
        choose(panel.controls.layout_box, layout)
        for scale in ("response", "z-score", "percentile"):
            choose(panel.controls.scale, scale)
            strip.wait(LIMIT_S)
            assert strip.now.view.traces.scale == scale
            found = scaled(everything, scale, BURN_IN_FRAMES)
            for curve, row in zip(panel.plot.singles, (7, 2), strict=True):
                x, y = curve.getOriginalDataset()
                np.testing.assert_allclose(y, found[:, row], atol=1e-4)
                np.testing.assert_allclose(x, np.arange(len(y)) / RATE)
            for group, rows in zip(
                panel.plot.means, ([4, 5, 8, 9], [1, 2, 3]), strict=True
            ):
                mean, own = group.curve.getOriginalDataset()[1], found[:, rows]
                np.testing.assert_allclose(mean, own.mean(axis=1), atol=1e-4)
                upper = group.ends[0].getOriginalDataset()[1]
                sem = own.std(axis=1, ddof=1) / np.sqrt(len(rows))
                np.testing.assert_allclose(upper - mean, sem, atol=1e-4)
    labels = {label.text: label.color for label in panel.plot.labels.labels}
    assert list(labels) == [str(ids[7]), str(ids[2]), "mean", "three"]
    drawn = [curve.opts["pen"].color().getRgb()[:3] for curve in panel.plot.singles]
    assert drawn == [labels[str(ids[7])], labels[str(ids[2])]]
    wanted = experiment.document.selections["three"].color
    assert "#{:02x}{:02x}{:02x}".format(*labels["three"]) == wanted.lower()
    # stacked: each on a line of its own, the first at the top
    assert panel.plot.singles[0].pos().y() > panel.plot.singles[1].pos().y()
    path = panel.plot.menu.save(tmp_path / "traces.csv")
    table = pd.read_csv(path)
    name = next(c for c in table if c.startswith(f"unit {ids[7]}, "))
    np.testing.assert_allclose(table[name], found[:, 7], atol=1e-4)


@pytest.mark.timeout(300)
def test_a_unit_looked_at_is_drawn_thick_and_its_line_can_be_clicked(strip, qtbot):
    panel = in_front(strip, "Traces")
    ids = strip.now.units["unit_id"].tolist()
    strip.experiment.look(unit_id=ids[3], traces={"n_units": 3, "layout": "stacked"})
    strip.wait(LIMIT_S)
    assert [c.opts["pen"].width() for c in panel.plot.singles] == [1, 1, 1, 2]
    assert panel.plot.labels.labels[3].text == str(ids[3])
    lane = panel.plot.singles[1].pos().y()
    y = panel.plot.singles[1].getOriginalDataset()[1]
    click(qtbot, panel.plot, 1.5, lane + (y.min() + y.max()) / 2)
    assert strip.experiment.playback.time == pytest.approx(1.5, abs=0.15)
    strip.wait(LIMIT_S)
    assert strip.now.view.unit_id == ids[panel._summary.value.singles[1]]
    # not more than fifty, whoever asks
    with pytest.raises(ExperimentError):
        strip.experiment.look(traces={"n_units": 51})
    said = strip.playback_bar.message
    panel.controls.units.setText("no such unit")
    panel.controls.units.returnPressed.emit()
    assert "no such unit" in said.text() and strip.now.view.traces.units == ()


@pytest.mark.timeout(300)
def test_the_raster_shows_all_units_and_a_click_picks_unit_and_time(strip, qtbot):
    panel = in_front(strip, "Raster")
    everything = values(strip)
    choose(panel.sort, "table order")
    tick(panel.by_area, False)
    strip.wait(LIMIT_S)
    drawn = panel._summary.value.drawn
    expected = scaled(everything, "z-score", BURN_IN_FRAMES)
    np.testing.assert_allclose(
        panel._summary.value.raster.values.T, expected, atol=1e-3
    )
    assert drawn.order.tolist() == list(range(40))
    choose(panel.sort, "peak time")
    choose(panel.scale, "response")
    strip.wait(LIMIT_S)
    order = panel._summary.value.drawn.order
    peaks = everything[BURN_IN_FRAMES:, order].argmax(axis=0)
    assert (np.diff(peaks) >= 0).all()
    # what is seen: a pixel of the image is the mean of its values, in its colour
    picture = panel._summary.value.drawn.picture
    rows, bins = picture.rows, picture.bins
    block = everything.T[order][rows[3] : rows[4], bins[5] : bins[6]]
    assert picture.values[3, 5] == pytest.approx(block.mean(), rel=1e-4)
    image = panel.plot.image.image
    assert image.shape == (*picture.values.shape, 4)
    brightest = image[..., :3].sum(axis=2).argmax()
    assert picture.values.ravel()[brightest] >= np.nanpercentile(picture.values, 99)
    ids = strip.now.units["unit_id"].tolist()
    click(qtbot, panel.plot, 2.0, 10.5)
    assert strip.now.view.unit_id == ids[order[10]]
    assert strip.experiment.playback.time == pytest.approx(2.0, abs=0.15)
    assert panel.plot.unit_line.isVisible() and panel.plot.unit_line.value() == 10.5
    # selected units are marked, or alone
    strip.experiment.pick(indices=order[[2, 7]])
    strip.wait(LIMIT_S)
    assert np.flatnonzero(panel.plot.rows_axis.selected).tolist() == [2, 7]
    assert len(panel.plot.rows_axis.marks()) == 2
    tick(panel.only_selected)
    strip.wait(LIMIT_S)
    assert set(panel._summary.value.drawn.order) == {order[2], order[7]}
    assert panel.plot.plotItem.vb.viewRange()[1] == [0, 2]


@pytest.mark.timeout(300)
def test_the_raster_is_sorted_by_a_column_within_areas(strip, tmp_path):
    panel = in_front(strip, "Raster")
    strip.analyse("direction tuning", {})
    strip.wait(LIMIT_S)
    units = strip.now.units
    by_area = units["area"].nunique() > 1
    strip.experiment.look(raster={"sort": "gOSI", "descending": True})
    strip.wait(LIMIT_S)
    drawn = panel._summary.value.drawn
    sorted_units = units.iloc[drawn.order]
    groups = (
        [sorted_units] if not by_area else [g for _, g in sorted_units.groupby("area")]
    )
    for group in groups:
        assert group["gOSI"].dropna().is_monotonic_decreasing
    assert panel.sort.currentText().startswith("gOSI")
    if by_area:
        assert sorted_units["area"].is_monotonic_increasing
        names = [name for _, _, name in panel.plot.rows_axis.areas]
        assert names == sorted(units["area"].unique())
    table = pd.read_csv(panel.plot.menu.save(tmp_path / "raster.csv"))
    assert table["unit_id"].tolist() == sorted_units["unit_id"].tolist()
    cells = table[[c for c in table if c.startswith("z-score")]].to_numpy()
    expected = scaled(values(strip), "z-score", BURN_IN_FRAMES).T[drawn.order]
    np.testing.assert_allclose(cells, expected, atol=1e-3)


@pytest.mark.timeout(300)
def test_nothing_of_the_last_stimulus_is_under_the_new_clock(strip):
    for title in ("Traces", "Raster", "Aligned trials"):
        in_front(strip, title)
    frames = np.random.default_rng(0).integers(0, 255, (30, 36, 64), np.uint8)
    use_stimulus(strip, ArrayStimulus(frames, RATE))
    traces = strip.panel("Traces")  # at once, before anything could be read
    assert not traces.plot.singles and traces.mean_curve.getData()[0] is None
    assert not traces.plot.bands.isVisible()
    raster = strip.panel("Raster")
    assert not raster.plot.has_image and raster.plot.drawn().empty
    aligned = type(strip.panel("Aligned trials"))
    assert not aligned.is_offered(strip.now)  # a clip has no trials
    assert strip.panel("Aligned trials").plot.drawn().empty
    strip.encode()
    strip.wait(LIMIT_S)
    assert in_front(strip, "Raster").plot.has_image


@pytest.mark.timeout(300)
def test_responses_that_are_coming_appear(window, qtbot):
    session = LeakySession(10, (36, 64))
    use_session(window, session)
    frames = np.random.default_rng(0).integers(0, 255, (90, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(frames, RATE))
    panel = window.panel("Raster")
    seen = []
    panel.plot.show_image, original = (
        lambda drawn, axis: (
            seen.append(drawn and drawn.n_done),
            original(drawn, axis),
        ),
        panel.plot.show_image,
    )
    window.encode()
    window.wait(LIMIT_S)
    qtbot.waitUntil(lambda: seen[-1] == 90, timeout=10_000)
    assert panel.plot.image.image[..., 3].all()


@pytest.mark.timeout(300)
def test_trials_are_aligned_per_condition(strip, qtbot, tmp_path):
    ids = strip.now.units["unit_id"].tolist()
    strip.experiment.look(unit_id=ids[6])
    panel = in_front(strip, "Aligned trials")
    trials = strip.now.stimulus.trials
    trace = values(strip)[:, 6]
    names = [f"{d:g}°" for d in sorted(trials["direction"].unique())]
    assert [m.name() for m in panel.plot.means] == names
    table = pd.read_csv(panel.plot.menu.save(tmp_path / "trials.csv"))
    for direction, own in trials.groupby("direction"):
        here = table[table["direction (deg)"] == f"{direction:g}°"]
        times = here["time from trial onset (s)"].to_numpy()
        start = np.round(own["onset"].to_numpy() * RATE).astype(int)
        cut = trace[start[:, None] + np.round(times * RATE).astype(int)]
        mean = next(c for c in here if c.startswith("mean, "))
        sem = next(c for c in here if c.startswith("SEM, "))
        inside = start.min() + np.round(times * RATE) >= BURN_IN_FRAMES
        np.testing.assert_allclose(here[mean][inside], cut.mean(0)[inside], rtol=1e-5)
        expected = cut.std(axis=0, ddof=1) / np.sqrt(len(own))
        np.testing.assert_allclose(here[sem][inside], expected[inside], rtol=1e-4)
    _, singles = panel.plot.singles.getOriginalDataset()
    assert np.isnan(singles).sum() >= len(trials)  # a gap after each
    tick(panel.repeats, False)
    _, singles = panel.plot.singles.getOriginalDataset()
    assert singles is None or not len(singles)
    # a click goes to the next trial of that condition, at that time
    x = panel.plot._place(2, 0.2)
    low, high = panel.plot.plotItem.vb.viewRange()[1]
    strip.experiment.playback.seek(0.0)
    click(qtbot, panel.plot, x, (low + high) / 2)
    onset = trials.loc[trials["direction"] == 180.0, "onset"].min()
    assert strip.experiment.playback.time == pytest.approx(onset + 0.2, abs=0.11)
    assert panel.plot.playhead.isVisible()
    assert panel.plot.playhead.value() == pytest.approx(x, abs=0.11)
    strip.experiment.look(unit_id="mean")
    strip.wait(LIMIT_S)
    mean = panel.plot.means[1].getOriginalDataset()[1]
    own = trials[trials["direction"] == 90.0]["onset"].to_numpy()
    start = np.round(own * RATE).astype(int)
    k = int(np.argmin(np.abs(panel._aligned.times - 0.2)))
    steps = round(panel._aligned.times[k] * RATE)
    expected = values(strip)[start + steps].mean()
    assert mean[k] == pytest.approx(expected, rel=1e-4)


@pytest.mark.timeout(300)
def test_bands_name_conditions_above_traces_and_raster(strip):
    for title in ("Traces", "Raster"):
        plot = in_front(strip, title).plot
        trials = strip.now.stimulus.trials
        places = plot.bands.places()
        assert [name for _, name, _ in places] == [
            f"{d:g}°" for d in trials.sort_values("onset")["direction"]
        ]
        scale = plot.plotItem.vb.sceneBoundingRect().width() / (
            strip.experiment.playback.duration
        )
        for (place, _, _), onset in zip(places, sorted(trials["onset"]), strict=True):
            assert place.left() == pytest.approx(onset * scale, abs=2.5)
        colors = {name: color for _, name, color in places}
        assert len(set(colors.values())) == 4


@pytest.mark.timeout(300)
def test_keys_and_buttons_jump_to_trials_and_loop_a_part(strip, qtbot):
    playback, bar = strip.experiment.playback, strip.playback_bar
    onsets = sorted(strip.now.stimulus.trials["onset"])
    top = strip.docks.window
    top.activateWindow()
    qtbot.waitUntil(lambda: top.isActiveWindow(), timeout=5000)
    shift = Qt.KeyboardModifier.ShiftModifier
    playback.seek(0.0)
    qtbot.mouseClick(bar.next_button, LEFT)
    assert playback.time == pytest.approx(onsets[0], abs=1 / RATE)
    qtbot.keyClick(top, Qt.Key.Key_N, shift)
    assert playback.time == pytest.approx(onsets[1], abs=1 / RATE)
    start = playback.time
    qtbot.keyClick(top, Qt.Key.Key_A, shift)
    playback.seek(start + 0.3)
    qtbot.keyClick(top, Qt.Key.Key_B, shift)
    assert playback.loop_s == pytest.approx((start, start + 0.3 + 1 / RATE), abs=0.02)
    plot = in_front(strip, "Traces").plot
    assert plot.loop.isVisible()
    assert plot.loop.getRegion() == pytest.approx(playback.loop_s)
    qtbot.keyClick(top, Qt.Key.Key_P, shift)
    assert playback.time == pytest.approx(onsets[1], abs=1 / RATE)
    qtbot.keyClick(top, Qt.Key.Key_C, shift)
    assert not playback.has_loop and not plot.loop.isVisible()
    frames = np.zeros((30, 36, 64), np.uint8)
    use_stimulus(strip, ArrayStimulus(frames, RATE))
    assert not bar.next_button.isVisible()


@pytest.mark.timeout(300)
def test_every_frame_mode_shows_every_frame_and_both_rates_are_told(strip, qtbot):
    playback, bar = strip.experiment.playback, strip.playback_bar
    tick(bar.every_frame)
    assert playback.mode == "every frame"
    assert bar.rates.text() == f"{RATE:g} Hz"
    seen = []
    playback.events.time.connect(lambda *_: seen.append(playback.frame))
    playback.speed = 4.0
    playback.seek(0.0)
    playback.toggle()
    qtbot.waitUntil(lambda: len(set(seen)) > 30, timeout=20_000)
    told = bar.rates.text()
    playback.toggle()
    frames = list(dict.fromkeys(seen))
    assert frames[:30] == list(range(frames[0], frames[0] + 30))
    assert told.startswith(f"{RATE:g} Hz, ") and told.endswith(" shown")
    tick(bar.every_frame, False)
    assert playback.mode == "real time"


def test_choices_are_kept_in_the_document(window, tmp_path):
    experiment = window.experiment
    experiment.look(
        traces={"layout": "stacked", "scale": "percentile", "units": [3, "4, scan 2"]},
        raster={"sort": "area", "by_area": False},
        trials={"by": "direction", "before_s": 0.5},
    )
    path = tmp_path / "kept.insilico.yaml"
    experiment.save(path)
    view = ig.Experiment.open(path).document.view
    assert view.traces == experiment.document.view.traces
    assert (view.raster.sort, view.raster.by_area) == ("area", False)
    assert (view.trials.by, view.trials.before_s) == ("direction", 0.5)
