"""Driven sessions: perturbations, rates, recordings and rasters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import insilico_gui as ig
from insilico_gui.experiment.analyses import Result
from insilico_gui.stimuli import Drive, Recorded, Silence, Stimulate, Target
from validating.checks import Settings, checks, measure
from validating.quantities import Quantity
from validating.truth.known_sessions import N_CELLS, Cells

RATES = np.array([[20.0, 60.0], [40.0, 30.0], [70.0, 10.0], [10.0, 50.0]])
ADDED_HZ = 100.0
EVENTS = (
    Stimulate(Target({"channel": "left"}), ADDED_HZ, 1.0, 0.1, 0.1),
    Silence(Target({"channel": "right"}), 0.3),
)


def _found(analysis: str, *events: Any, **parameters: Any) -> Result:
    """An analysis of cells that are driven by four samples of 0.1 s."""
    session: Any = Cells(RATES)
    drive = Drive(Recorded("rest"), events=events, seed=2)
    responses = ig.encode(session, drive)
    return measure(analysis, responses, drive, session, **parameters)


@checks("perturbation")
def perturbations(settings: Settings) -> Iterator[Quantity]:
    """Rates with a stimulation and a silence less those without."""
    found = _found("perturbation", *EVENTS, start_s=0.0, stop_s=0.4).dataset
    measured = found["difference"].to_numpy()
    for name, true, one in (
        ("while stimulated", ADDED_HZ, measured[1, :1]),
        ("while silenced", -RATES[3, 1], measured[3, 1:]),
        ("else", 0.0, np.append(measured[[0, 2, 3], 0], measured[:3, 1])),
    ):
        yield Quantity(f"difference, {name}", true, one, unit="Hz")


@checks("population rate")
def rates(settings: Settings) -> Iterator[Quantity]:
    """Mean rate of all cells, and the share of them that spike in 0.1 s."""
    found = _found("population rate").dataset
    true = RATES.mean(axis=1)
    yield Quantity("population_rate", true, found["population_rate"], unit="Hz")
    spiking = (1 - (1 - RATES * 0.001) ** 100).mean(axis=1)
    yield Quantity("spiking_share", spiking, found["spiking_share"])


@checks("recorded against simulated")
def recorded(settings: Settings) -> Iterator[Quantity]:
    """Cells that spike at the rates that drive them, lag 0."""
    found = _found("recorded against simulated", lag=0)
    measured = found.dataset["simulated"].to_numpy()
    yield Quantity("simulated", RATES.ravel(), measured.ravel(), unit="Hz")
    if found.columns is not None:
        true = [np.corrcoef(RATES[:, k], measured[:, k])[0, 1] for k in range(2)]
        yield Quantity(
            "recorded_correlation",
            true,
            found.columns["recorded_correlation"],
            truth_is="brute force",
        )


@checks("spike raster")
def raster(settings: Settings) -> Iterator[Quantity]:
    """Spikes of the cells of one channel, in 0.4 s."""
    spikes = _found("spike raster", group="channel=left", n_elements=N_CELLS).dataset
    counts = np.bincount(spikes["unit_id"].to_numpy(), minlength=N_CELLS)[:N_CELLS]
    yield Quantity(
        "rate of a channel", RATES[:, 0].mean(), [counts.mean() / 0.4], unit="Hz"
    )
