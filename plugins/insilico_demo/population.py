"""The units' parameters, drawn once from a fixed seed.

Every draw is a transformed uniform deviate, rounded to a few decimals, so that the
table and its hash are the same on every machine.
"""

from __future__ import annotations

import functools
import hashlib
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_demo.cortex import lay_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 1985  # Adelson & Bergen 1985

CLASSES = ("direction", "orientation", "untuned")
UNTUNED_SHARE = 0.15
SIMPLE_SHARE = 0.30  # of the units with a filter

SF_RANGE = (0.02, 0.12)  # cycles/degree
TF_RANGE = (1.0, 6.0)  # Hz
CYCLES_RANGE = (0.24, 0.45)  # sigma in periods of the carrier
DSI_RANGE = (0.25, 0.80)  # of direction units; below it are orientation units
EXPONENT_RANGE = (1.0, 4.0)
EXPONENT_MODE = 2.0


@dataclass(frozen=True)
class Area:
    """What differs between areas; ``docs/explanation/demo_twin.md`` has the sources.

    Attributes
    ----------
    sf, tf : float
        Most frequent spatial (cycles/degree) and temporal (Hz) frequency.
    direction_share : float
        Share of direction units.
    dsi : float
        Their most frequent DSI.
    cycles : float
        Most frequent sigma in periods of the carrier: more cycles, narrower tuning.
    unselective : float
        Largest share of the drive at the opposite direction that any direction evokes.
    """

    sf: float
    tf: float
    direction_share: float
    dsi: float
    cycles: float
    unselective: float


AREAS = {
    "V1": Area(0.045, 1.8, 0.48, 0.30, 0.28, 0.80),
    "LM": Area(0.040, 2.4, 0.50, 0.32, 0.32, 0.50),
    "AL": Area(0.030, 3.4, 0.62, 0.50, 0.32, 0.50),
    "RL": Area(0.033, 2.8, 0.62, 0.50, 0.32, 0.50),
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
        ``"direction"``, ``"orientation"`` or ``"untuned"``: a DSI from 0.25, a lower
        one, and no filter at all.
    direction : float64
        Preferred direction (degrees, 0 = right, 90 = up).
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
    exponent : float64
        Exponent n of c^n / (c50^n + c^n).
    unselective : float64
        Share of the drive that local contrast evokes, whatever its direction; 0 for
        simple cells.
    simple : bool
        Simple cells; all others respond alike to all phases.
    phase : float64
        Spatial phase of a simple cell (degrees): 0 = ON, 180 = OFF in the middle.
    surround_tuning : float64
        (iso - cross) / (iso + cross) of the pool, for gratings of either orientation.
    adaptation : float64
        Share of the response that is lost under a long optimal grating.
    adaptation_tau : float64
        Its time constant (s).
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
    exponent: NDArray[np.float64]
    unselective: NDArray[np.float64]
    simple: NDArray[np.bool_]
    phase: NDArray[np.float64]
    surround_tuning: NDArray[np.float64]
    adaptation: NDArray[np.float64]
    adaptation_tau: NDArray[np.float64]

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
            # text as ASCII bytes, all others as eight bytes
            kind = values.dtype.kind.replace("b", "i")
            code = "S" if kind == "U" else f"<{kind}8"
            sha.update(parameter.name.encode())
            sha.update(values.astype(code).tobytes())
        return f"sha256:{sha.hexdigest()}"


@functools.cache
def demo_population() -> Population:
    """The demo's units; the arrays are read-only, for they are shared."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    sheet = lay_out(rng)
    n = sheet.x.size
    of_area = [AREAS[name] for name in sheet.area.tolist()]
    kind = _kinds(rng.random(n), np.array([a.direction_share for a in of_area]))
    selective, untuned = kind == "direction", kind == "untuned"

    def unless_untuned(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(untuned, np.nan, values)

    def mode(name: str) -> NDArray[np.float64]:
        return np.array([getattr(a, name) for a in of_area])

    direction = rng.random(n) * 360
    sf = _log_triangular(rng.random(n), SF_RANGE, mode("sf")).round(4)
    tf = _log_triangular(rng.random(n), TF_RANGE, mode("tf")).round(3)
    cycles = _triangular(rng.random(n), CYCLES_RANGE, mode("cycles"))
    sigma = np.where(untuned, _uniform(rng, n, 6, 12), cycles / sf)
    damping = _uniform(rng, n, 1.0, 1.4)  # tau in units of 1 / (2 pi tf)
    tau = np.where(untuned, _uniform(rng, n, 0.03, 0.12), damping / (2 * np.pi * tf))
    draw = rng.random(n)
    dsi = np.where(
        selective, _triangular(draw, DSI_RANGE, mode("dsi")), draw * DSI_RANGE[0]
    )
    dsi = np.where(untuned, 0.0, dsi.round(3))
    peak = _log_triangular(rng.random(n), (1.0, 2.0), np.full(n, 1.3)).round(3)
    baseline = (peak * _uniform(rng, n, 0.05, 0.10)).round(4)
    # ids stay those of the first population, whatever is drawn besides
    unit_id = 1000 + np.cumsum(1 + (deepcopy(rng).random(n) * 4).astype(np.int64))
    others = _nonlinearities(rng, dsi, baseline / peak, untuned, mode("unselective"))
    rng.random(n)  # so that the draws that follow stay as they were

    population = Population(
        unit_id=unit_id,
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
        dsi=dsi,
        sigma=sigma.round(3),
        tau=tau.round(4),
        peak=peak,
        baseline=baseline,
        **others,
        adaptation_tau=_log_triangular(
            rng.random(n), (2.0, 10.0), np.full(n, 4.0)
        ).round(2),
    )
    for parameter in fields(population):
        getattr(population, parameter.name).setflags(write=False)
    return population


def _nonlinearities(
    rng: np.random.Generator,
    dsi: NDArray[np.float64],
    floor: NDArray[np.float64],
    untuned: NDArray[np.bool_],
    unselective: NDArray[np.float64],
) -> dict[str, Any]:
    """Parameters of contrast, phase, surround and adaptation by name, [U] each.

    `floor` is the baseline over the peak, `unselective` that of :class:`Area`.
    """
    n = dsi.size
    c50 = _uniform(rng, n, 0.10, 0.35).round(3)
    surround = _uniform(rng, n, 1.6, 3.0).round(2)
    exponent = _log_triangular(rng.random(n), EXPONENT_RANGE, np.full(n, EXPONENT_MODE))
    exponent = exponent.round(2)
    rest = rng.random(n) * unselective * null_share(dsi, floor) ** (2 / exponent)
    simple = ~untuned & (rng.random(n) < SIMPLE_SHARE)
    phase = (rng.random(n) * 360).round(1)
    surround_tuning = _uniform(rng, n, 0.05, 0.30).round(3)
    return {
        "c50": c50,
        "surround": surround,
        "exponent": exponent,
        # local contrast has no phase, so simple cells do not take it in
        "unselective": np.where(untuned | simple, 0.0, rest.round(3)),
        "simple": simple,
        "phase": np.where(simple, phase, np.nan),
        "surround_tuning": np.where(untuned, 0.0, surround_tuning),
        # at most a quarter, or a stronger stimulus would evoke less in the long run
        "adaptation": _uniform(rng, n, 0.05, 0.25).round(3),
    }


def null_share(
    dsi: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Evoked response to the opposite direction over that to the preferred one, [U].

    ``dsi`` is defined on whole responses, so the baseline, as a share `floor` of the
    peak, has to be taken out.
    """
    ratio = (1 - dsi) / (1 + dsi)
    return (ratio - floor) / (1 - floor)


def _kinds(
    u: NDArray[np.float64], direction_share: NDArray[np.float64]
) -> NDArray[np.str_]:
    """The class of each unit from uniform deviates `u`, [U]."""
    order = (u >= direction_share).astype(int) + (u >= 1 - UNTUNED_SHARE)
    return np.asarray(np.array(CLASSES)[order], dtype=np.str_)


def _uniform(
    rng: np.random.Generator, n: int, low: float, high: float
) -> NDArray[np.float64]:
    return low + (high - low) * rng.random(n)


def _triangular(
    u: NDArray[np.float64], ends: tuple[float, float], mode: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Deviates with a triangular density, from uniform ones `u`."""
    low, high = ends
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < (mode - low) / (high - low), rising, falling)


def _log_triangular(
    u: NDArray[np.float64], ends: tuple[float, float], mode: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Deviates whose logarithm has a triangular density, from uniform ones `u`."""
    low, high = np.log(ends)
    return np.asarray(np.exp(_triangular(u, (low, high), np.log(mode))))
