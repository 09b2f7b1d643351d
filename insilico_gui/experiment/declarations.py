"""The analyses that come with insilico_gui; see :mod:`.analyses`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import xarray as xr

from insilico_gui.analysis import (
    compare,
    mean_signal_correlation,
    parameter_tuning,
    population_sparseness,
    reliability_columns,
    sparseness_columns,
)
from insilico_gui.analysis.agreement.recordings import (
    prediction,
    read_recording,
    recorded_from,
)
from insilico_gui.analysis.cortex.cortical_maps import KNOWN, MEASURED, sheet_maps
from insilico_gui.analysis.fields.registry import map_fields, mapping_methods
from insilico_gui.analysis.population.correlations import signal_correlations
from insilico_gui.analysis.population.sparseness import SparsenessVariant
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.trials.sequence_parts import part_name, take_part
from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.analysis.tuning.image_tuning import image_tuning
from insilico_gui.analysis.tuning.registry import parameters as varied
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.analysis.tuning.tuned import columns_table, curve_of
from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.shown_frames import shown_frames
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES, unit_table
from insilico_gui.stimuli import ConditionTable, Display, Stimulus

Latency = Annotated[float, About("Delay of the response window after the onset.", "s")]
Window = Annotated[
    float | None,
    About("Length of the response window; default the duration of the trial.", "s"),
]
BurnIn = Annotated[int, About("Frames at the beginning that are left out.", "frames")]
Part = Annotated[
    str | None, About("Part of a sequence to analyse, by its name or number.")
]
Over = Annotated[
    str, About("Column of the trial table whose levels are the conditions.")
]
MethodLatency = Annotated[
    float | None, About("Delay of the response window; default by method.", "s")
]
MethodWindow = Annotated[
    float | None, About("Length of the response window; default by method.", "s")
]


def _has_trials(data: RunData) -> str:
    if "trials" not in data.responses.attrs:
        return "the stimulus has no trial table; show a parametric stimulus"
    return ""


def _varies_direction(data: RunData) -> str:
    reason = _has_trials(data)
    if reason or "direction" in varied(trial_table(data.responses)):
        return reason
    return "the trials do not vary direction; show drifting gratings"


def _has_conditions(data: RunData) -> str:
    return "" if are_to_images(data.responses) else _has_trials(data)


def _is_of_video(data: RunData) -> str:
    if isinstance(data.stimulus, ConditionTable):
        return "the session answers conditions, not a video"
    if data.responses.dims[-1] != "unit" or "time" not in data.responses.dims:
        return "the session answers single images, which have no time"
    return ""


def _maps_fields(data: RunData) -> str:
    if _is_of_video(data) or not isinstance(data.stimulus, Stimulus):
        return "receptive fields are mapped from responses to a video"
    if not mapping_methods(data.responses, _frames(data)):
        return "show Gaussian dots, sparse noise, or a movie of 10 s or longer"
    return ""


def _frames(data: RunData) -> Stimulus | None:
    stimulus = data.stimulus if isinstance(data.stimulus, Stimulus) else None
    return shown_frames(data.responses, stimulus)


def _part_of(data: RunData, part: str | None) -> xr.DataArray:
    if part is None:
        return data.responses
    return take_part(data.responses, part_name(data.responses, part))


@register("direction tuning", view="tuning", fits=_varies_direction)
def direction_tuning(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    n_permutations: Annotated[int, About("Shuffles of a significance test.")] = 0,
    seed: Annotated[int, About("Seed of the shuffles.")] = 0,
) -> Result:
    """Preferred direction and orientation, OSI, DSI, gOSI and gDSI of each unit."""
    return _tuned(
        data,
        "direction",
        part,
        on_progress,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        n_permutations=n_permutations,
        seed=seed,
    )


@register("tuning", view="tuning", fits=_has_trials)
def tuning(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    parameter: Annotated[str, About("Column of the trial table, or two as 'a x b'.")],
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    n_permutations: Annotated[int, About("Shuffles of a significance test.")] = 0,
    seed: Annotated[int, About("Seed of the shuffles.")] = 0,
) -> Result:
    """Tuning to a parameter of the trials, with the fit that belongs to it."""
    return _tuned(
        data,
        parameter,
        part,
        on_progress,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        n_permutations=n_permutations,
        seed=seed,
    )


def _tuned(
    data: RunData,
    parameter: str,
    part: str | None,
    on_progress: OnProgress | None,
    **options: Any,
) -> Result:
    responses = _part_of(data, part)
    dataset, columns = tune(responses, parameter, **options, on_progress=on_progress)
    return Result(dataset, columns, data.rows)


@register("receptive fields", view="fields", fits=_maps_fields)
def receptive_fields(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    method: Annotated[
        str | None, About("Method of the mapping; default the best one.")
    ] = None,
    latency_s: MethodLatency = None,
    window_s: MethodWindow = None,
    part: Part = None,
) -> Result:
    """Receptive-field maps, and centre and size of a Gaussian fitted to each."""
    dataset, columns = _mapped(data, method, latency_s, window_s, part, on_progress)
    return Result(dataset, columns, data.rows)


def _mapped(
    data: RunData,
    method: str | None,
    latency_s: float | None,
    window_s: float | None,
    part: str | None,
    on_progress: OnProgress | None,
) -> tuple[xr.Dataset, Any]:
    responses = _part_of(data, part)
    frames = _frames(data)
    known = mapping_methods(responses, frames)
    if method is not None and method not in known:
        raise AnalysisError(
            f"The method {quoted(method)} cannot be used on these responses; choose one "
            f"of {listed(known)}."
        )
    dataset, _, columns = map_fields(
        responses,
        frames,
        method or known[0],
        latency_s=latency_s,
        window_s=window_s,
        on_progress=on_progress,
    )
    return dataset, columns


@register("retinotopy", view="cortex")
def retinotopy(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    known: Annotated[
        bool, About("Use the session's rf_x and rf_y instead of mapped fields.")
    ] = False,
    min_r2: Annotated[
        float, About("Fields whose fit explains less are left out.")
    ] = 0.1,
    sigma_um: Annotated[float, About("Width of the smoothing.", "um")] = 60.0,
    method: Annotated[
        str | None, About("Method of the mapping; default the best one.")
    ] = None,
    latency_s: MethodLatency = None,
    window_s: MethodWindow = None,
    part: Part = None,
) -> Result:
    """Azimuth, elevation and visual field sign over the cortex."""
    units = unit_table(data.responses)
    source = KNOWN
    if not known:
        reason = _maps_fields(data)
        if reason:
            raise AnalysisError(f"retinotopy does not apply: {reason}.")
        _, columns = _mapped(data, method, latency_s, window_s, part, on_progress)
        for name in ("rf_azimuth_deg", "rf_elevation_deg", "rf_r2"):
            units[name] = columns[name].to_numpy()
        source = MEASURED
    dataset, found = sheet_maps(
        units,
        source,
        Display(),
        min_r2=min_r2,
        sigma_um=sigma_um,
        on_progress=on_progress,
    )
    return Result(dataset, found, data.rows)


@register("sparseness", fits=_has_conditions)
def sparseness(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    variant: Annotated[
        SparsenessVariant, About("Definition of sparseness.")
    ] = "vinje_gallant",
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Lifetime sparseness of each unit, and sparseness of the population."""
    dataset = _means(data, over, latency_s, window_s, burn_in_frames, part, on_progress)
    columns = sparseness_columns(dataset, variant)
    (shown,) = dataset.attrs["analysis"]["parameters"]
    population = population_sparseness(curve_of(dataset), variant)
    dataset = dataset.assign({f"population_sparseness_{variant}": (shown, population)})
    return Result(dataset, columns, data.rows)


@register("signal correlations", view="matrix", fits=_has_conditions)
def correlations(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    matrix: Annotated[
        bool, About("Also the correlation of every pair of units.")
    ] = False,
) -> Result:
    """Mean signal correlation of each unit with all others."""
    dataset = _means(data, over, latency_s, window_s, burn_in_frames, part, on_progress)
    curve = curve_of(dataset)
    columns = columns_table(
        dataset,
        {"mean_signal_correlation": mean_signal_correlation(curve)},
        "Pearson, over means of conditions",
    )
    if matrix:
        pairs = signal_correlations(curve, on_progress=on_progress)
        dataset = dataset.assign(signal_correlation=(("unit", "unit_2"), pairs))
    return Result(dataset, columns, data.rows)


def _means(
    data: RunData,
    over: str,
    latency_s: float,
    window_s: float | None,
    burn_in_frames: int,
    part: str | None,
    on_progress: OnProgress | None,
) -> xr.Dataset:
    """Mean response of each unit to each condition or image."""
    responses = _part_of(data, part)
    if are_to_images(responses):
        if (over, latency_s, window_s) != ("condition", 0.0, None):
            raise AnalysisError(
                "The session answers single images, and each is a condition; leave out "
                "over, latency_s and window_s."
            )
        return image_tuning(responses)
    return parameter_tuning(
        responses,
        over,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )


@register("reliability", fits=_is_of_video)
def reliability(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    recording: Annotated[
        str, About("File of recorded responses, repeats x frames x units.")
    ],
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """CC_abs, CC_max and CC_norm of the prediction against a recording."""
    name = data.session.id
    recorded = read_recording(Path(recording))
    columns = reliability_columns(
        [prediction(data.responses, name)],
        [recorded_from(recorded, data.responses, name)],
        burn_in_frames,
        units=unit_table(data.responses),
        on_progress=on_progress,
    )
    return Result(_dataset(columns), columns, data.rows)


@register("comparison")
def comparison(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    other_session: Annotated[str, About("Session of the run to compare with.")],
    other_stimulus: Annotated[str, About("Stimulus of the run to compare with.")],
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
) -> Result:
    """Mean responses of two runs, their difference, and their correlation."""
    columns = compare(
        data.responses,
        data.other(other_session, other_stimulus),
        burn_in_frames,
        on_progress=on_progress,
    )
    return Result(_dataset(columns), columns, data.rows)


def _dataset(columns: Any) -> xr.Dataset:
    """Columns of a result as a dataset with dimension ``unit``."""
    return xr.Dataset(
        {str(name): ("unit", column.to_numpy()) for name, column in columns.items()},
        attrs=dict(columns.attrs),
    )
