"""What a model of tuning declares, and the one way in which all models are fitted.

A model declares its parameters with their bounds and starts, its curve with the
derivatives, and the columns that it makes. Curves that hold NaN or do not vary are not
fitted, data are brought to the order of one before and results back after, several
starts are tried, and units are taken in blocks that bound the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from insilico_gui.analysis.fits.flatness import FLAT, is_flat
from insilico_gui.analysis.fits.leastsquares import COST_TOLERANCE, solve
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]
    Levels = tuple[Floats, ...]

Result = TypeVar("Result")

UNITS_AT_ONCE = 2048

AS_GOOD = 1.001
"""Ratio of summed squares that makes no difference between two minima."""

LOG, LOG2 = (np.log, np.exp), (np.log2, np.exp2)
RADIANS = (np.radians, np.degrees)
"""Of a parameter, to the number that is searched for, and back."""

N_POINTS = 121


@dataclass(frozen=True, kw_only=True)
class TuningModel(Generic[Result]):
    """A model of P parameters of tuning curves at K levels.

    Functions get the levels as `axes` gives them, and parameters [n, P] as they are
    searched for.

    Attributes
    ----------
    name : of the model, for the metadata of columns
    of : columns of trial tables whose tuning it describes; a pair is written ``"a x b"``
    parameters : names in the result
    responses : parameters in the units of the responses; the first is the baseline
    searched : parameters that are searched for in another form: `LOG`, `LOG2`, `RADIANS`
    predict, jacobian : (parameters, *axes) to values [n, K] and derivatives [n, K, P]
    starts : (curves [n, K], *axes) to a list of start values [n, P]; the largest value of
        each curve is 1, and none is negative
    bounds : (*axes) to lower and upper bounds, [P] each
    result : makes the result of a :class:`CurveFit` and of further options of the fit;
        default: an object with :meth:`CurveFit.values` as attributes
    columns : (result, tuning) to columns of the unit table, [U] each
    few : (tuning) to what there is where levels are fewer than `least`, and the name of the
        column that is missing; None: an error
    any_axis : whether columns can also be made of parameters that are not in `of`
    more : (tuning) to options of `result` that a tuning has
    levels : what the levels of each axis are, in the plural
    least, lowest : number of levels that the fit needs on each axis, and the lowest that is
        allowed; None: they must be above 0
    axes : (*levels), ascending, to what the other functions get
    check : (curve, *levels) to curves [U, K] and levels, instead of :meth:`check_levels`
    between : (levels) to those at which a curve is drawn
    below_zero : whether the baseline may be negative where responses are (recorded
        data): as far below the smallest as that is below the largest
    tolerance : see :func:`insilico_gui.analysis.fits.leastsquares.solve`
    tie : part of a cost by which minima from different starts are equal; of such the
        first is taken, whatever rounding makes of them
    """

    name: str
    parameters: tuple[str, ...]
    predict: Callable[..., Floats]
    jacobian: Callable[..., Floats]
    starts: Callable[..., list[Floats]]
    bounds: Callable[..., tuple[ArrayLike, ArrayLike]]
    result: Callable[..., Result] = lambda found: _plain(found)
    of: tuple[str, ...] = ()
    responses: tuple[str, ...] = ("baseline", "amplitude")
    searched: Mapping[str, tuple[np.ufunc, np.ufunc]] = field(default_factory=dict)
    columns: Callable[[Result, xr.Dataset], dict[str, NDArray[Any]]] = (
        lambda result, tuning: {}
    )
    few: Callable[[xr.Dataset], tuple[dict[str, NDArray[Any]], str]] | None = None
    any_axis: bool = False
    more: Callable[[xr.Dataset], dict[str, Any]] = lambda tuning: {}
    levels: tuple[str, ...] = ("levels",)
    least: int = 1
    lowest: float | None = 0.0
    axes: Callable[..., Levels] = lambda *levels: levels
    check: Callable[..., tuple[Floats, Levels]] | None = None
    between: Callable[[Floats], Floats] = lambda levels: np.linspace(
        levels.min(), levels.max(), N_POINTS
    )
    below_zero: bool = True
    tolerance: float = COST_TOLERANCE
    tie: float = 0.0

    def fit(
        self,
        curve: ArrayLike,
        *levels: ArrayLike,
        on_progress: OnProgress | None = None,
        **options: Any,
    ) -> Result:
        """Fit the model to curves [K] or [K, U] (of two axes: [S, T] or [S, T, U]).

        Raises
        ------
        AnalysisError
            If shapes do not fit, or levels are too few, repeated or out of range.
        """
        check = self.check or self.check_levels
        curves, ordered = check(curve, *levels)
        return self.result(fit_curves(self, curves, ordered, on_progress), **options)

    def refit(
        self, result: Result, curve: ArrayLike, *levels: ArrayLike, **options: Any
    ) -> Result:
        """Fit the model to other curves of the same units, from where `result` ended.

        For curves that differ little, such as those of presentations drawn again. Units
        that `result` has no fit of have none either.
        """
        curves, ordered = (self.check or self.check_levels)(curve, *levels)
        found = fit_curves(self, curves, ordered, near=self.searched_for(result))
        return self.result(found, **options)

    def searched_for(self, result: Result) -> Floats:
        """The parameters of a result as they are searched for, [U, P]."""
        values = (getattr(result, name) for name in self.parameters)
        return np.stack(
            [
                self.searched[name][0](value) if name in self.searched else value
                for name, value in zip(self.parameters, values, strict=True)
            ],
            axis=1,
        )

    def curve(self, result: Result, *levels: ArrayLike) -> Floats:
        """The fitted curve at other levels, [K, U]."""
        at = (np.asarray(level, np.float64) for level in levels)
        return self.predict(self.searched_for(result), *self.axes(*at)).T

    def check_levels(
        self, curve: ArrayLike, *levels: ArrayLike
    ) -> tuple[Floats, Levels]:
        """Bring curves to float64 [U, K] and levels to ascending ones; see :meth:`fit`."""
        values, given = np.asarray(curve, np.float64), [np.asarray(at) for at in levels]
        for at, name in zip(given, self.levels, strict=True):
            if at.dtype.kind not in "fiu":
                raise AnalysisError(f"The {name} must be numbers, not {at.dtype}.")
        shape, n_axes = tuple(at.size for at in given), len(given)
        if (
            any(at.ndim != 1 for at in given)
            or values.ndim not in (n_axes, n_axes + 1)
            or values.shape[:n_axes] != shape
        ):
            wanted = "[K] or [K, units] and [K]"
            if n_axes > 1:
                wanted = "[S, T] or [S, T, units], [S] and [T]"
            shapes = ", ".join(
                f"the {name} {list(at.shape)}"
                for name, at in zip(self.levels, given, strict=True)
            )
            raise AnalysisError(
                f"The tuning curve has shape {list(values.shape)}, {shapes}; give "
                f"{wanted}."
            )
        values = values.reshape(*shape, -1)
        ordered = []
        for axis, (at, name) in enumerate(zip(given, self.levels, strict=True)):
            order = np.argsort(at)
            values = values.take(order, axis)
            ordered.append(self._checked(at[order].astype(np.float64), name))
        return values.reshape(-1, values.shape[-1]).T, tuple(ordered)

    def _checked(self, at: Floats, name: str) -> Floats:
        """Sorted levels [K], if the model can use them."""
        if not np.isfinite(at).all() or (np.diff(at) <= 0).any():
            raise AnalysisError(f"The {name} must be finite, and each occur once.")
        if len(at) < self.least:
            raise AnalysisError(
                f"This fit needs at least {self.least} {name}, and {len(at)} were "
                "shown; show more, or use the level with the largest response."
            )
        if self.lowest is None and at[0] <= 0:
            raise AnalysisError(
                f"One of the {name} is {at[0]:g}, which has no place on a logarithmic "
                "axis; leave it out."
            )
        if self.lowest is not None and at[0] < self.lowest:
            raise AnalysisError(
                f"One of the {name} is {at[0]:g}, below {self.lowest:g}."
            )
        return at


@dataclass(frozen=True)
class CurveFit:
    """What the search found, one row or entry per unit.

    ``parameters`` [U, P] (as they are searched for) and ``mse`` [U] are NaN where a curve
    was not fitted, ``r2`` is 1 - residual / total variance over levels, ``success`` is
    False where the curve holds NaN, is flat or the search did not converge. ``curves``
    [U, K], ``levels`` and ``axes`` are what was fitted.
    """

    model: TuningModel[Any]
    curves: Floats
    levels: Levels
    axes: Levels
    parameters: Floats
    mse: Floats
    r2: Floats
    success: NDArray[np.bool_]

    @property
    def known(self) -> Floats:
        """The parameters [U, P], NaN without success."""
        return np.where(self.success[:, None], self.parameters, np.nan)

    def values(self) -> dict[str, Any]:
        """Parameters by name, NaN without success; ``mse``, ``r2`` and ``success``."""
        model = self.model
        return {
            **{
                name: model.searched[name][1](column)
                if name in model.searched
                else column
                for name, column in zip(model.parameters, self.known.T, strict=True)
            },
            "mse": self.mse,
            "r2": self.r2,
            "success": self.success,
        }


def fit_curves(
    model: TuningModel[Any],
    curves: Floats,
    levels: Levels,
    on_progress: OnProgress | None = None,
    *,
    near: Floats | None = None,
) -> CurveFit:
    """Fit a model to each curve [U, K], from the best of its starts.

    The baseline is not below 0 if all responses of a unit are positive; see
    `below_zero`. With parameters `near` [U, P] (as they are searched for), these are the
    only start; units where they are NaN are not fitted. Progress is in units.
    """
    axes = model.axes(*levels)
    found = [
        _fit(model, curves[units], axes, None if near is None else near[units])
        for units in in_blocks(len(curves), UNITS_AT_ONCE, on_progress)
    ]
    parameters, mse, r2, success = map(np.concatenate, zip(*found, strict=True))
    return CurveFit(model, curves, levels, axes, parameters, mse, r2, success)


def _plain(found: CurveFit) -> Any:
    return SimpleNamespace(**found.values())


def _fit(
    model: TuningModel[Any], curves: Floats, axes: Levels, near: Floats | None
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Parameters [n, P], squared error, r2 and success [n] of curves [n, K]."""
    n = len(curves)
    parameters = np.full((n, len(model.parameters)), np.nan)
    mse, r2 = np.full(n, np.nan), np.full(n, np.nan)
    success = np.zeros(n, bool)
    usable = is_fittable(model, curves)
    if near is not None:
        usable &= np.isfinite(near).all(axis=1)
    todo = np.flatnonzero(usable & ~is_flat(curves, axis=1))
    if len(todo) == 0:
        return parameters, mse, r2, success

    floor = np.zeros((len(todo), 1))
    if model.below_zero:
        lowest = curves[todo].min(axis=1)
        floor = np.where(lowest < 0, lowest - np.ptp(curves[todo], axis=1), 0)[:, None]
    scale = (curves[todo] - floor).max(axis=1, keepdims=True)
    target = (curves[todo] - floor) / scale
    scaled = [model.parameters.index(name) for name in model.responses]
    starts = model.starts(target, *axes) if near is None else [near[todo].copy()]
    if near is not None:
        starts[0][:, scaled[0]] -= floor[:, 0]
        starts[0][:, scaled] /= scale
    best, cost, converged = _best_of_starts(model, target, axes, np.stack(starts))
    # A model that became constant says nothing about where the unit's peak is.
    varies = np.ptp(model.predict(best, *axes), axis=1) > FLAT
    total = ((target - target.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)

    found = best.copy()
    found[:, scaled] *= scale
    found[:, scaled[0]] += floor[:, 0]
    parameters[todo] = np.where(varies[:, None], found, np.nan)
    mse[todo] = np.where(varies, 2 * cost / curves.shape[1] * scale[:, 0] ** 2, np.nan)
    r2[todo] = np.where(varies, 1 - 2 * cost / total, np.nan)
    success[todo] = converged & varies
    return parameters, mse, r2, success


def is_fittable(model: TuningModel[Any], curves: Floats) -> NDArray[np.bool_]:
    """Whether curves [U, K] are finite and, where it matters, have a positive value."""
    finite = np.asarray(np.isfinite(curves).all(axis=1))
    largest = np.abs(curves).max(axis=1, initial=0)
    positive = curves.max(axis=1, initial=0) > FLAT * largest
    return finite if model.below_zero else finite & positive


def _best_of_starts(
    model: TuningModel[Any], target: Floats, axes: Levels, starts: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Parameters [n, P], costs [n] and convergence [n] of the lowest minimum found.

    From `starts`, [S, n, P].
    """
    lower, upper = (np.asarray(bound, np.float64) for bound in model.bounds(*axes))
    n_starts, n, n_parameters = starts.shape
    # all starts in one search: its steps cost the same for few problems as for many
    found = solve(
        lambda p: model.predict(p, *axes),
        lambda p: model.jacobian(p, *axes),
        np.tile(target, (n_starts, 1)),
        np.clip(starts.reshape(-1, n_parameters), lower, upper),
        lower,
        upper,
        model.tolerance,
    )
    parameters = found.parameters.reshape(starts.shape)
    cost, converged = (
        part.reshape(n_starts, n) for part in (found.cost, found.converged)
    )
    # Of minima that are as good as equal, one that the search has ended in.
    rank = np.where(converged, cost, cost * AS_GOOD + 1e-26)
    lowest, row = rank.argmin(axis=0), np.arange(len(target))
    if model.tie:
        lowest = (rank <= rank[lowest, row] * (1 + model.tie)).argmax(axis=0)
    return parameters[lowest, row], cost[lowest, row], converged[lowest, row]


def repeated(fit: Any, n: int) -> Any:
    """A fit (a dataclass or plain) of arrays [U] or [U, P], of the same units n times."""
    given = vars(fit)
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, np.ndarray):
            found[name] = np.concatenate([value] * n)
        elif isinstance(value, tuple):
            found[name] = tuple(np.concatenate([one] * n) for one in value)
    if isinstance(fit, SimpleNamespace):
        return SimpleNamespace(**(given | found))
    return replace(fit, **found)


def columns_of(p: Floats) -> list[Floats]:
    """Parameters [n, P] one by one, [n, 1] each, to meet axes [K]."""
    return [p[:, k, None] for k in range(p.shape[1])]


def start_at(*values: ArrayLike) -> Floats:
    """Start values [n, P] of one array [n] or number for each parameter."""
    return np.stack(np.broadcast_arrays(*values), axis=1)
