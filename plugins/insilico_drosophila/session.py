"""A fly as a session of the host that is driven."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila import targets
from insilico_drosophila.driving import CLOSED_LOOP, INITIAL, driven
from insilico_drosophila.files.folder import recording_id
from insilico_drosophila.files.rates import FRAME_RATE_HZ
from insilico_drosophila.network.neuron_model import DT_MS, SCALE_MV
from insilico_gui.drive import DriveChunk, DriveDescription, DriveOption, RecordedDrive
from insilico_gui.untrusted.hashes import weights_hash

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_drosophila.fly import Fly
    from insilico_gui.session import InputKind
    from insilico_gui.stimuli import Drive, Target

LAG = 1
"""Training compares responses driven by a frame with the next one."""

OPTIONS = (
    DriveOption(
        "lora",
        "number",
        1.0,
        0.0,
        3.0,
        help="Factor of the trained low-rank addition to the weights; 0 leaves it out.",
        label="LoRA factor",
    ),
    DriveOption(
        "scale_mv",
        "number",
        SCALE_MV,
        0.0,
        1.0,
        unit="mV",
        help="Weight of one synapse.",
        label="synapse",
    ),
    DriveOption(
        "initial",
        "choice",
        INITIAL[0],
        values=INITIAL,
        help="Membranes at the start: at rest, or random as in training.",
        label="membranes",
    ),
)
LOOP = DriveOption(
    CLOSED_LOOP,
    "switch",
    False,
    help="After the base, drive each frame with what the recurrent network predicts.",
)


class FlySession:
    """A fly as a session; see :class:`insilico_gui.drive.DriveSession`.

    Parameters
    ----------
    fly : Fly
        What is driven; its units are neuropils.
    results : Path, optional
        Folder of a fit, with its weights; default that of the tables.

    Attributes
    ----------
    frame_rate : float
        Of the recording, Hz.
    recurrent : Path or None
        Weights of the network that predicts the next frame, if they are in the folder.
    """

    input_kind: InputKind = "drive"
    frame_shape: tuple[int, int] = (0, 0)
    frame_rate = FRAME_RATE_HZ
    response_label = "rate (Hz)"

    def __init__(self, fly: Fly, results: Path | None = None) -> None:
        self.fly = fly
        self.id = fly.id
        self.units: pd.DataFrame = fly.units
        self.device = fly.device
        self.recurrent = _recurrent(results or fly.folder.path)
        weights = _hash(fly.attrs, self.recurrent)
        self.attrs: Mapping[str, Any] = {**fly.attrs, "weights_hash": weights}
        self.description = _description(fly, self.recurrent is not None)

    def recorded(self, name: str) -> NDArray[np.float32]:
        """Rates [T, P] in Hz; see :class:`insilico_gui.drive.DriveSession`."""
        self.description.recording(name, self.id)
        return self.fly.rates_hz

    def element_ids(self) -> NDArray[np.int64]:
        """Root ids of the neurons [N]."""
        return self.fly.connectome.root_ids

    def element_positions(self) -> NDArray[np.float64] | None:
        """Positions of the neurons [N, 3] in µm, if there is a table of them."""
        return self.fly.neuron_positions

    def elements(self, target: Target) -> NDArray[np.int64]:
        """Indices of neurons, ascending."""
        return targets.neurons(self.fly.connectome, targets.spec_of(target))

    def respond(
        self,
        drive: Drive,
        units: NDArray[np.integer] | None = None,
        *,
        spikes_of: NDArray[np.integer] | None = None,
    ) -> Generator[DriveChunk, None, None]:
        """See :meth:`insilico_gui.drive.DriveSession.respond`."""
        return driven(self, drive, units, spikes_of)


def _description(fly: Fly, can_loop: bool) -> DriveDescription:
    connectome = fly.connectome
    name = recording_id(str(fly.attrs["session"]).partition("_")[2])
    recording = RecordedDrive(name, len(fly.rates_hz), 1 / FRAME_RATE_HZ, LAG)
    without = set(connectome.without_synapses(connectome.neuropils))
    step = DT_MS / 1000
    return DriveDescription(
        channels=fly.neuropils,
        channel_top=float(np.ceil(max(1.0, fly.rates_hz.max()))),
        recordings={name: recording},
        element="neuron",
        n_elements=connectome.n_neurons,
        groups={
            "neuropil": tuple(n for n in connectome.neuropils if n not in without),
            "transmitter": connectome.transmitters,
        },
        shared=("neuropil",),
        regions=connectome.neuropils,
        strength_unit="mV",
        rate_high=1 / step,
        step_s=step,
        step_low=1e-5,
        step_high=0.005,
        window_s=0.05,
        window_low=step,
        window_high=60.0,
        options=(*OPTIONS, LOOP) if can_loop else OPTIONS,
        series={"population_rate": "Hz", "spiking_share": ""},
        has_spikes=True,
    )


def _recurrent(folder: Path) -> Path | None:
    found = sorted(folder.glob("second-round-rnn-checkpoint-*.msgpack"))
    return found[0] if found else None


def _hash(attrs: Mapping[str, Any], recurrent: Path | None) -> str:
    """Hash of all that responses depend on: connectome, recording and weights."""
    parts = [str(attrs[k]) for k in ("connectome_hash", "rates_hash", "weights_hash")]
    if recurrent is not None:
        parts.append(weights_hash([recurrent]))
    return f"sha256:{hashlib.sha256(' '.join(parts).encode()).hexdigest()}"
