"""Neuropils as a unit table of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from insilico_drosophila.files.connectome import Connectome

_SIDES = {"_L": "left", "_R": "right"}


def neuropil_table(
    connectome: Connectome,
    names: Sequence[str],
    positions: NDArray[np.float64] | None,
) -> pd.DataFrame:
    """One row for each neuropil, in the order of rates.

    Parameters
    ----------
    connectome : Connectome
    names : sequence of str
    positions : array [P, 3], optional
        In µm.

    Returns
    -------
    pandas.DataFrame
        ``unit_id`` (name), ``side`` (left, right, or middle), ``synapses`` and
        ``neurons`` (that make one there), and ``x, y, z`` if positions are known.
    """
    made = connectome.by_presynaptic
    totals = dict(zip(connectome.neuropils, made.sum(axis=1), strict=True))
    makers = dict(zip(connectome.neuropils, np.diff(made.indptr), strict=True))
    table = pd.DataFrame(
        {
            "unit_id": list(names),
            "side": [_SIDES.get(name[-2:], "middle") for name in names],
            "synapses": [int(totals.get(name, 0)) for name in names],
            "neurons": [int(makers.get(name, 0)) for name in names],
        }
    )
    if positions is not None:
        for k, axis in enumerate("xyz"):
            table[axis] = positions[:, k]
    return table
