"""Sessions to be ticked whose units share the map with those of the one on show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout

from insilico_gui.app.widgets.controls import TickList, button

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

ROWS = 14
"""Of the list, before it scrolls."""


class SessionsForm(QFrame):
    """A list of sessions in a small window that goes at the next click beside it.

    Parameters
    ----------
    owner : QWidget
        The button that opens it.
    command : callable(tuple of str)
        The user has ticked these; the one on show is always among them.
    """

    def __init__(
        self, owner: QWidget, command: Callable[[tuple[str, ...]], object]
    ) -> None:
        super().__init__(owner, Qt.WindowType.Popup)
        self._owner, self._command, self._shown = owner, command, ""
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.sessions = TickList(self._ticked)
        self.everything = button("All", self._tick_all, "Units of all sessions")
        rows = QVBoxLayout(self)
        rows.addWidget(QLabel("Units of these sessions on the map:"))
        rows.addWidget(self.sessions)
        rows.addWidget(self.everything)

    def open(self) -> None:
        """Show the list below its button."""
        n_rows = min(self.sessions.count(), ROWS)
        self.sessions.setFixedHeight(n_rows * self.sessions.sizeHintForRow(0) + 8)
        self.adjustSize()
        at = self._owner.mapToGlobal(QPoint(0, self._owner.height()))
        screen = self._owner.screen().availableGeometry()
        at.setX(max(min(at.x(), screen.right() - self.width()), screen.left()))
        self.move(at)
        self.show()
        self.sessions.setFocus()

    def draw(
        self, names: tuple[str, ...], shown: str | None, chosen: tuple[str, ...]
    ) -> None:
        """Offer these sessions, of which one is on show and some are on the map too."""
        self._shown = shown or ""
        self.sessions.offer(names, names)
        self.sessions.tick({*chosen, self._shown})

    def _ticked(self) -> None:
        ticked = self.sessions.ticked()
        self._command(tuple(dict.fromkeys([*ticked, self._shown])))

    def _tick_all(self) -> None:
        names = [self.sessions.item(k).text() for k in range(self.sessions.count())]
        self._command(tuple(names))
