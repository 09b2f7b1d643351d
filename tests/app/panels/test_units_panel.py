"""The unit table in the window: what is sorted and selected there, and what it costs."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QPoint, Qt
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.app.widgets.units_model import (
    UNSELECTED,
    decimals_of,
    sorted_rows,
    value_text,
)

LIMIT_S = 60.0
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def table(window):
    """The panel in front, with twelve units."""
    session = LeakySession()
    gosi = np.array([np.nan, 0.1, 0.7, 0.25, *np.linspace(0.3, 0.9, 8)])
    session.units = session.units.assign(gOSI=gosi)
    use_session(window, session)
    return window.panel("Units")


def click_header(panel, qtbot, name):
    header = panel.table.horizontalHeader()
    k = panel.model.names.index(name)
    panel.table.scrollTo(panel.model.index(0, k))
    place = QPoint(header.sectionViewportPosition(k) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)


def add(panel, qtbot, name, low="", high="", value=None):
    form = panel.form
    if not form.isVisible():
        qtbot.mouseClick(panel.form_button, LEFT)
    choose(form.column, name)
    form.low.setText(low)
    form.high.setText(high)
    if value is not None:
        choose(form.value, value)
    qtbot.mouseClick(form.add_button, LEFT)


def conditions(panel):
    """What the chips of the conditions say."""
    return [chip.text() for chip in panel.condition_chips]


def click_id(panel, qtbot, row, *held):
    """Click the id at the left of a row."""
    header = panel.table.verticalHeader()
    place = QPoint(
        20, header.sectionViewportPosition(row) + header.sectionSize(row) // 2
    )
    qtbot.mouseClick(header.viewport(), LEFT, *held, pos=place)


def cell(panel, row, name, role=Qt.ItemDataRole.DisplayRole):
    model = panel.model
    return model.data(model.index(row, model.names.index(name)), role)


@pytest.mark.timeout(120)
def test_a_result_is_sorted_selected_by_and_exported(window, qtbot, tmp_path):
    experiment = window.experiment
    use_session(window, ig.open_session("demo"))
    experiment.pick(fields=[1])
    experiment.look(encode_selected=True)
    use_stimulus(
        window,
        ig.stimuli.drifting_gratings(n_directions=8, duration_s=0.3, blank_s=0.1),
    )
    window.wait(LIMIT_S)
    window.encode()
    window.wait(LIMIT_S)
    name = "gOSI_measured"
    assert name not in window.panel("Units").model.names
    qtbot.mouseClick(window.panel("Tuning").compute_button, LEFT)
    window.wait(LIMIT_S)
    panel = window.panel("Units")
    assert name in panel.model.names
    units = window.now.units
    assert units[name].isna().any()
    for ascending in (True, False):
        click_header(panel, qtbot, name)
        plain = units.reset_index(drop=True)
        expected = plain.sort_values(name, ascending=ascending, kind="stable")
        assert panel.model.rows.tolist() == expected.index.tolist()
    click_header(panel, qtbot, name)
    assert panel.model.rows.tolist() == list(range(len(units)))
    about = panel.model.headerData(
        panel.model.names.index(name),
        Qt.Orientation.Horizontal,
        Qt.ItemDataRole.ToolTipRole,
    )
    said = "from direction tuning of drifting gratings\nvariant: vector sum"
    assert said in about
    # a condition on the result narrows what the selection panel chose
    add(panel, qtbot, name, low="0.25")
    expected = np.flatnonzero((units["field"] == 1) & (units[name] >= 0.25))
    assert 0 < len(expected) < (units["field"] == 1).sum()
    assert window.now.selection.indices.tolist() == expected.tolist()
    assert f"<b>{len(expected)}</b> of {len(units):,}" in panel.count.text()
    assert conditions(panel) == [f"{name} ≥ 0.25"]
    now = window.now
    taken = experiment.to_export(now.session_name, now.stimulus_name, now.selection)
    loaded = ig.load_responses(ig.export(taken(), tmp_path / "out.npz"))
    assert loaded.attrs["selection"] == {
        "fields": [1],
        "where": {name: [0.25, None]},
        "combine": "all",
    }
    np.testing.assert_array_equal(loaded[name], units[name].iloc[expected])
    # and a double click shows one of them by itself
    qtbot.mouseClick(panel.only_selected, LEFT)
    assert window.now.view.only_selected
    panel.table.scrollTo(panel.model.index(1, 0))
    place = panel.table.visualRect(panel.model.index(1, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), LEFT, pos=place)
    qtbot.mouseDClick(panel.table.viewport(), LEFT, pos=place)
    unit_id = units["unit_id"].iloc[expected[1]]
    assert window.now.view.unit_id == unit_id
    front = next(panel for panel in window.panels if panel.title == "Tuning")
    assert front.is_seen
    assert window.panel("Tuning").unit.value() == unit_id
    assert f"unit {unit_id}" in window.panel("Tuning").about.text()


def test_conditions_are_added_united_replaced_and_removed(window, table, qtbot):
    units = window.now.units
    add(table, qtbot, "gOSI", "0.25", "0.7")
    assert window.now.selection.indices.tolist() == (
        np.flatnonzero(units["gOSI"].between(0.25, 0.7)).tolist()
    )
    add(table, qtbot, "gOSI", "0.3")  # instead
    add(table, qtbot, "area", value="V1")
    add(table, qtbot, "area", value="LM")
    assert window.now.conditions == {"gOSI": [0.3, None], "area": ["V1", "LM"]}
    rows = (units["gOSI"] >= 0.3) & (units["area"] != "AL")
    assert window.now.selection.indices.tolist() == np.flatnonzero(rows).tolist()
    assert conditions(table) == ["gOSI ≥ 0.3", "area V1 or LM"]
    assert table.line.text() == 'gOSI >= 0.3 and area in "V1", "LM"'
    qtbot.mouseClick(table.condition_chips[0], LEFT)
    assert window.now.conditions == {"area": ["V1", "LM"]}
    qtbot.mouseClick(table.condition_chips[0], LEFT)
    assert window.now.selection.rule == {"all": True}
    assert table.count.text() == "<b>12</b> of 12 units selected"


def test_what_makes_no_condition_is_said(window, table, qtbot):
    for low, high, part in (
        ("a quarter", "", "'a quarter' is no"),
        ("0.5", "0.2", "ends at"),
        ("", "", "finite"),
    ):
        window.say("")
        add(table, qtbot, "gOSI", low, high)
        assert part in window.playback_bar.message.text()
    assert len(window.now.selection) == 12
    assert table.form.low.placeholderText() == "≥ 0.1"
    assert table.form.high.placeholderText() == "≤ 0.9"


def test_rows_are_marked_and_selected(window, table, qtbot):
    click_header(table, qtbot, "gOSI")
    click_header(table, qtbot, "gOSI")
    told = []
    window.experiment.changed.connect(lambda change: told.append(change.command))
    click_id(table, qtbot, 0)
    assert len(window.now.selection) == 1
    click_id(table, qtbot, 1, Qt.KeyboardModifier.ShiftModifier)
    assert told == ["select", "select"]  # one command each
    plain = window.now.units.reset_index(drop=True)
    highest = plain["gOSI"].nlargest(2).index
    assert window.now.selection.indices.tolist() == sorted(highest)
    color = [cell(table, k, "area", Qt.ItemDataRole.ForegroundRole) for k in range(3)]
    assert color == [None, None, UNSELECTED]
    qtbot.mouseClick(table.only_selected, LEFT)
    assert table.model.rows.tolist() == highest.tolist()
    table.experiment.pick(areas=["LM"])
    assert table.model.rowCount() == 4
    table.experiment.pick_none()
    assert table.model.rowCount() == 0
    # and a script does the same
    table.experiment.look(only_selected=False)
    assert table.model.rowCount() == 12 and not table.only_selected.isChecked()
    table.show_unit(3)
    said = window.playback_bar.message.text()
    assert "There are no responses of unit 109 to show: select it and encode." in said
    assert window.now.view.unit_id is None


def test_conditions_stay_when_areas_are_checked(window, table, qtbot):
    add(table, qtbot, "gOSI", "0.3")
    panel = window.panel("Selection")
    panel.areas.item(2).setCheckState(Qt.CheckState.Checked)
    rule = window.now.selection.rule
    assert rule == {"areas": ["V1"], "where": {"gOSI": [0.3, None]}, "combine": "all"}
    assert panel.areas.item(2).checkState() == Qt.CheckState.Checked
    panel.areas.item(2).setCheckState(Qt.CheckState.Unchecked)
    assert window.now.selection.rule == {"where": {"gOSI": [0.3, None]}}


def test_another_session_shows_its_units(window, table, qtbot):
    click_header(table, qtbot, "gOSI")
    use_session(window, LeakySession(40, (36, 64)))
    table = window.panel("Units")
    assert table.model.rowCount() == 40 and "gOSI" not in table.model.names
    assert table.model.sorted_by == ""
    assert table.table.horizontalHeader().sortIndicatorSection() == -1
    assert cell(table, 1, "unit_id") == "103"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        np.array([0.5, np.nan, 0.1, 0.5, 0.1, np.inf]),
        np.array([3, 1, 2, 3, 1]),
        np.array(["LM", "", "V1", "AL", "V1", None], dtype=object),
        np.array([True, False, True]),
        np.array([], dtype=float),
    ],
    ids=["float", "int", "text", "bool", "none"],
)
def test_order_is_that_of_pandas(values, descending):
    known = pd.Series(values)
    if values.dtype == object:
        known = known.where(known != "")
    expected = known.sort_values(ascending=not descending, kind="stable").index
    assert sorted_rows(values, descending=descending).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (
            [0.123456, 0.9, np.nan, 1e-7, 0.0],
            ["0.123", "0.900", "", "1.0e-07", "0.000"],
        ),
        ([45.0, 90.0, np.nan], ["45", "90", ""]),
        ([162.46, 3.14159], ["162.5", "3.1"]),
        ([12345.6, -7.0], ["12346", "-7"]),
        ([np.nan], [""]),
        ([np.inf, 0.25], ["inf", "0.250"]),
    ],
)
def test_numbers_have_sensible_digits(values, texts):
    column = np.array(values)
    assert [value_text(v, decimals_of(column)) for v in column] == texts
    assert value_text("V1", 0) == "V1" and value_text(np.int64(7), 3) == "7"


def test_ten_thousand_units_open_and_sort_at_once(window):
    rng = np.random.default_rng(0)
    session = LeakySession(10_000)
    session.units = session.units.assign(
        **{f"c{k}": rng.standard_normal(10_000) for k in range(32)}
    )
    use_session(window, session)
    panel = window.panel("Units")
    for step in (
        panel._fill,
        lambda: panel.model.sort(20, Qt.SortOrder.DescendingOrder),
        lambda: panel.model.sort(0, Qt.SortOrder.AscendingOrder),
        panel._highlighted,
    ):
        panel.table.selectAll()
        spent = []
        for _ in range(3):
            start = time.perf_counter()
            step()
            spent.append(time.perf_counter() - start)
        assert min(spent) < 0.15, spent  # a tenth of it on an idle machine
    plain = window.now.units.reset_index(drop=True)
    expected = plain.sort_values("area", kind="stable").index
    assert panel.model.rows.tolist() == expected.tolist()
    assert panel._highlighted().tolist() == list(range(10_000))


def test_headers_may_ask_for_more_than_there_is(table):
    for orientation, n in (
        (Qt.Orientation.Vertical, table.model.rowCount()),
        (Qt.Orientation.Horizontal, table.model.columnCount()),
    ):
        assert table.model.headerData(n - 1, orientation) is not None
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole):
            assert table.model.headerData(n, orientation, role) is None
