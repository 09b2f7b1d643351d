"""What the panels of the window have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.widgets.theme import PlotColors, Themed, current_colors
from insilico_gui.experiment.resolved import Resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QResizeEvent

    from insilico_gui.app.panels.desk import Desk

EMPTY = Resolved()

LEAST_TEXT = 260
"""Width of a text above plots: with less of it a panel scrolls."""

Place = Literal["left", "top", "table", "right", "bottom", "sheet", "time", ""]
"""Where a panel is docked.

What the experiment holds is left of the map, how it is shown above, the table of units
right of it and what is known of them below the table; what runs in time has the width of
the window, with the line of time below. A sheet is beside the map while it is wanted.
"""

ALWAYS = frozenset({"left", "sheet", "time", ""})
"""Places of panels that are offered before there is a session."""


class Panel(QWidget, Themed):
    """One dock's content: a view of what is on show, whose clicks are commands.

    A subclass in this folder, or of another package under the entry point
    ``insilico_gui.panels``, is in the window without anything else. It fills :attr:`body`
    in its constructor and draws in :meth:`draw`, which is called when an attribute of
    :class:`~insilico_gui.experiment.resolved.Resolved` that it names in :attr:`draws` is
    another, and only while the panel can be seen. It is made when it is first seen: what
    is on show may have been there for long, and work may be going on.

    Parameters
    ----------
    desk : Desk

    Attributes
    ----------
    title : str
        In its tab.
    place : {"left", "top", "table", "right", "bottom", "sheet", "time", ""}
        Where it is docked, see :data:`Place`; "" for a part of another panel.
    order : int
        Among the panels of a place, ascending.
    draws : frozenset of str
        What it draws: attributes of what is on show, such as ``"units"`` or
        ``"view.layout"``.
    least_width : int
        Pixels that its dock has at least; with less than the panel needs it scrolls.
    """

    title: ClassVar[str] = ""
    place: ClassVar[Place] = ""
    order: ClassVar[int] = 100
    draws: ClassVar[frozenset[str]] = frozenset()
    least_width: ClassVar[int] = 120

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.experiment = desk.experiment
        self.jobs = desk.jobs
        self.plot_colors = current_colors()
        # Names alone: a panel that is not seen must not hold what was on show before
        self._missed: frozenset[str] = frozenset()
        self._was_drawn = self._has_grown = False
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(8, 8, 8, 8)

    # -- for subclasses ----------------------------------------------------------------

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the panel can do anything for what is on show; most need a session."""
        return cls.place in ALWAYS or now.session_name is not None

    def draw(self, changed: frozenset[str]) -> None:
        """Draw :attr:`now`, of which these attributes have changed."""

    def draw_time(self) -> None:
        """Draw another time of the playback, or that it runs; called often."""

    def draw_work(self) -> None:
        """Draw how far the work in the background is; called often."""

    def draw_lasso(self, *, armed: bool, mode: str) -> None:
        """Draw whether the lasso waits for a drag on the map, and what it will do."""

    @classmethod
    def is_first(cls, now: Resolved) -> bool:
        """Whether the panel comes to the front when it is offered again."""
        return False

    def grow(self) -> None:
        """Take in responses that have come since the last time."""

    def recolor(self) -> None:
        """Draw in :attr:`plot_colors` what does not take them up by itself."""

    # -- for everybody -----------------------------------------------------------------

    @property
    def now(self) -> Resolved:
        """What is on show."""
        return self.desk.now

    @property
    def frame_on_show(self) -> int:
        """Index of the frame that goes with the time of the playback."""
        return self.experiment.playback.frame // self.now.n_times

    @property
    def is_seen(self) -> bool:
        """Whether the panel is in front; Qt calls tabs behind others visible too."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def catch_up(self) -> None:
        """Draw what has changed or come since the last time, and the time."""
        missed, self._missed = self._missed, frozenset()
        is_first, self._was_drawn = not self._was_drawn, True
        if is_first or missed & self.draws:
            self.draw(missed)
        if self._has_grown:
            self._has_grown = False
            self.grow()
        self.draw_time()

    def take(
        self, changed: frozenset[str] = frozenset(), *, grown: bool = False
    ) -> None:
        """Draw what has changed, or responses that have come; once the panel is seen."""
        self._missed |= changed
        self._has_grown |= grown
        if self.is_seen:
            self.catch_up()

    def came_to_front(self, in_front: bool) -> None:
        """The panel's dock is seen, or not any more: nothing is drawn meanwhile."""
        if in_front:
            self.catch_up()

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw what is drawn by hand in these colours; the parts have them already."""
        super().use_plot_colors(plot_colors)
        self.recolor()

    def attempt(self, command: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Carry out a command for the user; a failure becomes a sentence."""
        return self.desk.attempt(command, *args, **kwargs)

    def problem(self, text: str) -> None:
        """Tell the user of a problem; one sentence."""
        self.tell(text, problem=True)

    def tell(self, text: str, *, problem: bool = False) -> None:
        """Tell the user one sentence."""
        self.desk.window.say(text, problem=problem)

    @property
    def caption(self) -> str:
        """What its plots are of, for pictures that are saved."""
        now = self.now
        session = None if now.session is None else now.session.id
        parts = (self.title, session, now.stimulus_name)
        return ", ".join(part for part in parts if part)


def breakable(text: str) -> str:
    """Text whose longest words, such as file names, may be broken between lines."""
    return re.sub(r"(\S{24})(?=\S)", "\\1\u200b", text)


def text_label(text: str = "") -> QLabel:
    """A label that wraps and whose text can be copied."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(40)
    return label


class NarrowText(QLabel):
    """Text above plots, as many lines as it needs; the plots below shrink to the dock.

    Qt's own labels that wrap make a scroll area ask for the preferred height of all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(LEAST_TEXT)

    def hasHeightForWidth(self) -> bool:
        """See Qt: the height is given by :meth:`setText` and with the width."""
        return False

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self._use_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._use_height()

    def _use_height(self) -> None:
        self.setMinimumHeight(0)  # or Qt counts the height of the last text
        needed = self.heightForWidth(max(self.width(), self.minimumWidth()))
        self.setFixedHeight(max(needed, self.fontMetrics().height()))


def fill_box(box: QComboBox, names: Sequence[str], current: str | None = None) -> None:
    """Offer other names in a box without a signal; keeps what was chosen, if it can."""
    chosen = box.currentText() if current is None else current
    box.blockSignals(True)
    box.clear()
    box.addItems(list(names))
    if chosen in names:
        box.setCurrentText(chosen)
    box.blockSignals(False)
