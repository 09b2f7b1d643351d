"""Fitting a twin to data: what to fit, live curves, and opening what came of it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
)

from insilico_gui.app.panels.fits.curves_plot import FitCurve, pairs
from insilico_gui.app.panels.panel import Panel, breakable, fill_box, text_label
from insilico_gui.app.panels.parts.analysis_panel import offered
from insilico_gui.app.widgets.controls import button, check, choice
from insilico_gui.app.widgets.parameter_form import ParameterForm
from insilico_gui.app.work.fit_run import FitRun
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import FitError, InsilicoError, quoted
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.fitting import FitDeclaration
from insilico_gui.fitting.registry import usable_fits
from insilico_gui.fitting.result import open_result

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.fitting import FitReport
    from insilico_gui.session import Session

CANCELLED = "The fit was cancelled; it can go on where it was saved last."
FAILED = "The fit has failed; the line of messages says why."


class FitPanel(Panel):
    """A form for any fit that is installed; curves while it runs."""

    title = "Fit"
    place = "sheet"
    order = 40

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._fits: dict[str, FitDeclaration] | None = None
        self._forms: dict[str, ParameterForm] = {}
        self._run: FitRun | None = None
        self._report: FitReport | None = None
        self._job: Job | None = None
        self._opening: Job | None = None
        self.fit = choice(lambda _: self._show_fit(), "What is fitted", letters=9)
        self.help = text_label()
        self.data = QComboBox()
        self.data.setEditable(True)
        self.data.setMinimumContentsLength(9)
        self.data.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.out = QLineEdit()
        self.out.setPlaceholderText("folder for the result")
        self.out.setToolTip("A folder of its own, made if it does not exist")
        self.resume = check(
            "Go on with the fit in this folder",
            lambda _: None,
            "With the same data and parameters; rounds may be more",
        )
        self.start_button = button("Start", self.start)
        self.pause_button = button(
            "Pause", self.pause, "Wait before the next step, or go on"
        )
        self.stop_button = button(
            "Stop", self.stop, "End after the round that is running, with all files"
        )
        self.status = text_label()
        self.drawn = choice(lambda _: self._draw_curves(), "What is drawn", letters=9)
        # Sums over steps and means have no common axis
        self.plots = FitCurve(), FitCurve()
        self.open_button = button(
            "Open as session", self.open_result, "The model that was fitted"
        )
        self.box = QGroupBox("Parameters")
        self._forms_row = QVBoxLayout(self.box)
        for part in (self._make_form(), self._make_buttons()):
            self.body.addLayout(part)
        shown_later = (self.status, self.open_button, self.drawn, *self.plots)
        for widget in (*shown_later, self.box):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        for widget in shown_later:
            widget.hide()

    def _make_form(self) -> QFormLayout:
        """Make the fields for what is fitted to what, and where the result goes."""
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        data, out = QHBoxLayout(), QHBoxLayout()
        data.addWidget(self.data, 1)
        data.addWidget(button("…", self._browse_data, "Browse for a folder"))
        out.addWidget(self.out, 1)
        out.addWidget(button("…", self._browse_out, "Browse for a folder"))
        form.addRow("Fit", self.fit)
        form.addRow(self.help)
        form.addRow("Data", data)
        form.addRow("Result", out)
        form.addRow(self.resume)
        return form

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for each in (self.start_button, self.pause_button, self.stop_button):
            row.addWidget(each)
        return row

    # -- from the user -----------------------------------------------------------------

    @property
    def form(self) -> ParameterForm:
        """The form of the parameters of the chosen fit."""
        return self._forms[self.fit.currentText()]

    def start(self) -> None:
        """Fit in the background."""
        declared = (self._fits or {}).get(self.fit.currentText())
        data, out = self.data.currentText().strip(), self.out.text().strip()
        if declared is None or self._job is not None:
            return
        try:
            if not data:
                raise FitError("There are no data; choose a folder, or generated ones.")
            if not out:
                raise FitError(
                    "The result has no folder; choose one of its own for it."
                )
            given = {
                name: value
                for name, value in self.form.values().items()
                if value is not None
            }
        except InsilicoError as error:
            self.problem(sentence(error))
            return
        folder = Path(out).expanduser().absolute()
        run = FitRun(
            declared,
            Path(data).expanduser(),
            folder,
            given,
            resume=self.resume.isChecked(),
        )
        self._run, self._report = run, None
        self.status.setText("Reading the data…")
        self.status.show()
        self.open_button.hide()
        self._job = self.jobs.start(
            f"Fitting {declared.name}",
            run.work,
            on_return=self._fitted,
            on_end=self._ended,
        )
        self._show_state()

    def pause(self) -> None:
        """Wait before the next step, or go on."""
        if self._run is not None:
            self._run.paused = not self._run.paused
        self._show_state()

    def stop(self) -> None:
        """End after the round that is running."""
        if self._run is not None:
            self._run.stop()
        self._show_state()

    def open_result(self) -> None:
        """Open the model that was fitted, in the background."""
        if self._run is None or self._opening is not None:
            return
        folder = self._run.folder
        self._opening = self.jobs.start(
            f"Opening {folder.name}",
            lambda: _open_result(folder),
            on_return=lambda found: self._use(*found),
            on_end=self._opened,
        )

    def _use(self, entry: SessionEntry, session: Session) -> None:
        if self.attempt(self.experiment.put_session, entry, session, show=True):
            window = self.desk.window
            window.show_first_panel()
            window.say(f"{session.id} is loaded on {session.device}.")
            now = self.now
            if now.shown is not None and now.view.encode_at_once:
                window.encode()

    def _opened(self, _job: Job) -> None:
        self._opening = None

    def _browse_data(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder with the data")
        if folder:
            self.data.setCurrentText(folder)

    def _browse_out(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the result")
        if folder:
            self.out.setText(folder)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer the fits that are installed."""
        if self._fits is None:
            self._fits = usable_fits()
            fill_box(self.fit, list(self._fits))
            self._show_fit()
        self._show_state()
        self._draw_curves()

    def draw_work(self) -> None:
        """Draw how far the fit is, and its curves."""
        if self._run is not None and self._job is not None:
            self._show_state()
            self._draw_curves()

    def recolor(self) -> None:
        """Draw the curves in the colours of the theme."""
        self._draw_curves()

    def _show_fit(self) -> None:
        """Offer data and parameters of the chosen fit."""
        name = self.fit.currentText()
        declared = (self._fits or {}).get(name)
        self.box.setVisible(declared is not None)
        if declared is None:
            self.help.setText("No fit is installed.")
            return
        self.help.setText(escape(declared.help))
        self.data.setToolTip(declared.data_help)
        text = self.data.currentText()
        self.data.clear()
        self.data.addItems(list(declared.generated))
        self.data.setCurrentText(text)
        edit = self.data.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("folder, or generated data")
        if name not in self._forms:
            self._forms[name] = ParameterForm(declared.parameters, lambda: None)
            self._forms_row.addWidget(self._forms[name])
        for known, form in self._forms.items():
            form.setVisible(known == name)

    def _show_state(self) -> None:
        """Say how far the fit is, and offer what can be done with it."""
        run, is_running = self._run, self._job is not None
        self.start_button.setEnabled(bool(self._fits) and not is_running)
        self.pause_button.setEnabled(is_running)
        self.stop_button.setEnabled(is_running and run is not None and not run.stopping)
        is_paused = run is not None and run.paused and is_running
        self.pause_button.setText("Go on" if is_paused else "Pause")
        if run is None or self._report is not None:
            return
        self.status.setToolTip("\n".join(run.notices))
        if run.latest is None:
            if run.notices:
                self.status.setText(escape(breakable(" ".join(run.notices))))
            return
        step = run.latest
        losses = ", ".join(f"{k} {v:.4g}" for k, v in list(step.losses.items())[:3])
        text = (
            f"Round {step.round_number + 1} of {step.n_rounds}, step {step.step} of "
            f"{step.n_steps}, {step.elapsed_s:.0f} s. {losses}"
        )
        if is_paused:
            text = f"Paused. {text}"
        elif run.stopping:
            text = f"Stops after this round. {text}"
        self.status.setText(escape(text))

    def _draw_curves(self) -> None:
        rows = [] if self._run is None else self._run.rows
        # Rounds of several stages have several columns
        groups = pairs(list(dict.fromkeys(name for row in rows for name in row)))
        if list(groups) != offered(self.drawn):
            fill_box(self.drawn, list(groups))
        self.drawn.setVisible(bool(rows))
        names = groups[self.drawn.currentText()] if rows else []
        for k, plot in enumerate(self.plots):
            plot.setVisible(k < len(names))
            if k < len(names):
                plot.show_rows(rows, names[k])

    def _fitted(self, report: FitReport) -> None:
        self._report = report
        text = " ".join(report.sentences()[:1] + report.sentences()[2:])
        self.status.setText(escape(breakable(text)))
        self.open_button.show()
        self.desk.window.say(
            f"The fit in {quoted(report.folder.name)} has ended; open it as a session, or "
            "go on with it."
        )

    def _ended(self, job: Job) -> None:
        self._job = None
        self._show_state()
        if self._report is None:
            self.status.setText(CANCELLED if job.cancelled else FAILED)
        self._draw_curves()


def _open_result(folder: Path) -> tuple[SessionEntry, Session]:
    """Open the session that a fit has made, and how it is opened again."""
    session = open_result(folder)
    return SessionEntry(id=session.id, directory=str(folder)), session
