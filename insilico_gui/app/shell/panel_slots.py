"""Where panels go: each is made when it is first seen or asked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QFrame, QScrollArea

from insilico_gui.app.panels.panel import Panel, text_label
from insilico_gui.app.work.jobs import sentence
from insilico_gui.app.work.timers import delayed
from insilico_gui.errors import quoted

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk

logger = logging.getLogger(__name__)


class PanelSlot(QScrollArea):
    """One dock's content: nothing at first, then a panel, which scrolls.

    So a window opens without the time that all its panels take together. The scroll area
    never forces the window to grow.

    Parameters
    ----------
    kind : type of Panel
    desk : Desk

    Signals
    -------
    made(Panel)
        The panel is there now, and has not drawn anything yet.

    Attributes
    ----------
    kind : type of Panel
    panel : Panel or None
        None until it is made.
    failure : str
        Why it cannot be made; one sentence.
    was_offered : bool or None
        Whether the window has shown the dock; None at first.
    was_first : bool
    is_held : bool
        Whether docks are being shown and hidden: Qt says of each that it is in front.
    """

    made = Signal(object)

    def __init__(self, kind: type[Panel], desk: Desk) -> None:
        super().__init__()
        self.kind = kind
        self.panel: Panel | None = None
        self.failure = ""
        self.was_offered: bool | None = None
        self.was_first = False
        self.is_held = False
        self._desk = desk
        # Names alone: a panel that is not there must not hold what was on show before
        self._missed: frozenset[str] = frozenset()
        self._has_grown = self._follows = False
        # Not while it is painted
        self._timer = delayed(self._make_if_seen, self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(kind.least_width, 60)

    @property
    def title(self) -> str:
        """Of the panel, in its tab."""
        return self.kind.title

    @property
    def is_sheet(self) -> bool:
        """Whether it is only shown when it is wanted."""
        return self.kind.place == "sheet"

    @property
    def is_seen(self) -> bool:
        """Whether it is in front; Qt calls tabs behind others visible too."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def make(self) -> Panel | None:
        """The panel, made unless it is there; None if that fails, which is told once."""
        if self.panel is None and not self.failure:
            self._make()
        return self.panel

    def _make(self) -> None:
        try:
            panel = self.kind(self._desk)
        except Exception as error:  # a package's mistake must not break the window
            logger.debug("The panel %s cannot be made", self.title, exc_info=True)
            self.failure = (
                f"The panel {quoted(self.title)} cannot be made: {sentence(error)}"
            )
            self.setWidget(text_label(self.failure))
            self._desk.window.say(self.failure, problem=True)
            return
        self.panel = panel
        self.setWidget(panel)
        self.made.emit(panel)
        panel.take(self._missed, grown=self._has_grown)
        if panel.is_seen:
            panel.draw_work()

    def take(
        self, changed: frozenset[str] = frozenset(), *, grown: bool = False
    ) -> None:
        """Hand the panel what has changed, or keep that in mind until it is made."""
        if self.panel is not None:
            self.panel.take(changed, grown=grown)
        else:
            self._missed |= changed
            self._has_grown |= grown

    # -- being seen --------------------------------------------------------------------

    def follow(self) -> None:
        """Make the panel as soon as it is painted, from now on: the window is complete."""
        self._follows = True
        self._timer.start()

    def came_to_front(self, in_front: bool) -> None:
        """The dock is seen, or not any more: nothing is drawn meanwhile."""
        if in_front and not self.is_held:
            panel = self.make()
            if panel is not None:
                panel.came_to_front(True)

    def viewportEvent(self, event: QEvent) -> bool:
        """See Qt: it is painted, thus seen."""
        if event.type() == QEvent.Type.Paint and self.panel is None and self._follows:
            self._timer.start()
        return super().viewportEvent(event)

    def _make_if_seen(self) -> None:
        if self.is_seen:
            self.make()
