"""The figure of an in silico experiment on the demo session, for docs/explanation.

Gratings, flashed dots, random dots and natural clips are shown to the model, and what
each unit prefers is measured as from a recording. ::

    python scripts/insilico_figure.py docs/pictures  # all units, some minutes
    python scripts/insilico_figure.py OUT --units 40  # those near the centre
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import natural_clips
import numpy as np
import pandas as pd
import xarray as xr
from insilico_figure_drawing import draw_figures, medians

import insilico_gui as ig

SETTLED = {"latency_s": 1.0, "window_s": 1.0}
"""The last second of gratings of two seconds, when slow units have settled."""

FIELD_STEP = 18.0
"""Degrees between the places of the size series."""

DEGREES = np.array([108.0, 60.7])
"""Half the screen in flat degrees, x and y."""

SIZES = (4.0, 8.0, 12.0, 18.0, 26.0, 38.0, 56.0, 80.0)
N_CLIPS, CLIP_FRAMES = 20, 90


@dataclass(frozen=True)
class Measured:
    """Results of the experiment.

    Attributes
    ----------
    units : pandas.DataFrame
        Unit table with the columns of all results.
    tunings : dict of xarray.Dataset
        Curves and fields of the units by the name of the stimulus.
    stimuli : dict of Stimulus
    clips : xarray.DataArray
        Responses to the natural clips (``time``, ``unit``).
    """

    units: pd.DataFrame
    tunings: dict[str, xr.Dataset]
    stimuli: dict[str, ig.stimuli.Stimulus]
    clips: xr.DataArray


def battery(*, brief: bool = False) -> dict[str, ig.stimuli.Stimulus]:
    """What is shown to all units, by name; `brief` for a try, with fewer of everything."""
    every, n_directions = (2, 4) if brief else (1, 8)
    octaves = 2.0 ** np.arange(0, 4.25, 0.5)[::every]
    show = partial(ig.stimuli.drifting_gratings, duration_s=2.0, blank_s=0.5)
    clips = [
        natural_clips.render_clip((17, k), CLIP_FRAMES)
        for k in range(4 if brief else N_CLIPS)
    ]
    return {
        "direction": show(n_directions=2 * n_directions),
        "fields": ig.stimuli.gaussian_dots(),
        "sf": show(n_directions=n_directions, spatial_frequency=0.01 * octaves),
        "tf": show(n_directions=n_directions, temporal_frequency=0.5 * octaves),
        "contrast": show(
            n_directions=n_directions,
            contrast=[0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0][::every],
        ),
        "dots": ig.stimuli.random_dots(
            motion=("translation",),
            directions=n_directions,
            coherence=(0.0625, 0.125, 0.25, 0.5, 1.0)[:: every**2],
            speed_deg_s=(40.0,),
            duration_s=2.0 / every,
            blank_s=0.25,
            repeats=2 if brief else 6,
        ),
        "clips": ig.open_stimulus(np.concatenate(clips), frame_rate=30.0),
    }


ANALYSES = {
    "direction": ("direction tuning", SETTLED),
    "fields": ("receptive fields", {}),
    "sf": ("tuning", {"parameter": "spatial_frequency", **SETTLED}),
    "tf": ("tuning", {"parameter": "temporal_frequency", **SETTLED}),
    "contrast": ("tuning", {"parameter": "contrast", **SETTLED}),
    "dots": ("neurometric threshold", {"latency_s": 0.2}),
}
"""What is measured of each stimulus, and how."""


def measure(n_units: int | None = None, *, brief: bool = False) -> Measured:
    """Run the experiment on all units, or on the `n_units` next to the screen's centre."""
    units = ig.open_session("demo").units
    away = np.hypot(units["rf_x"] * DEGREES[0], units["rf_y"] * DEGREES[1])
    chosen = np.sort(np.argsort(away.to_numpy(), kind="stable")[:n_units])
    table = units.iloc[chosen]
    stimuli, tunings = battery(brief=brief), {}
    for name, (analysis, parameters) in ANALYSES.items():
        experiment = experiment_with(stimuli[name], chosen)
        tunings[name] = experiment.analyse(analysis, "demo", "shown", **parameters)
        found = experiment.units("demo").iloc[chosen]
        for column in found.columns.difference(table.columns, sort=False):
            table[column] = found[column].to_numpy()
    clips = experiment_with(stimuli["clips"], chosen).encode("demo", "shown")
    table["lifetime_sparseness_vinje_gallant"] = ig.analysis.lifetime_sparseness(
        clips.to_numpy()[CLIP_FRAMES:]
    )
    n_directions = 4 if brief else 8
    sizes, tunings["size"], stimuli["size"] = measure_sizes(table, n_directions)
    return Measured(table.join(sizes), tunings, stimuli, clips)


def experiment_with(
    stimulus: ig.stimuli.Stimulus, chosen: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> ig.Experiment:
    """The demo session and one stimulus, of which all that is computed can be forgotten."""
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo")
    experiment.select(indices=chosen, name="chosen")
    experiment.add_stimulus(stimulus, name="shown")
    experiment.add_run("demo", "shown", selection="chosen")
    return experiment


def measure_sizes(
    units: pd.DataFrame, n_directions: int = 8
) -> tuple[pd.DataFrame, xr.Dataset, ig.stimuli.Stimulus]:
    """Size tuning, each unit at the place of a grid next to its receptive field."""
    session = ig.open_session("demo")
    place = units[["rf_x", "rf_y"]].to_numpy() * DEGREES / FIELD_STEP
    columns, tunings, series = [], {}, {}
    for x, y in np.unique(np.rint(place), axis=0):
        near = (np.rint(place) == (x, y)).all(axis=1)
        center = np.array([x, y]) * FIELD_STEP / DEGREES
        series[x, y] = ig.stimuli.size_series(
            size_deg=SIZES,
            directions=n_directions,
            center=tuple(np.clip(center, -1, 1).tolist()),
            duration_s=2.0,
            blank_s=0.25,
        )
        responses = ig.encode(
            session, series[x, y], unit_ids=units["unit_id"][near].to_numpy()
        )
        tuning = ig.analysis.parameter_tuning(
            responses, "size_deg", other="best", **SETTLED
        )
        columns.append(ig.analysis.size_columns(tuning))
        tunings[x, y] = tuning
    middle = min(series, key=lambda at: abs(at[0]) + abs(at[1]))
    return pd.concat(columns), tunings[middle], series[middle]


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the pictures")
    parser.add_argument("--units", type=int, help="number of units; default all")
    given = parser.parse_args()
    measured = measure(given.units)
    given.out.mkdir(parents=True, exist_ok=True)
    for path in draw_figures(measured, given.out):
        print(path)
    print(medians(measured.units))


if __name__ == "__main__":
    main()
