"""Reading and writing recorded rates by neuropil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.root_ids import ADVICE
from insilico_gui.errors import WeightsError, listed
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npz

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FRAME_RATE_HZ = 1.2
"""Imaging rate of the recordings."""


@dataclass(frozen=True)
class Recording:
    """Recorded activity by neuropil, without the background.

    Attributes
    ----------
    neuropils : tuple of str
        P names.
    fractions : float array [P, T]
        Rates as fractions of the maximal rate.
    """

    neuropils: tuple[str, ...]
    fractions: NDArray[np.floating]

    @property
    def n_frames(self) -> int:
        """Number of imaging frames, 1.2 Hz."""
        return int(self.fractions.shape[1])

    def rates_hz(self, max_firing_rate: float = 100.0) -> NDArray[np.float32]:
        """Rates [T, P] in Hz.

        They become float32 before they are binned, as in the published program, since
        that can change the number of bins.
        """
        scaled = (self.fractions * max_firing_rate).astype(np.float32)
        return np.ascontiguousarray(scaled.T)


def read_rates(path: Path) -> Recording:
    """Read ``ito_<id>_spike_rate.npz``; its first row is background and dropped.

    Raises
    ------
    WeightsError
        If `areas` and `rates` are missing, do not fit together, or have entries that
        are no numbers or negative.
    """
    name = path.name
    with reading(name, WeightsError, ADVICE):
        arrays = read_npz(path, name, WeightsError, compressed=True)
    missing = [key for key in ("areas", "rates") if key not in arrays]
    if missing:
        raise WeightsError(f"{name} has no array {' and '.join(missing)}; {ADVICE}.")
    areas, rates = arrays["areas"], arrays["rates"]
    if areas.ndim != 1 or areas.dtype.kind != "U":
        raise WeightsError(f"{name} has areas that are no list of names; {ADVICE}.")
    if rates.ndim != 2 or rates.dtype.kind not in "fiu" or len(rates) != len(areas):
        raise WeightsError(
            f"{name} has rates {list(rates.shape)} of {rates.dtype} for {len(areas)} "
            f"areas; it needs numbers with a row for each area; {ADVICE}."
        )
    if len(areas) < 2 or rates.shape[1] < 2:
        raise WeightsError(
            f"{name} has rates {list(rates.shape)}: after the background in the first "
            f"row it needs a neuropil and two frames; {ADVICE}."
        )
    names = [str(area) for area in areas[1:]]
    _check_values(names, rates[1:], name)
    return Recording(tuple(names), rates[1:])


def _check_values(names: list[str], rates: NDArray[Any], name: str) -> None:
    if len(set(names)) < len(names):
        twice = {n for n in names if names.count(n) > 1}
        raise WeightsError(f"{name} has {listed(sorted(twice))} twice; {ADVICE}.")
    bad = [n for n, row in zip(names, rates, strict=True) if not np.isfinite(row).all()]
    if bad:
        raise WeightsError(
            f"{name} has rates of {listed(bad)} that are NaN or infinite; fill the gaps, "
            "or leave those neuropils out."
        )
    low = [n for n, row in zip(names, rates, strict=True) if row.min() < 0]
    if low:
        raise WeightsError(
            f"{name} has negative rates of {listed(low)}; rates are fractions of the "
            "maximal rate, from 0 to 1."
        )
