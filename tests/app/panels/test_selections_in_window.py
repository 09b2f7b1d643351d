"""Selections by hand: chips, a typed line, rows of the table, a brush, depth."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QGraphicsPathItem
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import drag, draw

from insilico_gui.app.widgets.tuning_plots import HOLE, StarPlot
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 60.0
LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def panel(window):
    """The unit table in front, with forty units."""
    session = LeakySession(40, (36, 64))
    session.units = session.units.assign(gOSI=np.linspace(0, 0.975, 40))
    use_session(window, session)
    return window.panel("Units")


def rows(window):
    return window.now.selection.indices.tolist()


def keep(panel, qtbot, name):
    """Give the selected units a name, by hand."""
    qtbot.mouseClick(panel.chips.keep_chip, LEFT)
    assert panel.chips.edit.isVisible()
    qtbot.keyClicks(panel.chips.edit, name)
    qtbot.keyClick(panel.chips.edit, Qt.Key.Key_Return)


def from_menu(chip, *texts):
    """Choose an entry of the menu of a chip, or of a menu in it."""
    menu = chip.open_menu(chip.mapToGlobal(QPoint(5, 5)))
    for text in texts:
        (action,) = (a for a in menu.actions() if a.text() == text)
        if action.menu() is not None:
            menu = action.menu()
    action.trigger()
    QApplication.activePopupWidget().close()


def act(widget, text):
    """Choose an entry of the menu of a widget."""
    (action,) = (a for a in widget.actions() if a.text() == text)
    action.trigger()


def test_chips_keep_show_combine_and_save(window, panel, qtbot, tmp_path, monkeypatch):
    experiment = window.experiment
    assert not panel.chips.keep_chip.isVisible()
    experiment.pick(areas=["V1"])
    keep(panel, qtbot, "V1")
    entry = experiment.document.selections["V1"]
    assert window.now.view.selection == "V1"
    assert panel.chips.chip("V1").text() == "V1 \u00b7 14"
    assert panel.chips.chip("V1").color.name() == entry.color
    # selected units have the rim of its colour on the map, and its mean in traces
    rim = window.map.units_layer.border_color[0]
    expected = [int(entry.color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    np.testing.assert_allclose(rim[:3], expected, atol=1e-3)
    # what is picked on is another one
    experiment.pick(fields=[2])
    assert len(experiment.selection("V1")) == 14
    before = rows(window)
    from_menu(panel.chips.chip("V1"), "Keep of the selected units")
    v1 = experiment.selection("V1").indices
    assert rows(window) == np.intersect1d(before, v1).tolist()
    window.files.undo()
    from_menu(panel.chips.chip("V1"), "Take out of the selected units")
    assert rows(window) == np.setdiff1d(before, v1).tolist()
    qtbot.mouseClick(panel.chips.chip("V1"), LEFT)
    assert rows(window) == v1.tolist() and panel.chips.chip("V1").in_use
    qtbot.mouseClick(panel.chips.chip("all"), LEFT)
    assert len(rows(window)) == 40
    # renamed and recoloured in the row, saved, deleted, loaded again
    from_menu(panel.chips.chip("V1"), "Rename\u2026")
    panel.chips.edit.clear()
    qtbot.keyClicks(panel.chips.edit, "primary")
    qtbot.keyClick(panel.chips.edit, Qt.Key.Key_Return)
    from_menu(panel.chips.chip("primary"), "Colour", "sky blue")
    assert experiment.document.selections["primary"].color == "#56b4e9"
    path = tmp_path / "kept.csv"
    for ask in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, ask, lambda *_: (str(path), ""))
    from_menu(panel.chips.chip("primary"), "Save to a file\u2026")
    window.wait(LIMIT_S)
    from_menu(panel.chips.chip("primary"), "Delete")
    assert "primary" not in experiment.document.selections
    window.load_selections()
    window.wait(LIMIT_S)
    assert experiment.selection("primary").indices.tolist() == v1.tolist()
    assert experiment.document.selections["primary"].color == "#56b4e9"
    assert panel.chips.chip("primary").isVisible()


def test_a_line_is_typed_completed_and_mended(window, panel, qtbot):
    line = panel.line
    line.setFocus()
    qtbot.keyClicks(line, "gos")
    assert line.offers == ["gOSI"]
    popup = line._completer.popup()
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert line.text() == "gOSI "
    qtbot.keyClicks(line, '> 0.5 and are == "V1"')
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.selectedText() == "are" and panel.wrong.isVisible()
    assert "did you mean 'area'" in panel.wrong.text()
    assert len(rows(window)) == 40
    qtbot.keyClicks(line, "area")  # in place of what is marked
    assert not panel.wrong.isVisible()
    line._completer.popup().hide()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    units = window.now.units.reset_index(drop=True)
    wanted = units.index[(units["gOSI"] > 0.5) & (units["area"] == "V1")]
    assert rows(window) == wanted.tolist()
    assert [chip.text() for chip in panel.condition_chips] == ["gOSI > 0.5", "area V1"]
    qtbot.mouseClick(panel.condition_chips[1], LEFT)
    assert line.text() == "gOSI > 0.5"
    line.clear()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert len(rows(window)) == 40 and not panel.condition_chips


def test_rows_map_and_plots_go_together(window, panel, qtbot):
    table, model = panel.table, panel.model
    ids = window.now.units["unit_id"].tolist()
    assert model.names[:3] == ["area", "field", "gOSI"] and model.titles[2] == "gOSI"
    assert model.spans[0] == ("unit", 0, 1)
    place = table.visualRect(model.index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    assert window.now.view.unit_id == ids[2] and len(rows(window)) == 40
    background = Qt.ItemDataRole.BackgroundRole
    marked = [k for k in range(40) if model.data(model.index(k, 0), background)]
    assert marked == [2]
    np.testing.assert_allclose(window.map.units_layer.border_color[2][:2], [1, 0.53])
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert window.now.view.unit_id == ids[3]
    # the colours before the ids are those of the map
    window.experiment.look(color_by="gOSI")
    shown = [
        model.headerData(k, Qt.Orientation.Vertical, Qt.ItemDataRole.DecorationRole)
        for k in (0, 39)
    ]
    middle = [picture.toImage().pixelColor(5, 5).getRgbF()[:3] for picture in shown]
    ends = window.now.units["gOSI"].to_numpy()[[0, 39]]
    expected = window.map.scale.colors(ends)[:, :3]
    np.testing.assert_allclose(middle, expected, atol=0.03)
    # ids select, as units on the map do
    header = table.verticalHeader()

    def click_id(row, *held):
        at = QPoint(15, header.sectionViewportPosition(row) + 5)
        qtbot.mouseClick(header.viewport(), LEFT, *held, pos=at)

    click_id(1)
    click_id(3, SHIFT)
    assert rows(window) == [1, 2, 3] and window.now.view.unit_id == ids[3]
    click_id(2, CONTROL)
    assert rows(window) == [1, 3]
    # a block without the names of its columns
    table.scrollTo(model.index(2, 0))
    place = table.visualRect(model.index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    act(table, "Copy without names of columns")
    assert QApplication.clipboard().text() == f"{ids[2]}\t{window.now.units['area'][2]}"
    act(table, "Select the units of these rows")
    assert rows(window) == [2]


def test_a_brush_and_the_depth_select(window, panel, qtbot):
    units = window.now.units
    population = window.panel("Population")
    choose(population.column, "gOSI")
    plot = population.plot
    qtbot.wait(100)
    plot.grab()  # its axes take their width when they are painted
    qtbot.wait(100)

    def place(x):
        box = plot.plotItem.vb
        at = QPointF(x, box.viewRect().center().y())
        return plot.mapFromScene(box.mapViewToScene(at))

    draw(plot.viewport(), [place(0.2), place(0.6)], parts=5, wait_ms=15)
    low, high = window.now.conditions["gOSI"]
    assert abs(low - 0.2) < 0.03 and abs(high - 0.6) < 0.03
    expected = np.flatnonzero(units["gOSI"].between(low, high))
    assert rows(window) == expected.tolist() and 5 < len(expected) < 30
    # what the brush was drawn over stays behind it, and a click takes it away
    assert plot.plotItem.vb.viewRange()[0][1] > 0.9
    qtbot.mouseClick(plot.viewport(), LEFT, pos=place(0.4))
    assert window.now.conditions == {} and len(rows(window)) == 40
    slider = window.panel("Selection").depth_range.slider
    qtbot.wait(100)
    assert slider.isVisible() and slider.value() == (100.0, 200.0)
    handle = QPoint(slider.width() - 6, slider.height() // 2)
    QTest.mousePress(slider, LEFT, pos=handle)
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    drag(slider, middle)
    QTest.mouseRelease(slider, LEFT, pos=middle)
    low, high = window.now.conditions["z"]
    assert low is None and 140 < high < 160
    assert rows(window) == np.flatnonzero(units["z"] <= high).tolist()
    window.files.undo()
    assert window.panel("Selection").depth_range.slider.value() == (100.0, 200.0)


def test_an_empty_plot_says_why_and_what_to_do(window, panel, qtbot):
    tuning = window.panel("Tuning")
    assert "Encode a stimulus with trials" in tuning.note.text()
    assert not tuning.cartesian.isVisible() and tuning.note.isVisible()
    clip = np.random.default_rng(0).integers(0, 255, (12, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0, name="clip"))
    window.encode()
    window.wait(LIMIT_S)
    tuning = window.panel("Tuning")
    assert "'clip' has no trials: show gratings" in tuning.note.text()
    qtbot.mouseClick(tuning.note.button, LEFT)
    assert next(p for p in window.panels if p.title == "Stimulus").is_seen


def test_a_star_has_a_sector_for_each_pair_of_levels(qtbot):
    plot = StarPlot()
    qtbot.addWidget(plot)
    angles, rings = np.array([0.0, 90, 180, 270]), np.array([0.04, 0.16])
    mean = np.arange(8.0).reshape(4, 2)
    plot.show_star(("direction", "spatial_frequency"), (angles, rings), mean)
    table = plot.drawn()
    assert list(table) == [
        "direction (deg)",
        "spatial frequency (cycles/deg)",
        "response",
    ]
    assert table.iloc[5].tolist() == [180.0, 0.16, 5.0]
    items = [*plot.plotItem.items]

    def color_at(angle, radius):
        turn = np.deg2rad(angle)
        at = QPointF(radius * np.cos(turn), radius * np.sin(turn))
        (item,) = (
            i
            for i in items
            if isinstance(i, QGraphicsPathItem) and i.path().contains(at)
        )
        return item.brush().color().getRgb()[:3]

    # the outer ring is the last level; 270 degrees are down
    darkest, brightest = color_at(0, HOLE + 0.5), color_at(270, HOLE + 1.5)
    assert sum(brightest) > sum(color_at(90, HOLE + 1.5)) > sum(darkest)
    # an orientation is drawn on both sides
    plot.show_star(("orientation", "contrast"), (angles[:2] / 2, rings), mean[:2])
    items[:] = plot.plotItem.items
    assert color_at(45, HOLE + 0.5) == color_at(225, HOLE + 0.5)
    assert len(plot.drawn()) == 4
