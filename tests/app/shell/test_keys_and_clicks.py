"""Keys and mouse buttons mean one thing everywhere in the window."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QSlider,
    QWidget,
)
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

from insilico_gui.app.shell.keys import is_typed_in
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120.0
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SPACE, CONTROL = Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def encoded(window):
    clip = np.random.default_rng(0).integers(0, 255, (50, 36, 64), np.uint8)
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait(LIMIT_S)
    return window


def state(widget):
    """What the space key could change of a widget."""
    if isinstance(widget, QAbstractButton):
        return widget.isChecked(), widget.isDown()
    if isinstance(widget, QComboBox):
        return widget.currentIndex(), widget.view().isVisible()
    if isinstance(widget, QAbstractSpinBox):
        return widget.text()
    return None


@pytest.mark.timeout(300)
def test_space_plays_whatever_has_the_focus(encoded, qtbot):
    playback = encoded.experiment.playback
    kinds = QAbstractButton, QComboBox, QAbstractSpinBox, QAbstractItemView, QSlider
    seen = set()
    for title in encoded.titles:
        panel = encoded.panel(title)
        for widget in panel.findChildren(QWidget):
            if not isinstance(widget, (*kinds, ThemedPlot)):
                continue
            if not widget.isVisible() or not widget.isEnabled():
                continue
            if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or is_typed_in(widget):
                continue
            kind = next(k for k in (*kinds, ThemedPlot) if isinstance(widget, k))
            before, plays = state(widget), playback.playing
            widget.setFocus()
            qtbot.keyClick(widget, SPACE)
            assert playback.playing is not plays, (panel.title, widget)
            assert state(widget) == before, (panel.title, widget)
            seen.add(kind)
    assert seen == {*kinds, ThemedPlot}
    playback.playing = False
    canvas = encoded.docks.canvas
    qtbot.keyClick(canvas, SPACE)
    assert playback.playing
    qtbot.keyClick(canvas, SPACE)
    assert not playback.playing
    # where text is typed, it is a blank
    for field in (encoded.panel("Export").path, encoded.panel("Session").folder):
        field.setText("two")
        field.setFocus()
        qtbot.keyClick(field, SPACE)
        qtbot.keyClicks(field, "words")
        assert field.text() == "two words" and not playback.playing
    number = encoded.panel("Stimulus").form.form("drifting gratings")["contrast"].native
    assert isinstance(number, QLineEdit) and is_typed_in(number)


@pytest.mark.timeout(300)
def test_a_right_click_opens_the_menu_and_does_not_seek(encoded, qtbot):
    playback = encoded.experiment.playback
    plot = encoded.panel("Traces").plot
    encoded.wait(LIMIT_S)
    playback.seek_frame(7)
    middle = plot.mapFromScene(plot.plotItem.vb.sceneBoundingRect().center())
    for other in encoded.docks.window.findChildren(ThemedPlot):
        assert other.findChildren(QMenu) == []
    qtbot.mouseClick(plot.viewport(), RIGHT, pos=middle)
    assert playback.frame == 7
    (menu,) = plot.findChildren(QMenu)
    assert menu.isVisible()
    copy = next(a for a in menu.actions() if a.text() == "Copy picture")
    copy.trigger()
    assert QApplication.clipboard().image().width() == 2 * plot.width()
    menu.close()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.MiddleButton, pos=middle)
    assert playback.frame == 7
    qtbot.mouseClick(plot.viewport(), LEFT, pos=middle)
    assert 20 <= playback.frame <= 30
    # beside the axes there is no time to go to
    frame = playback.frame
    qtbot.mouseClick(plot.viewport(), LEFT, pos=QPoint(3, middle.y()))
    assert playback.frame == frame


@pytest.mark.timeout(300)
def test_ctrl_c_copies_the_block_that_is_selected(encoded, qtbot):
    panel, units = encoded.panel("Units"), encoded.now.units
    table, model = panel.table, panel.model
    first, last = model.names.index("area"), model.names.index("rf_x")

    def click(row, column, *held):
        place = table.visualRect(model.index(row, column)).center()
        qtbot.mouseClick(table.viewport(), LEFT, *held, pos=place)

    click(1, first)
    click(3, last, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(table, Qt.Key.Key_C, CONTROL)
    lines = QApplication.clipboard().text().split("\n")
    head, *rows = [line.split("\t") for line in lines]
    assert head == ["unit_id", "area", "field", "rf_x"]
    assert [row[0] for row in rows] == ["103", "106", "109"]
    assert [row[1] for row in rows] == units["area"][1:4].tolist()
    # with all digits, not as the table rounds them
    assert [float(row[3]) for row in rows] == units["rf_x"][1:4].tolist()
    # sorted, it is what is seen; the ids stand before the rows, and mark whole ones
    model.sort(model.names.index("unit_id"), Qt.SortOrder.DescendingOrder)
    head = model.headerData(0, Qt.Orientation.Vertical)
    assert head == str(units["unit_id"].iloc[-1])
    header = table.verticalHeader()
    place = QPoint(5, header.sectionViewportPosition(0) + 5)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    qtbot.keyClick(table, Qt.Key.Key_C, CONTROL)
    head, row = (s.split("\t") for s in QApplication.clipboard().text().split("\n"))
    assert head == ["unit_id", *(n for n in model.names if n != "unit_id")]
    assert row[0] == str(units["unit_id"].iloc[-1]) and row[1] == "V1"
