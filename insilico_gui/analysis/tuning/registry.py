"""Which analyses a trial table allows, and each by its name.

Window and command line offer what is listed here; a script may as well call the functions
behind it, which have more options.
"""

from __future__ import annotations

import itertools
import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from insilico_gui.analysis import tuning as room
from insilico_gui.analysis.trials.sequence_parts import (
    part_tables,
    part_that,
    parts_where,
)
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.direction import direction_tuning, tuning_columns
from insilico_gui.analysis.tuning.parameters import parameter_map, parameter_tuning
from insilico_gui.analysis.tuning.tuned import columns_table, fitted_columns
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import parts
from insilico_gui.responses import BURN_IN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import xarray as xr

    from insilico_gui.analysis.fits.tuning_model import TuningModel
    from insilico_gui.progress import OnProgress

TIMES = frozenset({"onset", "duration", "condition", "repeat", "trial", "x", "y"})
"""Columns of trial tables that a curve over them would not be a tuning."""

OTHER_OSI = ("OSI_raw", "OSI_folded")
"""Left out of the columns wherever there is the one of the fit, so nobody misses them."""


@cache
def models() -> dict[frozenset[str], TuningModel[Any]]:
    """The models of tuning, by the column or the two columns that they are of.

    Every module of this folder may list models in ``MODELS``.
    """
    found: dict[frozenset[str], TuningModel[Any]] = {}
    for module in pkgutil.iter_modules(room.__path__):
        listed = import_module(f"{room.__name__}.{module.name}")
        for model in getattr(listed, "MODELS", ()):
            found |= {frozenset(names.split(" x ")): model for names in model.of}
    return found


def model_of(parameter: str) -> TuningModel[Any] | None:
    """The model of the tuning to one of :func:`parameters`; None if there is none."""
    return models().get(frozenset(parameter.split(" x ")))


def parameters(trials: pd.DataFrame) -> list[str]:
    """What a trial table varies: names for :func:`tune`.

    Direction first; then other columns of numbers with two levels or more; then the
    pairs of them that have a model, written ``"a x b"``. Of a sequence, what any part
    varies.
    """
    tables = part_tables(trials)
    if len(tables) > 1:
        names = itertools.chain.from_iterable(parameters(table) for table in tables)
        return sorted(dict.fromkeys(names), key=lambda name: name != "direction")
    varied = [
        str(name)
        for name, column in trials.items()
        if name not in TIMES
        and column.dtype.kind in "fiu"
        and column.dropna().nunique() > 1
    ]
    varied.sort(key=lambda name: name != "direction")
    pairs = (name for model in models().values() for name in model.of if " x " in name)
    return [*varied, *(pair for pair in pairs if set(pair.split(" x ")) <= set(varied))]


def parts_that_vary(trials: pd.DataFrame, parameter: str) -> list[str]:
    """Parts of a sequence that vary one of :func:`parameters`; none without a sequence."""
    return parts_where(trials, _varying(parameter))


def _varying(parameter: str) -> Callable[[pd.DataFrame], bool]:
    """Whether the trials of a table vary a parameter, or a pair of them."""
    names = set(parameter.split(" x "))
    return lambda table: names <= set(parameters(table))


def tune(
    responses: xr.DataArray,
    parameter: str,
    *,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Tuning to one of :func:`parameters`, and its columns for the unit table.

    With several other conditions, each unit's curve is that at its best combination. Of a
    sequence, the part that varies the parameter is analysed.

    Parameters
    ----------
    parameter : str
        One of :func:`parameters` of the trial table, or any two of its columns,
        ``"a x b"``. The other parameters are those of :func:`direction_tuning`.

    Returns
    -------
    tuning : xarray.Dataset
        See :func:`direction_tuning`, :func:`parameter_tuning` and :func:`parameter_map`.
    columns : pandas.DataFrame
        A row per unit. Where the levels are too few for a fit, there is what they do
        determine, and ``attrs["absent"]`` says why the rest is missing.
    """
    pair = tuple(parameter.split(" x "))
    responses = part_that(responses, _varying(parameter), f"vary {parameter}")
    known = parameters(trial_table(responses))
    if not set(pair) <= set(known) or len(pair) > 2:
        raise AnalysisError(
            f"The trials do not vary {parameter!r}; they vary "
            f"{', '.join(known) or 'nothing that units could be tuned to'}; two of them "
            "with ' x ' between are a pair."
        )
    options: dict[str, Any] = {
        "latency_s": latency_s,
        "window_s": window_s,
        "burn_in_frames": burn_in_frames,
        "n_permutations": n_permutations,
        "seed": seed,
        "other": "best",
    }
    if parameter == "direction":
        return _direction(responses, options, on_progress)
    reading, fitting = parts(on_progress, 2)
    options["on_progress"] = reading
    tuning = (
        parameter_map(responses, (pair[0], pair[1]), **options)
        if len(pair) == 2
        else parameter_tuning(responses, parameter, **options)
    )
    model = model_of(parameter)
    if model is None:
        return tuning, _best_level(tuning, fitting)
    try:
        return tuning, fitted_columns(model, tuning, on_progress=fitting)
    except AnalysisError as error:
        # Too few levels for a fit are still enough for the curve and its best level.
        columns = _best_level(tuning, fitting)
        columns.attrs["absent"] = {"fit": str(error)}
        return tuning, columns


def _direction(
    responses: xr.DataArray, options: dict[str, Any], on_progress: OnProgress | None
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Tuning to direction with a fit, or with what too few directions determine."""
    options["on_progress"] = on_progress
    try:
        tuning = direction_tuning(responses, **options)
    except AnalysisError as unfit:
        # Too few directions for a fit may be enough for a curve and its indices.
        try:
            tuning = direction_tuning(responses, osi_variant="raw", **options)
        except AnalysisError:
            raise unfit from None  # the other would advise to fit
    columns = tuning_columns(tuning)
    columns.attrs["absent"] = {
        name: reason
        for name, reason in tuning.attrs["absent"].items()
        if name not in OTHER_OSI
    }
    return tuning, columns


def _best_level(tuning: xr.Dataset, on_progress: OnProgress | None) -> pd.DataFrame:
    """The levels of the largest means, of a tuning without a fit."""
    names = [str(name) for name in tuning if str(name).startswith("best_level")]
    pairs = {
        name: str(tuning.attrs["analysis"]["parameters"][0])
        if name == "best_level"
        else name.removeprefix("best_level_")
        for name in names
    }
    best = {
        f"pref_{label}_raw": tuning[name].to_numpy() for name, label in pairs.items()
    }
    columns = columns_table(tuning, best, "raw")
    if on_progress is not None:
        on_progress(len(columns), len(columns))
    return columns
