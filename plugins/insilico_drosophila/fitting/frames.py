"""The trained network, frame by frame, and the stages that run it over a recording."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.checkpoints import read_network
from insilico_drosophila.fitting.stage import Stage, Work, required, told
from insilico_drosophila.network.circuit import DeviceInputs
from insilico_drosophila.network.dense_engine import DenseEngine
from insilico_drosophila.network.drive import Drive
from insilico_drosophila.network.event_engine import EventEngine
from insilico_drosophila.network.events import PoissonEvents
from insilico_drosophila.network.neuron_model import step_constants
from insilico_drosophila.network.state import random_state
from insilico_gui.fitting import Step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from numpy.typing import NDArray

    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly

FRAMES_PER_ROUND = 10
_PART = 45
"""Steps between two looks at whether to go on."""


class FrameRunner:
    """A network whose state is carried on from frame to frame.

    Parameters
    ----------
    fly : Fly
        Trained.
    settings : Settings
    """

    def __init__(self, fly: Fly, settings: Settings) -> None:
        n = fly.connectome.n_neurons
        constants = step_constants(settings.dt)
        self._steps = settings.steps_per_frame, settings.n_discarded
        self._seconds = (self._steps[0] - self._steps[1]) * settings.dt / 1000
        self._omega = fly.omega
        self._events = PoissonEvents(n, constants.p_event, settings.seed)
        drive = Drive(self._events, np.zeros(n, np.float32))
        circuit = fly.circuit(settings.scale_factor)
        self._engine: EventEngine | DenseEngine
        if fly.device == "cpu":
            self._engine = EventEngine(circuit, constants, random_state(n), drive)
        else:
            inputs = DeviceInputs(circuit, fly.device)
            self._engine = DenseEngine(inputs, constants, random_state(n), drive)

    def frame(
        self, input_mv: NDArray[np.float32]
    ) -> Generator[int, None, NDArray[np.float32]]:
        """Rates [P] in Hz of a frame with kicks [N]; yields steps that are made."""
        engine, (n_steps, n_discarded) = self._engine, self._steps
        engine.drive.input_mv = input_mv
        made = 0
        for stop in (n_discarded, n_steps):
            engine.reset_counts()
            while made < stop:
                n = min(_PART, stop - made)
                engine.advance(n)
                made += n
                yield made
        rates = (engine.counts / self._seconds).astype(np.float32)
        return np.asarray(self._omega @ rates)

    def state(self) -> dict[str, Any]:
        """Between two frames."""
        return {"engine": self._engine.snapshot(), "events": self._events.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a :meth:`state`."""
        self._engine.restore(state["engine"])
        self._events.restore(state["events"])


class FrameStage(Stage):
    """Runs the network over all frames; a round is some frames.

    Attributes
    ----------
    rates_hz : float32 array [T, P]
        Of the frames so far; row i is about recorded frame i + 1.
    """

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.n_rounds = -(-len(work.fly.rates_hz) // FRAMES_PER_ROUND)
        self.rates_hz = np.zeros_like(work.fly.rates_hz)
        self._values: list[Mapping[str, float]] = []

    def check(self) -> None:
        """Needs the trained network."""
        required(self.work.folder.first_checkpoint, "train1")

    def begin(self) -> None:
        """Read the trained network."""
        fly, settings = self.work.fly, self.work.settings
        path = required(self.work.folder.first_checkpoint, "train1")
        weights = read_network(path, fly.connectome.n_neurons, len(fly.neuropils))
        self.trained = fly.with_weights(weights)
        self._runner = FrameRunner(self.trained, settings)

    @abstractmethod
    def drive_hz(self, i: int) -> NDArray[np.float32]:
        """Rates [P] that drive frame `i`."""

    @abstractmethod
    def values(self, i: int, target_hz: NDArray[np.float32]) -> Mapping[str, float]:
        """How well frame `i` agrees with the next recorded one."""

    def train(self, k: int) -> Iterator[Step]:
        """See :meth:`.stage.Stage.train`."""
        truth, per_frame = self.work.fly.rates_hz, self.work.settings.steps_per_frame
        first = k * FRAMES_PER_ROUND
        stop = min(first + FRAMES_PER_ROUND, len(truth))
        total = (stop - first) * per_frame
        self._values = []
        for i in range(first, stop):
            going = self._runner.frame(self.trained.input_mv(self.drive_hz(i)))
            known = self._values[-1] if self._values else {}
            before = (i - first) * per_frame
            self.rates_hz[i] = yield from told(going, before, total, known)
            self._values.append(self.values(i, truth[min(i + 1, len(truth) - 1)]))
            yield Step(before + per_frame, total, self._values[-1])

    def row(self) -> Mapping[str, float]:
        """Means over the frames of a round."""
        names = self._values[0]
        means = {k: np.mean([one[k] for one in self._values]) for k in names}
        return {f"{self.name} {key}": float(value) for key, value in means.items()}

    def state(self) -> Mapping[str, Any]:
        """The rates so far, and the network."""
        return {"rates": self.rates_hz.copy(), "network": self._runner.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See :meth:`.stage.Stage.restore`."""
        self.rates_hz[:] = state["rates"]
        self._runner.restore(state["network"])


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's r of two vectors; 0 if one of them is constant."""
    a, b = (x.astype(np.float64) - x.mean() for x in (one, other))
    norm = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / norm) if norm else 0.0
