"""Every analysis there is: its parameters, why it does not apply, and what it found."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from insilico_gui.app.panels.panel import Panel, fill_box, text_label
from insilico_gui.app.widgets.controls import button, choice
from insilico_gui.app.widgets.histogram import Histogram
from insilico_gui.app.widgets.image_plot import DIVERGING, ImagePlot, symmetric
from insilico_gui.app.widgets.parameter_form import ParameterForm
from insilico_gui.app.widgets.result_summary import (
    column_rows,
    dataset_rows,
    numeric_columns,
    provenance,
    unit_matrix,
)
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.analyses import NO_RESPONSES, Analysis, analyses
from insilico_gui.experiment.unit_tables import ALONE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.analyses import Result, RunData

MAX_IN_MATRIX = 400
"""As many units can be told apart in a picture of all pairs."""

HEADERS = ("column", "median", "range")


class AnalysesPanel(Panel):
    """A form for any analysis of the registry, and a summary of its result."""

    title = "Analyses"
    place = "sheet"
    order = 30
    draws = frozenset(
        {
            *("session", "stimulus_name", "responses", "results", "computing"),
            *("selection", "units", "runs"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._forms: dict[str, tuple[Analysis, ParameterForm]] = {}
        self._filled: dict[str, Any] = {}
        self.analysis = choice(self._choose, "What to compute", letters=18)
        self.help = text_label()
        self.why_not = text_label()
        self.run_button = button("Run", self.run)
        self.found = text_label()
        self.table = QTableWidget(0, len(HEADERS))
        self.table.setHorizontalHeaderLabels(list(HEADERS))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setMinimumHeight(110)
        for side in (self.table.verticalHeader(),):
            if side is not None:
                side.hide()
        across = self.table.horizontalHeader()
        if across is not None:
            across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.column = choice(self._show_plot, "The column that is drawn", letters=18)
        self.histogram, self.matrix = Histogram(), ImagePlot()
        self.legend = text_label()
        for widget in (self.analysis, self.help):
            self.body.addWidget(widget)
        self._at = self.body.count()  # the form comes here
        below: QWidget
        for below in (self.run_button, self.why_not, self.found, self.table):
            self.body.addWidget(below)
        self.body.addWidget(self.column)
        for plot in (self.histogram, self.matrix):
            plot.setFixedHeight(180)
            self.body.addWidget(plot)
        self.body.addWidget(self.legend)
        self.body.addStretch(1)

    # -- from the user -----------------------------------------------------------------

    def run(self) -> None:
        """Run the chosen analysis with the parameters of its form, in the background."""
        analysis, form = self._current()
        try:
            given = analysis.check(form.values())
        except InsilicoError as error:
            self.problem(sentence(error))
            return
        self.desk.window.analyse(analysis.name, given)

    def _choose(self, _name: str) -> None:
        self._show_all()

    @property
    def form(self) -> ParameterForm:
        """The form of the chosen analysis."""
        return self._current()[1]

    # -- from the state ----------------------------------------------------------------

    def catch_up(self) -> None:
        """Draw what has changed; also analyses that were registered meanwhile."""
        if list(analyses()) != [
            self.analysis.itemText(k) for k in range(self.analysis.count())
        ]:
            fill_box(self.analysis, list(analyses()))
            self._drawn = None
        super().catch_up()

    def draw(self, changed: frozenset[str]) -> None:
        """Show the chosen analysis."""
        self._show_all()

    def recolor(self) -> None:
        """Draw the lines in the colours of the theme."""
        if self.analysis.count():
            self._show_plot()

    def _current(self) -> tuple[Analysis, ParameterForm]:
        """The chosen analysis and its form, made when it is needed first."""
        name = self.analysis.currentText()
        analysis = analyses()[name]
        known = self._forms.get(name)
        if known is None or known[0] is not analysis:
            form = ParameterForm(analysis.parameters, self._show_whether)
            self._forms[name] = analysis, form
            self.body.insertWidget(self._at, form)
            if known is not None:
                known[1].deleteLater()
        return self._forms[name]

    def _show_all(self) -> None:
        analysis, form = self._current()
        for _, other in self._forms.values():
            other.setVisible(other is form)
        form.setVisible(bool(analysis.parameters))
        self.help.setText(escape(analysis.help))
        self._offer(analysis, form)
        self._show_parameters(analysis, form)
        self._show_whether()
        self._show_result()

    def _data(self) -> RunData | None:
        """What analyses of the run on show may use; None without responses."""
        now = self.now
        if now.responses is None or now.session_name is None:
            return None
        return self.experiment.run_data(now.session_name, now.stimulus_name)

    def _offer(self, analysis: Analysis, form: ParameterForm) -> None:
        """Texts that suit the run on show, and the other runs there are."""
        data, shown = self._data(), (self.now.session_name, self.now.stimulus_name)
        others = [
            run
            for run in self.now.runs
            if run.state == "done" and (run.session, run.stimulus) != shown
        ]
        offered: dict[str, list[str]] = {}
        for parameter in analysis.parameters:
            about, texts = parameter.about, []
            if about.offers is not None and data is not None:
                try:
                    texts = list(about.offers(data))
                except InsilicoError:  # the run does not have what it asks for
                    texts = []
            elif about.names in ("session", "stimulus"):
                texts = [getattr(run, about.names) for run in others]
            elif about.offers is None:
                continue
            offered[parameter.name] = list(dict.fromkeys(texts))
        form.offer(offered)

    def _show_parameters(self, analysis: Analysis, form: ParameterForm) -> None:
        """Those of a result that has come, whoever asked for it."""
        run = self.now.session_name, self.now.stimulus_name
        for entry in reversed(self.experiment.document.analyses):
            of_run = entry.session == run[0] and entry.stimulus in (run[1], None)
            if entry.analysis == analysis.name and of_run:
                if self._filled.get(analysis.name) != entry:
                    self._filled[analysis.name] = entry
                    form.fill(entry.parameters)
                return

    def _show_whether(self) -> None:
        """Say why the analysis cannot be run, if so."""
        analysis, form = self._current()
        is_computing = analysis.name in self.now.computing
        reason = self._reason(analysis, form)
        self.why_not.setText(escape(reason))
        self.why_not.setVisible(bool(reason))
        self.run_button.setText("Computing…" if is_computing else "Run")
        self.run_button.setEnabled(not reason and not is_computing)

    def _reason(self, analysis: Analysis, form: ParameterForm) -> str:
        if self.now.session is None:
            return "Load a session first."
        try:
            if not analysis.needs_run(form.values()):
                return ""
        except InsilicoError:  # said when it is run
            pass
        try:
            data = self._data()
            misfit = "" if data is None else analysis.misfit(data)
        except InsilicoError as error:
            return sentence(error)
        if data is None:
            return NO_RESPONSES
        return f"It does not apply: {misfit}." if misfit else ""

    def _latest(self) -> Result | None:
        """The latest result of the chosen analysis, of what is on show."""
        analysis = self.analysis.currentText()
        for name in reversed(list(self.now.results)):
            what = name.removesuffix(f" of {ALONE}")
            if what == analysis or what.startswith(f"{analysis} to "):
                return self.now.results[name]
        return None

    def _selected(
        self, result: Result
    ) -> tuple[pd.DataFrame | None, NDArray[np.int64]]:
        """Columns of the result of the selected units, and where these are in it."""
        selection = self.now.selection
        chosen = () if selection is None else selection.indices
        places = np.flatnonzero(np.isin(result.rows, chosen))
        columns = result.columns
        return (None if columns is None else columns.iloc[places]), places

    def _show_result(self) -> None:
        result = self._latest()
        rows: list[tuple[str, str, str]] = []
        names: list[str] = []
        text = ""
        if result is not None:
            columns, places = self._selected(result)
            text = f"<b>{len(places):,} selected units</b><br>" + "<br>".join(
                map(escape, provenance(result))
            )
            if columns is not None:
                rows, names = column_rows(columns), numeric_columns(columns)
            rows += dataset_rows(result.dataset)
        self.found.setText(text)
        self.table.setVisible(bool(rows))
        self.table.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, cell in enumerate(texts):
                item = QTableWidgetItem(cell)
                item.setToolTip(cell)
                self.table.setItem(row, column, item)
        fill_box(self.column, names)
        self._show_plot()

    def _show_plot(self, *_: object) -> None:
        result, name = self._latest(), self.column.currentText()
        matrix, legend = None, ""
        columns: pd.DataFrame | None = None
        places = np.empty(0, np.int64)
        if result is not None:
            columns, places = self._selected(result)
        if result is not None and self._current()[0].view == "matrix":
            matrix = unit_matrix(result.dataset, places, MAX_IN_MATRIX)
        is_drawn = matrix is None and columns is not None and name in columns
        self.column.setVisible(is_drawn)
        self.histogram.setVisible(is_drawn)
        self.matrix.setVisible(matrix is not None)
        if matrix is not None:
            picture = matrix.values
            self.matrix.show_image(
                picture,
                rect=(0, 0, *picture.shape[::-1]),
                limits=symmetric(picture),
                colormap=DIVERGING,
                label=matrix.name,
                places=(("unit_id", matrix.units), ("other unit_id", matrix.units)),
            )
            legend = matrix.legend
        if is_drawn and columns is not None and result is not None:
            units = self.now.units.iloc[result.rows[places]]
            drawn = columns[[name]].set_axis(units.index)
            if "area" in units:
                drawn = drawn.assign(area=units["area"])
            legend = self.histogram.show_column(drawn, name)
        self.legend.setText(legend)
