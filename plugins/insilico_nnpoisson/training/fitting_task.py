"""The fit as a task of the host's loop: batches, steps, test, files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError
from insilico_gui.fitting import FitTask, Step, Writers
from insilico_nnpoisson.data.trials import Recordings, end_times
from insilico_nnpoisson.folders import ABOUT, REGION_INDEX
from insilico_nnpoisson.model import Model
from insilico_nnpoisson.network.layers import Sizes, initial_weights
from insilico_nnpoisson.network.model_files import ModelFile, write_h5, write_npz
from insilico_nnpoisson.training.gradient import LossEngine
from insilico_nnpoisson.training.judging import choice_table, judge
from insilico_nnpoisson.training.optimiser import FlatArrays, KerasAdam
from insilico_nnpoisson.training.rows import (
    ACTIONS,
    BehaviourRows,
    StepRows,
    Stimuli,
    behaviour_rows,
    neural_rows,
)
from insilico_nnpoisson.training.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MODEL = "model.npz"
PUBLISHED_MODEL = "model-fwd.h5"
TEST_TABLE = "test.csv"
LOG = "run.log"
JUDGEMENT = "judgement.csv"
CHOICES = "choices.csv"


def batches(
    data: Recordings, n_batches: int, seed: int
) -> dict[str, list[NDArray[np.int64]]]:
    """Trial numbers of each batch of each region.

    A random permutation of the region's trials, cut into nearly equal pieces, from
    numpy's legacy generator as in the published program.
    """
    generator = np.random.RandomState(seed)
    found = {}
    for name in sorted(data.train.regions):
        trials = generator.permutation(np.unique(data.train.regions[name].trial_num))
        found[name] = list(np.array_split(trials, n_batches))
    return found


class NNPoissonTask(FitTask):
    """A network that is fitted to recordings; see :class:`insilico_gui.fitting.FitTask`.

    Parameters
    ----------
    data : Recordings
    settings : Settings
    weights : mapping of str to array, optional
        First values; default drawn from the seed.
    """

    name = "nnpoisson"
    extendable = frozenset({"iterations"})
    device = "cpu"
    data: Recordings

    def __init__(
        self,
        data: Recordings,
        settings: Settings,
        weights: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        if settings.stim_shape != (data.n_columns,):
            raise FitError(
                f"stim_shape is {list(settings.stim_shape)} and the data have "
                f"{data.n_columns} stimulus columns; give that number."
            )
        if settings.n_regions != len(data.region_index):
            raise FitError(
                f"n_regions is {settings.n_regions} and the data have "
                f"{len(data.region_index)} regions; give that number."
            )
        self.data = data
        self.config = settings
        self.settings = settings.plain()
        self.n_rounds = settings.iterations
        sizes = Sizes(data.n_columns, settings.size_hidden, settings.n_regions)
        first = initial_weights(sizes, settings.seed) if weights is None else weights
        self.flat = FlatArrays(sizes, settings.dtype)
        self.flat.take(first)
        self._gradient = FlatArrays(sizes, settings.dtype)
        self._adam = KerasAdam(self.flat, settings.lr)
        self._sums = np.zeros(4)
        self._prepare()

    def _prepare(self) -> None:
        """Gather the rows of every step and of the test."""
        data, settings = self.data, self.config
        every = [split.behaviour.stim_hist for split in (data.train, data.test)]
        every += [
            region.stim_hist
            for split in (data.train, data.test)
            for region in split.regions.values()
        ]
        stimuli = Stimuli(np.concatenate(every), settings.dtype)
        self.losses = LossEngine(stimuli, settings)
        self.steps: list[StepRows] = []
        cut = batches(data, settings.n_batches, settings.seed)
        order = {name: k for k, name in enumerate(data.region_index)}
        actions = {name: self._behaviour_of(name, stimuli) for name in cut}
        for b in range(settings.n_batches):
            for name in sorted(data.train.regions):
                region = data.train.regions[name]
                rows = neural_rows(
                    stimuli, region, order[name], settings.time_limit, cut[name][b]
                )
                self.steps.append(StepRows.of(rows, actions[name]))
        self._test_neural = {
            name: neural_rows(stimuli, region, order[name], settings.time_limit)
            for name, region in sorted(data.test.regions.items())
        }
        behaviour = data.test.behaviour
        ends = end_times(behaviour, data.test, settings.time_limit)
        self._test_behaviour = behaviour_rows(stimuli, behaviour, ends, settings)

    def _behaviour_of(self, name: str, stimuli: Stimuli) -> BehaviourRows:
        """Behaviour of the trials that a region was recorded in, by its ends of trials."""
        behaviour = self.data.train.behaviour
        region = self.data.train.regions[name]
        ends = end_times(behaviour, self.data.train, self.config.time_limit)
        rows = np.searchsorted(behaviour.trial_num, region.trial_num)
        ends[rows] = region.trial_end_times
        trials = None if self.data.synthetic else region.trial_num
        return behaviour_rows(stimuli, behaviour, ends, self.config, trials)

    # -- steps -------------------------------------------------------------------------

    def step(self, rows: StepRows) -> NDArray[np.floating[Any]]:
        """One step of the optimiser; losses before it: neural, right, left, total."""
        # what is not finite shows in the row of the round, which ends the fit
        with np.errstate(all="ignore"):
            losses = self.losses.step(self.flat.parts, rows, self._gradient.parts)
            self._adam.step(self._gradient.vector)
        return losses

    def train(self, round_number: int) -> Iterator[Step]:
        """See :meth:`.FitTask.train`."""
        self._sums = np.zeros(4)
        total = self.config.episodes * len(self.steps)
        done = 0
        for _ in range(self.config.episodes):
            for rows in self.steps:
                losses = self.step(rows)
                self._sums += losses
                done += 1
                yield Step(
                    done, total, {"neural": float(losses[0]), "total": float(losses[3])}
                )

    def test(self) -> dict[str, float]:
        """Losses on all test trials: left, right, each region, total and neural."""
        w = self.flat.parts
        with np.errstate(all="ignore"):
            found = {
                f"test loss {name}": self.losses.action(w, self._test_behaviour, name)
                for name in ACTIONS
            }
            regions = {
                name: self.losses.neural(w, rows)
                for name, rows in self._test_neural.items()
            }
        neural = float(sum(regions.values()))
        behaviour = found["test loss left"] + found["test loss right"]
        return {
            **found,
            **regions,
            "test loss total": neural + self.config.beh_weight * behaviour,
            "test loss neural": neural,
        }

    def row(self, round_number: int) -> dict[str, float]:
        """A row of ``test.csv``; train losses are sums over all steps of the round."""
        neural, right, left, total = (float(value) for value in self._sums)
        return {
            "train loss neural": neural,
            "train loss total": total,
            "train loss left": left,
            "train loss right": right,
            "iter": float(round_number),
            **self.test(),
        }

    def score(self, row: Mapping[str, float]) -> float | None:
        """The total loss on test trials."""
        return row["test loss total"]

    # -- state and files ---------------------------------------------------------------

    def state(self) -> Mapping[str, Any]:
        """See :meth:`.FitTask.state`."""
        return {"weights": self.flat.copy(), "adam": self._adam.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.FitTask.restore`."""
        self.flat.take(state["weights"])
        self._adam.restore(state["adam"])

    @property
    def about(self) -> dict[str, Any]:
        """What files say of the model."""
        data = self.data
        return {
            "regions": list(data.region_index),
            "time_limit": data.time_limit,
            **({"stimulus": list(data.stimulus)} if data.stimulus else {}),
            "n_neurons": data.n_neurons(),
            "behaviour_scale": self.config.behaviour_scale,
        }

    def model(self, dtype: str = "float32") -> Model:
        """The network as it is now."""
        return Model(ModelFile(self.flat.copy(), self.about), dtype=dtype)

    def files_before(self, round_number: int) -> Writers:
        """A model every `save_every` iterations, in the published layout."""
        files: dict[str, Any] = {}
        if round_number == 0:
            files[REGION_INDEX] = self._write_index
            files[ABOUT] = self._write_about
        if round_number % self.config.save_every == 0:
            name = f"models-{round_number}/{PUBLISHED_MODEL}"
            files[name] = lambda path: write_h5(path, self.flat.copy())
        return files

    def files_after(self, round_number: int, curves: pd.DataFrame) -> Writers:
        """``test.csv`` and ``run.log``, written whole."""

        def write_table(path: Path) -> None:
            table = curves.astype({"iter": int})
            path.write_text(table.to_csv(), encoding="utf-8")

        def write_log(path: Path) -> None:
            lines = (
                f"iter {int(row['iter'])}: train total {row['train loss total']:.6f}, "
                f"test total {row['test loss total']:.6f}, "
                f"test neural {row['test loss neural']:.6f}\n"
                for _, row in curves.iterrows()
            )
            path.write_text("".join(lines), encoding="utf-8")

        return {TEST_TABLE: write_table, LOG: write_log}

    def files_of_best(self, round_number: int) -> Writers:
        """The best model so far, by the loss on test trials."""
        return {f"best/{MODEL}": self._write_model}

    def files_of_result(self, curves: pd.DataFrame) -> Writers:
        """The last model, which opens as a session, and how good it is."""
        model = self.model()
        judged = judge(model, self.data)
        choices = choice_table(model, self.data)
        values = {
            str(name): {str(k): float(v) for k, v in row.items() if np.isfinite(v)}
            for name, row in judged.iterrows()
        }
        about = {**self.about, "judgement": values}

        def write_judgement(path: Path) -> None:
            path.write_text(judged.rename_axis("region").to_csv(), encoding="utf-8")

        return {
            MODEL: lambda path: write_npz(path, ModelFile(self.flat.copy(), about)),
            JUDGEMENT: write_judgement,
            CHOICES: lambda path: path.write_text(
                choices.to_csv(index=False), encoding="utf-8"
            ),
        }

    def _write_model(self, path: Path) -> None:
        write_npz(path, ModelFile(self.flat.copy(), self.about))

    def _write_index(self, path: Path) -> None:
        rows = [f"{name},{k}" for k, name in enumerate(self.data.region_index)]
        path.write_text("\n".join([",0", *rows]) + "\n", encoding="utf-8")

    def _write_about(self, path: Path) -> None:
        text = json.dumps(self.about, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
