"""Sessions whose answers are known: one that answers conditions, one that is driven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.conditions import ConditionParameter
from insilico_gui.drive import (
    DriveChunk,
    DriveDescription,
    RecordedDrive,
    base_interval,
    base_values,
    n_windows,
)
from insilico_gui.stimuli import Silence, Stimulate

LEVELS = (0.0, 0.25, 0.5, 1.0)
RATE_HZ = 40.0  # of simulated neurons
N_CELLS = 50
CHANNELS = ("left", "right")


class Lines:
    """Unit k answers ``left * (k + 1) * time + right``, in 1 s."""

    id = "lines"
    input_kind = "conditions"
    frame_shape = (0, 0)
    device = "cpu"
    response_label = "rate (1/s)"
    recordings_help = "none are read"
    recordings_offered: tuple[str, ...] = ()

    def __init__(self, n_units: int = 6, n_times: int = 101) -> None:
        self.units = pd.DataFrame({"unit_id": np.arange(n_units) + 10})
        self.times = np.linspace(0, 1, n_times)
        self.attrs: dict[str, Any] = {"weights_hash": "sha256:0"}
        self.readings = {"plain": "left and right as probabilities"}
        self.parameters = (
            ConditionParameter("left", "", LEVELS),
            ConditionParameter("right", "", LEVELS, default=0.0),
        )

    def respond(
        self, conditions: Iterable[pd.DataFrame], units: Any = None
    ) -> Iterator[Any]:
        """See :class:`insilico_gui.conditions.ConditionSession`."""
        slopes = np.arange(len(self.units)) + 1.0
        slopes = slopes if units is None else slopes[units]
        for table in conditions:
            left, right = (
                table[k].to_numpy()[:, None, None] for k in ("left", "right")
            )
            line = left * slopes * self.times[:, None] + right
            yield line.astype(np.float32)

    def choices(self, conditions: pd.DataFrame, reading: str) -> xr.Dataset:
        """Half of left and of right, and else no action."""
        left = conditions["left"].to_numpy() / 2
        right = conditions["right"].to_numpy() / 2
        probability = np.stack([left, right, 1 - left - right], axis=1)
        density = np.ones((len(left), 2, len(self.times)))
        return xr.Dataset(
            {
                "probability": (("trial", "choice"), probability),
                "density": (("trial", "action", "time"), density),
            },
            {
                "choice": [*CHANNELS, "none"],
                "action": [*CHANNELS],
                "time": self.times,
            },
        )

    def simulate(
        self, conditions: pd.DataFrame, seed: int, n_neurons: int | None = None
    ) -> pd.DataFrame:
        """Poisson spikes of one rate."""
        rng = np.random.default_rng(seed)
        parts = []
        for trial in range(len(conditions)):
            for unit in self.units["unit_id"]:
                for neuron in range(n_neurons or 1):
                    time = np.sort(rng.uniform(0, 1, rng.poisson(RATE_HZ)))
                    about = {"trial": trial, "unit_id": unit, "neuron": neuron}
                    parts.append(pd.DataFrame({**about, "time": time}))
        return pd.concat(parts, ignore_index=True)


class Cells:
    """Cells of two channels that spike as they are driven, in steps of 1 ms."""

    id = "cells"
    input_kind = "drive"
    frame_shape = (0, 0)
    device = "cpu"
    response_label = "rate (Hz)"

    def __init__(self, recorded: Any) -> None:
        self.units = pd.DataFrame({"unit_id": list(CHANNELS)})
        self.attrs: dict[str, Any] = {"weights_hash": "sha256:0"}
        self._recorded = np.asarray(recorded, np.float32)
        self.description = DriveDescription(
            channels=CHANNELS,
            channel_high=900.0,
            recordings={"rest": RecordedDrive("rest", len(self._recorded), 0.1)},
            element="cell",
            n_elements=N_CELLS * len(CHANNELS),
            groups={"channel": CHANNELS},
            shared=(),
            regions=CHANNELS,
            strength_unit="spikes",
            strength_low=0.0,
            strength_high=5.0,
            rate_high=1000.0,
            step_s=0.001,
            step_low=0.0005,
            step_high=0.005,
            window_s=0.1,
            window_low=0.001,
            window_high=10.0,
            options=(),
            series={"population_rate": "Hz", "spiking_share": ""},
            has_spikes=True,
        )

    def recorded(self, name: str) -> Any:
        """Rates of the channels, [samples, channels]."""
        return self._recorded

    def element_ids(self) -> Any:
        """Ids of the cells."""
        return np.arange(self.description.n_elements)

    def element_positions(self) -> None:
        """There are none."""

    def elements(self, target: Any) -> Any:
        """Cells of a target."""
        found = np.arange(self.description.n_elements)
        for name in target.groups.values():
            found = found[found // N_CELLS == CHANNELS.index(name)]
        return found

    def respond(
        self, drive: Any, units: Any = None, *, spikes_of: Any = None
    ) -> Iterator[DriveChunk]:
        """See :class:`insilico_gui.drive.DriveSession`."""
        rng = np.random.default_rng(drive.seed)
        own: Any = self
        base, interval = base_values(drive, own), base_interval(drive, own)
        step_s, n = drive.step_s, self.description.n_elements
        steps = [round(k * drive.window_s / step_s) for k in range(n_windows(drive))]
        for start, stop in pairwise([*steps, round(drive.duration_s / step_s)]):
            spikes = np.zeros((stop - start, n))
            for k in range(start, stop):
                now = k * step_s + 1e-9
                row = np.repeat(base[min(int(now / interval), len(base) - 1)], N_CELLS)
                one = (rng.random(n) < row * step_s).astype(float)
                extra = rng.random(n)
                spikes[k - start] = self._with_events(drive, now, one, extra)
            seconds = (stop - start) * step_s
            rates = spikes.sum(axis=0).reshape(-1, N_CELLS).mean(axis=1) / seconds
            when, who = np.nonzero(spikes)
            seen = np.isin(who, [] if spikes_of is None else spikes_of)
            yield DriveChunk(
                (rates if units is None else rates[units])[None].astype(np.float32),
                {
                    "population_rate": np.array([spikes.sum() / n / seconds], "f4"),
                    "spiking_share": np.array([spikes.any(axis=0).mean()], "f4"),
                },
                (start + when[seen]) * step_s,
                who[seen],
                (),
            )

    def _with_events(self, drive: Any, now: float, spikes: Any, extra: Any) -> Any:
        """Spikes of one step after stimulations and silences."""
        for event in drive.events:
            duration = np.inf if event.duration_s is None else event.duration_s
            if not event.onset_s <= now < event.onset_s + duration:
                continue
            who = self.elements(event.target)
            if isinstance(event, Stimulate):
                hit = extra[who] < event.rate_hz * drive.step_s
                spikes[who] += event.strength * hit
            elif isinstance(event, Silence):
                spikes[who] = 0
        return spikes
