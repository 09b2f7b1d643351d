"""How single units look on the map: size and rim, by what is selected and looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.app.map.owned_layers import writing

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

SELECTED_SIZE, OTHER_SIZE = 1.4, 0.7
"""Selected units are drawn larger, with a wide rim, and the others smaller."""

RIM, THIN_RIM = 0.12, 0.07
"""Width of the rim, as a part of a point's size: of selected units, and of others."""

BLACK, WHITE = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)

NEUTRAL = (0.62, 0.62, 0.62, 0.75)
"""Rim of units that are not selected: seen on white, on black, and on grey frames."""

LOOKED_AT = (1.0, 0.53, 0.0, 1.0)
"""Rim of the unit looked at."""


SEEN_PIXELS, MOST_SEEN = 5.0, 20_000
"""Least size of a point on the screen, and up to how many units: more would hide all."""


def first_looks(n_units: int) -> dict[str, Any]:
    """How a layer of so many points begins.

    Of points that are smaller on the screen than their rims no colour would be left.
    """
    return {
        "border_color": "white",
        "border_width": 0.0,
        "border_width_is_relative": True,
        "face_color": "gray",
        "antialiasing": 1,
        "canvas_size_limits": (SEEN_PIXELS if n_units <= MOST_SEEN else 2.0, 10_000.0),
    }


def rim_in(layout: str) -> float:
    """Width of the rim of units that are not selected, as a part of their size.

    On the scalp they have the colour of what is around them. In depth, where they are
    small and lie before each other, rims would be most of what is seen.
    """
    return {"scalp": RIM, "anatomical 3-D": 0.0}.get(layout, THIN_RIM)


@dataclass(frozen=True)
class UnitLooks:
    """Size and rim of every unit.

    Attributes
    ----------
    size : float64 array, [U]
    rim : float64 array, [U]
        Width, as a part of the size.
    rim_color : float64 array, [U, 4]
    on_top : uint16 array, [U]
        0, or 1 of selected units and 2 of the unit looked at: what is drawn later.
    """

    size: NDArray[np.float64]
    rim: NDArray[np.float64]
    rim_color: NDArray[np.float64]
    on_top: NDArray[np.uint16]

    def put_on(self, layer: Points) -> NDArray[np.uint16]:
        """Give them to a layer that the app owns, which is drawn once; :attr:`on_top`."""
        blocked = layer.events.blocker_all(), layer._border.events.blocker_all()
        with writing(layer), blocked[0], blocked[1], layer._block_refresh():
            layer.size = self.size
            layer.border_width = self.rim
            layer.border_color = self.rim_color
        layer.refresh()
        return self.on_top


def place(layer: Points, positions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Show points that the app owns elsewhere, [U, 3]; which are, [U]: not those of NaN.

    The layer is to be drawn anew after that, as by :meth:`UnitLooks.put_on`.
    """
    known = np.asarray(np.isfinite(positions).all(axis=1))
    with writing(layer):
        layer.data = np.where(known[:, None], positions, 0.0)
        with layer._block_refresh():
            layer.shown, layer.visible = known, True
    return known


def looks(
    n_units: int,
    selected: NDArray[np.int64],
    looked_at: int | None,
    base_size: float,
    *,
    rim_others: float = THIN_RIM,
    color_others: tuple[float, ...] = NEUTRAL,
    color_selected: tuple[float, ...] = WHITE,
    sizes: NDArray[np.float64] | None = None,
) -> UnitLooks:
    """Looks of units, of which rows are selected; all alike if none or all are.

    With `sizes` [U], such as those of receptive fields, units are as large as these,
    selected or not.
    """
    chosen = np.zeros(n_units, dtype=bool)
    size = np.full(n_units, base_size)
    if 0 < len(selected) < n_units:
        chosen[selected] = True
        size *= np.where(chosen, SELECTED_SIZE, OTHER_SIZE)
    rim = np.where(chosen, RIM, rim_others)
    rim_color = np.where(chosen[:, None], color_selected, color_others)
    rim_color[rim == 0, 3] = 0  # a rim of no width would be drawn half a pixel wide
    on_top = chosen.astype(np.uint16)
    if looked_at is not None:
        size[looked_at] = base_size * SELECTED_SIZE
        rim[looked_at] = RIM
        rim_color[looked_at] = LOOKED_AT
        on_top[looked_at] = 2
    if sizes is not None:
        rim *= base_size / np.maximum(sizes, base_size)  # as thin as that of others
        size = sizes
    return UnitLooks(size, rim, rim_color, on_top)
