"""A session: a model with its regions, answering tables of conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.device import resolve_device
from insilico_gui.errors import AnalysisError, WeightsError, quoted
from insilico_gui.untrusted.hashes import weights_hash
from insilico_nnpoisson import columns  # noqa: F401 - registers titles
from insilico_nnpoisson.choices import READINGS, read_choices
from insilico_nnpoisson.fit_command import DATA, GENERATED
from insilico_nnpoisson.folders import (
    ABOUT,
    FAMILY,
    REGION_INDEX,
    Place,
    read_about,
    read_region_index,
)
from insilico_nnpoisson.model import Model
from insilico_nnpoisson.network.layers import Sizes
from insilico_nnpoisson.network.model_files import ModelFile, read_model
from insilico_nnpoisson.region_centers import (
    SOURCE,
    positions,
    read_centers,
    split_name,
)
from insilico_nnpoisson.simulation import simulate_trials
from insilico_nnpoisson.stimulus_code import TRIAL_LENGTH, stimulus_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.conditions import ConditionParameter
    from insilico_gui.session import InputKind

N_TIMES = 401
TIME_LIMITS = {8: 0.4, 3: 2.0}
"""Longest trials (s) that are assumed where no file says so, by columns of the stimulus."""

MAX_NEURONS = 100_000
ACTION_IDS = ("left", "right")


class NNPoissonSession:
    """Intensities of regions and actions; see :class:`.ConditionSession`.

    Parameters
    ----------
    place : Place
    device : str

    Attributes
    ----------
    model : Model
        In float32.
    time_limit : float
        ``W`` (s): the longest trial.

    Raises
    ------
    WeightsError
        If the files are damaged or do not fit together.
    """

    input_kind: InputKind = "conditions"
    frame_shape = (0, 0)
    response_label = "intensity (1/s; of regions: spikes/s per neuron)"
    readings: Mapping[str, str] = READINGS
    recordings_help = DATA
    recordings_offered = GENERATED

    def __init__(self, place: Place, device: str = "auto") -> None:
        self.id = f"{FAMILY}/{place.name}"
        self.device = resolve_device(device)
        found = read_model(place.model)
        found = ModelFile(found.weights, {**found.about, **read_about(place.folder)})
        self.model = Model(found, device=self.device)
        self._exact = Model(found, dtype="float64")
        sizes = self.model.sizes
        self.regions = _regions(place, found, sizes)
        self.code = stimulus_code(sizes.stimulus, found.about.get("stimulus"))
        self.time_limit = _time_limit(found.about, sizes)
        self.parameters: tuple[ConditionParameter, ...] = self.code.parameters(
            self.time_limit
        )
        self.times = np.linspace(0, self.time_limit, N_TIMES)
        self.units = _unit_table(self.regions, place, found.about)
        index = place.folder / REGION_INDEX
        files = [place.model, *(p for p in (index, place.folder / ABOUT) if p.exists())]
        attrs: dict[str, Any] = {
            "weights_hash": weights_hash(files),
            "model": "NNPoisson (Khajehnejad et al. 2022)",
            "time_limit_s": self.time_limit,
            "stimulus_columns": self.code.texts,
            "behaviour_scale": found.about.get("behaviour_scale", "reference"),
        }
        if self.code.assumed or "time_limit" not in found.about:
            attrs["assumed"] = (
                "what the columns of the stimulus mean, and the longest trial; "
                f"{ABOUT} beside the model would say"
            )
        if "x" in self.units:
            own = read_centers(place.folder) is not None
            attrs["axes"] = "RAS"
            attrs["positions"] = "region_centers.csv" if own else SOURCE
        self.attrs: Mapping[str, Any] = attrs

    def respond(
        self,
        conditions: Iterable[pd.DataFrame],
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """See :meth:`.ConditionSession.respond`; NaN after the end of a trial."""
        for table in conditions:
            lengths = table[TRIAL_LENGTH].to_numpy(np.float64)
            scale = self.time_limit / lengths
            rates = self.model.courses(self.code.rows(table), self.times, scale)[1]
            rates[self.times[None, :] > lengths[:, None] * (1 + 1e-9)] = np.nan
            chosen = rates if units is None else rates[:, :, units]
            yield chosen.astype(np.float32, copy=False)

    def choices(self, conditions: pd.DataFrame, reading: str = "A") -> xr.Dataset:
        """See :meth:`.ChoosingSession.choices`; computed in float64."""
        lengths = conditions[TRIAL_LENGTH].to_numpy(np.float64)
        return read_choices(
            self._exact,
            self.code.rows(conditions),
            lengths,
            self.times,
            self.time_limit,
            reading,
        )

    def judge(
        self, recordings: Path, *, trust_pickles: bool = False, seed: int = 0
    ) -> xr.Dataset:
        """See :meth:`.JudgedSession.judge`."""
        from insilico_nnpoisson.data.files import read_recordings
        from insilico_nnpoisson.training.judged_session import judged

        data = read_recordings(recordings, trust_pickles=trust_pickles, seed=seed)
        units = self.units["unit_id"].tolist()
        return judged(self._exact, self.regions, self.time_limit, data, units)

    def simulate(
        self, conditions: pd.DataFrame, seed: int, n_neurons: int | None = None
    ) -> pd.DataFrame:
        """See :meth:`.SpikingSession.simulate`; regions have spikes, actions none."""
        if n_neurons is not None and not 1 <= n_neurons <= MAX_NEURONS:
            raise AnalysisError(
                f"A raster of {n_neurons} neurons cannot be drawn; give 1 to "
                f"{MAX_NEURONS}."
            )
        numbers = np.full(len(self.regions), n_neurons or 1, dtype=np.int64)
        if n_neurons is None and "n_neurons" in self.units:
            known = self.units["n_neurons"].to_numpy()[: len(self.regions)]
            numbers = np.maximum(1, np.nan_to_num(known, nan=1.0).round().astype(int))
        return simulate_trials(
            self._exact,
            self.code.rows(conditions),
            conditions[TRIAL_LENGTH].to_numpy(np.float64),
            self.time_limit,
            self.regions,
            numbers,
            seed,
        )


def _regions(place: Place, found: ModelFile, sizes: Sizes) -> list[str]:
    """Names of regions in order of outputs: of the index, or else of the model's file."""
    regions = read_region_index(place.folder)
    if regions is None:
        given = found.about.get("regions")
        if not isinstance(given, list) or not all(isinstance(r, str) for r in given):
            raise WeightsError(
                f"{quoted(place.folder.name)} has no {REGION_INDEX}, which names the "
                "outputs of the model; put it beside the model."
            )
        regions = given
    if len(regions) != sizes.regions:
        raise WeightsError(
            f"{quoted(place.model.name)} has {sizes.regions} regions and {REGION_INDEX} "
            f"names {len(regions)}; they belong to different fits."
        )
    taken = {*ACTION_IDS} & {*regions}
    if taken:
        raise WeightsError(
            f"A region is called {quoted(min(taken))}, as an action is; rename it in "
            f"{REGION_INDEX}."
        )
    return list(regions)


def _time_limit(about: Mapping[str, Any], sizes: Sizes) -> float:
    given = about.get("time_limit", TIME_LIMITS.get(sizes.stimulus, 1.0))
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 < given < 3600:
        raise WeightsError(
            f"The time limit {quoted(given)} of the model is no length of a trial in "
            "seconds; write it again."
        )
    return float(given)


def _unit_table(
    regions: list[str], place: Place, about: Mapping[str, Any]
) -> pd.DataFrame:
    """Regions in order of outputs, then the actions left and right."""
    sides = [split_name(region) for region in regions]
    n = len(ACTION_IDS)
    table = pd.DataFrame(
        {
            "unit_id": [*regions, *ACTION_IDS],
            "kind": ["region"] * len(regions) + ["action"] * n,
            "area": [*(area for _, area in sides), *["action"] * n],
            "hemisphere": [*(side for side, _ in sides), *[""] * n],
        }
    )
    placed = positions(regions, read_centers(place.folder))
    if placed is not None:
        for name in ("x", "y", "z"):
            table[name] = [*placed[name], *[np.nan] * n]
    _add_judgement(table, regions, about.get("judgement"))
    known = about.get("n_neurons")
    if isinstance(known, dict):
        numbers = [known.get(region, np.nan) for region in regions]
        if not all(isinstance(k, int | float) for k in numbers):
            raise WeightsError("The numbers of neurons of a model are not numbers.")
        table["n_neurons"] = np.array([*numbers, *[np.nan] * n], dtype=float)
    return table


JUDGED = ("bits_per_spike", "ks_distance", "ks_p", "ks_bound", "n_spikes")
"""Columns of the unit table that say how good the fit of a region is."""


def _add_judgement(table: pd.DataFrame, regions: list[str], given: Any) -> None:
    """Add what the fit of a model says of its quality, NaN where it says nothing."""
    if not isinstance(given, dict):
        return
    for name in JUDGED:
        found = []
        for region in regions:
            values = given.get(region)
            value = values.get(name) if isinstance(values, dict) else None
            found.append(float(value) if isinstance(value, int | float) else np.nan)
        column = f"test_{name}"
        table[column] = np.array([*found, *[np.nan] * len(ACTION_IDS)], dtype=float)
