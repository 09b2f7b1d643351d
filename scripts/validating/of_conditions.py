"""Sessions of conditions: tuning, differences, choices, spikes, fit quality."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from insilico_nnpoisson import make_synthetic_steinmetz
from insilico_nnpoisson.data.files import of_sessions, write_recordings
from insilico_nnpoisson.network.model_files import ModelFile, write_npz
from insilico_nnpoisson.stimulus_code import KNOWN
from scipy.stats import kstest

import insilico_gui as ig
from insilico_gui.experiment.analyses import Result
from insilico_gui.stimuli import ConditionTable
from validating.checks import Settings, checks, measure
from validating.quantities import Quantity
from validating.truth.known_sessions import LEVELS, RATE_HZ, Lines

TABLE = pd.DataFrame(itertools.product(LEVELS, LEVELS), columns=["left", "right"])


def _found(analysis: str, **parameters: Any) -> Result:
    """An analysis of the lines that answer all pairs of levels."""
    session: Any = Lines()
    conditions = ConditionTable(TABLE)
    responses = ig.encode(session, conditions)
    return measure(analysis, responses, conditions, session, **parameters)


@checks("condition tuning")
def tuning(settings: Settings) -> Iterator[Quantity]:
    """Mean over time of lines, at each pair of levels."""
    found = _found("condition tuning", parameter="left x right").dataset
    left, right = np.array(LEVELS)[:, None, None], np.array(LEVELS)[:, None]
    true = left * (np.arange(6) + 1.0) / 2 + right
    curve = found["curve"].transpose("left", "right", "unit").to_numpy()
    yield Quantity("curve", true.ravel(), curve.ravel())


@checks("condition difference")
def difference(settings: Settings) -> Iterator[Quantity]:
    """Lines of one condition less those of another."""
    columns = _found("condition difference", first=15, second=3).columns
    if columns is not None:
        true = (np.arange(6) + 1.0) / 2
        yield Quantity("mean_difference", true, columns["mean_difference"])


@checks("choices")
def choices(settings: Settings) -> Iterator[Quantity]:
    """Probabilities that are half of the levels."""
    found = _found("choices").dataset["probability"]
    for name in ("left", "right"):
        measured = found.sel(choice=name).to_numpy()
        yield Quantity(f"probability of {name}", TABLE[name] / 2, measured)


@checks("psychometric curve")
def psychometric(settings: Settings) -> Iterator[Quantity]:
    """Mean probability at each difference of two parameters."""
    found = _found("psychometric curve", over="right - left", action="right").dataset
    wanted: dict[float, list[float]] = {}
    for left, right in itertools.product(LEVELS, LEVELS):
        wanted.setdefault(right - left, []).append(right / 2)
    true = [np.mean(wanted[level]) for level in sorted(wanted)]
    measured = found["probability"].to_numpy()
    yield Quantity("probability", true, measured, truth_is="brute force")


@checks("simulated trials")
def simulated(settings: Settings) -> Iterator[Quantity]:
    """Rate of Poisson spikes."""
    spikes = _found("simulated trials", n_neurons=settings.of(8, 3)).dataset
    counts = pd.Series(spikes["unit_id"].to_numpy()).value_counts()
    rate = counts / len(TABLE) / settings.of(8, 3)
    yield Quantity("spikes of a neuron in 1 s", RATE_HZ, rate, unit="Hz")


@checks("fit quality")
def quality(settings: Settings) -> Iterator[Quantity]:
    """The network that made spikes, held against them: rescaled times are uniform."""
    made = make_synthetic_steinmetz(
        1, n_sessions=2, n_trials=settings.of(200, 60), n_neurons=10
    )
    recorded = of_sessions(made.train, made.test, 0.4, KNOWN[8])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_recordings(folder / "recordings", recorded)
        (folder / "model").mkdir()
        regions = list(made.regions)
        about = {"regions": regions, "time_limit": 0.4, "stimulus": KNOWN[8]}
        write_npz(folder / "model" / "model.npz", ModelFile(made.model.weights, about))
        rows = "".join(f"{region},{k}\n" for k, region in enumerate(regions))
        (folder / "model" / "region_index.csv").write_text(f",0\n{rows}")
        session = ig.open_session("nnpoisson/model", directory=folder / "model")
        result = measure(
            "fit quality", None, None, session, recordings=str(folder / "recordings")
        )
    found = result.dataset
    known = np.isfinite(found["ks_distance"].to_numpy())
    distance = found["ks_distance"].to_numpy()[known]
    bound = found["ks_bound"].to_numpy()[known]
    yield Quantity(
        "ks_distance within ks_bound, regions", 0.95, distance <= bound, unit="share"
    )
    rescaled = found["rescaled"].to_numpy()[known]
    true = [kstest(one[np.isfinite(one)], "uniform").statistic for one in rescaled]
    yield Quantity("ks_distance", true, distance, truth_is="scipy, of quantiles")
