"""Choosing and loading a session."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import Panel, breakable, text_label
from insilico_gui.app.widgets.controls import button
from insilico_gui.app.work.timers import delayed
from insilico_gui.device import available_devices
from insilico_gui.errors import quoted
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.opening import open_session, precisions, session_infos
from insilico_gui.session import FLOAT32, SessionInfo
from insilico_gui.settings import AUTO, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtGui import QPaintEvent

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.session import Session


class SessionPanel(Panel):
    """Folder, session, device; what a session holds is shown before it is loaded.

    What it computes in can be chosen where it offers a choice.
    """

    title = "Session"
    place = "sheet"
    order = 10
    draws = frozenset({"session"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._infos: dict[str, SessionInfo] = {}
        self._wanted: str | None = None
        self._job: Job | None = None
        self._looking: Job | None = None
        self._asking: Job | None = None

        self.folder = QLineEdit()
        self.folder.setPlaceholderText("none for the demo")
        self.folder.setToolTip("The folder that holds the weights of a twin")
        self.folder.editingFinished.connect(self._folder_edited)
        browse = button("Browse…", self._browse)
        folder_row = QVBoxLayout()  # in narrow windows there is no room beside it
        folder_row.addWidget(self.folder)
        folder_row.addWidget(browse)

        self.session = QComboBox()
        self.session.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.session.setMinimumContentsLength(12)
        self.session.currentTextChanged.connect(self._show_info)
        self.device = QComboBox()
        self.device.addItem(AUTO)
        self.precision = QComboBox()
        self.precision.setToolTip(
            "Less than float32 is faster; by how much responses then differ is measured "
            "on the stimulus and told"
        )
        for choice in (self.session, self.device):
            choice.currentTextChanged.connect(self._ask_for_precisions)
        self.load_button = button("Load session", self.load)
        self.load_button.setEnabled(False)
        self.info = text_label()

        self._form = form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow("Folder", folder_row)
        form.addRow("Session", self.session)
        form.addRow("Device", self.device)
        form.addRow("Precision", self.precision)
        self._offer_precisions([FLOAT32])
        self.body.addLayout(form)
        self.body.addWidget(self.load_button)
        self.body.addWidget(self.info)
        self.body.addStretch(1)

        self._shown_folder = ""
        self._own: list[str] = []
        self._has_looked = False
        known = read_settings()[0].weights_folder
        if known is not None and Path(known).is_dir():
            self.folder.setText(known)
        self._looks_for_devices = delayed(self._look_for_devices, self)
        self.look_for_sessions()

    # -- looking -----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """See Qt. Devices are looked for once the panel is seen.

        That imports torch, which takes longer than all else until the window appears.
        """
        super().paintEvent(event)
        if not self._has_looked:
            self._has_looked = True
            self._looks_for_devices.start()

    def _look_for_devices(self) -> None:
        self.jobs.start(
            "Looking for devices",
            available_devices,
            on_return=self._devices,
            quiet=True,
        )

    def use_folder(self, folder: str | Path, session: str | None = None) -> None:
        """Look for sessions in a folder, and choose `session` when it is found."""
        self.folder.setText(str(folder))
        self._wanted = session
        self.look_for_sessions()

    def look_for_sessions(self) -> None:
        """List the sessions of the folder, in the background."""
        self._shown_folder = self.folder.text().strip()
        folder = self._shown_folder or None
        self.info.setText("Looking for sessions…")
        if self._looking is not None:
            self._looking.cancel()  # the newest counts
        self._looking = self.jobs.start(
            "Looking for sessions",
            lambda: _sessions_in(folder),
            on_return=self._found,
            on_end=self._looked,
            loses=False,
        )

    def _folder_edited(self) -> None:
        if self.folder.text().strip() != self._shown_folder:
            self.look_for_sessions()

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder with the weights")
        if folder:
            self.use_folder(folder)

    def _devices(self, names: list[str]) -> None:
        wanted = read_settings()[0].device
        self.device.addItems(names)
        if self.device.currentText() == AUTO and wanted in names:
            self.device.setCurrentText(wanted)

    def _found(self, found: tuple[list[SessionInfo], list[str]]) -> None:
        infos, own = found
        self._infos = {info.id: info for info in infos}
        self._own = own
        loaded = self.now.session
        current = self.session.currentText()
        if own and current not in own:
            # A folder was chosen for what is in it: offer that, not the built-in demo.
            current = loaded.id if loaded is not None and loaded.id in own else own[0]
        elif not own and current not in self._infos and loaded is not None:
            current = loaded.id
        with QSignalBlocker(self.session):
            self.session.clear()
            self.session.addItems(list(self._infos))
            wanted = self._wanted if self._wanted in self._infos else current
            if self._shown_folder and not own and self._wanted not in self._infos:
                wanted = ""  # nothing is ready to be loaded that was not asked for
                self.session.setCurrentIndex(-1)
            if wanted in self._infos:
                self.session.setCurrentText(wanted)
        self._wanted = None
        self._ask_for_precisions()
        self._show_info(self.session.currentText())

    def _looked(self, job: Job) -> None:
        if self._looking is not job:
            return
        self._looking = None
        if self.info.text() == "Looking for sessions…":
            self.info.setText("No session found here.")

    def _ask_for_precisions(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._offer_precisions([FLOAT32])
        session_id, device = self.session.currentText(), self.device.currentText()
        if session_id in self._infos:
            self._asking = self.jobs.start(
                "Looking for precisions",
                lambda: precisions(session_id, device),
                on_return=self._offer_precisions,
                quiet=True,
            )

    def _offer_precisions(self, names: Sequence[str]) -> None:
        """Let the user choose, if there is a choice; the first is the default."""
        self.precision.clear()
        self.precision.addItems(names)
        self._form.setRowVisible(self.precision, len(names) > 1)

    def _show_info(self, session_id: str) -> None:
        info = self._infos.get(session_id)
        self.load_button.setEnabled(info is not None and self._job is None)
        if info is None:
            self.info.setText(self._nothing_found())
            return
        count = (
            f"{info.n_units:,} units" if info.n_units else "Units: known once loaded"
        )
        lines = [f"<b>{info.title}</b>", count]
        if self._shown_folder and not self._own:
            lines.insert(0, f"{self._nothing_found()}<br>")
        if info.input_kind == "images":
            lines.append("Driven by images, which it answers one by one")
        if info.input_kind == "conditions":
            lines.append("Answers named conditions, such as contrasts")
        if info.input_kind == "drive":
            lines.append("Is driven: channels in time, and events on top of them")
        if info.areas:
            lines.append("Areas: " + _counts(info.areas))
        if info.fields:
            lines.append("Fields: " + _counts(info.fields))
        if info.notes:
            lines.append(breakable(info.notes))
        self.info.setText("<br>".join(lines))

    def _nothing_found(self) -> str:
        """That there is no session where they were looked for."""
        if not self._shown_folder or not self._infos:
            return "No session found here."
        folder = escape(quoted(self._shown_folder))
        return (
            f"⚠ The folder {folder} holds no session that a twin installed here knows; "
            "what is listed needs no folder."
        )

    # -- loading -----------------------------------------------------------------------

    def load(self) -> None:
        """Load the chosen session in the background."""
        session_id = self.session.currentText()
        folder = self.folder.text().strip() or None
        device, precision = self.device.currentText(), self.precision.currentText()
        self.load_button.setEnabled(False)
        self.load_button.setText("Loading…")
        entry = SessionEntry(
            id=session_id,
            directory=None if folder is None else str(Path(folder).absolute()),
            device=device,
            precision=precision,
        )
        self._job = self.jobs.start(
            f"Loading {session_id}",
            lambda: open_session(session_id, folder, device, precision),
            on_return=lambda session: self._use(entry, session),
            on_end=self._loaded,
        )

    def _use(self, entry: SessionEntry, session: Session) -> None:
        if not self.attempt(
            self.experiment.put_session, entry, session, show=True, opens_again=True
        ):
            return
        window, now = self.desk.window, self.now
        window.show_first_panel()
        window.say(
            f"{session.id} is loaded on {session.device}: {len(session.units):,} units."
        )
        if (
            now.shown is not None
            and now.view.encode_at_once
            and (now.responses is None)
        ):
            window.encode()

    def _loaded(self, _job: Job) -> None:
        self._job = None
        self.load_button.setText("Load session")
        self.load_button.setEnabled(bool(self._infos))

    def draw(self, changed: frozenset[str]) -> None:
        """Choose the session that is on show."""
        session = self.now.session
        if session is not None and session.id in self._infos:
            self.session.setCurrentText(session.id)


def _sessions_in(folder: str | None) -> tuple[list[SessionInfo], list[str]]:
    """All sessions that can be opened, and the ids of those that a folder adds."""
    infos = session_infos(folder)
    if folder is None:
        return infos, []
    elsewhere = {info.id for info in session_infos()}
    return infos, [info.id for info in infos if info.id not in elsewhere]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n:,})" for name, n in counts.items())
