"""Ridge regression of responses on the frames that came before them.

The mean frame before responses is blurred by what neighbouring places and frames of a
movie have in common. Divided by the covariance of the movie it is not (Theunissen et al.
2001, Network 12:289); what the movie does not vary is held down by a ridge, chosen for
each unit on frames that its filter was not fitted to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Places = NDArray[np.int64]

RIDGES = 10.0 ** np.arange(-4, 4)
"""That are tried, in units of the mean variance of what the filter weights."""

FIT, CHOOSE, HELD_OUT, UNUSED = 0, 1, 2, -1
"""What a frame is for: filters, the choice of a ridge, the judgement, or nothing."""

PATTERN = (FIT, FIT, CHOOSE, FIT, HELD_OUT)
"""Uses of successive stretches of frames."""

MOST_STRETCHES = 20

FRAMES_AT_ONCE = 1024


class Fitted(NamedTuple):
    """Filters [D, U], ridges [U], and predictions by both: ``fitted``, ``held_out``."""

    filters: Floats
    ridge: Floats
    fitted: Floats
    held_out: Floats


def uses_of_frames(n_frames: int, first: int, longest: int) -> NDArray[np.int8]:
    """What each frame is for, int8 [n_frames].

    Parameters
    ----------
    n_frames : int
    first : int
        Frames before it are not used.
    longest : int
        Longest lag in frames. No frame of one use is predicted from a frame of another.

    Raises
    ------
    AnalysisError
        If there are too few frames.
    """
    usable, per = n_frames - first, len(PATTERN)
    n = min(MOST_STRETCHES, usable // (2 * longest + 2)) // per * per
    if n < per:
        least = first + per * (2 * longest + 2)
        raise AnalysisError(
            f"The stimulus has {n_frames} frames; with a longest lag of {longest} frames "
            f"a filter needs at least {least}: show a longer one, or look back less far."
        )
    stretch = np.arange(usable) * n // usable
    uses = np.full(n_frames, UNUSED, np.int8)
    uses[first:] = np.asarray(PATTERN, np.int8)[stretch % per]
    before = uses[first : n_frames - longest] if longest else uses[first:]
    uses[first + longest :][uses[first + longest :] != before] = UNUSED
    return uses


@dataclass(frozen=True)
class LaggedFrames:
    """What was on the screen at several lags before each frame.

    Attributes
    ----------
    cells : float32 array, [T, C]
        Frames, averaged over C cells of the screen.
    lags : tuple of int
        L lags in frames, ascending.
    """

    cells: Singles
    lags: tuple[int, ...]

    @property
    def n_weights(self) -> int:
        """D = L * C."""
        return len(self.lags) * int(self.cells.shape[1])

    def before(self, frames: Places) -> Singles:
        """What came before frames [n], lag by lag; float32 [n, D]."""
        return np.concatenate([self.cells[frames - lag] for lag in self.lags], axis=1)


class Regression:
    """The part of the regression that all units share.

    Parameters
    ----------
    shown : LaggedFrames
    uses : int8 array, [T]
        From :func:`uses_of_frames`.
    ridge : float, optional
        For all units, in the units of :data:`RIDGES`; default: chosen for each.
    on_progress : callable(done, total), optional
    """

    def __init__(
        self,
        shown: LaggedFrames,
        uses: NDArray[np.int8],
        ridge: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        if ridge is not None and not (np.isfinite(ridge) and ridge >= 0):
            raise AnalysisError(
                f"The ridge is {ridge:g}; give a positive number such as 0.1, or leave "
                "it out to have it chosen."
            )
        self._shown, self._ridge = shown, ridge
        self.fit = np.flatnonzero(uses == FIT)
        self._choose = np.flatnonzero(uses == CHOOSE)
        self.both = np.sort(np.concatenate([self.fit, self._choose]))
        self.held_out = np.flatnonzero(uses == HELD_OUT)
        self._small = _Axes(shown, self.fit, on_progress)
        self._all = _Axes(shown, self.both, None)
        self._seen = self._small.turned(self._choose)

    def solve(self, responses: Floats) -> Fitted:
        """Filters of responses [T, U]; NaN where responses are not finite."""
        finite = np.isfinite(responses).all(axis=0)
        known = np.where(finite, responses, 0.0)
        scale = float(np.mean(self._all.variance))
        ridge = self._chosen(known)
        products = self._all.products(known)
        turned = products / (
            self._all.variance[:, None] + ridge * scale + 1e-12 * scale
        )
        filters = self._all.axes @ turned
        filters[:, ~finite] = np.nan
        predicted = (self._predict(filters, frames) for frames in self._asked)
        return Fitted(filters, np.where(finite, ridge, np.nan), *predicted)

    @property
    def _asked(self) -> tuple[Places, Places]:
        return self.both, self.held_out

    def _chosen(self, responses: Floats) -> Floats:
        """The ridge of each unit with the smallest error on frames kept for it, [U]."""
        n_units = responses.shape[1]
        if self._ridge is not None:
            return np.full(n_units, self._ridge)
        products, variance = self._small.products(responses), self._small.variance
        target = responses[self._choose] - responses[self.fit].mean(axis=0)
        errors = []
        for ridge in RIDGES:
            turned = products / (variance[:, None] + ridge * variance.mean() + 1e-300)
            predicted = self._seen @ turned.astype(np.float32)
            errors.append(((target - predicted) ** 2).sum(axis=0))
        best: Floats = RIDGES[np.argmin(errors, axis=0)]
        return best

    def _predict(self, filters: Floats, frames: Places) -> Floats:
        """What filters [D, U] make of frames, less that of the mean frame, [n, U]."""
        found = np.empty((len(frames), filters.shape[1]))
        for block in in_blocks(len(frames), FRAMES_AT_ONCE):
            shown = self._shown.before(frames[block]) - self._all.mean
            found[block] = shown @ filters.astype(np.float32)
        return found


class _Axes:
    """Principal axes of what came before some frames: ``axes`` [D, D], ``variance`` [D]."""

    def __init__(
        self, shown: LaggedFrames, frames: Places, on_progress: OnProgress | None
    ) -> None:
        self._shown, self._frames = shown, frames
        n = shown.n_weights
        total, squares = np.zeros(n), np.zeros((n, n))
        for block in in_blocks(len(frames), FRAMES_AT_ONCE, on_progress):
            rows = shown.before(frames[block])
            total += rows.sum(axis=0, dtype=np.float64)
            squares += rows.T @ rows
        mean = total / len(frames)
        self.mean = mean.astype(np.float32)
        variance, self.axes = np.linalg.eigh(
            squares / len(frames) - np.outer(mean, mean)
        )
        self.variance = np.clip(variance, 0, None)
        if not self.variance.max() > 0:
            raise AnalysisError(
                "The frames do not vary, so nothing can be said of what units respond "
                "to; show a movie or noise."
            )

    def products(self, responses: Floats) -> Floats:
        """Covariance of each axis with responses [T, U], [D, U]."""
        values = responses[self._frames]
        values = values - values.mean(axis=0)
        total = np.zeros((len(self.axes), values.shape[1]))
        for block in in_blocks(len(self._frames), FRAMES_AT_ONCE):
            rows = self._shown.before(self._frames[block]) - self.mean
            total += rows.T @ values[block].astype(np.float32)
        products: Floats = self.axes.T @ (total / len(self._frames))
        return products

    def turned(self, frames: Places) -> Singles:
        """What came before frames along each axis, float32 [n, D]."""
        axes = self.axes.astype(np.float32)
        blocks = [
            (self._shown.before(frames[block]) - self.mean) @ axes
            for block in in_blocks(len(frames), FRAMES_AT_ONCE)
        ]
        return np.concatenate(blocks)
