"""Responses to images, arranged in time for playback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import xarray as xr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Rows(Protocol):
    """Responses to images, each as one row."""

    n_done: int
    shape: tuple[int, ...]

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Responses to some images, float32 [n, ...]."""


class Moments:
    """Responses to images as a row of units for each moment, for playback.

    The moments of one image follow each other in time (a single one, if the response
    has no time), then come those of the next. Repeats are averaged.

    Attributes
    ----------
    shape : (int, int)
        Moments of all images, and units.
    n_times : int
        Moments of one image.
    """

    def __init__(
        self,
        store: Rows,
        shape: tuple[int, ...],
        dims: tuple[str, ...],
        unit_dim: str,
    ) -> None:
        sizes = dict(zip(dims, shape, strict=True))
        self.n_times = sizes.get("time", 1)
        self.shape: tuple[int, ...] = (
            store.shape[0] * self.n_times,
            sizes[unit_dim],
        )
        self._store, self._sizes = store, sizes
        self._others = [dim for dim in dims if dim not in ("time", unit_dim)]
        self._order = [
            dim for dim in ("trial", "time", unit_dim) if dim in (*dims, "trial")
        ]

    @property
    def n_done(self) -> int:
        """Number of moments that are computed."""
        return self._store.n_done * self.n_times

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Responses at some moments, float32 [n, U]."""
        first = start // self.n_times
        last = -(-stop // self.n_times)
        flat = self._store.rows(first, last)
        block = xr.DataArray(
            flat.reshape(len(flat), *self._sizes.values()), dims=("trial", *self._sizes)
        )
        by_moment: NDArray[np.float32] = (
            block.mean(self._others)
            .transpose(*self._order)
            .to_numpy()
            .reshape(-1, self.shape[1])
        )
        skipped = start - first * self.n_times
        return by_moment[skipped : skipped + stop - start]

    def to_image(self, k: int) -> xr.DataArray:
        """Responses to one image, float32, with all the dimensions of the session.

        Image `k` must be done; see :attr:`n_done`.
        """
        values = self._store.rows(k, k + 1)[0].reshape(tuple(self._sizes.values()))
        return xr.DataArray(values, dims=tuple(self._sizes))

    def row(self, moment: int) -> NDArray[np.float32]:
        """Responses at one moment, float32 [U]."""
        row: NDArray[np.float32] = self.rows(moment, moment + 1)[0]
        return row
