"""A model in numpy: expected counts and intensities of regions and actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from insilico_gui.errors import EncodingError, listed, quoted
from insilico_nnpoisson.network import forward
from insilico_nnpoisson.network.layers import Sizes, Weights, check_weights
from insilico_nnpoisson.network.model_files import ModelFile, read_model, write_npz

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

Method = Literal["closed", "autodiff"]
Floats = NDArray[np.floating[Any]]
Three = tuple[Floats, Floats, Floats]

DTYPES = {"float32": torch.float32, "float64": torch.float64}
BLOCK_NUMBERS = 2_000_000
"""Numbers of one hidden layer that are in memory at once."""


class Model:
    """One network: a stimulus and a time in, expected counts or intensities out.

    Parameters
    ----------
    found : ModelFile
        Weights, and what is known of them.
    dtype : {"float32", "float64"}
    device : str

    Attributes
    ----------
    sizes : Sizes
    about : dict
        See :class:`.ModelFile`.
    dtype, device : str
    """

    def __init__(
        self, found: ModelFile, *, dtype: str = "float32", device: str = "cpu"
    ) -> None:
        if dtype not in DTYPES:
            raise EncodingError(
                f"There is no precision {quoted(dtype)}; choose {listed(DTYPES)}."
            )
        self.sizes: Sizes = check_weights(found.weights, "the model")
        self.about = dict(found.about)
        self.dtype = dtype
        self.device = device
        self._net = forward.Arrays(
            {
                name: torch.tensor(array, dtype=DTYPES[dtype], device=device)
                for name, array in found.weights.items()
            }
        )

    @property
    def weights(self) -> dict[str, Floats]:
        """The arrays of the network, by name."""
        return {name: array.cpu().numpy() for name, array in self._net.of.items()}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model to our ``.npz``; see :func:`.read_model`."""
        return write_npz(path, ModelFile(self.weights, self.about))

    def expected_counts(
        self, stimulus: ArrayLike, times: ArrayLike, scale: ArrayLike
    ) -> Three:
        """Expected counts from the beginning of time to `times`.

        They are not zero at time zero; the difference of two times is the expected count
        between them.

        Parameters
        ----------
        stimulus : array [n, D]
        times : array [n]
            Seconds from stimulus onset.
        scale : array [n]
            ``W / T``: longest trial over length of this trial; at least 1 as a rule.

        Returns
        -------
        left, right : array [n]
            Expected number of actions.
        neural : array [n, R]
            Expected spikes per neuron.

        Raises
        ------
        EncodingError
            If a shape does not fit or a value is not finite, or a scale not positive.
        """

        def compute(
            given: forward.Drive, t: torch.Tensor, c: torch.Tensor
        ) -> torch.Tensor:
            return forward.outputs(self._net, given, c * t) / c

        return self._by_rows(compute, stimulus, times, scale)

    def intensities(
        self,
        stimulus: ArrayLike,
        times: ArrayLike,
        scale: ArrayLike,
        method: Method = "closed",
    ) -> Three:
        """Derivatives of :meth:`expected_counts` by time, in 1/s (neural: per neuron).

        Parameters
        ----------
        stimulus, times, scale
            As of :meth:`expected_counts`.
        method : {"closed", "autodiff"}
            By formula, or by automatic differentiation; both agree.
        """
        if method not in ("closed", "autodiff"):
            raise EncodingError(
                f"There is no method {quoted(method)}; choose closed or autodiff."
            )

        def compute(
            given: forward.Drive, t: torch.Tensor, c: torch.Tensor
        ) -> torch.Tensor:
            if method == "autodiff":
                return forward.rates_by_autodiff(self._net, given, t, c)
            return forward.outputs_and_rates(self._net, given, c * t)[1]

        return self._by_rows(compute, stimulus, times, scale)

    def _by_rows(
        self,
        compute: Callable[[forward.Drive, torch.Tensor, torch.Tensor], torch.Tensor],
        stimulus: ArrayLike,
        times: ArrayLike,
        scale: ArrayLike,
    ) -> Three:
        rows = self._stimulus(stimulus)
        n = len(rows)
        t, c = (
            self._column(values, n, what)
            for values, what in ((times, "times"), (scale, "scale"))
        )
        if (c <= 0).any():
            raise EncodingError("A scale is not positive; it is W / T, so at least 1.")
        found = np.empty((n, self.sizes.regions + 2), self.dtype)
        size = max(1, BLOCK_NUMBERS // max(self.sizes.hidden, self.sizes.regions))
        with torch.no_grad():
            for start in range(0, n, size):
                part = slice(start, start + size)
                given = forward.drive(self._net, rows[part])
                found[part] = compute(given, t[part], c[part]).cpu().numpy()
        n_regions = self.sizes.regions
        return found[:, n_regions], found[:, n_regions + 1], found[:, :n_regions]

    def courses(
        self, stimulus: ArrayLike, times: ArrayLike, scale: ArrayLike
    ) -> tuple[Floats, Floats]:
        """Expected counts and intensities of conditions over a common grid of times.

        Parameters
        ----------
        stimulus : array [n, D]
        times : array [T]
            Seconds from stimulus onset.
        scale : array [n]

        Returns
        -------
        counts, intensities : array [n, T, R + 2]
            Regions, then left, then right.
        """
        rows = self._stimulus(stimulus)
        c = self._column(scale, len(rows), "scale")
        t = self._column(times, np.size(np.asarray(times)), "times")
        shape = (len(rows), len(t), self.sizes.regions + 2)
        found = np.empty(shape, self.dtype), np.empty(shape, self.dtype)
        wide = max(self.sizes.hidden, self.sizes.regions + 2)
        size = max(1, BLOCK_NUMBERS // (wide * max(1, len(t))))
        with torch.no_grad():
            for start in range(0, len(rows), size):
                part = slice(start, start + size)
                given = forward.drive(self._net, rows[part]).in_time()
                scaled = c[part].unsqueeze(-2) * t
                counts, rates = forward.outputs_and_rates(self._net, given, scaled)
                found[0][part] = (counts / c[part].unsqueeze(-2)).cpu().numpy()
                found[1][part] = rates.cpu().numpy()
        return found

    def _stimulus(self, stimulus: ArrayLike) -> torch.Tensor:
        rows = self._numbers(stimulus, "stimulus")
        if rows.ndim != 2 or rows.shape[1] != self.sizes.stimulus:
            raise EncodingError(
                f"The stimulus has the shape {list(rows.shape)}; this model takes rows "
                f"of {self.sizes.stimulus} columns, [n, {self.sizes.stimulus}]."
            )
        return rows

    def _column(self, values: ArrayLike, n: int, what: str) -> torch.Tensor:
        """Values [n] or [n, 1] as a column [n, 1]."""
        column = self._numbers(values, what)
        if column.shape not in ((n,), (n, 1)):
            raise EncodingError(
                f"The {what} have the shape {list(column.shape)}; give {n} numbers, one "
                "for each row of the stimulus."
            )
        return column.reshape(n, 1)

    def _numbers(self, values: ArrayLike, what: str) -> torch.Tensor:
        try:
            array = np.asarray(values, dtype=self.dtype)
        except (TypeError, ValueError) as error:
            raise EncodingError(
                f"The {what} cannot be read as an array of numbers; give numbers."
            ) from error
        if not np.isfinite(array).all():
            raise EncodingError(
                f"The {what} hold a value that is not finite; trials of length zero have "
                "an infinite scale, so leave them out."
            )
        return torch.tensor(array, dtype=DTYPES[self.dtype], device=self.device)


def load_model(
    path: str | os.PathLike[str], *, dtype: str = "float32", device: str = "cpu"
) -> Model:
    """Read a model from a published ``model-fwd.h5``, or from our ``.npz``.

    Of a ``.h5`` file only the arrays of the network are read; what code it carries is
    never run.

    Parameters
    ----------
    path : path
    dtype : {"float32", "float64"}
        What it computes in.
    device : str

    Raises
    ------
    WeightsError
        If it is no such file, is damaged, or holds another network.
    """
    return Model(read_model(path), dtype=dtype, device=device)


def model_of(
    weights: Weights, *, dtype: str = "float32", device: str = "cpu", **about: Any
) -> Model:
    """A model of weights in memory; `about` as in :class:`.ModelFile`."""
    return Model(ModelFile(weights, about), dtype=dtype, device=device)
