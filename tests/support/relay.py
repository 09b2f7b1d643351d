"""A small session that is driven and is no fly: cells that relay what drives them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from insilico_gui.drive import (
    DriveChunk,
    DriveDescription,
    DriveOption,
    RecordedDrive,
    base_interval,
    base_values,
    n_windows,
)
from insilico_gui.errors import SelectionError
from insilico_gui.stimuli import Cut, Silence, Stimulate

N_CELLS = 4
BIG = 2**60


def _uniform(seed, step, elements, salt):
    """A number 0..1 for each element, by seed, element and step alone (splitmix64)."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed * 1_000_003 + step * 8 + salt) * np.uint64(
            0xD1342543DE82EF95
        )
        z = z + np.asarray(elements, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return (z ^ (z >> np.uint64(31))) / 2.0**64


class Relay:
    """Unit c is the mean of its four cells: they spike as the channel c drives them.

    A cell is called ``BIG + k``; cells with even k are odd-looking on purpose: the group
    ``{"parity": "even"}``.
    """

    id = "relay"
    input_kind = "drive"
    frame_shape = (0, 0)
    device = "cpu"
    response_label = "rate (Hz)"

    def __init__(self, channels=("left", "middle", "right"), n_samples=6):
        self.units = pd.DataFrame({"unit_id": list(channels), "x": [0.0, 1.0, 2.0]})
        self.units = self.units.set_index("unit_id", drop=False).rename_axis(None)
        self.attrs = {"weights_hash": "sha256:0"}
        self.calls = []
        rng = np.random.default_rng(5)
        self._recorded = rng.uniform(0, 80, (n_samples, len(channels))).astype("f4")
        self.description = DriveDescription(
            channels=tuple(channels),
            channel_high=900.0,
            recordings={"rest": RecordedDrive("rest", n_samples, 0.1)},
            element="cell",
            n_elements=N_CELLS * len(channels),
            groups={"channel": tuple(channels), "parity": ("even", "odd")},
            shared=("channel",),
            regions=tuple(channels),
            strength_unit="spikes",
            strength_low=0.0,
            strength_high=5.0,
            rate_high=1000.0,
            step_s=0.001,
            step_low=0.0005,
            step_high=0.005,
            window_s=0.02,
            window_low=0.001,
            window_high=10.0,
            options=(
                DriveOption("gain", "number", 1.0, 0.0, 3.0),
                DriveOption("loud", "switch", False),
                DriveOption("start", "choice", "rest", values=("rest", "random")),
            ),
            series={"population_rate": "Hz", "spiking_share": ""},
            has_spikes=True,
        )

    def recorded(self, name):
        return self._recorded

    def element_ids(self):
        return BIG + np.arange(self.description.n_elements)

    def element_positions(self):
        return None

    def elements(self, target):
        found = np.arange(self.description.n_elements)
        for kind, name in target.groups.items():
            if kind == "channel":
                c = self.description.channels.index(name)
                n = round(N_CELLS * (target.share or 1.0))
                found = np.intersect1d(found, c * N_CELLS + np.arange(n))
            else:
                found = found[found % 2 == (name == "odd")]
        if target.ids:
            at = np.array([int(one) - BIG for one in target.ids])
            if (at < 0).any() or (at >= self.description.n_elements).any():
                raise SelectionError("There is no such cell; give ids of cells.")
            found = np.intersect1d(found, at)
        if not len(found):
            raise SelectionError("The target holds no cell; name fewer groups.")
        return found.astype(np.int64)

    def respond(self, drive, units=None, *, spikes_of=None):
        self.calls.append(drive)
        step_s, n = drive.step_s, self.description.n_elements
        base = base_values(drive, self)
        interval = base_interval(drive, self)
        cells = np.arange(n)
        steps = [round(k * drive.window_s / step_s) for k in range(n_windows(drive))]
        for start, stop in pairwise([*steps, round(drive.duration_s / step_s)]):
            spikes = np.array(
                [
                    self._step(drive, base, interval, k, cells)
                    for k in range(start, stop)
                ]
            )
            seconds = (stop - start) * step_s
            rates = spikes.sum(0).reshape(-1, N_CELLS).mean(1) / seconds
            when, who = np.nonzero(spikes)
            seen = np.isin(who, [] if spikes_of is None else spikes_of)
            yield DriveChunk(
                (rates if units is None else rates[units])[None].astype("f4"),
                {
                    "population_rate": np.array([spikes.sum() / n / seconds], "f4"),
                    "spiking_share": np.array([spikes.any(0).mean()], "f4"),
                },
                (start + when[seen]) * step_s,
                who[seen],
                ()
                if spikes.sum() < 0.5 * spikes.size
                else ("The cells are too loud.",),
            )

    def _step(self, drive, base, interval, step, cells):
        now = step * drive.step_s + 1e-9
        row = base[min(int(now / interval), len(base) - 1)]
        gain = drive.options["gain"] * (2 if drive.options["loud"] else 1)
        p = np.repeat(row, N_CELLS) * gain * drive.step_s
        spikes = (_uniform(drive.seed, step, cells, 0) < p).astype(float)
        for event in drive.events:
            if isinstance(event, Cut):
                c = self.description.channels.index(event.region)
                spikes[c * N_CELLS : (c + 1) * N_CELLS] = 0
        for event in drive.events:
            if isinstance(event, Cut):
                continue
            duration = np.inf if event.duration_s is None else event.duration_s
            if not event.onset_s <= now < event.onset_s + duration:
                continue
            who = self.elements(event.target)
            if isinstance(event, Stimulate):
                hit = _uniform(drive.seed, step, who, 1) < event.rate_hz * drive.step_s
                spikes[who] += event.strength * hit
            if isinstance(event, Silence):
                spikes[who] = 0
        return spikes
