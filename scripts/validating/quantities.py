"""What is compared: the truth, what was measured, and groups of units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

SEEDED = "seeded units"
LEAST_UNITS = 5  # of a group that gets a row
CENTRAL = (16, 84)  # percentiles, about two standard deviations apart


@dataclass(frozen=True)
class Bound:
    """What a number must hold to.

    Attributes
    ----------
    of : str
        ``"bias"`` (its size), ``"error"``, or ``"measured"``.
    is_at_most : bool
        Otherwise at least.
    limit : float
    group : str
        The group that is held to it, if there are groups.
    """

    of: Literal["bias", "error", "measured"]
    limit: float
    is_at_most: bool = True
    group: str = "inside"

    def __str__(self) -> str:
        if self.of == "bias":
            return f"bias within {self.limit:g}"
        return f"{self.of} {'<=' if self.is_at_most else '>='} {self.limit:g}"


@dataclass(frozen=True)
class Quantity:
    """Truth and measurement of one number of each unit.

    Attributes
    ----------
    name : str
        The column, with what it was measured under if there are several.
    truth, measured : array-like [U] or float
        Units without a truth (NaN) do not count; a measurement of NaN is a failure.
    unit : str
        Of the difference: ``"octaves"`` are log2 of the ratio, ``"share"`` is that of
        units, and truth and measurement are yes or no, or a share.
    truth_is : str
        Where the truth is from, in words.
    period : float, optional
        Of what is cyclic.
    groups : dict of str to bool array [U], optional
        Default all.
    sign : array [U], optional
        The error is multiplied by it.
    source : str
        ``"demo"``, ``"demo/noisy"`` or seeded units.
    bound : Bound, optional
    """

    name: str
    truth: ArrayLike
    measured: ArrayLike
    unit: str = ""
    truth_is: str = "closed form"
    period: float | None = None
    groups: dict[str, NDArray[np.bool_]] | None = None
    sign: ArrayLike | None = None
    source: str = SEEDED
    bound: Bound | None = None

    def rows(self, analysis: str) -> list[dict[str, Any]]:
        """A row of the table for each group that has units."""
        measured = np.atleast_1d(np.asarray(self.measured, float))
        truth = np.broadcast_to(np.asarray(self.truth, float), measured.shape)
        groups = self.groups or {"all": np.ones(measured.shape, bool)}
        least = LEAST_UNITS if self.groups else 1
        rows = []
        for group, members in groups.items():
            chosen = members & np.isfinite(truth)
            if chosen.sum() >= least:
                sign = 1 if self.sign is None else np.asarray(self.sign)[chosen]
                numbers = self._numbers(truth[chosen], measured[chosen], sign)
                rows.append(self._row(analysis, group, numbers))
        return rows

    def _errors(self, truth: Floats, measured: Floats) -> Floats:
        if self.unit == "octaves":
            return np.asarray(np.log2(measured / truth))
        if self.period:
            half = self.period / 2
            return np.asarray((measured - truth + half) % self.period - half)
        return measured - truth

    def _numbers(
        self, truth: Floats, measured: Floats, sign: Any
    ) -> dict[str, float | None]:
        """Numbers of one group."""
        found = np.isfinite(measured)
        counts: dict[str, float | None] = {
            "units": len(truth),
            "failed": float(1 - found.mean()),
        }
        names = ("truth", "measured", "bias", "spread", "error")
        if not found.any():
            return counts | dict.fromkeys(names)
        if self.unit == "share":
            mean, wanted = measured[found].mean(), truth[found].mean()
            shares = (wanted, mean, mean - wanted, None, abs(mean - wanted))
            return counts | dict(zip(names, shares, strict=True))
        errors = self._errors(truth[found], measured[found]) * sign_of(sign, found)
        low, high = np.percentile(errors, CENTRAL)
        several = len(errors) > 1
        middle: tuple[float | None, ...] = (
            (None, None)
            if self.period
            else (float(np.median(truth)), float(np.median(measured[found])))
        )
        values = (
            *middle,
            float(np.median(errors)),
            float(high - low) / 2 if several else None,
            float(np.median(np.abs(errors))),
        )
        return counts | dict(zip(names, values, strict=True))

    def _row(
        self, analysis: str, group: str, numbers: dict[str, Any]
    ) -> dict[str, Any]:
        bound = self.bound
        row = {
            "analysis": analysis,
            "quantity": self.name,
            "unit": self.unit,
            "session": self.source,
            "group": group,
            **numbers,
            "truth_is": self.truth_is,
            "bound": "",
            "met": None,
        }
        if bound is None or (self.groups and bound.group != group):
            return row
        value = numbers[bound.of]
        size = np.inf if value is None else abs(value)
        met = size <= bound.limit if bound.is_at_most else size >= bound.limit
        return row | {"bound": str(bound), "met": bool(met and value is not None)}


def sign_of(sign: Any, found: NDArray[np.bool_]) -> Any:
    """The signs of those that were found."""
    return sign if np.ndim(sign) == 0 else np.asarray(sign)[found]


def covered(
    columns: Any, name: str, truth: ArrayLike, period: float | None = None
) -> Floats:
    """Whether intervals hold the truth, 0 or 1; NaN where there is none."""
    low, high = (columns[f"{name}_{end}"].to_numpy() for end in ("low", "high"))
    true = np.asarray(truth, float)
    held = (low <= true) & (true <= high)
    if period:
        held = (true - low) % period <= (high - low) % period
    known = np.isfinite(low) & np.isfinite(true)
    return np.where(known, held, np.nan)
