"""A scan as a session: video and behaviour in, responses out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from insilico_gui.device import resolve_device
from insilico_gui.errors import BehaviorError, SelectionError, StimulusError
from insilico_gui.streaming import StreamingSession
from insilico_gui.untrusted.hashes import weights_hash
from insilico_wang2025.engine import engine_of
from insilico_wang2025.folders import find_scan
from insilico_wang2025.precision import DTYPES, products
from insilico_wang2025.retinotopy import retinotopy
from insilico_wang2025.runs import RUN_ID, find_run, run_units
from insilico_wang2025.unit_table import known_units, unit_table
from insilico_wang2025.weights import load_network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.session import InputKind
    from insilico_wang2025.ids import ScanKey
    from insilico_wang2025.network import Network

FRAME_SHAPE = (144, 256)
FRAME_RATE = 30.0

CITATION = (
    "Wang et al. (2025), Foundation model of neural activity predicts response to new "
    "stimulus types, Nature 640, 470-477"
)
DOI = "10.1038/s41586-025-08829-y"


class Wang2025Session(StreamingSession[Any]):
    """One scan of the MICrONS mouse; see :class:`insilico_gui.session.Session`.

    Behaviour, both z-scored over the recording: ``perspective`` is the pupil's x and y,
    ``modulation`` the pupil's radius and the treadmill's velocity. What is not given is
    zero, the mean of the recording.
    """

    input_kind: InputKind = "video"
    frame_rate = FRAME_RATE
    behavior: Mapping[str, int] = MappingProxyType({"perspective": 2, "modulation": 2})
    behavior_columns: Mapping[str, tuple[str, ...]] = MappingProxyType(
        {
            "perspective": ("pupil_x", "pupil_y"),
            "modulation": ("pupil_radius", "treadmill"),
        }
    )

    def __init__(
        self,
        session_id: str,
        network: Network,
        units: pd.DataFrame,
        attrs: Mapping[str, Any],
        precision: str = "float32",
    ) -> None:
        self.id = session_id
        self.units = units
        self.attrs = attrs
        self.network = network
        self.device = str(network.readout.position.mu.device)
        self.precision = precision
        self.frame_shape = network.sizes.frame_shape
        self._engine: Any = engine_of(network, DTYPES[precision])

    def in_float32(self) -> Wang2025Session:
        """See :class:`insilico_gui.session.ReducedSession`."""
        if self.precision == "float32":
            return self
        return Wang2025Session(self.id, self.network, self.units, self.attrs)

    def readout_weights(self) -> NDArray[np.float32]:
        """Weights of the channels of all streams, [U, 512] in published networks."""
        streams = self.network.readout.feature.weights
        weights = torch.cat([stream.detach()[:, 0] for stream in streams], dim=1)
        found: NDArray[np.float32] = weights.float().cpu().numpy()
        return found

    def initial_state(self, n_videos: int) -> Any:
        """State before the first frame: zeros."""
        return self._engine.initial_state(n_videos)

    def advance(
        self,
        state: Any,
        frames: NDArray[np.uint8],
        behavior: Mapping[str, NDArray[np.float32]],
        units: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], Any]:
        """See :meth:`insilico_gui.streaming.StreamingSession.advance`."""
        self._check_frames(frames)
        self._check_behavior(behavior, frames.shape[1])
        self._check_units(units)
        n_videos, n_frames = frames.shape[:2]
        rest = np.zeros((n_videos, n_frames, 2), dtype=np.float32)
        shown, eye, moving = (
            torch.tensor(np.ascontiguousarray(array), device=self.device)
            for array in (  # torch takes no flipped views
                frames,
                behavior.get("perspective", rest),
                behavior.get("modulation", rest),
            )
        )
        columns = None if units is None else torch.tensor(units, device=self.device)
        with products(self.precision):
            log_response, state = self._engine(shown, eye, moving, state, columns)
            responses: NDArray[np.float32] = log_response.exp().cpu().numpy()
        return responses, state

    def _check_frames(self, frames: NDArray[np.uint8]) -> None:
        if frames.dtype != np.uint8 or frames.ndim != 4:
            raise StimulusError(
                f"{self.id} takes grey frames as uint8 [n, H, W], not {frames.dtype} "
                f"with {frames.ndim - 1} dimensions; convert them first."
            )
        if frames.shape[2:] != self.frame_shape:
            height, width = frames.shape[2:]
            raise StimulusError(
                f"{self.id} takes frames of {self.frame_shape[1]} x "
                f"{self.frame_shape[0]} pixels, not {width} x {height}; resize them."
            )

    def _check_behavior(
        self, behavior: Mapping[str, NDArray[np.float32]], n_frames: int
    ) -> None:
        for name, trace in behavior.items():
            if name not in self.behavior:
                raise BehaviorError(
                    f"{self.id} has no behaviour input {name!r}; it takes "
                    f"{' and '.join(self.behavior)}."
                )
            if trace.shape[1:] != (n_frames, self.behavior[name]):
                raise BehaviorError(
                    f"The behaviour {name!r} has no {self.behavior[name]} columns, or "
                    "fewer frames than the video; give one row for each frame."
                )
            if not np.isfinite(trace).all():
                raise BehaviorError(
                    f"The behaviour {name!r} has NaN or infinity; fill gaps first "
                    "(0 is the mean of the recording)."
                )

    def _check_units(self, units: NDArray[np.int64] | None) -> None:
        if units is None or not len(units):
            return
        if units.min() < 0 or units.max() >= len(self.units):
            raise SelectionError(
                f"{self.id} has units 0 to {len(self.units) - 1}; "
                f"{units.min()} to {units.max()} were asked for."
            )


def open_scan(
    key: ScanKey, directory: Path, device: str, precision: str = "float32"
) -> Wang2025Session:
    """Load the weights and tables of one scan.

    Raises
    ------
    InsilicoError
        One clear sentence on what is missing or wrong.
    """
    device = resolve_device(device)
    folder, n_units = find_scan(directory, key)
    known = known_units(folder, directory, key, n_units)
    files = (folder.core, folder.params(key))
    network = load_network(files, n_units, device)
    looks = retinotopy(network, FRAME_SHAPE, known.locations)
    attrs = {
        "twin": "Wang et al. 2025, foundation model of mouse visual cortex (MICrONS)",
        "citation": CITATION,
        "doi": DOI,
        "weights_hash": weights_hash(files),
        "weights_files": [file.name for file in files],
        "unit_properties": known.sources,
        "rf_source": looks.source,
    }
    if looks.note:
        attrs["rf_note"] = looks.note
    return Wang2025Session(
        key.id, network, unit_table(key, known, looks.centers), attrs, precision
    )


def open_run(
    directory: Path, device: str, precision: str = "float32"
) -> Wang2025Session:
    """Load a network that was fitted here.

    Raises
    ------
    InsilicoError
        One clear sentence on what is missing or wrong.
    """
    device = resolve_device(device)
    run = find_run(directory)
    table = run_units(run)
    network = load_network((run.weights,), run.units, device, run.sizes)
    looks = retinotopy(network, run.sizes.frame_shape, None)
    table = table.drop(columns=["rf_x", "rf_y"], errors="ignore")
    table.insert(1, "rf_x", looks.centers[:, 0])
    table.insert(2, "rf_y", looks.centers[:, 1])
    attrs = {
        "twin": "Network of Wang et al. 2025, fitted here",
        "citation": CITATION,
        "doi": DOI,
        "weights_hash": weights_hash((run.weights,)),
        "weights_files": [run.weights.name],
        "rf_source": looks.source,
    }
    return Wang2025Session(RUN_ID, network, table, attrs, precision)
