"""The fit as a task of the host's loop: stages one after the other, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insilico_drosophila.files.folder import FITTED, FittedFly, recording_id
from insilico_drosophila.files.losses_log import read_settings, settings_line
from insilico_drosophila.fitting.estimate import memory_sentence, sentences
from insilico_drosophila.fitting.evaluation import Evaluation, SimulatedRecording
from insilico_drosophila.fitting.first_round import FirstRound
from insilico_drosophila.fitting.results_folder import ResultsFolder
from insilico_drosophila.fitting.second_round import SecondRound
from insilico_drosophila.fitting.settings import MODES, Settings, settings_from
from insilico_drosophila.fitting.stage import Stage, Work
from insilico_drosophila.opening import open_fly
from insilico_gui.device import available_devices
from insilico_gui.errors import FitError, quoted
from insilico_gui.fitting import FitTask, Step
from insilico_gui.fitting.checkpoint import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from insilico_drosophila.fly import Fly
    from insilico_gui.fitting import Writers

STAGES: dict[str, type[Stage]] = {
    "train1": FirstRound,
    "eval1": SimulatedRecording,
    "train2": SecondRound,
    "evaluate": Evaluation,
}
_NOT_COMPARED = ("mode", "filepath", "device", "devices", "split")


@dataclass(frozen=True)
class FlyData:
    """What is fitted: a recording, and the connectome of the network."""

    fly: Fly

    @property
    def fingerprint(self) -> str:
        """Hash of the tables of the connectome, and of the recorded rates."""
        attrs = self.fly.attrs
        return f"{attrs['connectome_hash']} {attrs['rates_hash']}"

    def summary(self) -> Mapping[str, Any]:
        """What is in it."""
        connectome = self.fly.connectome
        return {
            "session": self.fly.id,
            "neurons": connectome.n_neurons,
            "pairs": connectome.n_pairs,
            "neuropils": len(self.fly.neuropils),
            "without synapses": list(self.fly.unconnected),
            "frames": len(self.fly.rates_hz),
        }


class DrosophilaTask(FitTask):
    """Stages of the published program; see :class:`insilico_gui.fitting.FitTask`.

    Each `mode` has a checkpoint of its own, so that stages can be run one by one in one
    folder; later stages read the published files of earlier ones.

    Parameters
    ----------
    data : Path
        Folder of the fly.
    given : mapping of str to Any
        Settings by name; missing ones are those of the log in the folder of results, or
        the defaults.
    """

    name = "drosophila"
    data: FlyData
    extendable = frozenset({"epoch_round1", "epoch_round2"})

    def __init__(self, data: Path, given: Mapping[str, Any]) -> None:
        self._directory = data
        self._given = dict(given)
        self._stage: Stage | None = None
        self._done = 0
        self._use(settings_from(given))

    def _use(self, settings: Settings) -> None:
        self.config = settings
        plain = settings.as_dict()
        self.settings = {k: v for k, v in plain.items() if k not in _NOT_COMPARED}
        mode = settings.mode
        self.checkpoint = FILE if mode == "all" else f"checkpoint-{mode}.npz"

    def prepare(self, folder: Path, resume: bool) -> None:
        """Read the log of the folder and the data, and check what stages need."""
        place = ResultsFolder(folder)
        self._place = place
        if place.log.is_file():
            self._use(settings_from({**read_settings(place.log), **self._given}))
        settings = self.config
        fly = open_fly(
            self._directory,
            settings.flywire_version,
            settings.neural_activity_id,
            device=_device(settings),
            max_firing_rate=settings.max_firing_rate,
        )
        self.data, self.device = FlyData(fly), fly.device
        work = Work(fly, settings, place)
        names = MODES[1:] if settings.mode == "all" else (settings.mode,)
        self.stages = [STAGES[name](work) for name in names]
        self.n_rounds = sum(stage.n_rounds for stage in self.stages)
        if not resume and not (folder / self.checkpoint).exists():
            self._refuse_overwriting(place)
        if settings.mode != "all":
            self.stages[0].check()

    def _refuse_overwriting(self, place: ResultsFolder) -> None:
        made = {
            "train1": place.first_checkpoint,
            "train2": place.second_checkpoint(self.config.input_style),
        }
        for stage in self.stages:
            path = made.get(stage.name)
            if path is not None and path.is_file():
                raise FitError(
                    f"{quoted(place.path.name)} holds {path.name} already; choose another "
                    "folder, or run the other stages by their mode."
                )

    def notices(self) -> Sequence[str]:
        """What the stages take in time and memory, measured over a few steps.

        Raises
        ------
        FitError
            If the memory is not there.
        """
        fly, settings = self.data.fly, self.config
        names = [stage.name for stage in self.stages]
        memory = memory_sentence(fly, settings) if "train1" in names else []
        return [*memory, *sentences(fly, settings, names)]

    # -- rounds ------------------------------------------------------------------------

    def _at(self, round_number: int) -> tuple[Stage, int]:
        k = round_number
        for stage in self.stages:
            if k < stage.n_rounds:
                return stage, k
            k -= stage.n_rounds
        raise IndexError(round_number)

    def train(self, round_number: int) -> Iterator[Step]:
        """See :meth:`.FitTask.train`."""
        stage, k = self._at(round_number)
        if self._stage is not stage:
            stage.begin()
            self._stage = stage
        yield from stage.train(k)
        self._done = k + 1

    def row(self, round_number: int) -> Mapping[str, float]:
        """Values of the round, named by its stage."""
        return self._at(round_number)[0].row()

    def state(self) -> Mapping[str, Any]:
        """The state of the stage that ran last; earlier ones have left their files."""
        rounds = {stage.name: stage.n_rounds for stage in self.stages}
        stage = self._stage
        if stage is None:
            return {"rounds": rounds, "stage": None}
        return {
            "rounds": rounds,
            "stage": stage.name,
            "done": self._done,
            "state": stage.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.FitTask.restore`."""
        if state["stage"] is None:
            return
        for stage in self.stages:
            rounds = state["rounds"][stage.name]
            if stage.name == state["stage"]:
                break
            if rounds != stage.n_rounds:
                raise FitError(
                    f"{stage.name} has ended after {rounds} rounds and later stages have "
                    f"begun, so that it cannot have {stage.n_rounds}; fit anew in another "
                    "folder, or with that number."
                )
        self._done = int(state["done"])
        if self._done < stage.n_rounds:
            stage.begin()
            stage.restore(state["state"])
            self._stage = stage

    # -- files -------------------------------------------------------------------------

    def files_before(self, round_number: int) -> Writers:
        """The log with the settings in its first line, if there is none."""
        if round_number or self._place.log.is_file():
            return {}
        text = settings_line(self.config.as_dict()) + "\n"
        return {self._place.log.name: lambda path: path.write_text(text, "utf-8")}

    def files_of_result(self, curves: pd.DataFrame) -> Writers:
        """Where the tables and the recording are, so that the folder is a session."""
        settings = self.config
        fitted = FittedFly(
            self.data.fly.folder.path.absolute(),
            str(settings.flywire_version),
            recording_id(settings.neural_activity_id),
            float(settings.max_firing_rate),
        )
        return {FITTED: lambda path: path.write_text(fitted.text(), "utf-8")}

    def files_after(self, round_number: int, curves: pd.DataFrame) -> Writers:
        """The published files of the stage."""
        stage, k = self._at(round_number)
        return stage.files(k)


def _device(settings: Settings) -> str:
    """The GPU of the number in `devices`, if it is there and nothing else is asked for."""
    numbered = f"cuda:{settings.devices}"
    is_free = settings.device == "auto" and numbered in available_devices()
    return numbered if is_free else settings.device
