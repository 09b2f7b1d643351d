"""The OpenGL context in which napari frees what a removed layer had on the GPU.

napari frees it at once, in whatever context is current; after a window was painted that
is Qt's own, in which Mesa's software driver loses the programs of the canvas and dies
at the next draw. So the canvas's context is made current before a layer is removed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari import Viewer

logger = logging.getLogger(__name__)


def free_in_own_context(viewer: Viewer) -> None:
    """Have the layers of a viewer removed in the context of its canvas."""

    def make_current() -> None:
        try:
            use_context(viewer)
        except (AttributeError, RuntimeError):  # another napari, or a closed window
            logger.debug("The canvas cannot be made current", exc_info=True)

    viewer.layers.events.removing.connect(make_current)


def use_context(viewer: Viewer) -> None:
    """Make the context of the canvas of a viewer current."""
    viewer.window._qt_viewer.canvas._scene_canvas.set_current()
