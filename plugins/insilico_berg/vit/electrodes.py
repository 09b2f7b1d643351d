"""Where the electrodes are on the head, from the standard layouts that MNE ships."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# The extended 10-20 system under its present name, and that in earlier versions of MNE
LAYOUTS = ("colin27_1005", "standard_1005")
MICROMETRES = 1e6


def electrode_positions(channels: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Positions of electrodes in the extended 10-20 system.

    Returns
    -------
    dict of str to float64 array, [C]
        ``x`` to the right, ``y`` to the front and ``z`` up, in micrometres on MNE's
        standard head; NaN for a channel that the layout does not know. Empty without
        MNE.
    """
    layout = _layout()
    if layout is None:
        return {}
    unknown = np.full(3, np.nan)
    points = np.array([layout.get(name.lower(), unknown) for name in channels])
    return {axis: points[:, i] * MICROMETRES for i, axis in enumerate("xyz")}


@cache
def _layout() -> dict[str, NDArray[np.float64]] | None:
    try:
        from mne.channels import get_builtin_montages, make_standard_montage
    except ImportError:
        return None
    known = get_builtin_montages()
    layout = next((name for name in LAYOUTS if name in known), None)
    if layout is None:
        return None
    positions = make_standard_montage(layout).get_positions()["ch_pos"]
    return {name.lower(): np.asarray(point) for name, point in positions.items()}
