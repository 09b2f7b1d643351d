"""Digital twins of mouse visual cortex: the foundation model of Wang et al. 2025.

>>> from insilico_wang2025 import scan
>>> model, ids = scan(session=8, scan_idx=5, directory="weights")  # doctest: +SKIP
>>> responses = model.predict(stimuli=frames)  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from insilico_wang2025.ids import ScanKey
from insilico_wang2025.twin import Wang2025Twin

if TYPE_CHECKING:
    import os

    import pandas as pd

    from insilico_wang2025.model import Model

__all__ = ["scan", "twin"]

twin = Wang2025Twin()


def scan(
    session: int,
    scan_idx: int,
    directory: str | os.PathLike[str] | None = None,
    device: str = "auto",
) -> tuple[Model, pd.DataFrame]:
    """Load one scan as in scripts for the published network.

    Parameters
    ----------
    session, scan_idx : int
        Which scan, e.g. 8 and 5.
    directory : path, optional
        Folder with the weights; default the current one.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.

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
    from insilico_wang2025.model import open_model  # imports torch

    folder = Path(directory or ".").expanduser().resolve()
    return open_model(ScanKey(session, scan_idx), folder, device)
