"""A box to choose one unit by its id; the arrows step through the units offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtGui import QValidator
from qtpy.QtWidgets import QAbstractSpinBox

from insilico_gui.errors import quoted
from insilico_gui.experiment.document import MEAN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray


class UnitBox(QAbstractSpinBox):
    """Shows the id of a unit; another is chosen by typing its id, or by stepping.

    Parameters
    ----------
    command : callable(int or str)
        Is called when the user, or :meth:`choose`, chooses something else: with the id of
        the unit, with its name where several have that id, or with ``"mean"``.
    refuse : callable(str)
        Is told, in one sentence, that what was typed is no unit that is offered.
    with_mean : bool
        Whether the mean over all units that are offered can be chosen, before the first.

    Attributes
    ----------
    columns : int array
        Columns of the responses that are offered, in the order of the steps.
    """

    def __init__(
        self,
        command: Callable[[int | str], object],
        refuse: Callable[[str], object],
        *,
        with_mean: bool = False,
    ) -> None:
        super().__init__()
        self._command, self._refuse = command, refuse
        self._with_mean = with_mean
        self._ids: NDArray[Any] = np.empty(0, object)
        self._names: Sequence[str] | None = None
        self._at = 0  # -1: the mean
        self.columns = np.empty(0, np.int64)
        self.setKeyboardTracking(False)
        self.editingFinished.connect(self._typed)
        self.lineEdit().setPlaceholderText("unit id")
        self._show()

    # -- what is offered ---------------------------------------------------------------

    def offer(
        self,
        columns: np.ndarray,
        ids: ArrayLike,
        names: Sequence[str] | None = None,
    ) -> None:
        """Offer other units, by their ids unless there are names that tell them apart.

        :meth:`show_unit` says which is chosen.
        """
        self.columns = np.asarray(columns, np.int64)
        self._ids, self._names = np.asarray(ids), names
        self._at = 0
        self._show()

    def show_unit(self, unit: object, default: int | None = None) -> None:
        """Show the unit looked at, by id or name; else that of a column, or the first."""
        at = None if unit is None else self._place(str(unit))
        if at is None:
            there = np.flatnonzero(self.columns == default)
            at = int(there[0]) if len(there) else 0
        self._at = at
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
        if not len(self._ids):
            return ""
        return str(self.value()) if self._names is None else self._names[self._at]

    def value(self) -> object:
        """Id of the unit, as in the unit table; "mean" for the mean, None for none."""
        if self.is_mean:
            return MEAN
        return (
            self._ids[self._at : self._at + 1].tolist()[0] if len(self._ids) else None
        )

    def setValue(self, unit: object) -> None:
        """See :meth:`choose`; as Qt's spin boxes call it."""
        self.choose(unit)

    def choose(self, unit: object) -> bool:
        """Choose a unit by its id (or "mean"); False if it is not among those offered."""
        at = self._place(str(unit).strip())
        if at is not None:
            self._go_to(at)
        return at is not None

    def _place(self, wanted: str) -> int | None:
        """Where a unit is among those offered, by name or id; -1 for the mean."""
        if self._with_mean and wanted == MEAN:
            return -1
        if self._names is not None and wanted in self._names:
            return self._names.index(wanted)
        if self._ids.dtype.kind in "iu":  # without a text of each of many
            if not wanted.removeprefix("-").isdecimal() or str(int(wanted)) != wanted:
                return None
            there = np.flatnonzero(self._ids == int(wanted))
            return int(there[0]) if len(there) else None
        known = [str(unit_id) for unit_id in self._ids.tolist()]
        return known.index(wanted) if wanted in known else None

    # -- what Qt asks ------------------------------------------------------------------

    def stepBy(self, steps: int) -> None:
        """See Qt."""
        lowest = -1 if self._with_mean else 0
        last = max(len(self._ids) - 1, 0)
        self._go_to(min(max(self._at + steps, lowest), last))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """See Qt."""
        flag = QAbstractSpinBox.StepEnabledFlag
        down = self._at > (-1 if self._with_mean else 0)
        up = self._at < len(self._ids) - 1
        return (flag.StepDownEnabled if down else flag.StepNone) | (
            flag.StepUpEnabled if up else flag.StepNone
        )

    def validate(self, text: str, pos: int) -> object:
        """See Qt: anything may be typed on the way to an id."""
        return (QValidator.State.Acceptable, text, pos)

    def _typed(self) -> None:
        if self.text() != self.unit and not self.choose(self.text()):
            self._refuse(
                f"Unit {quoted(self.text())} is not among the selected units that were "
                "encoded; select it first, or type the id of one that is."
            )
        self._show()

    def _go_to(self, at: int) -> None:
        changed = at != self._at
        self._at = at
        self._show()
        if changed:
            self._command(self._key())

    def _key(self) -> int | str:
        """What tells the chosen unit from all others."""
        value = self.value()
        if self.unit == str(value) and isinstance(value, int):
            return value
        return self.unit

    def _show(self) -> None:
        self.lineEdit().setText(self.unit)
        self.lineEdit().setCursorPosition(0)
