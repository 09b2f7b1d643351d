"""From features to responses: standardise, project on components, regress.

The matrices are of 0.5 GB each and stay in their file: on a CPU they are read layer by
layer, as they are used, so that a model that is open takes next to no memory. On a GPU
they are held there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

HELD_ON_CPU = 2**26  # bytes of a regression that are kept in memory
ROWS_AT_ONCE = 2**14


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of every feature, float64 [F]."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Principal components.

    Attributes
    ----------
    mean : float64 array, [F]
        Of the standardised features.
    matrix : float array, [K, F]
        One component a row; may be a memory map.
    """

    mean: NDArray[np.float64]
    matrix: NDArray[np.floating]


@dataclass(frozen=True)
class Regression:
    """Responses from the scores on the first components.

    Attributes
    ----------
    coef : float array, [R, K]
        May be a memory map.
    intercept : float64 array, [R]
    """

    coef: NDArray[np.floating]
    intercept: NDArray[np.float64]


class Projection:
    """Scores of features on components, scaled first.

    Parameters
    ----------
    scaler : Scaler
    components : sequence of Components
        Several of them share the scaler.
    k : int
        How many scores of each are wanted.
    device : str
    """

    def __init__(
        self, scaler: Scaler, components: Sequence[Components], k: int, device: str
    ) -> None:
        self._k = k
        self._device = device
        # (f - mean) / scale - mean of the components = f * gain + offset
        self._gain = _tensor(1 / scaler.scale, device)
        shift = -scaler.mean / scaler.scale
        self._offsets = [_tensor(shift - c.mean, device) for c in components]
        self._matrices = [c.matrix[:k] for c in components]
        self._held = (
            None
            if device == "cpu"
            else [_tensor(matrix, device) for matrix in self._matrices]
        )

    def __call__(self, layers: Iterable[Tensor]) -> list[Tensor]:
        """Scores, float32 [n, K], one tensor for each set of components.

        Parameters
        ----------
        layers : iterable of float32 tensors, [n, T, width]
            The features, layer by layer.
        """
        scores: list[Tensor] = []
        buffers: list[NDArray[np.float32]] = []
        start = 0
        for layer in layers:
            features = layer.flatten(1)
            n, width = features.shape
            part = slice(start, start + width)
            if not scores:
                scores = [features.new_zeros(n, self._k) for _ in self._matrices]
                buffers = self._buffers(width)
            for i, total in enumerate(scores):
                centred = torch.addcmul(
                    self._offsets[i][part], features, self._gain[part]
                )
                if self._held is not None:
                    columns = self._held[i][:, part]
                else:
                    np.copyto(buffers[i], self._matrices[i][:, part], "same_kind")
                    columns = torch.from_numpy(buffers[i])
                total.addmm_(centred, columns.T)
            start = part.stop
        return scores

    def _buffers(self, width: int) -> list[NDArray[np.float32]]:
        """Room for the columns of a layer, in the order of each matrix.

        They are copied there, since torch wants numbers that lie at whole words. To use
        the same memory again takes a fraction of the time of asking for new.
        """
        if self._held is not None:
            return []
        flat = np.empty(self._k * width, dtype=np.float32)
        rows, columns = flat.reshape(self._k, width), flat.reshape(width, self._k).T
        return [columns if m.flags.f_contiguous else rows for m in self._matrices]


class Readout:
    """Some rows of a regression, ready to be applied to many batches.

    Parameters
    ----------
    regression : Regression
    rows : int array or slice
        Which responses, in which order.
    device : str
    """

    def __init__(
        self, regression: Regression, rows: NDArray[np.integer] | slice, device: str
    ) -> None:
        self._coef = regression.coef
        self._device = device
        self._rows = np.arange(len(regression.coef))[rows]
        self._intercept = _tensor(regression.intercept[self._rows], device)
        size = 4 * len(self._rows) * regression.coef.shape[1]
        hold = device != "cpu" or size <= HELD_ON_CPU
        self._held = list(self._blocks()) if hold else None

    def __len__(self) -> int:
        return len(self._rows)

    def __call__(self, scores: Tensor) -> Tensor:
        """Responses, float32 [n, rows], from scores [n, K]."""
        out = scores.new_empty(len(scores), len(self))
        blocks = self._blocks() if self._held is None else self._held
        start = 0
        for block in blocks:
            part = slice(start, start + len(block))
            out[:, part] = torch.addmm(self._intercept[part], scores, block.T)
            start = part.stop
        return out

    def _blocks(self) -> Iterator[Tensor]:
        for start in range(0, len(self), ROWS_AT_ONCE):
            rows = self._rows[start : start + ROWS_AT_ONCE]
            yield _tensor(self._coef[rows], self._device)


def _tensor(array: NDArray[Any], device: str) -> Tensor:
    # A copy: what is mapped may lie at any address, and torch wants whole words.
    return torch.from_numpy(np.array(array, dtype=np.float32, order="K")).to(device)
