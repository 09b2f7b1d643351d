"""The frame of the stimulus that is on show, while it plays and while it stands.

napari's own way to another frame (``viewer.dims.set_current_step``) slices all layers
twice, measures them, and makes a thumbnail: 6 ms a frame. While the stimulus plays, only
the texture is replaced; when it stops, napari's slider is brought to where it stopped.
That uses names that napari keeps private, so any failure falls back, for good and with a
note in the log, to napari's own way.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from insilico_gui.app.map.owned_layers import is_owned

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image

    from insilico_gui.experiment.playback import Playback

logger = logging.getLogger(__name__)


class FrameDrawer:
    """Shows frames of an image layer whose axes are frame, depth, row, column.

    Attributes
    ----------
    fast : bool
        Whether the cheap path is still in use.
    """

    def __init__(self, viewer: Viewer, playback: Playback) -> None:
        self._viewer = viewer
        self._playback = playback
        self._layer: Image | None = None
        self._frame: int | None = None
        self.fast = True

    @property
    def is_ahead(self) -> bool:
        """Whether the frame that is drawn is another than napari's slider says."""
        return self._frame is not None

    def show(self, layer: Image | None, n_times: int) -> None:
        """Draw the frame on show, which has so many moments; the slider follows."""
        if layer is None:
            return
        frame = self._playback.frame // n_times
        playing = self._playback.playing
        if playing and self._is_alone() and self._draw(layer, frame):
            return
        self._frame = None
        self._viewer.dims.set_current_step(0, frame)

    def _is_alone(self) -> bool:
        """Whether nobody looks at napari's slider, and no other layer moves with it."""
        viewer = self._viewer
        if not self.fast or viewer.window._qt_viewer.dims.isVisible():
            return False
        dims = viewer.dims
        flat = dims.ndisplay == 2 and dims.order == tuple(range(dims.ndim))
        return flat and all(is_owned(layer) for layer in viewer.layers)

    def _draw(self, layer: Image, frame: int) -> bool:
        """Replace the texture; whether that could be done."""
        if layer is not self._layer:
            self._layer = layer
            # After napari has drawn the frame that its slider says
            layer.events.set_data.connect(self._draw_again, position="last")
        self._frame = frame
        if not layer.visible:
            return True
        try:
            canvas = self._viewer.window._qt_viewer.canvas
            canvas.layer_to_visual[layer].node.set_data(layer.data[frame, 0])
        except Exception:
            logger.warning("Frames are shown in napari's own way", exc_info=True)
            self.fast = False
        return self.fast

    def _draw_again(self) -> None:
        layer, frame = self._layer, self._frame
        if layer is not None and frame is not None and self._viewer.dims.ndisplay == 2:
            self._draw(layer, min(frame, len(layer.data) - 1))
