"""The trained core that a new twin stands on: where it is, and what is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from insilico_gui.errors import FitError, quoted
from insilico_gui.untrusted import load_tensors
from insilico_gui.untrusted.hashes import weights_hash
from insilico_wang2025.folders import CORE_FILE

if TYPE_CHECKING:
    from torch import Tensor

LSTM_PREFIX = "modulation.lstm."
_PARAMS = re.compile(r"params_\d+_\d+\.pt")


class TrainedCore(NamedTuple):
    """A trained core.

    Attributes
    ----------
    tensors : dict of str to Tensor
        By published keys; more than the core may be among them.
    files : list of str
        Names of the files that were read.
    digest : str
        Hash of their contents.
    has_lstm : bool
        Whether the LSTM of behaviour is there, too.
    """

    tensors: dict[str, Tensor]
    files: list[str]
    digest: str
    has_lstm: bool


def read_core(path: Path, scan: tuple[int, int]) -> TrainedCore:
    """Read a core, and the LSTM of behaviour from a scan beside it.

    Parameters
    ----------
    path : Path
        ``params_core.pt``, a folder that holds it, or the file of a whole network.
    scan : (int, int)
        Session and scan whose file is preferred; else the first one there.

    Raises
    ------
    InsilicoError
        If a file is missing or damaged, or holds no core.
    """
    if path.is_dir():
        path = path / CORE_FILE
    tensors = load_tensors(path)
    if not any(key.startswith("core.") for key in tensors):
        raise FitError(
            f"{quoted(path.name)} holds no tensor of a core; give {CORE_FILE} of the "
            "published weights, or the file of a whole network."
        )
    files = [path]
    if not any(key.startswith(LSTM_PREFIX) for key in tensors):
        beside = _scan_file(path.parent, scan)
        if beside is not None:
            others = load_tensors(beside)
            lstm = {k: v for k, v in others.items() if k.startswith(LSTM_PREFIX)}
            tensors |= lstm
            files.append(beside)
    has_lstm = any(key.startswith(LSTM_PREFIX) for key in tensors)
    return TrainedCore(
        tensors, [file.name for file in files], weights_hash(files), has_lstm
    )


def _scan_file(folder: Path, scan: tuple[int, int]) -> Path | None:
    preferred = folder / f"params_{scan[0]}_{scan[1]}.pt"
    if preferred.is_file():
        return preferred
    others = (p for p in folder.glob("params_*.pt") if _PARAMS.fullmatch(p.name))
    return min(others, default=None)
