"""``fit quality``: a session of conditions against recordings of its own kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import xarray as xr

from insilico_gui.conditions import JudgedSession
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.progress import OnProgress
from insilico_gui.units.identity import result_table

MEASURES = ("n_spikes", "bits_per_spike", "ks_distance", "ks_p", "ks_bound")


def _is_judged(data: RunData) -> str:
    if isinstance(data.session, JudgedSession):
        return ""
    return "the session is not one that is held against recordings of conditions"


@register("fit quality", view="quality", alone=lambda given: True, fits=_is_judged)
def fit_quality(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    recordings: Annotated[
        str,
        About(
            "Folder of recordings, as a fit takes it, or a name of generated ones.",
            names="folder",
        ),
    ],
    seed: Annotated[int, About("Of generated recordings.")] = 0,
    trust_pickles: Annotated[
        bool, About("Read pickled data; set it if you trust whoever made them.")
    ] = False,
) -> Result:
    """Bits per spike, a time-rescaling check, and choices of model and recordings."""
    session = data.session
    if not isinstance(session, JudgedSession):
        raise AnalysisError(f"fit quality does not apply: {_is_judged(data)}.")
    found = session.judge(
        Path(recordings).expanduser(), trust_pickles=trust_pickles, seed=seed
    ).isel(unit=data.rows)
    found = found.merge(_psychometric(found), combine_attrs="override")
    found.attrs["analysis"] = {"parameters": [], "recordings": recordings}
    found.attrs["session"] = session.id
    columns = result_table(
        {name: found[name].to_numpy() for name in MEASURES}, data.units
    )
    return Result(found, columns, data.rows)


def _psychometric(found: xr.Dataset) -> xr.Dataset:
    """Choices against what was shown: a parameter, or the last minus the first of two.

    ``level``, ``level_trials``, ``level_recorded`` and ``level_predicted``, where the
    prediction is weighted by the numbers of trials as the recordings are.
    """
    names = [
        str(name)
        for name, values in found.coords.items()
        if values.dims == ("condition",) and values.dtype.kind in "fiu"
    ]
    varying = [name for name in names if len(np.unique(found[name])) > 1]
    if not varying:
        return xr.Dataset()
    first, last = varying[0], varying[-1]
    axis = found[last].to_numpy().astype(float)
    if len(varying) > 1:
        axis = axis - found[first].to_numpy()
    levels, place = np.unique(np.round(axis, 12), return_inverse=True)
    at = np.equal.outer(np.arange(len(levels)), place.ravel())
    trials = found["n_trials"].to_numpy()
    share = at * trials
    share = share / share.sum(axis=1, keepdims=True)
    predicted = found["predicted"].transpose("reading", "condition", "choice")
    return xr.Dataset(
        {
            "level_trials": ("level", (at * trials).sum(axis=1)),
            "level_recorded": (
                ("level", "choice"),
                share @ found["recorded"].to_numpy(),
            ),
            "level_predicted": (
                ("reading", "level", "choice"),
                share @ predicted.to_numpy(),
            ),
        },
        {"level": levels, "level_of": " - ".join(dict.fromkeys([last, first]))},
    )
