"""Analyses of sessions that are driven."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import xarray as xr

from insilico_gui.analysis.agreement.driven import (
    perturbation,
    recorded_against_simulated,
)
from insilico_gui.drive import is_drive_session
from insilico_gui.drive_checks import check_drive
from insilico_gui.encoding import DriveJob, encode
from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.progress import OnProgress
from insilico_gui.responses import SECONDS
from insilico_gui.stimuli import Cut, Drive, Recorded, Target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.drive import DriveSession

GROUP_IS = "="


def _is_driven(data: RunData) -> str:
    if data.session is not None and is_drive_session(data.session):
        return "" if isinstance(data.stimulus, Drive) else "the run is of no drive"
    return "the session is not driven"


def _has_series(data: RunData) -> str:
    return (
        "" if data.responses.attrs.get("series") else "there are no series beside them"
    )


def _records(data: RunData) -> str:
    reason = _is_driven(data)
    if reason:
        return reason
    if not isinstance(_parts(data)[1].base, Recorded):
        return "the drive has no recording as its base"
    return ""


def _spikes(data: RunData) -> str:
    reason = _is_driven(data)
    if reason or _parts(data)[0].description.has_spikes:
        return reason
    return "the session records no spikes"


@register("perturbation", fits=_is_driven)
def perturbation_of_run(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    start_s: Annotated[
        float | None,
        About("Beginning of the span of time; default the first onset.", "s"),
    ] = None,
    stop_s: Annotated[
        float | None, About("End of the span; default the end of the drive.", "s")
    ] = None,
) -> Result:
    """Responses with the events of a drive minus those without, with one seed."""
    session, drive = _parts(data)
    if not drive.is_perturbed:
        raise AnalysisError(
            "The drive has no events that it could be compared without; add a "
            "stimulation, a silence or a cut."
        )
    control = drive.control()
    other = encode(session, control, on_progress=on_progress, indices=data.rows)
    onsets = [0.0 if isinstance(e, Cut) else e.onset_s for e in drive.events]
    start = min(onsets, default=0.0) if start_s is None else start_s
    dataset, columns = perturbation(data.responses, other, start_s=start, stop_s=stop_s)
    return Result(dataset, columns, data.rows)


@register("population rate", view="series", fits=_has_series)
def population_rate(data: RunData, on_progress: OnProgress | None) -> Result:
    """Mean rate of all elements over time, and the share of them that spike."""
    attrs = data.responses.attrs
    times = data.responses["time"].to_numpy()
    found = xr.Dataset(
        {
            str(name): ("time", np.asarray(one["values"]), {"units": one["unit"]})
            for name, one in attrs["series"].items()
        },
        {"time": ("time", times, SECONDS)},
        {**attrs, "analysis": {"parameters": []}},
    )
    return Result(found, None, data.rows)


@register("recorded against simulated", fits=_records)
def recorded_and_simulated(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    lag: Annotated[
        int | None,
        About(
            "Samples by which what is compared follows what drives; default the "
            "session's.",
            "samples",
        ),
    ] = None,
    skip: Annotated[
        int, About("Samples at the beginning that are left out.", "samples")
    ] = 0,
) -> Result:
    """Correlation of the response of each unit with what was recorded of it."""
    session, drive = _parts(data)
    if skip < 0:
        raise AnalysisError(f"skip is {skip}; give 0 or a positive number.")
    base = check_drive(session, drive).base
    if not isinstance(base, Recorded):
        raise AnalysisError("The drive has no recording as its base; choose one.")
    known = session.description.recording(base.recording, session.id)
    values = session.recorded(known.name)
    first = base.start + (known.lag if lag is None else lag)
    if first < 0:
        raise AnalysisError(f"There is no sample {first} of the recording; raise lag.")
    channels = {name: k for k, name in enumerate(session.description.channels)}
    ids = [str(one) for one in data.responses["unit_id"].to_numpy()]
    if not channels.keys() & set(ids):
        raise AnalysisError(
            f"{session.id} has recorded none of these units; choose others."
        )
    truth = np.full((max(0, len(values) - first), len(ids)), np.nan)
    for column, name in enumerate(ids):
        if name in channels:
            truth[:, column] = values[first:, channels[name]]
    stop = base.stop or len(values)
    dataset, columns = recorded_against_simulated(
        data.responses, truth[: stop - base.start], known.interval_s, skip
    )
    return Result(dataset, columns, data.rows)


@register("spike raster", view="raster", fits=_spikes)
def spike_raster(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    group: Annotated[
        str | None,
        About(
            "Group of elements as 'kind=name', or several with commas; default all.",
            offers=lambda data: _groups(data),
        ),
    ] = None,
    n_elements: Annotated[
        int, About("Elements that are recorded: as many, evenly spread.")
    ] = 200,
    control: Annotated[bool, About("Leave the events of the drive out.")] = False,
) -> Result:
    """Spikes of some elements while the drive lasts."""
    session, drive = _parts(data)
    if n_elements < 1:
        raise AnalysisError(f"n_elements is {n_elements}; give a positive number.")
    if group is None:
        positions = np.arange(session.description.n_elements)
    else:
        positions = session.elements(_target(session, group))
    if len(positions) > n_elements:
        at = np.linspace(0, len(positions) - 1, n_elements).round().astype(np.int64)
        positions = positions[at]
    shown = drive.control() if control else drive
    job = DriveJob(session, shown, indices=data.rows[:1], spikes_of=positions)
    with closing(job.run()) as steps:
        for step in steps:
            if on_progress is not None:
                on_progress(step.done, step.total)
    times, elements = job.activity.spikes()
    return Result(_raster(data, session, positions, times, elements), None, data.rows)


def _raster(
    data: RunData,
    session: DriveSession,
    positions: NDArray[np.int64],
    times: NDArray[np.float64],
    elements: NDArray[np.int64],
) -> xr.Dataset:
    """Spikes as a dataset with the columns of files of spikes."""
    ids = np.asarray(session.element_ids())
    # A row of the raster for each element, in the order of positions
    rows = np.searchsorted(np.sort(positions), elements)
    attrs = {**data.responses.attrs, "analysis": {"parameters": []}}
    return xr.Dataset(
        {
            "trial": ("spike", np.zeros(len(times), np.int64)),
            "unit_id": ("spike", ids[elements]),
            "neuron": ("spike", rows),
            "time": ("spike", times, SECONDS),
            "element_id": ("element", ids[np.sort(positions)]),
        },
        attrs=attrs,
    )


def _parts(data: RunData) -> tuple[DriveSession, Drive]:
    """The session of a run and its drive."""
    session, drive = data.session, data.stimulus
    if session is None or not is_drive_session(session) or not isinstance(drive, Drive):
        raise AnalysisError("The run is not of a drive; encode one.")
    return session, drive


def _groups(data: RunData) -> list[str]:
    session = data.session
    if session is None or not is_drive_session(session):
        return []
    groups = session.description.groups
    return [f"{kind}{GROUP_IS}{name}" for kind in groups for name in groups[kind]]


def _target(session: DriveSession, text: str) -> Target:
    """Elements as they are typed: ``kind=name``, several with commas."""
    groups: dict[str, str] = {}
    known: Any = session.description.groups
    for part in text.split(","):
        kind, equals, name = (word.strip() for word in part.partition(GROUP_IS))
        if not equals or kind not in known or name not in known[kind]:
            raise AnalysisError(
                f"{quoted(part)} is no group of {session.id}; write kind=name, such as "
                f"{listed(_examples(session), none='none')}."
            )
        groups[kind] = name
    return Target(groups)


def _examples(session: DriveSession) -> list[str]:
    groups = session.description.groups
    return [f"{k}{GROUP_IS}{names[0]}" for k, names in groups.items() if names]
