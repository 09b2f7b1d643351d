"""The lasso: one drag, however quick; Esc puts it away."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import LEFT, drag, draw

from insilico_gui.app.map.lasso import LASSO
from insilico_gui.app.shell.map_tools import DOES
from insilico_gui.stimuli import ArrayStimulus


@pytest.fixture
def shown(window, qtbot):
    use_session(window, LeakySession(40, (36, 64)))
    clip = np.zeros((12, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.wait()
    window.viewer.reset_view()
    window.experiment.pick_none()
    qtbot.wait(150)
    return window


def canvas(window):
    return window.viewer.window._qt_viewer.canvas.native


def corners(window, parts):
    native = canvas(window)
    size = native.width(), native.height()
    return [
        QPoint(*(int(p * s) for p, s in zip(part, size, strict=True))) for part in parts
    ]


LEFT_HALF = [(0.02, 0.02), (0.5, 0.02), (0.5, 0.98), (0.02, 0.98), (0.02, 0.05)]


def arm(window, qtbot):
    qtbot.mouseClick(window.panel("Selection").lasso_button, LEFT)
    assert window.lasso.layer is not None
    assert window.panel("Selection").lasso_button.isChecked()


def is_armed(window):
    armed = window.lasso.layer is not None
    assert window.panel("Selection").lasso_button.isChecked() == armed
    assert (LASSO in window.viewer.layers) == armed
    return armed


@pytest.mark.parametrize(("parts", "wait_ms"), [(12, 5), (2, 0), (1, 0)])
def test_a_drag_selects_however_quick(shown, qtbot, parts, wait_ms):
    arm(shown, qtbot)
    draw(canvas(shown), corners(shown, LEFT_HALF), parts=parts, wait_ms=wait_ms)
    qtbot.waitUntil(lambda: len(shown.now.selection) > 0, timeout=9000)
    columns = shown.map.units_layer.data[:, 2]
    chosen = shown.now.selection.indices
    assert columns[chosen].max() < np.delete(columns, chosen).min() + 1e-9
    assert not is_armed(shown)
    assert shown.viewer.scene.camera.mouse_pan
    # and the mouse is the map's again
    before = shown.viewer.scene.camera.center
    draw(canvas(shown), corners(shown, [(0.4, 0.4), (0.6, 0.6)]))
    assert shown.viewer.scene.camera.center != before


def test_a_click_says_what_to_do_and_goes_on_waiting(shown, qtbot):
    arm(shown, qtbot)
    center = shown.viewer.scene.camera.center
    for part in ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6)):
        (point,) = corners(shown, [part])
        qtbot.mouseClick(canvas(shown), LEFT, pos=point)
        qtbot.wait(20)
        text = shown.playback_bar.message.text()
        assert "Hold the mouse button down" in text
        assert is_armed(shown) and len(shown.lasso.layer.data) == 0
        qtbot.mouseMove(canvas(shown), point + QPoint(30, 30))
        assert len(shown.lasso.layer.data) == 0  # it does not draw by clicks
    assert len(shown.now.selection) == 0
    draw(canvas(shown), corners(shown, LEFT_HALF))
    qtbot.waitUntil(lambda: len(shown.now.selection) > 0, timeout=9000)
    assert shown.viewer.scene.camera.center == center


@pytest.mark.parametrize("focus", ["map", "button", "text", "drag"])
def test_escape_puts_it_away_at_any_time(shown, qtbot, focus):
    shown.experiment.pick(areas=["V1"])
    before = shown.now.selection
    arm(shown, qtbot)
    points = corners(shown, LEFT_HALF)
    widget = {
        "button": shown.panel("Selection").lasso_button,
        "text": shown.panel("Export").path,
    }.get(focus, canvas(shown))
    if focus == "drag":
        QTest.mousePress(canvas(shown), LEFT, pos=points[0])
        for point in points[1:3]:
            drag(canvas(shown), point)
    qtbot.keyClick(widget, Qt.Key.Key_Escape)
    qtbot.wait(30)
    assert not is_armed(shown)
    assert "put away" in shown.playback_bar.message.text()
    if focus == "drag":
        drag(canvas(shown), points[3])
        QTest.mouseRelease(canvas(shown), LEFT, pos=points[4])
        qtbot.wait(30)
    assert shown.now.selection is before
    assert not is_armed(shown)


def test_the_button_shows_that_it_is_armed_and_puts_it_away(shown, qtbot):
    arm(shown, qtbot)
    assert "Esc" in shown.playback_bar.message.text()
    assert str(shown.viewer.cursor.style) == "cross"
    qtbot.mouseClick(shown.panel("Selection").lasso_button, LEFT)
    assert not is_armed(shown)


@pytest.mark.parametrize("layout", ["anatomical", "anatomical 3-D", "list"])
def test_after_another_layer_or_layout_it_is_put_away(shown, qtbot, layout):
    own = shown.viewer.add_points(np.zeros((2, 2)))
    arm(shown, qtbot)
    shown.viewer.layers.selection.active = own
    qtbot.wait(30)
    assert not is_armed(shown)
    arm(shown, qtbot)
    shown.experiment.look(layout=layout)
    assert not is_armed(shown)
    arm(shown, qtbot)
    use_session(shown, LeakySession(20, (36, 64)))
    assert not is_armed(shown)


def test_a_tool_of_another_layer_does_not_get_the_drag(shown, qtbot):
    own = shown.viewer.add_points(np.zeros((2, 2)), name="own")
    own.mode = "add"
    shown.viewer.dims.order = (1, 0, 3, 2)
    arm(shown, qtbot)
    draw(canvas(shown), corners(shown, LEFT_HALF))
    qtbot.waitUntil(lambda: len(shown.now.selection) > 0, timeout=9000)
    assert len(own.data) == 2
    assert LASSO not in shown.viewer.layers


SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
RIGHT_HALF = [(1 - x, y) for x, y in LEFT_HALF]
TOP_HALF = [(y, x) for x, y in LEFT_HALF]


def drawn(window, qtbot, parts, held):
    """Rows that are selected after a lasso with these keys held, of those inside."""
    arm(window, qtbot)
    camera = window.viewer.scene.camera
    before, view = window.experiment.document, (camera.zoom, *camera.center)
    draw(canvas(window), corners(window, parts), held=held, parts=4)
    qtbot.waitUntil(lambda: window.experiment.document != before, timeout=9000)
    assert (camera.zoom, *camera.center) == view and not is_armed(window)
    return set(window.now.selection.indices.tolist())


def test_keys_add_subtract_and_intersect(shown, qtbot):
    nothing = Qt.KeyboardModifier.NoModifier
    told = []
    shown.experiment.changed.connect(lambda change: told.append(change.command))
    left = drawn(shown, qtbot, LEFT_HALF, nothing)
    right = drawn(shown, qtbot, RIGHT_HALF, nothing)
    top = drawn(shown, qtbot, TOP_HALF, nothing)
    assert min(map(len, (left, right, top, top & left, top & right))) > 0
    assert drawn(shown, qtbot, LEFT_HALF, SHIFT) == top | left
    assert "Added" in shown.playback_bar.message.text()
    assert drawn(shown, qtbot, RIGHT_HALF, ALT) == (top | left) - right
    assert drawn(shown, qtbot, TOP_HALF, SHIFT | ALT) == ((top | left) - right) & top
    assert told == ["select"] * 6
    drawn_by = shown.now.selection.rule
    assert [s["mode"] for s in drawn_by["earlier"]] == ["replace", "add", "subtract"]
    shown.experiment.undo()
    assert set(shown.now.selection.indices) == (top | left) - right


def test_the_map_and_the_button_say_what_it_will_do(shown, qtbot):
    note = shown.viewer.canvas.overlays.text
    button = shown.panel("Selection").lasso_button
    assert not note.visible
    arm(shown, qtbot)
    assert note.visible and "Lasso: select" in note.text and "Esc" in note.text
    assert button.text() == "Lasso: draw"
    pressed, released = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    shift, alt = Qt.Key.Key_Shift, Qt.Key.Key_Alt
    nothing = Qt.KeyboardModifier.NoModifier
    for kind, key, held, verb in (
        (pressed, shift, SHIFT, "add"),
        (pressed, alt, SHIFT | ALT, "intersect"),
        (released, shift, ALT, "subtract"),
        (released, alt, nothing, "draw"),
    ):
        # qtbot would let go of the other key as well
        QApplication.sendEvent(canvas(shown), QKeyEvent(kind, key, held))
        assert button.text() == f"Lasso: {verb}"
        assert DOES[shown.lasso.mode] in note.text.replace("\n", " ")
    qtbot.keyClick(canvas(shown), Qt.Key.Key_Escape)
    qtbot.wait(30)
    assert not note.visible and button.text() == "Lasso"
