"""Digital twins of mouse visual cortex: the foundation model of Wang et al. 2025.

Scripts for the published network run with the import changed:

>>> from insilico_wang2025 import scan
>>> model, ids = scan(session=8, scan_idx=5, directory="weights")  # doctest: +SKIP
>>> responses = model.predict(stimuli=frames)  # doctest: +SKIP
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from insilico_gui.errors import SessionError, quoted
from insilico_gui.progress import reporting
from insilico_wang2025.ids import ScanKey
from insilico_wang2025.twin import Wang2025Twin

if TYPE_CHECKING:
    import pandas as pd

    from insilico_wang2025.fitting.checking import CheckReport
    from insilico_wang2025.model import Model

__all__ = [
    "check_training_data",
    "download_data",
    "load_network_from_params",
    "scan",
    "twin",
]

twin = Wang2025Twin()


def scan(
    session: int,
    scan_idx: int,
    cuda: bool = True,
    directory: str | os.PathLike[str] | None = None,
    *,
    device: str | None = None,
) -> tuple[Model, pd.DataFrame]:
    """Load one scan as in scripts for the published network.

    Parameters
    ----------
    session, scan_idx : int
        Which scan, e.g. 8 and 5.
    cuda : bool
        Compute on a GPU if there is one; False: on the CPU.
    directory : path, optional
        Folder with the weights; default the current one. As the third argument it is
        understood, too.
    device : str, optional
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``, in place of `cuda`.

    Returns
    -------
    model : Model
        Its ``predict(stimuli, perspectives, modulations)`` gives the responses.
    ids : pandas.DataFrame
        ``session``, ``scan_idx`` and ``unit_id`` of each unit; the index ``readout_id``
        is the column of the responses.

    Raises
    ------
    InsilicoError
        One clear sentence on what is missing or wrong.
    """
    if isinstance(cuda, str | os.PathLike) and directory is None:
        cuda, directory = True, cuda  # the folder was third before this took `cuda`
    where = _device(cuda, device)
    from insilico_wang2025.model import open_model  # imports torch

    folder = Path(directory or ".").expanduser().resolve()
    return open_model(ScanKey(session, scan_idx), folder, where)


def load_network_from_params(
    path: str | os.PathLike[str], cuda: bool = True, *, device: str | None = None
) -> Model:
    """Load a network from one file that holds all of its weights.

    Parameters
    ----------
    path : path
        What training saves: a dictionary of core, perspective, modulation and readout, of
        any number of units.
    cuda, device
        See :func:`scan`.

    Returns
    -------
    Model
        In evaluation mode.

    Raises
    ------
    InsilicoError
        If the file is missing, damaged or incomplete.
    """
    where = _device(cuda, device)
    from insilico_wang2025.model import open_params  # imports torch

    return open_params(Path(path).expanduser(), where)


def check_training_data(
    directory: str | os.PathLike[str], max_items: int | None = None
) -> CheckReport:
    """See :func:`insilico_wang2025.fitting.checking.check_training_data`."""
    from insilico_wang2025.fitting import checking

    return checking.check_training_data(directory, max_items)


def download_data(
    directory: str | os.PathLike[str] | None = None, verbose: bool = True
) -> None:
    """Download the published weights (222 MB), or go on with a download broken off.

    Parameters
    ----------
    directory : path, optional
        Where they go; default the current folder.
    verbose : bool
        Show a bar, if there is a terminal.

    Raises
    ------
    InsilicoError
        If the download fails, or is not the published file.
    """
    folder = Path(directory or ".").expanduser().resolve()
    with reporting(verbose, None, "Downloading", unit="B", unit_scale=True) as report:
        twin.fetch(folder, report)


def _device(cuda: bool, device: str | None) -> str:
    if isinstance(cuda, str | os.PathLike):
        raise SessionError(
            f"cuda is {quoted(cuda)}; give True or False, and the folder with the weights "
            "as directory=..."
        )
    if device is not None:
        return device
    return "auto" if cuda else "cpu"
