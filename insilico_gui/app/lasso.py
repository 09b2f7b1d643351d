"""Drawing around units on the map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QTimer
from skimage.measure import points_in_poly

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari import Viewer
    from napari.layers import Points, Shapes
    from numpy.typing import NDArray

LASSO = "Lasso"


class Lasso:
    """A Shapes layer that lives for one polygon.

    Parameters
    ----------
    viewer : napari.Viewer
    on_drawn : callable
        Gets the polygon, float [n, 2] in (row, column) of the map's plane.
    """

    def __init__(
        self, viewer: Viewer, on_drawn: Callable[[NDArray[np.float64]], object]
    ) -> None:
        self._viewer = viewer
        self._on_drawn = on_drawn

    @property
    def layer(self) -> Shapes | None:
        """The layer being drawn on, if any."""
        return self._viewer.layers[LASSO] if LASSO in self._viewer.layers else None

    def start(self) -> None:
        """Let the user draw one polygon with the mouse."""
        self.stop()
        layer = self._viewer.add_shapes(
            ndim=2, name=LASSO, edge_color="white", face_color=[1, 1, 1, 0.15]
        )
        layer.edge_width = 0.5
        layer.mode = "add_polygon_lasso"
        layer.events.data.connect(self._changed)
        self._viewer.layers.selection.active = layer

    def stop(self) -> None:
        """Put the layer away."""
        layer = self.layer
        if layer is not None:
            self._viewer.layers.remove(layer)

    def _changed(self, event: object) -> None:
        # While the mouse moves the shape grows; "added" comes when it is complete.
        layer = self.layer
        if layer is None or str(getattr(event, "action", "")) != "added":
            return
        if not layer.data:
            return  # napari drops a shape of too few corners, and says it was added
        polygon = np.asarray(layer.data[-1], dtype=float)[:, -2:]
        layer.events.data.disconnect(self._changed)
        # Not now: this is called from the layer's own handling of the mouse.
        QTimer.singleShot(0, partial(self._finish, polygon))

    def _finish(self, polygon: NDArray[np.float64]) -> None:
        self.stop()
        if len(polygon) >= 3:
            self._on_drawn(polygon)


def points_inside(layer: Points, polygon: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the shown points of a layer whose plane position is in a polygon."""
    inside = points_in_poly(layer.data[:, -2:], polygon)
    return np.flatnonzero(inside & layer.shown)
