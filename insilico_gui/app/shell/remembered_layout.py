"""Where the panels are: remembered for each size of screen, and brought back to first."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from qtpy.QtCore import QByteArray

from insilico_gui.app.shell.docks import unsaved_settings
from insilico_gui.errors import InsilicoError
from insilico_gui.settings import Layout, read_settings, remember_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from insilico_gui.app.shell.dock_sizes import DockSizes
    from insilico_gui.app.shell.docks import Docks
    from insilico_gui.app.shell.panel_slots import PanelSlot

VERSION = 2
"""Of the places of panels: Qt refuses a state of another version."""

logger = logging.getLogger(__name__)


class RememberedLayout:
    """Remembers and restores where the panels of a window are.

    Parameters
    ----------
    docks : Docks
    sizes : DockSizes
    slots : sequence of PanelSlot
    offer : callable(collection of str)
        Shows the panels that suit what is on show but for those of these titles.
    """

    def __init__(
        self,
        docks: Docks,
        sizes: DockSizes,
        slots: Sequence[PanelSlot],
        offer: Callable[[Collection[str]], object],
    ) -> None:
        self._docks, self._sizes, self._slots = docks, sizes, slots
        self._offer = offer
        self._first: QByteArray = docks.window.saveState(VERSION)

    @property
    def screen(self) -> str:
        """Size of the screen that the window is on."""
        size = self._docks.window.screen().size()
        return f"{size.width()}x{size.height()}"

    def restore(self) -> None:
        """Put panels where they were on such a screen; as they are if that is unknown."""
        layout = read_settings()[0].layouts.get(self.screen)
        if layout is None:
            self._sizes.apply()
            return
        state = QByteArray.fromBase64(layout.state.encode())
        if self._put(state, layout.closed):
            self._sizes.use(layout.parts)
        else:
            self._sizes.apply()

    def reset(self) -> None:
        """Put all panels to their first places, none closed."""
        self._put(self._first, ())
        self._sizes.use()

    def _put(self, state: QByteArray, closed: Collection[str]) -> bool:
        with unsaved_settings():
            for slot in self._slots:
                slot.is_held = True
            restored = self._docks.window.restoreState(state, VERSION)
            for slot in self._slots:
                slot.is_held = False
            if restored:
                self._offer(closed)
        return restored

    def remember(self) -> None:
        """Remember the places of now, for windows that open on such a screen."""
        closed = [
            slot.title
            for slot in self._slots
            if slot.was_offered
            and not slot.is_sheet
            and self._docks.of(slot).isHidden()
        ]
        state = self._docks.window.saveState(VERSION).toBase64()
        layout = Layout(
            state=bytes(state.data()).decode(),
            closed=tuple(closed),
            parts=self._sizes.parts,
        )
        try:
            remember_layout(self.screen, layout)
        except InsilicoError as error:  # a window closes all the same
            logger.warning("%s", error)
