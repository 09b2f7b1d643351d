"""How strongly each image drives some units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.trials.traces import BLOCK_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from insilico_gui.analysis.trials.traces import Rows


class ImageDrive:
    """One number for each image, grown as responses come in.

    Without time, the mean response of the units. With time, the root mean square over
    units and the moments from image onset on: responses of either sign would cancel in a
    mean.

    Parameters
    ----------
    store : Rows
        Responses by moment; the moments of one image follow each other.
    columns : int array, [n]
        Units, by column of `store`.
    times : float array, [T], optional
        Seconds from image onset of the moments of one image.

    Attributes
    ----------
    n_done : int
        Images whose number is known.
    values : float64 array, [images]
        NaN from image `n_done` on.
    """

    def __init__(
        self,
        store: Rows,
        columns: NDArray[np.int64],
        times: NDArray[np.floating] | None = None,
    ) -> None:
        self._store = store
        self._columns = columns
        self._n_times = 1 if times is None else len(times)
        self._counted = None
        if times is not None:
            # If all there is comes before the onset, that is what counts
            self._counted = times >= 0 if bool((times >= 0).any()) else times < 0
        self.n_done = 0
        self.values = np.full(store.shape[0] // self._n_times, np.nan)

    def update(self) -> Iterator[None]:
        """Take in what the store has gained; yields between blocks."""
        if len(self._columns) == 0:
            return
        n_values = self._n_times * self._store.shape[-1]
        step = max(1, BLOCK_VALUES // n_values)
        while self.n_done < self._store.n_done // self._n_times:
            start = self.n_done
            stop = min(start + step, self._store.n_done // self._n_times)
            rows = self._store.rows(start * self._n_times, stop * self._n_times)
            chosen = rows[:, self._columns].astype(np.float64)
            each = chosen.reshape(stop - start, self._n_times, -1)
            if self._counted is None:
                made = each.mean(axis=(1, 2))
            else:
                made = np.sqrt((each[:, self._counted] ** 2).mean(axis=(1, 2)))
            self.values[start:stop] = made
            self.n_done = stop
            yield
