"""Where each layout of the map has the units, in the coordinates of its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from insilico_gui.analysis.cortex.scalp import scalp_positions
from insilico_gui.errors import AnalysisError
from insilico_gui.session import is_image_session

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.session import Session

    Floats = NDArray[np.float64]

Layout = Literal[
    "retinotopic", "anatomical", "anatomical 3-D", "functional", "scalp", "list"
]
"""How units are laid out on the map."""

FUNCTIONAL = ("functional_x", "functional_y")
"""Columns of the analysis *functional layout*."""

UPRIGHT = "RAS"
"""Axes of a session that are the right, the front and the top of a head."""

ASPECT = 1.6
"""Width over height of the list of units, about that of the canvas."""

GAP = 0.06
"""Between blocks of the list, as a part of its width: room for a name."""

BLOCKS_IN_LINE = 5
"""Small blocks stand as far apart as if so many filled a line: names are wider."""

NO_AREA = "no area"


def is_upright(session: Session) -> bool:
    """Whether ``x``, ``y``, ``z`` of the units point right, to the front and up."""
    return session.attrs.get("axes") == UPRIGHT


def are_channels(session: Session) -> bool:
    """Whether the units are channels of a recording from the head."""
    return is_image_session(session) and session.unit_dim == "channel"


def available_layouts(session: Session | None, units: pd.DataFrame) -> list[Layout]:
    """Layouts for which the positions of units are known, the best first."""
    if session is None:
        return []
    columns = set(units.columns)
    found: list[Layout] = []
    if {"rf_x", "rf_y"} <= columns:
        found.append("retinotopic")
    in_space = {"x", "y", "z"} <= columns
    if are_channels(session):
        found += ["scalp"] if in_space and _on_scalp(units) else []
    elif {"x", "y"} <= columns:
        found.append("anatomical")
    if in_space and units[["x", "y", "z"]].notna().all(axis=1).any():
        found.append("anatomical 3-D")
    if functional_columns(units) is not None:
        found.append("functional")
    return [*found, "list"]


def functional_columns(units: pd.DataFrame) -> tuple[str, str] | None:
    """Columns of the latest functional layout; None if none was computed.

    Those of a second one carry the name of the stimulus that it is of.
    """
    x_name, y_name = FUNCTIONAL
    for name in reversed([str(column) for column in units.columns]):
        rest = name.removeprefix(x_name)
        if name.startswith(x_name) and (not rest or rest.startswith(" of ")):
            if y_name + rest in units and bool(units[name].notna().any()):
                return name, y_name + rest
    return None


def _on_scalp(units: pd.DataFrame) -> bool:
    try:
        scalp_positions(units[["x", "y", "z"]].to_numpy(float))
    except AnalysisError:
        return False
    return True


def unit_positions(
    units: pd.DataFrame,
    layout: Layout,
    frame_shape: tuple[int, int],
    *,
    upright: bool = False,
) -> Floats:
    """Layer coordinates (depth, row, column) of every unit, float64 [U, 3].

    Retinotopic: ``row = (1 - rf_y)/2 (H - 1)``, ``column = (rf_x + 1)/2 (W - 1)``, the
    stimulus pixel that the unit looks at. Anatomical: micrometres as in the unit table,
    ``x`` to the right and ``y`` down, or if `upright` ``y`` (the front) up. Scalp: see
    :func:`.scalp_positions`, the nose up. Functional: the columns of the latest one, its
    second axis up. List: see :func:`listed`. NaN where the position is not known.
    """
    n_units = len(units)
    zero = np.zeros(n_units)

    def column(name: str) -> Floats:
        if name not in units:
            return np.full(n_units, np.nan)
        return units[name].to_numpy(dtype=float)

    if layout == "retinotopic":
        height, width = frame_shape
        row = (1 - column("rf_y")) / 2 * (height - 1)
        col = (column("rf_x") + 1) / 2 * (width - 1)
        return np.stack([zero, row, col], axis=1)
    if layout == "scalp":
        flat, _ = scalp_positions(units[["x", "y", "z"]].to_numpy(float))
        return np.stack([zero, -flat[:, 1], flat[:, 0]], axis=1)
    if layout == "list":
        return listed(units).positions
    if layout == "functional":
        across, up = functional_columns(units) or FUNCTIONAL
        return np.stack([zero, -column(up), column(across)], axis=1)
    depth = column("z") if layout == "anatomical 3-D" else zero
    row = -column("y") if upright else column("y")
    return np.stack([depth, row, column("x")], axis=1)


@dataclass(frozen=True)
class Listed:
    """Units in blocks, one for each area.

    Attributes
    ----------
    positions : float64 array, [U, 3]
        Depth, row and column, neighbours 1 apart.
    names : list of str
        Of the blocks; none if there is one block.
    corners : float64 array, [n, 3]
        Top left of each block.
    """

    positions: Floats
    names: list[str]
    corners: Floats


def listed(units: pd.DataFrame) -> Listed:
    """Place units without a place: by area, the hemispheres side by side.

    The columns ``area`` and ``hemisphere`` are used where there are any; within a block
    units follow each other in response order, line by line.
    """
    n_units = len(units)
    sides = np.zeros(n_units, int)
    side_names = [""]
    if "hemisphere" in units:
        sides, found = units["hemisphere"].factorize(sort=True)
        side_names = [f"{name} " for name in found]
    areas = np.zeros(n_units, int)
    area_names = [""]
    if "area" in units:
        named = units["area"].astype(str).replace("", NO_AREA)
        areas, found = named.factorize(sort=True)
        area_names = [str(name) for name in found]
    # What belongs to no area comes last, whatever the alphabet says
    order = sorted(range(len(area_names)), key=lambda i: area_names[i] == NO_AREA)
    positions = np.zeros((n_units, 3))
    names, corners = [], []
    left = 0.0
    for side, side_name in enumerate(side_names):
        blocks = [np.flatnonzero((sides == side) & (areas == i)) for i in order]
        sizes = [_block_shape(len(block)) for block in blocks]
        widest = max(width for _, width in sizes)
        total = sum(len(block) for block in blocks)
        line = max(widest, np.sqrt(1.4 * total * ASPECT / len(side_names)))
        gap = max(1.0, GAP * line)
        least = line / BLOCKS_IN_LINE
        row, col, below, right = 0.0, 0.0, 0.0, 0.0
        for i, block, (height, width) in zip(order, blocks, sizes, strict=True):
            if not len(block):
                continue
            if col and col + width > line + 0.5:
                row, col, below = row + below + gap, 0.0, 0.0
            at = np.arange(len(block))
            positions[block, 1] = row + at // width
            positions[block, 2] = left + col + at % width
            names.append((side_name + area_names[i]).strip())
            corners.append((0.0, row - 0.5, left + col - 0.5))
            col += max(width + gap, least)
            below, right = max(below, height), max(right, col)
        left += right + gap
    if len(names) == 1:
        names, corners = [], []
    return Listed(positions, names, np.reshape(corners, (-1, 3)))


def _block_shape(n: int) -> tuple[int, int]:
    """Rows and columns of a block of n units."""
    width = max(1, int(np.ceil(np.sqrt(n * ASPECT))))
    return -(-n // width), width


def point_size(positions: Floats) -> float:
    """Diameter at which the points of a layout are seen apart, in its own unit."""
    if len(positions) == 0:
        return 1.0
    low, high = np.percentile(positions, (2, 98), axis=0)
    extent = np.maximum(high - low, 1e-6)[1:]
    spacing = np.sqrt(extent.prod() / len(positions))
    return float(0.8 * spacing)
