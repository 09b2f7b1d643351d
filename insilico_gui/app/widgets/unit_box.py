"""A box to choose one unit by its id; the arrows step through the units offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtGui import QValidator
from qtpy.QtWidgets import QAbstractSpinBox

from insilico_gui.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

MEAN = "mean"


class UnitBox(QAbstractSpinBox):
    """Shows the id of a unit; another is chosen by typing its id, or by stepping.

    Parameters
    ----------
    with_mean : bool
        Whether the mean over all units that are offered can be chosen, before the first.

    Signals
    -------
    chosen()
        The user, or :meth:`choose`, chose something else.
    refused(str)
        What was typed is no unit that is offered; one sentence.

    Attributes
    ----------
    columns : int array
        Columns of the responses that are offered, in the order of the steps.
    """

    chosen = Signal()
    refused = Signal(str)

    def __init__(self, *, with_mean: bool = False) -> None:
        super().__init__()
        self._with_mean = with_mean
        self._ids: list[object] = []
        self._names: list[str] = []
        self._at = 0  # -1: the mean
        self.columns = np.empty(0, np.int64)
        self.setKeyboardTracking(False)
        self.editingFinished.connect(self._typed)
        self.lineEdit().setPlaceholderText("unit id")
        self._show()

    # -- what is offered ---------------------------------------------------------------

    def offer(
        self, columns: np.ndarray, ids: Sequence[object], names: Sequence[str]
    ) -> None:
        """Offer other units, without a signal; the one that is chosen stays if it can."""
        before = self.column
        self.columns = np.asarray(columns, np.int64)
        self._ids, self._names = list(ids), list(names)
        if not self.is_mean:
            there = np.flatnonzero(self.columns == before)  # none if none was chosen
            self._at = int(there[0]) if len(there) else 0
        self._show()

    @property
    def is_mean(self) -> bool:
        """Whether the mean is chosen."""
        return self._at < 0

    @property
    def column(self) -> int | None:
        """Column of the responses of the unit that is chosen; None for the mean."""
        if self.is_mean or not len(self.columns):
            return None
        return int(self.columns[self._at])

    @property
    def unit(self) -> str:
        """Name of the unit that is chosen; "mean" for the mean, empty for none."""
        if self.is_mean:
            return MEAN
        return self._names[self._at] if self._names else ""

    def value(self) -> object:
        """Id of the unit, as in the unit table; "mean" for the mean, None for none."""
        if self.is_mean:
            return MEAN
        return self._ids[self._at] if self._ids else None

    def setValue(self, unit: object) -> None:
        """See :meth:`choose`; as Qt's spin boxes call it."""
        self.choose(unit)

    def choose(self, unit: object) -> bool:
        """Choose a unit by its id (or "mean"); False if it is not among those offered."""
        wanted = str(unit).strip()
        if self._with_mean and wanted == MEAN:
            self._go_to(-1)
            return True
        for known in (self._names, [str(unit_id) for unit_id in self._ids]):
            if wanted in known:
                self._go_to(known.index(wanted))
                return True
        return False

    def choose_column(self, column: int) -> bool:
        """Choose a unit by its column of the responses; False if it is not offered."""
        there = np.flatnonzero(self.columns == column)
        if len(there):
            self._go_to(int(there[0]))
        return bool(len(there))

    # -- what Qt asks ------------------------------------------------------------------

    def stepBy(self, steps: int) -> None:
        """See Qt."""
        lowest = -1 if self._with_mean else 0
        last = max(len(self._names) - 1, 0)
        self._go_to(min(max(self._at + steps, lowest), last))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """See Qt."""
        flag = QAbstractSpinBox.StepEnabledFlag
        down = self._at > (-1 if self._with_mean else 0)
        up = self._at < len(self._names) - 1
        return (flag.StepDownEnabled if down else flag.StepNone) | (
            flag.StepUpEnabled if up else flag.StepNone
        )

    def validate(self, text: str, pos: int) -> object:
        """See Qt: anything may be typed on the way to an id."""
        return (QValidator.State.Acceptable, text, pos)

    def _typed(self) -> None:
        if self.text() != self.unit and not self.choose(self.text()):
            self.refused.emit(
                f"Unit {quoted(self.text())} is not among the selected units that were "
                "encoded; select it first, or type the id of one that is."
            )
        self._show()

    def _go_to(self, at: int) -> None:
        changed = at != self._at
        self._at = at
        self._show()
        if changed:
            self.chosen.emit()

    def _show(self) -> None:
        self.lineEdit().setText(self.unit)
        self.lineEdit().setCursorPosition(0)
