"""The cortical sheet: imaging fields, areas and their retinotopic maps.

Coordinates are micrometres in a 1200 x 1100 window over the right hemisphere: x from
posterior to anterior, y from lateral to medial, z from the surface down. The four
areas meet at one junction; each is mapped so that the visual field runs on across a
border and turns back there, as in mouse cortex:

=========  ==================  ==========================================  ==========
area       place               map                                         field sign
=========  ==================  ==========================================  ==========
V1         posterior, medial   upper field posterior, nasal field lateral  -1
LM         posterior, lateral  shares the nasal (right) edge with V1       +1
RL         anterior, medial    shares the lower field with V1              +1
AL         anterior, lateral   lower field with LM, nasal edge with RL     -1
=========  ==================  ==========================================  ==========

Field sign: sign of the Jacobian of (rf_x, rf_y) with respect to (x, y) (Sereno et al.
1994, Garrett et al. 2014). Places of upper, lower and nasal field: Wagor et al. 1980
for V1, Wang & Burkhalter 2007 and Wang et al. 2011 for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from insilico_demo.screen import DEG_PER_PIXEL, FRAME_SHAPE

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_UM = (1200.0, 1100.0)  # extent along x, y
FIELD_X_UM = ((0.0, 600.0), (600.0, 1200.0))  # two strips side by side
FIELD_DEPTHS_UM = (170.0, 250.0, 330.0, 420.0)  # of four planes under each strip
GRID = (12, 21)  # units along x, y of one field
GRID_JITTER = 0.35  # largest displacement, in grid steps

JUNCTION_UM = (740.0, 380.0)  # where the four areas meet
BORDER_TILT_DEG = 8.0  # of the borders to the window's sides
# |rf_x|, |rf_y| at the ends of a map: some 12 degrees from the screen's edge
MAP_EDGE = (0.88, 0.80)
SCATTER_DEG = 4.0  # standard deviation of receptive-field centres about the map


@dataclass(frozen=True)
class Sheet:
    """Where units lie and where they look; all arrays [U].

    Attributes
    ----------
    x, y, z : float64
        Micrometres.
    field : int64
        Imaging plane, from 1.
    area : str
        ``"V1"``, ``"LM"``, ``"AL"`` or ``"RL"``.
    rf_x, rf_y : float64
        Receptive-field centres in stimulus space, -1..1, y up.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    field: NDArray[np.int64]
    area: NDArray[np.str_]
    rf_x: NDArray[np.float64]
    rf_y: NDArray[np.float64]


def lay_out(rng: np.random.Generator) -> Sheet:
    """Place units on jittered grids in every imaging field and map them."""
    x, y, z, field = _positions(rng)
    area, rf_x, rf_y = retinotopy(x, y)
    height, width = FRAME_SHAPE
    rf_x = rf_x + _scatter(rng, x.size) / (DEG_PER_PIXEL * width / 2)
    rf_y = rf_y + _scatter(rng, x.size) / (DEG_PER_PIXEL * height / 2)
    # rounding makes the table the same on every machine, whatever its maths library
    return Sheet(
        x=x.round(1),
        y=y.round(1),
        z=z.round(1),
        field=field,
        area=area,
        rf_x=rf_x.clip(-0.92, 0.92).round(4),
        rf_y=rf_y.clip(-0.92, 0.92).round(4),
    )


def retinotopy(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64]]:
    """Area and mean receptive-field centre at places of the sheet.

    Parameters
    ----------
    x, y : float64 array, [U]
        Micrometres, within the window.

    Returns
    -------
    area : str array, [U]
    rf_x, rf_y : float64 array, [U]
        Within :data:`MAP_EDGE`; every area maps the whole of that range.
    """
    slope = np.tan(np.deg2rad(BORDER_TILT_DEG))
    across = JUNCTION_UM[0] - slope * (y - JUNCTION_UM[1])  # x of V1|RL and LM|AL
    along = JUNCTION_UM[1] + slope * (x - JUNCTION_UM[0])  # y of LM|V1 and AL|RL
    area = np.where(
        y > along,
        np.where(x > across, "RL", "V1"),
        np.where(x > across, "AL", "LM"),
    )
    rf_x = MAP_EDGE[0] * (1 - 2 * _depth(y, along, WINDOW_UM[1]))
    rf_y = MAP_EDGE[1] * (2 * _depth(x, across, WINDOW_UM[0]) - 1)
    return area, rf_x, rf_y


def _depth(
    place: NDArray[np.float64], border: NDArray[np.float64], end: float
) -> NDArray[np.float64]:
    """How far into its area a place is: 0 at the border, 1 at the window's side."""
    return np.where(
        place > border, (place - border) / (end - border), (border - place) / border
    )


def _positions(
    rng: np.random.Generator,
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]
]:
    xs, ys, zs, fields = [], [], [], []
    steps_x, steps_y = np.meshgrid(np.arange(GRID[0]), np.arange(GRID[1]))
    number = 0
    for depth in FIELD_DEPTHS_UM:
        for left, right in FIELD_X_UM:
            number += 1
            shift = rng.random((3, steps_x.size)) * 2 - 1
            order = np.argsort(rng.random(steps_x.size))
            u = (steps_x.ravel() + 0.5 + GRID_JITTER * shift[0]) / GRID[0]
            v = (steps_y.ravel() + 0.5 + GRID_JITTER * shift[1]) / GRID[1]
            x = (left + (right - left) * u)[order]
            xs.append(x)
            ys.append((WINDOW_UM[1] * v)[order])
            # planes are tilted by about a degree and not quite flat
            zs.append(depth + 0.02 * (x - WINDOW_UM[0] / 2) + 3 * shift[2])
            fields.append(np.full(x.size, number, dtype=np.int64))
    return (
        np.concatenate(xs),
        np.concatenate(ys),
        np.concatenate(zs),
        np.concatenate(fields),
    )


def _scatter(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Bell-shaped deviates (degrees): a sum of three uniform ones, of variance 1/4."""
    bell: NDArray[np.float64] = rng.random((3, n)).sum(0) - 1.5
    return 2 * SCATTER_DEG * bell
