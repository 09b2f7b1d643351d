"""What an empty window offers, as a card over the map."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.panels.session_panel import SessionPanel
from insilico_gui.app.shell.beginning.weights import Fetchable, download, fetchable
from insilico_gui.app.widgets.controls import button
from insilico_gui.app.work.timers import delayed
from insilico_gui.errors import quoted
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.opening import open_session
from insilico_gui.settings import read_settings
from insilico_gui.stimuli import drifting_gratings

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.shell.window import InsilicoWindow
    from insilico_gui.session import Session
    from insilico_gui.stimuli import RenderedStimulus

WIDTH, MARGIN = 400, 12
MAX_RECENT = 4
"""Experiments that the card lists; the menu File has the others."""

DEMO = "demo"
DIRECTIONS: dict[str, Any] = {"n_directions": 8, "duration_s": 1.0, "blank_s": 0.5}
"""What the demo is shown: it is enough for a map of preferred directions."""


class Card(QFrame):
    """A list of buttons in the middle of another widget.

    The enter key presses the button that has the focus; Tab and the arrows go on.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.lines = QVBoxLayout(self)
        self.lines.setContentsMargins(18, 14, 18, 14)
        self.lines.setSpacing(8)
        self.title, self.text = QLabel(), QLabel()
        self.text.setWordWrap(True)
        self._buttons = QGridLayout()
        self._buttons.setSpacing(6)
        self.lines.addWidget(self.title)
        self.lines.addWidget(self.text)
        self.lines.addLayout(self._buttons)
        self._timer = delayed(self.place, self)
        over.installEventFilter(self)

    def offer(self, title: str, text: str, buttons: list[QPushButton]) -> None:
        """Show other lines."""
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.title.setText(f"<h3>{title}</h3>")
        self.text.setText(text)
        for row, each in enumerate(buttons):
            each.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._buttons.addWidget(each, row, 0)
        self._timer.start()

    def buttons(self) -> list[QPushButton]:
        """The buttons, from above."""
        items = (self._buttons.itemAt(k) for k in range(self._buttons.count()))
        widgets = (None if item is None else item.widget() for item in items)
        return [each for each in widgets if isinstance(each, QPushButton)]

    def place(self) -> None:
        """Take the middle of what is below, no wider than that."""
        over = self.parentWidget()
        if over is None:
            return
        width = min(WIDTH, over.width() - 2 * MARGIN)
        self.setFixedWidth(max(width, 120))
        height = max(self.heightForWidth(self.width()), self.minimumSizeHint().height())
        self.resize(self.width(), height)
        left, top = (over.width() - self.width()) // 2, (over.height() - height) // 2
        self.move(max(left, 0), max(top, 0))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt: what is below has another size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._timer.start()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt: enter presses, arrows go from button to button."""
        focus, key = self.focusWidget(), event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(focus, QAbstractButton):
                focus.click()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(key == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)


class Welcome(QObject):
    """Offers what can be done first, until there is a session or a stimulus.

    Parameters
    ----------
    window : InsilicoWindow

    Attributes
    ----------
    card : Card
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        self.card = Card(window.docks.canvas)
        self._loading = False
        self.offer()
        self.draw()

    @property
    def _window(self) -> InsilicoWindow:
        window = self._window_ref()
        if window is None:
            raise RuntimeError("The window of this card is gone.")
        return window

    def draw(self) -> None:
        """Show the card if there is nothing else to show."""
        window = self._window
        document, layers = window.experiment.document, window.viewer.layers
        is_empty = not document.sessions and not document.stimuli and not layers
        was_hidden = self.card.isHidden()
        self.card.setVisible(is_empty and not self._loading)
        if is_empty and was_hidden and not self._loading:
            self.offer()

    def offer(self) -> None:
        """Offer the ways to begin."""
        arrivals = self._window.arrivals
        buttons = [
            button(
                "Demo", self.open_demo, "A made-up scan with known tuning, gratings"
            ),
            button(
                "Open stimulus…", arrivals.browse, "A video, images, or any other file"
            ),
            button("Open folder…", arrivals.browse_folder, "Of weights, or of images"),
            button("Fetch weights…", self._look_for_weights, "Of published twins"),
            *self._recent(),
        ]
        text = "Open something below, or drop a file or folder anywhere on this window."
        self.card.offer("Begin an experiment", text, buttons)

    def _recent(self) -> list[QPushButton]:
        """A button for each of the latest experiments whose files are there."""
        files = self._window.files
        paths = [Path(path) for path in read_settings()[0].recent]
        return [
            button(
                f"Recent: {quoted(path.name, '')}", partial(files.open, path), str(path)
            )
            for path in paths[:MAX_RECENT]
        ]

    # -- the demo ----------------------------------------------------------------------

    def open_demo(self) -> None:
        """Open the demo session, show it gratings, and encode."""
        window = self._window

        def work() -> tuple[Session, RenderedStimulus]:
            return open_session(DEMO), drifting_gratings(**DIRECTIONS)

        def take(made: tuple[Session, RenderedStimulus]) -> None:
            session, gratings = made
            window.experiment.put_session(SessionEntry(id=DEMO), session, show=True)
            window.open_stimuli([gratings])

        self._hide_while("Opening the demo", work, take)

    def _hide_while(
        self, title: str, work: Callable[[], Any], take: Callable[[Any], object]
    ) -> None:
        """Do work whose end fills the window; if it fails, the card is back."""
        window = self._window
        self._loading = True
        self.draw()

        def ended(_job: object) -> None:
            self._loading = False
            self.draw()

        window.jobs.start(title, work, on_return=take, on_end=ended)

    # -- weights -----------------------------------------------------------------------

    def _look_for_weights(self) -> None:
        self._window.jobs.start(
            "Looking for published weights", fetchable, on_return=self._offer_weights
        )

    def _offer_weights(self, found: list[Fetchable]) -> None:
        """Offer to download weights, each with its size."""
        buttons = [button(one.text, partial(self._fetch, one)) for one in found]
        buttons.append(button("Back", self.offer))
        text = (
            "Choose a folder to download into. A download that broke off goes on where "
            "it was."
            if found
            else "No twin that is installed here has published weights."
        )
        self.card.offer("Fetch weights", text, buttons)
        buttons[0].setFocus()

    def _fetch(self, one: Fetchable) -> None:
        window = self._window
        chosen = QFileDialog.getExistingDirectory(
            window.docks.window,
            f"Folder for the weights of {one.name}",
            read_settings()[0].weights_folder or "",
        )
        if not chosen:
            return
        folder = Path(chosen)
        self.card.offer(
            f"Fetching {one.name}",
            "The line below says how far it is; Cancel keeps what has come, for later.",
            [button("Back", self.offer)],
        )

        def take(_: object) -> None:
            window.panel(SessionPanel).use_folder(folder)
            window.say(
                f"The weights of {one.name} are in {folder.name}; load a session."
            )
            self.offer()

        window.jobs.start(
            f"Fetching {one.name}",
            lambda tell: download(one, folder, tell),
            on_return=take,
            on_end=lambda job: self.offer() if job.stopped else None,
        )
