"""Colours of the map by hand: the legend's choices, selectivity, the dimmed stimulus."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from qtpy.QtCore import QPoint, Qt
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import settle_map

import insilico_gui as ig
from insilico_gui.app.map.color_scale import PALE, column_scale
from insilico_gui.drawing.palettes import EVEN_HUES, PALETTES, even_hues
from insilico_gui.errors import ExperimentError
from insilico_gui.experiment.document import ColumnScale, SessionEntry, ViewState
from insilico_gui.experiment.saving.file import load
from insilico_gui.stimuli import ArrayStimulus
from insilico_gui.units.measures import selectivity_of

LEFT = Qt.MouseButton.LeftButton
LIMIT_S = 120.0


class Tuned(LeakySession):
    """Units of known preference; the later ones are the more selective."""

    def __init__(self, n_units=40):
        super().__init__(n_units, (36, 64))
        row, column = np.divmod(np.arange(n_units), 8)
        self.units = self.units.assign(
            x=100.0 * column,
            y=100.0 * row,
            pref_dir=np.linspace(0, 351, n_units),
            gDSI=np.linspace(0, 0.8, n_units),
        )


def pixels(window):
    made = window.viewer.screenshot(canvas_only=True, flash=False)
    return made[..., :3].astype(float)


def middle_of(window, row, picture):
    """The colour in the middle of a unit's disc."""
    layer, camera = window.map.units_layer, window.viewer.scene.camera
    scale = picture.shape[0] / window.docks.canvas.height()
    away = (layer.data[row, -2:] - np.array(camera.center)[-2:]) * camera.zoom * scale
    at = np.round(np.array(picture.shape[:2]) / 2 + away).astype(int)
    return np.median(picture[at[0] - 2 : at[0] + 3, at[1] - 2 : at[1] + 3], axis=(0, 1))


def legend_at(window, value, part):
    """The colour of the legend at a value and a height (0 to 1), on the screen."""
    bar = window.panel("Map").bar
    image = bar.grab().toImage()
    scale = image.width() / bar.width()
    at = bar.plotItem.vb.mapViewToScene(pg.QtCore.QPointF(value, part)) * scale
    color = image.pixelColor(int(at.x()), int(at.y()))
    return np.array([color.red(), color.green(), color.blue()])


def click_legend(window, qtbot):
    bar = window.panel("Map").bar
    qtbot.mouseClick(bar.viewport(), LEFT, pos=QPoint(bar.width() // 2, 12))
    form = window.panel("Map").form
    qtbot.waitUntil(form.isVisible)
    return form


def type_in(qtbot, box, text):
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.timeout(200)
def test_the_legend_is_clicked_and_what_it_opens_can_be_undone(window, qtbot, tmp_path):
    experiment = window.experiment
    use_session(window, Tuned())
    window.show_panel("Map")
    experiment.look(layout="anatomical")
    choose(window.panel("Map").color_by, "pref_dir")
    settle_map(window, qtbot)
    scale = window.map.scale
    # by default paler the less selective, and pixels of points are those of the legend
    assert scale.weight == "gDSI" and "gDSI" in window.panel("Map").bar.toolTip()
    picture, units = pixels(window), window.now.units
    for row in (4, 15, 26, 33):
        part = units["gDSI"].iloc[row] / scale.full
        shown = legend_at(window, units["pref_dir"].iloc[row], part)
        assert np.abs(shown - middle_of(window, row, picture)).max() <= 16, row
    assert np.abs(middle_of(window, 0, picture) - 255 * PALE).max() < 8
    for behind in (0, 255):  # untuned units are seen on black and on white
        assert np.abs(255 * PALE - behind).min() > 80

    form = click_legend(window, qtbot)
    assert form.weighted.isVisible() and form.phase.isVisible()
    qtbot.mouseClick(form.weighted, LEFT, pos=QPoint(8, form.weighted.height() // 2))
    assert experiment.document.view.map.scale("pref_dir").weighted is False
    assert window.map.scale.weight == ""
    type_in(qtbot, form.phase, "90")
    assert experiment.document.view.map.scale("pref_dir").phase == 90.0
    first = window.map.scale.table[64]
    np.testing.assert_array_equal(first, scale.table[0])
    choose(form.colormap, EVEN_HUES)
    assert window.map.scale.colormap == EVEN_HUES
    qtbot.wait(50)
    picture = pixels(window)
    for row in (7, 20, 33):
        shown = legend_at(window, units["pref_dir"].iloc[row], 0.5)
        assert np.abs(shown - middle_of(window, row, picture)).max() <= 12, row
    for _ in range(3):
        experiment.undo()
    assert experiment.document.view.map == ViewState().map
    assert window.map.scale.weight == "gDSI" and window.map.scale.colormap == "hsv"
    experiment.redo()
    assert window.map.scale.weight == ""

    # limits of a number, by the same click; in the file of the experiment
    form.close()
    choose(window.panel("Map").color_by, "gDSI")
    form = click_legend(window, qtbot)
    assert not form.phase.isVisible() and not form.weighted.isVisible()
    qtbot.mouseClick(form.automatic, LEFT, pos=QPoint(8, form.automatic.height() // 2))
    type_in(qtbot, form.high, "0.5")
    assert experiment.document.view.limits[1] == 0.5 and window.map.limits[1] == 0.5
    type_in(qtbot, form.high, "-3")
    assert window.map.limits[1] == 0.5
    assert "not above" in window.playback_bar.message.toolTip()
    choose(form.colormap, "magma")
    view = experiment.document.view
    assert view.map.scale("gDSI").colormap == "magma"
    assert ViewState(**view.model_dump(mode="json")) == view
    experiment.undo()
    experiment.undo()
    assert window.map.limits[1] > 0.7
    form.close()


def test_the_stimulus_is_dimmed_by_its_slider(window, qtbot):
    use_session(window, Tuned(4))
    white = np.full((6, 36, 64), 200, np.uint8)
    use_stimulus(window, ArrayStimulus(white, 10.0))
    window.wait(LIMIT_S)
    slider = window.panel("Map").dim
    settle_map(window, qtbot)
    assert slider.isVisible() and slider.value() == 100
    before = np.median(pixels(window))
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    right = QPoint(slider.width() - 8, slider.height() // 2)
    qtbot.mousePress(slider, LEFT, pos=right)
    qtbot.mouseMove(slider, middle)
    assert window.experiment.document.view.map.stimulus == 1.0  # only shown
    qtbot.mouseRelease(slider, LEFT, pos=middle)
    strength = window.experiment.document.view.map.stimulus
    assert 0.3 < strength < 0.7
    qtbot.wait(50)
    assert np.median(pixels(window)) < 0.8 * before
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert window.experiment.document.view.map.stimulus == 0.0
    window.experiment.undo()
    assert window.experiment.document.view.map.stimulus == strength
    window.experiment.undo()
    qtbot.wait(50)
    assert slider.value() == 100 and np.median(pixels(window)) == before
    window.experiment.look(layout="anatomical")
    assert not window.panel("Map").dim.isVisible()


def test_scales_are_chosen_by_script_as_well():
    experiment = ig.Experiment(library=None)
    experiment.color_units("pref_dir", colormap="twilight", phase=45.0)
    experiment.color_units(limits=(0.0, 2.0))
    view = experiment.document.view
    assert view.map.scale("pref_dir") == ColumnScale(colormap="twilight", phase=45.0)
    assert view.limits == (0.0, 2.0)
    for changes, said in (
        ({"colormap": "jet"}, "no colour map 'jet'"),
        ({"shade": 1}, "shade"),
        ({"phase": float("nan")}, "finite"),
    ):
        with pytest.raises(ExperimentError, match=said):
            experiment.color_units(**changes)
    for changes, said in (
        ({"stimulus": 1.5}, "1"),
        ({"sessions": ["x"]}, "no session"),
    ):
        with pytest.raises(ExperimentError, match=said):
            experiment.draw_map(**changes)
    assert experiment.document.view == view
    experiment.undo()
    experiment.undo()
    assert experiment.document.view == ViewState()


def test_sessions_on_the_map_follow_names_and_removal(tmp_path):
    experiment = ig.Experiment(library=None)
    for name in ("one", "two", "three"):
        entry = SessionEntry(id="leaky", directory=name)
        experiment.put_session(entry, LeakySession(), name=name)
    experiment.draw_map(sessions=("one", "two"), stimulus=0.5)
    experiment.rename("session", "two", "second")
    assert experiment.document.view.map.sessions == ("one", "second")
    experiment.show_beside("three")
    assert experiment.document.view.session == "three"
    assert experiment.document.view.map.sessions == ("one", "second", "three")
    experiment.remove_session("second")
    assert experiment.document.view.map.sessions == ("one", "three")
    assert experiment.document.view.map.stimulus == 0.5
    path = experiment.save(tmp_path / "x.insilico.yaml")
    assert load(path)[0].view.map == experiment.document.view.map


def test_selectivity_goes_with_its_preference():
    known = ["gDSI", "DSI_measured", "gOSI_measured", "gDSI of b", "OSI"]
    assert selectivity_of("pref_dir", known) == "gDSI"
    assert selectivity_of("pref_dir_fit", known) == "gDSI"
    assert selectivity_of("pref_dir_measured", known) == "DSI_measured"
    assert selectivity_of("pref_ori_measured", known) == "gOSI_measured"
    assert selectivity_of("pref_dir of b", known) == "gDSI of b"
    assert selectivity_of("pref_ori", known) == "OSI"
    assert selectivity_of("rf_theta_deg", known) is None


def test_palettes_suit_their_values():
    units = Tuned().units
    for name in PALETTES["cyclic"]:
        scale, _ = column_scale(units["pref_dir"], None, ColumnScale(colormap=name))
        steps = np.abs(np.diff(scale.table[:, :3], axis=0, append=scale.table[:1, :3]))
        assert scale.colormap == name and steps.max() < 0.12, name  # no seam
    scale, _ = column_scale(units["pref_dir"], None, ColumnScale(colormap="viridis"))
    assert scale.colormap == "hsv"  # not for angles
    hues = even_hues()
    linear = np.where(hues <= 0.04045, hues / 12.92, ((hues + 0.055) / 1.055) ** 2.4)
    assert np.ptp(linear @ [0.2126, 0.7152, 0.0722]) < 0.12  # even in lightness
    assert hues.min() > 0.0 and hues.max() < 1.0
