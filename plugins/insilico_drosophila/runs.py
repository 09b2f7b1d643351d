"""Runs as labelled data sets."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_drosophila.simulation import (
    SpikeRecorder,
    checked_steps,
    health,
    window_steps,
)
from insilico_gui.errors import StimulusError, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from insilico_drosophila.fly import Fly
    from insilico_drosophila.simulation import Simulation, Window
    from insilico_gui.progress import OnProgress

RECORDS = ("spikes", "v", "g")
_OURS = ("record", "neurons", "window_ms", "n_discard", "on_progress")
_NO_SPIKES: dict[str, Any] = dict.fromkeys(
    ("spike_step", "spike_neuron"), np.empty(0, np.int64)
)
_MOST_CELLS = 2**28
_REPORT_STEPS = 250


@dataclass(frozen=True)
class _Request:
    """What is recorded of a run."""

    n_steps: int
    record: tuple[str, ...]
    watched: NDArray[np.int64] | None
    per_window: int
    has_windows: bool
    n_discard: int
    on_progress: OnProgress | None


def ran(fly: Fly, n_steps: int, options: Mapping[str, Any]) -> xr.Dataset:
    """See :meth:`.fly.Fly.run`."""
    rest = {key: value for key, value in options.items() if key not in _OURS}
    _check_names(fly, rest)
    request = _request(fly, n_steps, options)
    simulation = fly.simulate(**rest)
    recorder = SpikeRecorder(request.watched)
    counts = np.zeros(fly.connectome.n_neurons, np.int64)
    windows = []
    for window in _windows(simulation, request, recorder):
        is_kept = "spikes" in request.record
        windows.append(window if is_kept else replace(window, **_NO_SPIKES))
        if window.start >= request.n_discard:
            counts += simulation.counts()
        if request.on_progress is not None:
            request.on_progress(simulation.step, request.n_steps)
    made = _dataset(fly, simulation, counts, request.n_steps - request.n_discard)
    if "spikes" in request.record:
        for name in ("spike_step", "spike_neuron"):
            parts = [getattr(window, name) for window in windows]
            made[name] = ("spike", np.concatenate(parts))
    if request.watched is not None:
        made = made.assign_coords(recorded=("recorded", request.watched))
        for name in ("v", "g"):
            if name in request.record:
                trace = np.array(getattr(recorder, name))
                made[name] = (("step", "recorded"), trace, {"units": "mV"})
    if request.has_windows:
        made = _with_windows(made, windows)
    attrs = {"n_steps": request.n_steps, "n_discard": request.n_discard}
    return made.assign_attrs({**fly.attrs, **attrs, **_provenance(rest)})


def compared(fly: Fly, n_steps: int, options: Mapping[str, Any]) -> xr.Dataset:
    """See :meth:`.fly.Fly.compare`."""
    given = {"record": (), **options}
    if given.get("stimulate") is None and given.get("silence") is None:
        raise StimulusError(
            "A comparison needs stimulate or silence: what the perturbed network has, and "
            "the control has not."
        )
    control = ran(fly, n_steps, {**given, "stimulate": None, "silence": None})
    perturbed = ran(fly, n_steps, given)
    names = xr.DataArray(["control", "perturbed"], dims="condition", name="condition")
    drop = [n for n in ("spike_step", "spike_neuron") if n in control]
    both = xr.concat(
        [control.drop_vars(drop), perturbed.drop_vars(drop)],
        dim=names,
        combine_attrs="drop_conflicts",
    )
    change = perturbed["neuropil_hz"] - control["neuropil_hz"]
    both["difference_hz"] = change.assign_attrs(units="Hz")
    found = [*control.attrs["health"], *perturbed.attrs["health"]]
    keep = {key: perturbed.attrs[key] for key in ("stimulate", "silence")}
    return both.assign_attrs(health=list(dict.fromkeys(found)), **keep)


def _request(fly: Fly, n_steps: int, options: Mapping[str, Any]) -> _Request:
    n_steps = checked_steps(n_steps)
    record = _record(options.get("record", ("spikes",)))
    window_ms = options.get("window_ms")
    per_window = _REPORT_STEPS
    if window_ms is not None:
        per_window = window_steps(window_ms, options["dt_ms"])
    return _Request(
        n_steps,
        record,
        _watched(fly, record, options.get("neurons"), n_steps),
        per_window,
        window_ms is not None,
        _discarded(options.get("n_discard", 0), n_steps),
        options.get("on_progress"),
    )


def _windows(
    simulation: Simulation, request: _Request, recorder: SpikeRecorder
) -> Iterator[Window]:
    """Windows of a run, one of which starts where counting does."""
    for n_steps in (request.n_discard, request.n_steps - request.n_discard):
        yield from simulation.windows(n_steps, request.per_window, recorder)


def _dataset(
    fly: Fly, simulation: Simulation, counts: NDArray[np.int64], n_counted: int
) -> xr.Dataset:
    seconds = n_counted * simulation.constants.dt_ms / 1000
    population = float(counts.mean()) / seconds
    v = simulation.v
    hz, mv = {"units": "Hz"}, {"units": "mV"}
    return xr.Dataset(
        {
            "neuropil_hz": ("neuropil", simulation.neuropil_hz(counts, n_counted), hz),
            "population_hz": ((), population, hz),
            "share_spiking": ((), float((counts > 0).mean())),
            "spike_count": ("neuron", counts),
            "v_end": ("neuron", v, mv),
            "g_end": ("neuron", simulation.g, mv),
        },
        coords={
            "neuropil": np.array(fly.neuropils),
            "root_id": ("neuron", fly.connectome.root_ids),
        },
        attrs={
            "health": [
                *health(population, v, simulation.constants),
                *(
                    f"{name} has no synapses; its rate is 0."
                    for name in fly.unconnected
                ),
            ]
        },
    )


def _with_windows(made: xr.Dataset, windows: Sequence[Window]) -> xr.Dataset:
    rates = np.array([one.neuropil_hz for one in windows])
    made["window_hz"] = (("window", "neuropil"), rates, {"units": "Hz"})
    for name, attribute in (
        ("window_population_hz", "population_hz"),
        ("window_share_spiking", "share_spiking"),
    ):
        made[name] = ("window", np.array([getattr(one, attribute) for one in windows]))
    ends = np.array([one.end_ms for one in windows])
    return made.assign_coords(window_end_ms=("window", ends))


def _record(given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    unknown = [name for name in names if name not in RECORDS]
    if unknown:
        raise StimulusError(
            f"{listed(unknown)} cannot be recorded; there are {listed(RECORDS)}."
        )
    return names


def _watched(
    fly: Fly, record: Sequence[str], given: Any, n_steps: int
) -> NDArray[np.int64] | None:
    if "v" not in record and "g" not in record:
        return None
    values = np.asarray([] if given is None else given)
    n = fly.connectome.n_neurons
    whole = values.ndim == 1 and values.dtype.kind in "iu" and len(values)
    if not whole or values.min() < 0 or values.max() >= n:
        raise StimulusError(
            f"To record v and g, give neurons: a list of indices from 0 to {n - 1}."
        )
    if len(values) * n_steps > _MOST_CELLS:
        raise StimulusError(
            f"v or g of {len(values)} neurons in {n_steps} steps do not fit; record fewer "
            "neurons, or run in parts."
        )
    return values.astype(np.int64)


def _discarded(given: Any, n_steps: int) -> int:
    if not isinstance(given, int | np.integer) or not 0 <= given < n_steps:
        raise StimulusError(
            f"n_discard is {given!r}; give a number of steps from 0 to {n_steps - 1}."
        )
    return int(given)


def _check_names(fly: Fly, options: Mapping[str, Any]) -> None:
    known = list(inspect.signature(fly.simulate).parameters)
    unknown = [key for key in options if key not in known]
    if unknown:
        raise StimulusError(
            f"A run has no argument {listed(unknown)}; it has "
            f"{', '.join((*known, *_OURS))}."
        )


def _provenance(options: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as plain attributes; arrays are named as given."""
    defaults = {
        "frame": None,
        "seed": 0,
        "stimulate": None,
        "silence": None,
        "lora": True,
    }
    plain = {**defaults, **options}
    for key in ("embedding_hz", "v0", "g0", "poisson_events"):
        plain[key] = "default" if plain.get(key) is None else "given"
    for key in ("stimulate", "silence"):
        plain[key] = "none" if plain[key] is None else repr(plain[key])
    plain["frame"] = -1 if plain["frame"] is None else int(plain["frame"])
    plain["lora"] = float(plain["lora"])
    return plain
