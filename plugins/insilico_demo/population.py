"""The units' parameters, drawn once from a fixed seed.

Every draw is a transformed uniform deviate, rounded to a few decimals, so that the
table and its hash are the same on every machine.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from insilico_demo.cortex import lay_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 1985  # Adelson & Bergen 1985

CLASSES = ("direction", "orientation", "untuned")
CLASS_SHARES = (0.55, 0.30, 0.15)

SF_RANGE = (0.02, 0.12)  # cycles/degree
TF_RANGE = (1.0, 6.0)  # Hz
# Most frequent (cycles/degree, Hz) of each area: anterior areas prefer coarser and
# faster patterns than V1 (Andermann et al. 2011, Marshel et al. 2011).
AREA_MODES = {
    "V1": (0.045, 1.8),
    "LM": (0.040, 2.4),
    "AL": (0.030, 3.4),
    "RL": (0.033, 2.8),
}


@dataclass(frozen=True)
class Population:
    """One array [U] a parameter, in response order; NaN = the unit has none.

    Attributes
    ----------
    unit_id : int64
        Unique and ascending, with gaps, as ids of recorded units have them.
    x, y, z, field, area, rf_x, rf_y
        See :class:`insilico_demo.cortex.Sheet`.
    kind : str
        ``"direction"``, ``"orientation"`` or ``"untuned"``.
    direction : float64
        Preferred direction (degrees, 0 = right, 90 = up). Of an orientation-selective
        unit, the one of its two equal directions that lies in 0..180.
    sf, tf : float64
        Preferred spatial (cycles/degree) and temporal (Hz) frequency.
    dsi : float64
        (R_pref - R_null) / (R_pref + R_null) for the optimal grating.
    sigma : float64
        Standard deviation of the receptive field's Gaussian envelope (degrees).
    tau : float64
        Time constant of the two low-pass stages (s).
    peak, baseline : float64
        Response to the optimal full-screen grating of contrast 1, and to grey.
    c50 : float64
        Contrast of half the (unbounded) maximal response above baseline.
    surround : float64
        Standard deviation of the normalisation pool over `sigma`.
    """

    unit_id: NDArray[np.int64]
    field: NDArray[np.int64]
    area: NDArray[np.str_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    rf_x: NDArray[np.float64]
    rf_y: NDArray[np.float64]
    kind: NDArray[np.str_]
    direction: NDArray[np.float64]
    sf: NDArray[np.float64]
    tf: NDArray[np.float64]
    dsi: NDArray[np.float64]
    sigma: NDArray[np.float64]
    tau: NDArray[np.float64]
    peak: NDArray[np.float64]
    baseline: NDArray[np.float64]
    c50: NDArray[np.float64]
    surround: NDArray[np.float64]

    def __len__(self) -> int:
        return self.unit_id.size

    @property
    def tuned(self) -> NDArray[np.bool_]:
        """Units with a motion-energy filter, [U]; the others see contrast alone."""
        return np.asarray(self.kind != "untuned")

    def digest(self) -> str:
        """SHA-256 of all parameters: names and little-endian values, in order."""
        sha = hashlib.sha256()
        for parameter in fields(self):
            values = getattr(self, parameter.name)
            # text as ASCII bytes, numbers as eight bytes
            code = "S" if values.dtype.kind == "U" else f"<{values.dtype.kind}8"
            sha.update(parameter.name.encode())
            sha.update(values.astype(code).tobytes())
        return f"sha256:{sha.hexdigest()}"


@functools.cache
def demo_population() -> Population:
    """The demo's units; the arrays are read-only, for they are shared."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    sheet = lay_out(rng)
    n = sheet.x.size
    kind = np.array(CLASSES)[
        np.searchsorted(np.cumsum(CLASS_SHARES)[:-1], rng.random(n), side="right")
    ]
    selective, untuned = kind == "direction", kind == "untuned"

    direction = rng.random(n) * np.where(selective, 360, 180)
    sf = _log_triangular(rng.random(n), SF_RANGE, _modes(sheet.area, 0)).round(4)
    tf = _log_triangular(rng.random(n), TF_RANGE, _modes(sheet.area, 1)).round(3)
    cycles = _uniform(rng, n, 0.30, 0.42)  # sigma in periods of the carrier
    sigma = np.where(untuned, _uniform(rng, n, 6, 12), cycles / sf)
    damping = _uniform(rng, n, 1.0, 1.4)  # tau in units of 1 / (2 pi tf)
    tau = np.where(untuned, _uniform(rng, n, 0.03, 0.12), damping / (2 * np.pi * tf))
    dsi = np.where(selective, _uniform(rng, n, 0.25, 0.80), 0.0)
    peak = _log_triangular(rng.random(n), (1.0, 2.0), np.full(n, 1.3)).round(3)
    baseline = peak * _uniform(rng, n, 0.05, 0.10)

    def unless_untuned(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(untuned, np.nan, values)

    population = Population(
        unit_id=1000 + np.cumsum(1 + (rng.random(n) * 4).astype(np.int64)),
        field=sheet.field,
        area=sheet.area,
        x=sheet.x,
        y=sheet.y,
        z=sheet.z,
        rf_x=sheet.rf_x,
        rf_y=sheet.rf_y,
        kind=kind,
        direction=unless_untuned(direction.round(2)),
        sf=unless_untuned(sf),
        tf=unless_untuned(tf),
        dsi=dsi.round(3),
        sigma=sigma.round(3),
        tau=tau.round(4),
        peak=peak,
        baseline=baseline.round(4),
        c50=_uniform(rng, n, 0.10, 0.35).round(3),
        surround=_uniform(rng, n, 1.6, 3.0).round(2),
    )
    for parameter in fields(population):
        getattr(population, parameter.name).setflags(write=False)
    return population


def _modes(area: NDArray[np.str_], which: int) -> NDArray[np.float64]:
    return np.array([AREA_MODES[name][which] for name in area.tolist()])


def _uniform(
    rng: np.random.Generator, n: int, low: float, high: float
) -> NDArray[np.float64]:
    return low + (high - low) * rng.random(n)


def _log_triangular(
    u: NDArray[np.float64], ends: tuple[float, float], mode: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Deviates whose logarithm has a triangular density, from uniform ones `u`."""
    low, high = np.log(ends)
    peak = np.log(mode)
    split = (peak - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (peak - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - peak))
    return np.asarray(np.exp(np.where(u < split, rising, falling)))
