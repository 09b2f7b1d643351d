"""A session against recordings, as the host takes it: see ``JudgedSession``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_nnpoisson.choices import CHOICES, READINGS
from insilico_nnpoisson.training.judging import choice_table, judge, time_rescaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_nnpoisson.data.trials import Recordings
    from insilico_nnpoisson.model import Model

MEASURES = ("n_spikes", "bits_per_spike", "ks_distance", "ks_p", "ks_bound")


def judged(
    model: Model,
    regions: Sequence[str],
    time_limit: float,
    data: Recordings,
    units: Sequence[str],
) -> xr.Dataset:
    """Fit quality of a model, whose outputs are `regions`, for each of the units.

    Raises
    ------
    AnalysisError
        If regions, time limit or stimulus of the data are others.
    """
    _check(regions, time_limit, data)
    table = judge(model, data)
    rescaled = time_rescaling(model, data)
    place = {region: k for k, region in enumerate(data.region_index)}
    rows = np.array([place.get(unit, -1) for unit in units])
    found = {
        name: ("unit", np.where(rows >= 0, table[name].to_numpy()[rows], np.nan))
        for name in MEASURES
    }
    observed = rescaled["observed"].to_numpy()[rows]
    choices = choice_table(model, data)
    sources = {
        source: np.column_stack([choices[f"{source}_{c}"] for c in CHOICES])
        for source in ("data", *READINGS)
    }
    made = ("n_trials", *(f"{s}_{c}" for s in sources for c in CHOICES))
    shown = {
        str(name): ("condition", choices[name].to_numpy())
        for name in choices
        if name not in made
    }
    return xr.Dataset(
        {
            **found,
            "rescaled": (
                ("unit", "expected"),
                np.where(rows[:, None] >= 0, observed, np.nan),
            ),
            "n_trials": ("condition", choices["n_trials"].to_numpy()),
            "recorded": (("condition", "choice"), sources["data"]),
            "predicted": (
                ("reading", "condition", "choice"),
                np.stack([sources[reading] for reading in READINGS]),
            ),
        },
        {
            "unit_id": ("unit", np.array(units, object)),
            "expected": rescaled["expected"].to_numpy(),
            "choice": list(CHOICES),
            "reading": list(READINGS),
            **shown,
        },
    )


def _check(regions: Sequence[str], time_limit: float, data: Recordings) -> None:
    missing = [name for name in regions if name not in data.region_index]
    others = [name for name in data.region_index if name not in regions]
    if missing:
        raise AnalysisError(
            f"The recordings have no region {quoted(missing[0])}, which the session "
            f"predicts; they have {listed(data.region_index)}."
        )
    if others:
        raise AnalysisError(
            f"The session does not predict {quoted(others[0])}, which was recorded; its "
            f"regions are {listed(regions)}."
        )
    if tuple(regions) != tuple(data.region_index):
        raise AnalysisError(
            "The recordings have the regions of the session in another order; prepare "
            "them again."
        )
    if abs(data.time_limit - time_limit) > 1e-6:
        raise AnalysisError(
            f"Trials of the recordings last up to {data.time_limit:g} s and those of the "
            f"session up to {time_limit:g} s; judge it on data that were prepared alike."
        )
