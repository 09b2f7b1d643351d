"""Recolouring every point of a Points layer, and ordering them, many times a second.

The public way (``layer.face_color = colors``) rebuilds all marker data twice. Here the
model's colours are replaced without its events and only the marker buffer is sent to the
GPU, in the order in which the points are to be drawn; point k of the layer stays point k.
That uses names that napari and vispy keep private, so any
failure falls back, for good and with a note in the log, to the public way.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.app.map.owned_layers import writing

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Points
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)


class Recolorer:
    """Sets the face colours of one Points layer.

    Attributes
    ----------
    fast : bool
        Whether the cheap path is still in use.
    """

    def __init__(self, viewer: Viewer, layer: Points) -> None:
        self._viewer = viewer
        self._layer = layer
        self.fast = True

    def set_colors(
        self,
        colors: NDArray[np.float32],
        ranks: NDArray[np.uint16] | None = None,
    ) -> None:
        """Colour the points.

        Parameters
        ----------
        colors : float32 array, [n, 4]
            Red, green, blue and opacity in 0..1.
        ranks : uint16 array, [n], optional
            Points of higher rank are drawn over others; the slow path leaves it out.
        """
        if self.fast:
            try:
                self._set_fast(colors, ranks)
            except Exception:
                logger.warning("Recolouring falls back to the slow path", exc_info=True)
                self.fast = False
            else:
                return
        with writing(self._layer):
            self._layer.face_color = colors

    def _set_fast(
        self, colors: NDArray[np.float32], ranks: NDArray[np.uint16] | None
    ) -> None:
        layer = self._layer
        # The model's colours must stay right, or a refresh would bring the old ones.
        with layer._face.events.blocker_all():
            layer._face.colors = colors
        canvas = self._viewer.window._qt_viewer.canvas
        markers = canvas.layer_to_visual[layer].node.points_markers
        shown = layer._view_indices
        data = markers._data
        if data is None or len(data) != len(shown):
            # Not drawn yet, or a redraw of the model is pending, which brings these.
            layer.refresh()
            data = markers._data
            if data is None or len(data) != len(shown):
                return
        is_all = len(shown) == len(colors)
        data["a_bg_color"] = colors if is_all else colors[shown]
        if ranks is not None:
            # Of whole numbers below 2^16 a stable sort is a radix sort: fast
            order = np.argsort(ranks if is_all else ranks[shown], kind="stable")
            data = _taken(data, order)
        markers._vbo.set_data(data)
        markers.update()


def _taken(data: NDArray[np.void], order: NDArray[np.intp]) -> NDArray[np.void]:
    """Records of `data` [n] in another order, [n].

    As plain bytes: numpy takes records of several fields apart, thirty times slower.
    """
    as_bytes = data.view(f"V{data.dtype.itemsize}")
    return as_bytes.take(order).view(data.dtype)
