"""Undo and redo: documents before and after the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insilico_gui.experiment.document import ExperimentDocument

DEPTH = 200
"""How many commands can be undone."""


class History:
    """The documents before and after the present one."""

    def __init__(self) -> None:
        self._before: list[ExperimentDocument] = []
        self._after: list[ExperimentDocument] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier document."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether there is a later document."""
        return bool(self._after)

    def push(self, present: ExperimentDocument) -> None:
        """Remember the present document before a command replaces it."""
        self._before = [*self._before[-DEPTH + 1 :], present]
        self._after = []

    def back(self, present: ExperimentDocument) -> ExperimentDocument:
        """The document before the present one."""
        self._after.append(present)
        return self._before.pop()

    def forward(self, present: ExperimentDocument) -> ExperimentDocument:
        """The document after the present one."""
        self._before.append(present)
        return self._after.pop()
