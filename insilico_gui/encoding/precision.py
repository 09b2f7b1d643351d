"""Differences between responses in reduced precision and in float32.

They are measured on the stimulus itself: its first frames are encoded a second time in
float32. The cost does not depend on the length of the stimulus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import EncodingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from insilico_gui.session import ReducedSession

COMPARED_FRAMES = 64
"""Number of frames, over all videos, that are compared at most."""

ATTRIBUTE = "precision_error"
"""Attribute of responses that holds the result."""


class PrecisionCheck:
    """Comparison of the first responses of a session in reduced precision with float32.

    Each of `n_videos` videos (None: a single one, without a dimension in the blocks) has
    `n_frames` frames; of a batch, as many videos are compared as the frames allow.
    """

    def __init__(
        self, session: ReducedSession, n_frames: int, n_videos: int | None
    ) -> None:
        self._session = session
        self.n_frames = min(n_frames, COMPARED_FRAMES)
        self.n_videos = min(n_videos or 1, COMPARED_FRAMES // self.n_frames)
        self._single = n_videos is None
        self._first: list[NDArray[np.float32]] = []

    def see(self, block: NDArray[np.float32]) -> None:
        """Take the next responses, [n, U] or [N, n, U].

        NaN or infinity, which exceed the range of the precision, are an EncodingError.
        """
        if not np.isfinite(block).all():
            raise EncodingError(
                f"Responses of {self._session.id} in {self._session.precision} are NaN "
                "or infinite, beyond what that precision can hold; choose float32."
            )
        lacking = self.n_frames - sum(len(part[0]) for part in self._first)
        if lacking > 0:
            videos = block[None] if self._single else block[: self.n_videos]
            self._first.append(videos[:, :lacking].copy())

    def compare(
        self,
        chunks: Iterator[NDArray[np.uint8]],
        behavior: Mapping[str, NDArray[np.float32]] | None,
        units: NDArray[np.int64] | None,
    ) -> Iterator[dict[str, Any] | None]:
        """Encode the frames in float32; yields None at each chunk, in the end the result.

        `chunks` are uint8 [N, n, H, W] of :attr:`n_videos` videos, `behavior` and `units`
        those of the encoding; the result is that of :func:`differences`.
        """
        if behavior is not None:
            behavior = {
                name: trace if trace.ndim == 2 else trace[: self.n_videos]
                for name, trace in behavior.items()
            }
        exact = []
        for block in self._session.in_float32().stream(chunks, behavior, units):
            exact.append(block)
            yield None
        yield differences(
            np.concatenate(self._first, axis=1), np.concatenate(exact, axis=1)
        )


def differences(
    found: NDArray[np.float32], exact: NDArray[np.float32]
) -> dict[str, Any]:
    """Compare responses [N, T, U] with those in float32.

    Returns
    -------
    dict
        ``videos``, ``frames`` (of each) and ``units`` that were compared;
        ``largest_relative_difference`` and ``median_relative_difference``, over all
        responses, to the size of the one in float32; ``lowest_correlation`` and
        ``median_correlation`` (Pearson) of the two over the frames of a unit, None if
        no unit varies.
    """
    a, b = found.astype(np.float64), exact.astype(np.float64)
    smallest = np.finfo(np.float32).tiny  # so that a response of 0 has a size
    relative = np.abs(a - b) / np.maximum(np.abs(b), smallest)
    correlations = _correlations(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]))
    known = correlations[np.isfinite(correlations)]
    return {
        "videos": a.shape[0],
        "frames": a.shape[1],
        "units": a.shape[2],
        "largest_relative_difference": float(relative.max()),
        "median_relative_difference": float(np.median(relative)),
        "lowest_correlation": float(known.min()) if len(known) else None,
        "median_correlation": float(np.median(known)) if len(known) else None,
    }


def precision_sentence(attrs: Mapping[str, Any]) -> str | None:
    """The precision error of responses as a sentence; None for float32."""
    error = attrs.get(ATTRIBUTE)
    if error is None:
        return None
    where = f"the first {error['frames']} frames"
    if error["videos"] > 1:
        where += f" of {error['videos']} videos"
    return (
        f"{attrs['precision']}: responses differ from float32 by at most "
        f"{_percent(error['largest_relative_difference'])} (median "
        f"{_percent(error['median_relative_difference'])}) on {where}."
    )


def _correlations(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pearson correlation of each column; NaN where one of them is constant."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    size = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = (a * b).sum(axis=0) / size
    return found


def _percent(share: float) -> str:
    """Two significant digits: 1.2 %, 0.034 %."""
    return f"{float(f'{100 * share:.2g}'):g} %"
