"""Presentations of a probe by cell, at each unit's best choice of everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.analysis.trials.bootstrap import bootstrap, interval, resamples
from insilico_gui.analysis.trials.design import NOT_CONDITIONS, make_design
from insilico_gui.analysis.trials.grouping import cell_means
from insilico_gui.analysis.trials.levels import Levels, levels_of
from insilico_gui.analysis.trials.strata import make_strata, shuffled
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks
from insilico_gui.responses import with_unit_index
from insilico_gui.units.identity import of_result, result_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

    Floats = NDArray[np.float64]
    Index = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Cells:
    """Responses to a probe.

    Attributes
    ----------
    windowed : xarray.DataArray
        Responses of all trials (``trial``, ``unit``), whose attributes say how.
    values : array, [n, U]
        Of the presentations that have a level on every axis.
    levels : mapping
        Levels of each axis, by its name.
    cell : int array, [n]
        Number of the combination of levels of each presentation.
    combinations : pandas.DataFrame
        A row for each combination of the other conditions.
    combination : int array, [n]
        Of each presentation.
    stratum : int array, [n]
        Presentations of one stratum differ in their cell alone.
    best : int array, [U]
        Combination at which each unit is looked at.
    mean : array, [L1, L2, ..., U]
        Mean response in each cell, there; NaN where there is none.
    """

    windowed: xr.DataArray
    values: Floats
    levels: Mapping[str, NDArray[Any]]
    cell: NDArray[np.int64]
    combinations: pd.DataFrame
    combination: NDArray[np.int64]
    stratum: NDArray[np.int64]
    best: NDArray[np.int64]
    mean: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of each axis."""
        return tuple(len(levels) for levels in self.levels.values())

    def dataset(
        self, arrays: Mapping[str, Any], coords: Mapping[str, Any], analysis: Any
    ) -> xr.Dataset:
        """Variables with the unit table and the parameters of the analysis."""
        labels = {
            name: coord.variable
            for name, coord in self.windowed.coords.items()
            if coord.dims == ("unit",) and name not in arrays
        }
        attrs = {
            k: v
            for k, v in self.windowed.attrs.items()
            if k not in ("trials", "windows")
        }
        attrs["analysis"] = {
            **self.windowed.attrs["windows"],
            "other_columns": [str(name) for name in self.combinations],
            "n_presentations": len(self.values),
            **analysis,
        }
        return with_unit_index(
            xr.Dataset(dict(arrays), {**coords, **labels}, attrs=attrs)
        )

    def columns(
        self, columns: Mapping[str, NDArray[Any]], dataset: xr.Dataset
    ) -> pd.DataFrame:
        """A result table of columns and of each unit's best other conditions."""
        best = {
            f"best_{name}": self.combinations[name].to_numpy()[self.best]
            for name in self.combinations
        }
        table = result_table({**columns, **best}, of_result(dataset))
        table.attrs.update(dataset.attrs["analysis"])
        return table

    def intervals(
        self,
        indices: Mapping[str, Index],
        n_draws: int,
        confidence: float,
        seed: int,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Floats]:
        """Ends of percentile intervals of indices of means [cells, U]; none for 0 draws.

        Presentations are drawn again within each cell and combination.
        """
        if n_draws == 0:
            return {}
        draws = bootstrap(
            self.values,
            self.cell,
            self.combination,
            self.best,
            indices,
            n_draws,
            seed,
            on_progress,
        )
        found: dict[str, Floats] = {}
        for name, drawn in draws.items():
            low, high = interval(drawn, confidence)
            found |= {f"{name}_low": low, f"{name}_high": high}
        return found

    def redrawn(
        self, n_draws: int, seed: int, on_progress: OnProgress | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Rows of presentations drawn again, and the cell and combination of each."""
        n_cells = int(np.prod(self.shape))
        both = self.combination * n_cells + self.cell
        return resamples(both, n_draws, seed, on_progress)

    def means_of(self, rows: NDArray[np.int64], of_both: NDArray[np.int64]) -> Floats:
        """Means in the cells of each unit's best combination, [L1, L2, ..., U]."""
        n_cells, n_combinations = int(np.prod(self.shape)), len(self.combinations)
        means = cell_means(self.values[rows], of_both, n_cells * n_combinations)
        means = means.reshape(n_combinations, n_cells, -1)
        best: Floats = np.take_along_axis(means, self.best[None, None], axis=0)[0]
        return best.reshape(*self.shape, -1)

    def p_of_variation(
        self, n_permutations: int, seed: int, on_progress: OnProgress | None = None
    ) -> Floats:
        """Share of shuffles in which the means of cells vary as much, [U].

        Presentations exchange cells within strata; NaN where a mean is missing.
        """
        n_cells, rows = int(np.prod(self.shape)), np.arange(len(self.values))
        if len(rows) <= n_cells * len(self.combinations):
            raise AnalysisError(
                "Every condition was presented only once, so chance cannot be told from "
                "tuning; show repeats, or leave out the permutations."
            )
        rng = np.random.default_rng(seed)

        def spread(cell: NDArray[np.int64]) -> Floats:
            means = self.means_of(rows, self.combination * n_cells + cell)
            found: Floats = means.reshape(n_cells, -1).var(axis=0)
            return found

        observed = spread(self.cell)
        count = np.zeros(len(observed))
        for _ in in_blocks(n_permutations, 1, on_progress):
            drawn = spread(shuffled(self.cell, self.stratum, rng))
            count += ~(drawn < observed * (1 - 1e-12))
        p = (1 + count) / (1 + n_permutations)
        return np.where(np.isnan(observed), np.nan, p)


def read_cells(
    responses: xr.DataArray,
    axes: tuple[str, ...],
    compared: Callable[[Mapping[str, NDArray[Any]]], NDArray[np.bool_]] | None = None,
    *,
    latency_s: float,
    window_s: float | None,
    burn_in_frames: int,
    on_progress: OnProgress | None = None,
) -> Cells:
    """Mean responses in the cells of a probe.

    Parameters
    ----------
    responses : xarray.DataArray
        With a trial table.
    axes : tuple of str
        Columns whose levels make the cells.
    compared : callable(levels) -> bool array, [L1, L2, ...]
        Cells whose largest mean decides which combination of the other conditions is a
        unit's best; default all.

    Raises
    ------
    AnalysisError
        If a column is missing, or no combination of the others was shown in all cells.
    """
    windowed = trial_responses(
        responses,
        None,
        latency_s,
        window_s,
        burn_in_frames,
        on_progress,
        apart=True,
        cycles=True,
    )
    table = trial_table(windowed)
    levels: dict[str, Levels] = {name: levels_of(table, name) for name in axes}
    shown = np.all([level.index >= 0 for level in levels.values()], axis=0)
    shape = tuple(len(level.values) for level in levels.values())
    cell = np.ravel_multi_index(
        tuple(level.index[shown] for level in levels.values()), shape
    ).astype(np.int64)
    n_cells = int(np.prod(shape))
    rows = table[shown].reset_index(drop=True)
    ignored = (NOT_CONDITIONS - {"direction", "orientation"}) | set(axes)
    design = make_design(
        rows, np.arange(n_cells, dtype=np.float64), cell, "best", None, ignored
    )
    values = windowed.to_numpy()[shown]
    n_combinations, n_units = len(design.combinations), values.shape[1]
    means = cell_means(
        values, design.combination * n_cells + cell, n_combinations * n_cells
    ).reshape(n_combinations, n_cells, n_units)
    complete = ~np.isnan(means).any(axis=1)
    if not complete.any():
        raise AnalysisError(
            f"Not every combination of {' and '.join(axes)} was shown and has a response; "
            "show all of them, or check latency, window and burn-in."
        )
    found = {name: level.values for name, level in levels.items()}
    chosen = np.ones(n_cells, bool) if compared is None else compared(found).ravel()
    peak = np.where(complete, means[:, chosen].max(axis=1), -np.inf)
    best = peak.argmax(axis=0)
    mean = np.take_along_axis(means, best[None, None], axis=0)[0]
    return Cells(
        windowed,
        values,
        found,
        cell,
        design.combinations,
        design.combination,
        make_strata(rows, cell, map(str, design.combinations), ignored),
        best,
        mean.reshape(*shape, n_units),
    )
