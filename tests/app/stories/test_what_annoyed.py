"""One of each thing, room for what matters, and pixels in the colours that are meant."""

from __future__ import annotations

import re

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QAbstractButton, QLabel, QSlider, QTabBar
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import settle_map

import insilico_gui as ig
from insilico_gui.app.widgets.frame_view import FrameView
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120.0
LEFT = Qt.MouseButton.LeftButton
PLOT_PIXELS = 300
MOST_TABS = 6


def seen(window, kind, root=None):
    """Widgets of a kind that can be seen."""
    root = window.docks.window if root is None else root
    return [
        widget
        for widget in root.findChildren(kind)
        if widget.isVisible() and not widget.visibleRegion().isEmpty()
    ]


def put_sheets_away(window, qtbot):
    for button in window.top_bar.sheets.values():
        if button.isChecked():
            qtbot.mouseClick(button, LEFT)
    settle_map(window, qtbot)


@pytest.mark.timeout(300)
def test_one_clock_one_counter_one_button_and_room_for_plots(window, qtbot):
    qt_window, playback = window.docks.window, window.experiment.playback
    qt_window.resize(1920, 1080)
    use_session(window, LeakySession(40, (36, 64)))
    gratings = ig.stimuli.drifting_gratings(
        n_directions=8, duration_s=0.4, blank_s=0.4, frame_rate=10.0
    )
    use_stimulus(window, gratings)
    window.encode()
    window.wait(LIMIT_S)
    put_sheets_away(window, qtbot)

    # one slider of time: a click into any other moves nothing in time
    movers = []
    for slider in seen(window, QSlider):
        playback.seek_frame(0)
        before = slider.value()
        place = QPoint(round(0.8 * slider.width()), slider.height() // 2)
        qtbot.mouseClick(slider, LEFT, pos=place)
        if playback.frame != 0:
            movers.append(slider)
        slider.setValue(before)
    assert movers == [window.playback_bar.slider]
    texts = [label.text() for label in seen(window, QLabel)]
    counters = [t for t in texts if re.search(r"\d+ / \d+", t) and "frame" in t]
    assert len(counters) == 1
    playback.seek_frame(2)  # counted from 1, as people do
    assert any(
        re.search(r"frame 3 / \d+", label.text()) for label in seen(window, QLabel)
    )
    buttons = seen(window, QAbstractButton)
    plays = [b for b in buttons if re.match("Play or pause", b.toolTip())]
    assert plays == [window.playback_bar.play_button]
    assert [b for b in buttons if b.text() == "Encode"] == [
        window.top_bar.encode_button
    ]
    undo = [b for b in buttons if b.text() == "Undo" and b.isEnabled()]
    assert undo == [window.top_bar.undo_button]
    assert seen(window, FrameView) == []  # the stimulus is on the map, and once

    # few tabs, and most of the width for the map
    for bar in seen(window, QTabBar):
        assert bar.count() <= MOST_TABS, [bar.tabText(k) for k in range(bar.count())]
    assert window.docks.canvas.width() >= qt_window.width() / 2

    # a sheet comes by a click, goes by itself when what it is for is done
    button = window.top_bar.sheets["Stimulus"]
    qtbot.mouseClick(button, LEFT)
    settle_map(window, qtbot)
    assert len(seen(window, FrameView)) == 1  # its preview
    narrow = window.docks.canvas.width()
    qtbot.mouseClick(button, LEFT)
    settle_map(window, qtbot)
    assert window.docks.canvas.width() > narrow + 200

    # results are large enough to be read
    tuning = window.panel("Tuning")
    qtbot.mouseClick(tuning.compute_button, LEFT)
    window.wait(LIMIT_S)
    settle_map(window, qtbot)
    heights = {plot: plot.height() for plot in (tuning.cartesian, tuning.polar)}
    assert min(heights.values()) >= PLOT_PIXELS, heights
    # nor is the rest of the column empty
    below = window.docks.of(tuning)
    assert tuning.cartesian.height() >= below.height() / 2


def canvas_pixels(window):
    """What the canvas shows, float [H, W, 3]."""
    made = window.viewer.screenshot(canvas_only=True, flash=False)
    return made[..., :3].astype(float)


def middle_of(window, row, shape):
    """Row and column of a picture of the canvas at which a unit is."""
    layer, camera = window.map.units_layer, window.viewer.scene.camera
    scale = shape[0] / window.docks.canvas.height()
    offset = layer.data[row, -2:] - np.array(camera.center)[-2:]
    return np.round(np.array(shape[:2]) / 2 + offset * camera.zoom * scale).astype(int)


class Spread(LeakySession):
    """Units that lie apart in the tissue and have a value and a direction each."""

    def __init__(self):
        super().__init__(24, (36, 64))
        row, column = np.divmod(np.arange(24), 6)
        self.units = self.units.assign(
            x=column * 200.0,
            y=row * 200.0,
            value=np.linspace(0, 1, 24),
            pref_dir=np.linspace(0, 345, 24),
        )


@pytest.mark.timeout(300)
def test_points_have_the_pixels_of_the_legend(window, qtbot):
    """Whatever the columns, on both themes; the legend is what the map was told."""
    use_session(window, Spread())
    window.experiment.look(layout="anatomical")
    panel = window.panel("Map")
    for theme in ("dark", "light"):
        window.viewer.theme = theme
        for column in ("value", "area", "pref_dir"):
            choose(window.panel("Map").color_by, column)
            settle_map(window, qtbot)
            scale, values = window.map.scale, window.now.units[column]
            made = canvas_pixels(window)
            legend = np.asarray(scale.legend(), float)[-1, :, :3]
            if scale.categories is not None:
                names = list(scale.categories)
                places = [
                    round((names.index(v) + 0.5) / len(names) * (len(legend) - 1))
                    for v in values
                ]
            else:
                low, high = scale.limits
                share = (values.to_numpy() - low) / (high - low)
                places = np.round(share * (len(legend) - 1)).astype(int)
            for row in range(0, 24, 5):
                y, x = middle_of(window, row, made.shape)
                point = np.median(made[y - 1 : y + 2, x - 1 : x + 2], axis=(0, 1))
                wanted = legend[max(places[row] - 4, 0) : places[row] + 5]
                assert np.abs(wanted - point).max(axis=1).min() <= 12, (
                    theme,
                    column,
                    row,
                )
    assert panel is window.panel("Map")


@pytest.mark.timeout(300)
def test_bright_units_are_read_among_thousands_over_noise(window, qtbot):
    """Of 8,000 quiet units over noise, the few that respond stand out."""
    n_units, n_bright = 8_000, 12
    session = LeakySession(n_units, (36, 64))
    rng = np.random.default_rng(3)
    session.units["rf_x"], session.units["rf_y"] = rng.uniform(-0.9, 0.9, (2, n_units))
    at = np.linspace(-0.8, 0.8, n_bright)
    bright = np.arange(n_bright) * 600  # drawn first, if nothing sorted them
    session.units.loc[bright, "rf_x"] = at
    session.units.loc[bright, "rf_y"] = 0.8 * np.sin(7 * at)
    value = rng.uniform(0, 0.1, n_units)
    value[bright] = 1.0
    session.units["strength"] = value
    use_session(window, session)
    noise = rng.integers(0, 255, (6, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(noise, 10.0))
    window.wait(LIMIT_S)
    window.experiment.look(color_by="strength", limits=(0.0, 1.0))
    put_sheets_away(window, qtbot)
    wanted = 255 * window.map.scale.table[255, :3]
    made = canvas_pixels(window)
    for row in bright:
        y, x = middle_of(window, row, made.shape)
        around = made[y - 3 : y + 4, x - 3 : x + 4]
        assert (np.abs(around - wanted).max(axis=2) < 60).sum() >= 2, row
    # and they alone have that colour
    like = (np.abs(made - wanted).max(axis=2) < 60).sum()
    assert like < 12 * n_bright
