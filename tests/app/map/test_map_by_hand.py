"""The map under a hand: clicks on units, the card, the wheel, in every layout."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import LEFT, draw, settle_map
from support.pictures import PictureSession

from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120.0
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def shown(window, qtbot):
    """40 units in four layouts, encoded; the discs of most overlap with none."""
    session = LeakySession(40, (36, 64))
    row, column = np.divmod(np.arange(40), 8)
    session.units = session.units.assign(x=100.0 * column, y=100.0 * row)
    use_session(window, session)
    clip = np.random.default_rng(0).integers(0, 255, (20, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait(LIMIT_S)
    settle_map(window, qtbot)
    return window


def seen_at(window, row):
    """Where on the canvas a unit is drawn, by vispy's own transform."""
    layer = window.map.units_layer
    visual = window.viewer.window._qt_viewer.canvas.layer_to_visual[layer]
    markers = visual.node.points_markers
    place = layer.data[row, ::-1]
    if window.viewer.dims.ndisplay == 2:
        place = place[:2]
    seen = markers.get_transform("visual", "canvas").map(place[None])[0]
    return QPoint(*(round(float(v)) for v in seen[:2] / seen[3]))


def click(window, qtbot, row, *held):
    qtbot.mouseClick(window.docks.canvas, LEFT, *held, pos=seen_at(window, row))


def move(window, qtbot, place):
    canvas = window.docks.canvas
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(canvas.mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(canvas, event)
    qtbot.wait(20)


def turn_wheel(window, notches=3):
    canvas = window.docks.canvas
    place = QPointF(canvas.width() / 3, canvas.height() / 3)
    event = QWheelEvent(
        place,
        QPointF(canvas.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def marked(model):
    """Rows of the unit table whose lines are not grey."""
    grey = Qt.ItemDataRole.ForegroundRole
    lines = range(model.rowCount())
    return {
        int(model.rows[k]) for k in lines if model.data(model.index(k, 0), grey) is None
    }


def apart(window, count):
    """Rows of units that no other unit is near to on the canvas."""
    places = [seen_at(window, k) for k in range(len(window.now.units))]
    at = np.array([(p.x(), p.y()) for p in places], float)
    distance = np.linalg.norm(at[:, None] - at[None], axis=2)
    distance[np.diag_indices(len(at))] = np.inf
    return np.argsort(-distance.min(axis=1))[:count].tolist()


@pytest.mark.parametrize(
    "layout", ["retinotopic", "anatomical", "anatomical 3-D", "list"]
)
def test_clicks_select_add_and_toggle_in_every_layout(shown, qtbot, layout):
    shown.experiment.look(layout=layout)
    qtbot.wait(100)
    told = []
    shown.experiment.changed.connect(lambda change: told.append(change.command))
    ids = shown.now.units["unit_id"].tolist()
    a, b, c = apart(shown, 3)
    click(shown, qtbot, a)
    assert shown.now.selection.indices.tolist() == [a]
    assert shown.now.view.unit_id == ids[a]
    assert shown.panel("Tuning").unit.value() == ids[a]  # the plots follow
    click(shown, qtbot, b, SHIFT)
    assert shown.now.selection.indices.tolist() == sorted([a, b])
    assert shown.now.view.unit_id == ids[b]
    click(shown, qtbot, c, CONTROL)
    click(shown, qtbot, a, CONTROL)
    assert shown.now.selection.indices.tolist() == sorted([b, c])
    assert marked(shown.panel("Units").model) == {b, c}  # and so does the table
    assert told == ["select"] * 4  # one command each
    for expected in ([a, b, c], [a, b], [a]):
        shown.experiment.undo()
        assert shown.now.selection.indices.tolist() == sorted(expected)
    assert shown.now.view.unit_id == ids[a]


def test_a_click_beside_units_clears_and_says_how_to_undo(shown, qtbot):
    shown.experiment.look(layout="anatomical")
    qtbot.wait(100)
    canvas, corner = shown.docks.canvas, QPoint(6, shown.docks.canvas.height() - 6)
    # without a selection nothing is lost by a click
    qtbot.mouseClick(canvas, LEFT, pos=corner)
    assert len(shown.now.selection) == 40
    a, b = apart(shown, 2)
    click(shown, qtbot, a)
    click(shown, qtbot, b, SHIFT)
    # with a key held it was meant for a unit that it missed
    qtbot.mouseClick(canvas, LEFT, SHIFT, pos=corner)
    assert len(shown.now.selection) == 2
    qtbot.mouseClick(canvas, LEFT, pos=corner)
    assert len(shown.now.selection) == 0
    assert "undo brings back the 2" in shown.playback_bar.message.text()
    shown.experiment.undo()
    assert shown.now.selection.indices.tolist() == sorted([a, b])


def test_drags_and_tools_of_other_layers_select_nothing(shown, qtbot):
    shown.experiment.look(layout="anatomical")
    qtbot.wait(100)
    place = seen_at(shown, apart(shown, 1)[0])
    before = shown.experiment.document
    draw(shown.docks.canvas, [place, place + QPoint(40, 25), place])
    assert shown.experiment.document == before
    own = shown.viewer.add_points(np.zeros((1, 2)), name="own")
    own.mode = "add"
    qtbot.mouseClick(shown.docks.canvas, LEFT, pos=place)
    assert shown.experiment.document == before and len(own.data) == 2


def test_the_card_tells_of_the_unit_under_the_mouse(shown, qtbot):
    shown.experiment.look(layout="anatomical")
    qtbot.wait(100)
    card = shown.map_tools.card
    (row,) = apart(shown, 1)
    units = shown.now.units
    move(shown, qtbot, seen_at(shown, row))
    assert card.isVisible() and card.row == row
    name, area = units["unit_id"][row], units["area"][row]
    value = shown.now.response_at(shown.experiment.playback.frame)[row]
    assert card.text() == f"<b>unit {name}</b><br>{area}<br>response: {value:.3g}"
    # it stands near the mouse and lets clicks through
    assert (card.pos() - seen_at(shown, row)).manhattanLength() < 120
    click(shown, qtbot, row)
    assert shown.now.selection.indices.tolist() == [row]
    # its value goes with the time, and with the column
    shown.experiment.playback.seek_frame(9)
    value = shown.now.response_at(9)[row]
    assert card.text().endswith(f"response: {value:.3g}")
    shown.experiment.look(color_by="z")
    move(shown, qtbot, seen_at(shown, row))
    assert card.text().endswith(f": {units['z'][row]:.3g} µm")
    move(shown, qtbot, QPoint(4, 4))
    assert not card.isVisible()
    move(shown, qtbot, seen_at(shown, row))
    assert card.isVisible()
    turn_wheel(shown)
    assert not card.isVisible()


def test_a_dear_card_is_hidden_while_time_runs(shown, qtbot):
    shown.experiment.look(layout="anatomical")
    qtbot.wait(100)
    card, playback = shown.map_tools.card, shown.experiment.playback
    move(shown, qtbot, seen_at(shown, apart(shown, 1)[0]))
    playback.seek_frame(3)
    assert card.isVisible()
    lines = card._lines

    def slow(row):
        qtbot.wait(5)
        return lines(row)

    card._lines = slow
    playback.seek_frame(4)
    assert card.isVisible()  # while it stands, the time may be taken
    playback.playing = True
    playback.seek_frame(5)
    assert not card.isVisible()


@pytest.mark.parametrize("in_front", [0, 1])
def test_in_space_the_unit_that_is_seen_is_clicked(window, qtbot, in_front):
    session = LeakySession(12, (36, 64))
    for axis in ("x", "y"):
        session.units[axis] = [400.0, 400.0, *np.linspace(0, 900, 10)]
    session.units["z"] = [0.0, 60.0, *np.full(10, 30.0)]
    session.units["value"] = [0.0, 1.0, *np.full(10, 0.5)]
    use_session(window, session)
    window.experiment.look(layout="anatomical 3-D", color_by="value", limits=(0.0, 1.0))
    camera = window.viewer.scene.camera
    direction = np.array([1.0, 0.1, 0.0]) * (1 if in_front else -1)
    camera.set_view_direction(direction, (0, -1, 0))
    qtbot.wait(100)
    place = seen_at(window, 0)
    qtbot.mouseClick(window.docks.canvas, LEFT, pos=place)
    made = window.viewer.screenshot(canvas_only=True, flash=False)
    seen = made[place.y(), place.x(), :3] / 255
    table = window.map.scale.table
    strong, weak = (np.abs(table[k, :3] - seen).max() for k in (255, 0))
    (found,) = window.now.selection.indices.tolist()
    assert found == int(strong < weak) and min(strong, weak) < 0.1


@pytest.mark.parametrize("ndisplay", [2, 3])
def test_ten_thousand_units_are_found_at_once(window, qtbot, ndisplay):
    rng = np.random.default_rng(5)
    session = LeakySession(10_000, (36, 64))
    session.units = session.units.assign(
        **{axis: rng.uniform(0, 900, 10_000) for axis in ("x", "y", "z")}
    )
    use_session(window, session)
    layout = "anatomical" if ndisplay == 2 else "anatomical 3-D"
    window.experiment.look(layout=layout)
    qtbot.wait(200)
    layer = window.map.units_layer
    away = np.asarray(window.viewer.scene.camera.view_direction)
    for row in rng.integers(0, 10_000, 6):
        place = seen_at(window, row)
        found = window.map_tools._find(place)
        at = seen_at(window, found)
        # what is found is at the place, and nearer to it or in front of what was meant
        radius = layer.size[found] / 2 * window.viewer.scene.camera.zoom
        assert (at - place).manhattanLength() <= 1.5 * max(radius, 4) + 2
        if ndisplay == 3:
            assert layer.data[found] @ away <= layer.data[row] @ away + 1e-6


def test_zoom_stays_while_playing_recolouring_and_selecting(shown, qtbot):
    shown.experiment.look(layout="retinotopic")
    qtbot.wait(100)
    camera = shown.viewer.scene.camera
    fitted = camera.zoom
    turn_wheel(shown)
    qtbot.wait(50)
    assert camera.zoom > 1.05 * fitted
    kept = (camera.zoom, *camera.center)
    shown.experiment.playback.seek_frame(12)
    shown.experiment.look(color_by="area")
    click(shown, qtbot, apart(shown, 1)[0])
    shown.experiment.pick(areas=["V1"])
    shown.experiment.undo()
    # another stimulus has the same screen
    use_stimulus(shown, ArrayStimulus(np.full((8, 36, 64), 99, np.uint8), 10.0))
    shown.wait(LIMIT_S)
    qtbot.wait(100)
    assert (camera.zoom, *camera.center) == pytest.approx(kept)
    # another layout is another place
    shown.experiment.look(layout="list")
    shown.experiment.look(layout="retinotopic")
    assert camera.zoom == pytest.approx(fitted, rel=0.05)


def test_electrodes_on_the_scalp_are_clicked_and_read(window, qtbot):
    session = PictureSession(times=[0.0, 0.1])
    angle = np.linspace(0, 5, 6)
    session.units = pd.DataFrame(
        {
            "unit_id": [f"E{k}" for k in range(6)],
            "x": np.cos(angle) * 5,
            "y": np.sin(angle) * 5,
            "z": angle,
        }
    )
    use_session(window, session)
    window.experiment.look(layout="scalp")
    qtbot.wait(200)
    click(window, qtbot, 4)
    assert window.now.selection.indices.tolist() == [4]
    assert window.now.view.unit_id == "E4"
