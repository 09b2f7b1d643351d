"""A card near the mouse that tells of the unit under it."""

from __future__ import annotations

from html import escape
from time import perf_counter
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFrame, QLabel

from insilico_gui.app.widgets.theme import Themed, current_colors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.widgets.theme import PlotColors

BESIDE = QPoint(14, 16)
"""From the mouse to the card, in pixels."""

DEAREST_S = 0.002
"""What the card may cost for each step of a playback; a dearer one is hidden."""


class HoverCard(QLabel, Themed):
    """Shows a few lines near a place of the canvas.

    Parameters
    ----------
    canvas : QWidget
        The card lies on it, and lets the mouse through.
    lines : callable(int) -> sequence of str
        What there is to say of the unit in a row of the unit table; none of a row that
        is not there.
    """

    def __init__(self, canvas: QWidget, lines: Callable[[int], Sequence[str]]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._lines = lines
        self.row: int | None = None
        self.setObjectName("hover_card")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.use_plot_colors(current_colors())
        self.hide()

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Take the colours of the theme: it lies over pictures of any colour."""
        super().use_plot_colors(plot_colors)
        back, text = plot_colors.background, plot_colors.text
        self.setStyleSheet(
            f"QLabel#hover_card {{ background: rgb{back}; color: rgb{text}; "
            "padding: 4px 7px; border: 1px solid rgb(128, 128, 128); "
            "border-radius: 3px; }"
        )

    def show_unit(self, row: int | None, place: QPoint | None) -> None:
        """Tell of a unit beside a place of the canvas; hide for None."""
        self.row = row
        if row is None or place is None or not self._write():
            self.put_away()
            return
        room = self._canvas.size()
        at = place + BESIDE
        if at.x() + self.width() > room.width():
            at.setX(max(place.x() - BESIDE.x() - self.width(), 0))
        if at.y() + self.height() > room.height():
            at.setY(max(place.y() - BESIDE.y() - self.height(), 0))
        self.move(at)
        self.show()
        self.raise_()

    def put_away(self) -> None:
        """Hide until the mouse moves again."""
        self.row = None
        self.hide()

    def draw_time(self, *, playing: bool) -> None:
        """Tell of another time; hide if that takes long while time runs."""
        if self.row is None:
            return
        start = perf_counter()
        written = self._write()
        if not written or (playing and perf_counter() - start > DEAREST_S):
            self.put_away()

    def _write(self) -> bool:
        """Write the lines, the first one in bold; whether there are any."""
        lines = (
            [] if self.row is None else [escape(line) for line in self._lines(self.row)]
        )
        if not lines:
            return False
        text = "<br>".join([f"<b>{lines[0]}</b>", *lines[1:]])
        if text != self.text():
            self.setText(text)
            self.adjustSize()
        return True
