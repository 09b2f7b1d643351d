"""Legends and plots show what is there now, in the colours of the theme."""

from __future__ import annotations

import threading

import numpy as np
import pyqtgraph as pg
import pytest
from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtGui import QColor
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.widgets.frame_view import FrameView
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120.0


def clip(seed, n=40):
    frames = np.random.default_rng(seed).integers(0, 255, (n, 36, 64), np.uint8)
    return ArrayStimulus(frames, 10.0, name=f"clip {seed}")


def gratings():
    """Four directions, all after the burn-in of the session."""
    return ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=0.5, blank_s=0.6, frame_rate=10.0
    )


def rgb(image):
    """Pixels of a QImage, uint8 [H, W, 3]."""
    image = image.convertToFormat(image.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), np.uint8)
    rows = raw.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    return rows.reshape(image.height(), image.width(), 3).astype(int)


def legend_color(window, value):
    """The colour that the legend has, on the screen, at a value: between two pixels."""
    bar = window.panel("Map").bar
    pixels = rgb(bar.grab().toImage())
    scale = pixels.shape[1] / bar.width()
    at = bar.plotItem.vb.mapViewToScene(pg.QtCore.QPointF(value, 0.5))
    row = pixels[int(at.y() * scale)]
    middles = np.arange(len(row)) + 0.5
    return [np.interp(at.x() * scale, middles, row[:, c]) for c in range(3)]


def check_legend(window):
    """Compare the colours of points with those of the legend, value by value."""
    layer = window.map.units_layer
    values = window.map.values()
    low, high = window.map.limits
    span = high - low
    inside = np.flatnonzero(
        (values > low + 0.05 * span) & (values < high - 0.05 * span)
    )
    assert len(inside) > 3
    for k in inside[:: max(1, len(inside) // 6)]:
        point = 255 * layer.face_color[k, :3]
        assert np.abs(legend_color(window, values[k]) - point).max() <= 12, k


class Known(LeakySession):
    """Its unit table knows a preferred direction as well."""

    def __init__(self):
        super().__init__(40, (36, 64))
        self.units = self.units.assign(pref_dir=np.linspace(0, 359, 40))


@pytest.mark.timeout(400)
def test_the_legend_has_the_colours_of_the_points(window):
    experiment = window.experiment
    window.show_panel("Map")
    use_session(window, Known())
    use_stimulus(window, clip(0))
    window.encode()
    window.wait(LIMIT_S)
    experiment.playback.seek_frame(30)
    check_legend(window)
    for layout in ("anatomical", "list", "retinotopic", "anatomical 3-D"):
        experiment.look(layout=layout)
        check_legend(window)
    experiment.look(layout="retinotopic", limits=(0.5, 3.0))
    assert not window.panel("Map").automatic.isChecked()
    check_legend(window)
    experiment.look(limits=None)
    for column in ("x", "rf_y", "area", "field", "response"):
        experiment.look(color_by=column)
        for layout in ("list", "retinotopic"):
            experiment.look(layout=layout)
            check_legend(window)
    experiment.pick(areas=["V1"])
    check_legend(window)
    experiment.look(color_by="pref_dir")
    check_legend(window)
    session = LeakySession(60, (36, 64))
    session.units = session.units.assign(x=session.units["x"] * 9)
    use_session(window, session)
    experiment.look(color_by="x")
    check_legend(window)


def drawn(window):
    """How many values the plots of each panel show."""

    def points(*items):
        return sum(
            len(item.getData()[0]) if item.getData()[0] is not None else 0
            for item in items
        )

    def curves(plot):
        return points(*plot.plotItem.listDataItems())

    tuning = window.panel("Tuning")
    return {
        "traces": points(
            window.panel("Traces").mean_curve, *window.panel("Traces").plot.singles
        ),
        "tuning": curves(tuning.cartesian) + curves(tuning.polar),
        "pair": int(tuning.pair.image.image is not None),
        "fields": int(window.panel("Receptive fields").plot.image.image is not None),
        "outline": points(window.panel("Receptive fields").outline),
        "courses": points(
            window.panel("Time courses").mean_curve,
            *window.panel("Time courses").curves,
        ),
        "images": len(window.panel("Images").ranking)
        + window.panel("Images").table.rowCount(),
        "preview": int(window.panel("Stimulus").preview.frame is not None),
    }


@pytest.mark.timeout(400)
def test_no_panel_shows_what_another_stimulus_did(window):
    experiment = window.experiment
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, gratings())
    window.encode()
    window.wait(LIMIT_S)
    window.panel("Compare").keep_button.click()
    window.panel("Tuning").compute()
    window.panel("Compare").compare()
    window.wait(LIMIT_S)
    choose(window.panel("Compare").column, "mean response")
    measured = window.now.columns_of("direction tuning")
    choose(window.panel("Population").column, measured[0])
    before = drawn(window)
    assert before["traces"] and before["tuning"] and before["preview"]
    assert "correlation" in window.panel("Compare").summary.text()

    def check():
        left = {panel: n for panel, n in drawn(window).items() if n}
        left.pop("preview", None)  # the first frame of the new one may be there
        assert not left
        assert window.panel("Population").column.currentText() not in measured
        compare = window.panel("Compare")
        assert compare.column.currentText() not in {"mean response", *measured}
        assert "correlation" not in compare.summary.text()
        low, high = window.panel("Traces").plot.getViewBox().viewRange()[0]
        assert low >= 0 and high <= experiment.playback.duration + 1e-6

    go_on = threading.Event()
    window.jobs.start("Busy", lambda: go_on.wait(60), quiet=True)
    use_stimulus(window, clip(1, 25))  # nothing runs in between: at once
    check()
    # what was measured before can be asked for, and says so
    population = window.panel("Population")
    choose(population.column, measured[0])
    assert "drifting gratings" in population.summary.text()
    go_on.set()
    window.encode()
    window.wait(LIMIT_S)
    window.panel("Traces")  # which reads them when it is in front
    window.wait(LIMIT_S)
    assert drawn(window)["traces"]
    fewer = LeakySession(20, (36, 64))
    fewer.attrs = {"weights_hash": "sha256:1"}  # or they would be the same session
    use_session(window, fewer)
    check()
    window.encode()
    window.wait(LIMIT_S)
    window.panel("Traces")  # which reads them when it is in front
    window.wait(LIMIT_S)
    assert drawn(window)["traces"]
    experiment.set_fit(window.now.stimulus_name, "pad")  # the responses are stale
    check()


def background_of(widget):
    pixels = rgb(widget.grab().toImage()).reshape(-1, 3)
    colors, counts = np.unique(pixels, axis=0, return_counts=True)
    return colors[counts.argmax()]


def contrast(pixels, background):
    """The largest difference of brightness from the background."""
    return np.abs(pixels.reshape(-1, 3).mean(axis=1) - np.mean(background)).max()


@pytest.mark.timeout(400)
def test_plots_previews_and_icons_follow_the_theme(window):
    experiment = window.experiment
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, gratings())
    window.encode()
    window.wait(LIMIT_S)
    window.panel("Tuning").compute()
    window.wait(LIMIT_S)
    experiment.playback.seek_frame(2)
    for theme in ("light", "dark", "light", "system"):
        window.viewer.theme = theme
        wanted = QColor(get_theme(theme).background.as_hex()).getRgb()[:3]
        is_light = sum(wanted) > 3 * 128
        seen = set()
        for title in window.titles:
            panel = window.panel(title)
            for widget in panel.findChildren(ThemedPlot) + panel.findChildren(
                FrameView
            ):
                got = widget.backgroundBrush().color().getRgb()[:3]
                assert got == wanted, (theme, panel.title)
                if not widget.isVisible() or widget.width() < 60:
                    continue
                seen.add(panel.title)
                if isinstance(widget, FrameView):
                    corner = rgb(widget.grab().toImage())[2, 2]
                    assert np.abs(corner - wanted).max() <= 2, (theme, panel.title)
                elif panel is not window.panel("Map"):
                    assert np.abs(background_of(widget) - wanted).max() <= 2
        assert {"Traces", "Tuning", "Population", "Stimulus", "Map"} <= seen
        window.show_panel("Traces")
        plot = window.panel("Traces").plot
        pixels = rgb(plot.grab().toImage())
        assert contrast(pixels, wanted) > 120  # axes, text and the playhead
        line = window.panel("Traces").playhead.pen.color().getRgb()[:3]
        assert (sum(line) < 3 * 128) == is_light
        for name in ("mean", "trials", "fit", "points", "line", "text"):
            color = getattr(window.panel("Tuning").plot_colors, name)
            assert np.abs(np.array(color) - wanted).max() > 90, (theme, name)
        icon = window.playback_bar.play_button.icon().pixmap(32, 32).toImage()
        ink = icon.pixelColor(14, 16).getRgb()
        assert ink[3] > 200 and (sum(ink[:3]) < 3 * 128) == is_light
    get_settings().appearance.theme = "light"
    light = QColor(get_theme("light").background.as_hex()).getRgb()[:3]
    assert window.panel("Traces").plot.backgroundBrush().color().getRgb()[:3] == light
    curve = window.panel("Tuning").cartesian.plotItem.listDataItems()[-1]
    assert len(curve.getData()[0])  # it was drawn anew, and is still there
