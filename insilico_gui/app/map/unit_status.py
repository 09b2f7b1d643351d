"""The status line over the map: a unit by its id, never by its place in the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Points


def tell_units(layer: Points, words: Callable[[int], str]) -> None:
    """Let the status line of a layer tell of a unit in `words`.

    Parameters
    ----------
    layer : napari.layers.Points
        One point for each unit.
    words : callable(int) -> str
        What to say of the unit in that row of the unit table.
    """
    napari_status = layer.get_status

    def unit_at(position: Any, options: dict[str, Any]) -> str:
        value = None if position is None else layer.get_value(position, **options)
        return words(int(value)) if isinstance(value, int | np.integer) else ""

    def get_status(position: Any = None, **options: Any) -> dict[str, str]:
        said = unit_at(position, options)
        status: dict[str, str] = napari_status(position, **options)
        if said:
            where = status["coordinates"].split(": ")[0]
            status["coordinates"] = f"{where}: {said}"
            status["value"] = said
        return status

    layer.get_status = get_status
