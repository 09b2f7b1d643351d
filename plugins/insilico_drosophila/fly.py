"""One fly: a connectome, a recording and trained weights, ready to run."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from insilico_drosophila import targets
from insilico_drosophila.files.cache import load_synapses
from insilico_drosophila.files.checkpoints import (
    NetworkWeights,
    read_recurrent,
)
from insilico_drosophila.files.folder import (
    FlyFolder,
    find_checkpoint,
)
from insilico_drosophila.files.positions import neuron_positions, neuropil_positions
from insilico_drosophila.files.rates import FRAME_RATE_HZ
from insilico_drosophila.network.circuit import Circuit
from insilico_drosophila.network.drive import Drive
from insilico_drosophila.network.events import poisson_or_given
from insilico_drosophila.network.neuron_model import DT_MS, SCALE_MV, step_constants
from insilico_drosophila.network.state import resting
from insilico_drosophila.runs import compared, ran
from insilico_drosophila.simulation import Simulation, checked_steps, window_steps
from insilico_drosophila.unit_table import neuropil_table
from insilico_gui.errors import SessionError, StimulusError, quoted
from insilico_gui.untrusted.door import as_path

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    import pandas as pd
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

    from insilico_drosophila.files.connectome import Connectome
    from insilico_drosophila.files.rates import Recording
    from insilico_drosophila.options import NetworkOptions, RunOptions
    from insilico_drosophila.simulation import Window
    from insilico_drosophila.targets import Spec

MAX_FIRING_RATE_HZ = 100.0


class Fly:
    """A fly that can be run; made by :func:`.opening.open_fly`.

    Attributes
    ----------
    id : str
        Such as ``"drosophila/630_2017-10-26_1"``.
    folder : FlyFolder
    connectome : Connectome
    recording : Recording
    weights : NetworkWeights
    neuropils : tuple of str
        P names, in the order of all rates.
    rates_hz : float32 array [T, P]
        Recorded rates, 1.2 frames a second.
    unconnected : list of str
        Neuropils without synapses; their rate is 0.
    omega : csr_array [P, N], float32
        Share of each neuropil's synapses that each neuron makes.
    device : str
    attrs : dict of str to Any
        Provenance.
    """

    def __init__(
        self,
        folder: FlyFolder,
        connectome: Connectome,
        recording: Recording,
        weights: NetworkWeights,
        attrs: dict[str, Any],
        device: str,
        max_firing_rate: float = MAX_FIRING_RATE_HZ,
    ) -> None:
        self.id = str(attrs["session"])
        self.folder = folder
        self.connectome = connectome
        self.recording = recording
        self.weights = weights
        self.neuropils = recording.neuropils
        self.rates_hz = recording.rates_hz(max_firing_rate)
        self.unconnected = connectome.without_synapses(self.neuropils)
        self.omega = connectome.omega(self.neuropils)
        self.device = device
        self.attrs = attrs
        self._cut: dict[tuple[str, ...], sparse.csr_array] = {}

    @property
    def units(self) -> pd.DataFrame:
        """Neuropils as a unit table; see :func:`.unit_table.neuropil_table`."""
        return neuropil_table(self.connectome, self.neuropils, self.neuropil_positions)

    @property
    def neuropil_positions(self) -> NDArray[np.float64] | None:
        """Positions [P, 3] in µm, NaN where unknown; None without a table of them."""
        return neuropil_positions(self.folder.path, self.neuropils)

    @property
    def neuron_positions(self) -> NDArray[np.float64] | None:
        """Positions [N, 3] in µm, NaN where unknown; None without a table of them."""
        return neuron_positions(self.folder.path, self.connectome.root_ids)

    def run(
        self,
        n_steps: int,
        dt_ms: float = DT_MS,
        scale_mv: float = SCALE_MV,
        **options: Unpack[RunOptions],
    ) -> xr.Dataset:
        """Run the network.

        Parameters
        ----------
        n_steps : int
        dt_ms : float
            Duration of a step.
        scale_mv : float
            Weight of one synapse; default 0.000825.
        embedding_hz : array [P], optional
            Rates that drive the input layer.
        frame : int, optional
            In place of `embedding_hz`: this frame of the recording.
        v0, g0 : array [N], optional
            Initial state in mV above rest; default at rest.
        poisson_events : (steps, neurons), optional
            Events of the input layer; default random ones of `seed`.
        seed : int
            Of random events; default 0.
        stimulate : dict or list of dict, optional
            Extra Poisson events; see :func:`.targets.pulses`.
        silence : dict or list of dict, optional
            Neurons that do not spike, or ``{"cut": NEUROPIL}``; see
            :func:`.targets.silenced`.
        lora : float or bool
            Factor of the trained low-rank addition to the weights; False: without.
        record : sequence of str
            Of ``"spikes"``, ``"v"``, ``"g"``; default ``("spikes",)``.
        neurons : sequence of int
            Indices of the neurons whose v and g are recorded.
        window_ms : float, optional
            Also give rates in windows of this duration.
        n_discard : int
            Steps at the start whose spikes are not counted in rates; default 0.
        on_progress : callable(done, total), optional
            Called after each window with steps.

        Returns
        -------
        xarray.Dataset
            ``spike_step``, ``spike_neuron`` (spike), ``spike_count`` (neuron),
            ``neuropil_hz`` (neuropil), ``population_hz``, ``share_spiking``, ``v_end``,
            ``g_end`` (neuron) in mV; ``v``, ``g`` (step, recorded) and ``window_hz``
            (window, neuropil), ``window_population_hz``, ``window_share_spiking``
            (window) if asked for. The attribute ``health`` lists what is wrong.

        Raises
        ------
        InsilicoError
            One sentence on an argument that is wrong.
        """
        return ran(self, n_steps, {"dt_ms": dt_ms, "scale_mv": scale_mv, **options})

    def compare(
        self,
        n_steps: int,
        dt_ms: float = DT_MS,
        scale_mv: float = SCALE_MV,
        **options: Unpack[RunOptions],
    ) -> xr.Dataset:
        """Run a control, and with the same random events a perturbed network.

        Parameters
        ----------
        n_steps, dt_ms, scale_mv, options
            As of :meth:`run`. The control is without `stimulate` and `silence`.

        Returns
        -------
        xarray.Dataset
            As :meth:`run`, without spikes, with a dimension ``condition`` (``"control"``,
            ``"perturbed"``), and ``difference_hz`` (neuropil), perturbed minus control.
        """
        return compared(
            self, n_steps, {"dt_ms": dt_ms, "scale_mv": scale_mv, **options}
        )

    def stream(
        self,
        n_steps: int,
        window_ms: float = 50.0,
        dt_ms: float = DT_MS,
        scale_mv: float = SCALE_MV,
        **options: Unpack[NetworkOptions],
    ) -> Iterator[Window]:
        """Run the network, giving each window as it is done.

        Parameters
        ----------
        n_steps, dt_ms, scale_mv, options
            As of :meth:`simulate`.
        window_ms : float
            20 to 100 ms show single events as well as rates.
        """
        per_window = window_steps(window_ms, dt_ms)
        simulation = self.simulate(dt_ms, scale_mv, **options)
        return simulation.windows(checked_steps(n_steps), per_window)

    def closed_loop(
        self,
        recurrent: str | os.PathLike[str],
        n_frames: int,
        n_true: int = 100,
        dt_ms: float = DT_MS,
        scale_mv: float = SCALE_MV,
        **options: Unpack[NetworkOptions],
    ) -> Iterator[NDArray[np.float32]]:
        """Run with the recurrent network, which predicts what drives each frame.

        Parameters
        ----------
        recurrent : path
            ``second-round-rnn-checkpoint-<style>.msgpack``, relative to the folder of the
            fly or the current one.
        n_frames : int
        n_true : int
            Frames at the start whose drive is predicted from recorded rates; later ones
            from the simulated rates of the frame before.
        dt_ms, scale_mv, options
            As of :meth:`simulate`, without a drive. A frame is 1/1.2 s, of which a tenth
            passes before spikes count.

        Yields
        ------
        float32 array [P]
            Rates in Hz of each frame, about the next recorded one.
        """
        from insilico_drosophila.fitting.evaluation import closed_loop_frames
        from insilico_drosophila.fitting.recurrent import RecurrentNetwork

        path = find_checkpoint(as_path(recurrent, SessionError), self.folder.path)
        weights = read_recurrent(path, len(self.neuropils))
        network = RecurrentNetwork(weights, self.device)
        options["frame"] = 0  # until the first prediction
        simulation = self.simulate(dt_ms, scale_mv, **options)
        n_steps = int(1000 / FRAME_RATE_HZ / dt_ms)
        per_frame = n_steps, n_steps // 10
        return closed_loop_frames(
            self, simulation, network, checked_steps(n_frames), per_frame, n_true
        )

    def simulate(
        self,
        dt_ms: float = DT_MS,
        scale_mv: float = SCALE_MV,
        *,
        embedding_hz: ArrayLike | None = None,
        frame: int | None = None,
        v0: ArrayLike | None = None,
        g0: ArrayLike | None = None,
        poisson_events: tuple[ArrayLike, ArrayLike] | None = None,
        seed: int = 0,
        stimulate: Spec | None = None,
        silence: Spec | None = None,
        lora: float | bool = True,
    ) -> Simulation:
        """Make a network at step 0, to be advanced at will; arguments as of :meth:`run`."""
        constants = step_constants(dt_ms)
        n = self.connectome.n_neurons
        silenced, cuts = targets.silenced(self.connectome, silence)
        pulses = targets.pulses(self.connectome, stimulate, dt_ms)
        events = poisson_or_given(poisson_events, n, constants.p_event, seed)
        input_mv = self.input_mv(self._embedding(embedding_hz, frame))
        drive = Drive(events, input_mv, pulses, seed)
        circuit = self.circuit(scale_mv, cuts, lora)
        state = resting(n, v0, g0)
        return Simulation(
            circuit, self.omega, constants, state, drive, self.device, silenced
        )

    def circuit(
        self, scale_mv: float = SCALE_MV, cuts: Sequence[str] = (), lora: float = 1.0
    ) -> Circuit:
        """Connections at a scale in mV, without the synapses of some neuropils."""
        if not np.isfinite(scale_mv) or not np.isfinite(lora):
            raise StimulusError(
                "The scale and the factor of the LoRA are finite numbers."
            )
        weights = self._without(cuts) if cuts else self.connectome.weights
        a, b = self.weights.lora_a, self.weights.lora_b
        return Circuit(weights, float(scale_mv), a, b, float(lora))

    def input_mv(self, embedding_hz: ArrayLike) -> NDArray[np.float32]:
        """Kick sizes [N] in mV of the trained input layer, for rates [P] in Hz."""
        rates = np.asarray(embedding_hz, dtype=np.float32)
        n = len(self.neuropils)
        if rates.shape != (n,):
            raise StimulusError(
                f"A drive has shape {list(rates.shape)}; give one rate in Hz for each of "
                f"the {n} neuropils."
            )
        if not np.isfinite(rates).all() or rates.min() < 0:
            raise StimulusError(
                "A drive has rates that are negative, NaN or infinite; give rates in Hz."
            )
        kicks = rates @ self.weights.input_weight + self.weights.input_bias
        return np.asarray(np.maximum(kicks, 0), dtype=np.float32)

    def with_weights(self, weights: NetworkWeights) -> Fly:
        """The same fly with other trained weights."""
        other = copy(self)
        other.weights = weights
        other.attrs = {**self.attrs, "checkpoint": "in memory"}
        return other

    def _embedding(self, given: ArrayLike | None, frame: int | None) -> ArrayLike:
        if (given is None) == (frame is None):
            raise StimulusError(
                "A run needs embedding_hz, rates of the neuropils, or frame, one of the "
                "recording, and not both."
            )
        if given is not None:
            return given
        n = len(self.rates_hz)
        if not isinstance(frame, int | np.integer) or not 0 <= frame < n:
            raise StimulusError(
                f"There is no frame {quoted(frame)}; the recording has frames 0 to {n - 1}."
            )
        return np.asarray(self.rates_hz[frame])

    def _without(self, cuts: Sequence[str]) -> sparse.csr_array:
        key = tuple(sorted(set(cuts)))
        if key not in self._cut:
            table = load_synapses(self.folder, self.connectome)
            # One at a time: a copy of the weights is large
            self._cut = {key: targets.without(self.connectome, table, key)}
        return self._cut[key]
