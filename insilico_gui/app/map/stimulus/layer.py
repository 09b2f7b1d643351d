"""The stimulus behind the units, as a layer of (time, 1, row, column)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.app.map.owned_layers import OwnedImage, writing

if TYPE_CHECKING:
    import numpy as np
    from napari import Viewer
    from napari.layers import Image
    from numpy.typing import NDArray

    from insilico_gui.app.map.owned_layers import LayerOwner

STIMULUS = "Stimulus"


class StimulusLayer:
    """Adds, replaces and removes the layer of the stimulus.

    Parameters
    ----------
    viewer : napari.Viewer
    owner : LayerOwner

    Attributes
    ----------
    screen : (int, int) or None
        Rows and columns of the frames; None before the first of a session.
    """

    def __init__(self, viewer: Viewer, owner: LayerOwner) -> None:
        self._viewer = viewer
        self._owner = owner
        self._layer: Image | None = None
        self.screen: tuple[int, ...] | None = None

    @property
    def layer(self) -> Image | None:
        """The layer, while there is one."""
        return self._layer if self._layer in self._viewer.layers else None

    def show(self, frames: NDArray[np.uint8], length_unit: str) -> tuple[bool, bool]:
        """Show frames, uint8 [T, H, W] or [T, H, W, 3].

        Returns whether the layer is another one, and whether its size is another.
        """
        old, data = self.layer, frames[:, None]
        if old is not None and old.rgb == (frames.ndim == 4):
            if not old.visible:
                old.visible = True  # napari does not measure anew what is hidden
            with writing(old):
                old.data = data
        else:
            self._layer = self._owner.add(
                OwnedImage(
                    data,
                    name=STIMULUS,
                    rgb=frames.ndim == 4,
                    colormap="gray",
                    contrast_limits=(0, 255),
                    interpolation2d="nearest",
                    units=length_unit,
                ),
                at=0,
            )
            self._viewer.dims.axis_labels = ("frame", "depth", "row", "column")
            if old is not None:
                self._owner.remove(old)
                with writing(self._layer):
                    self._layer.name = STIMULUS
        screen, self.screen = self.screen, frames.shape[1:3]
        return old is None or old is not self._layer, screen != self.screen

    def dim(self, strength: float) -> None:
        """Show it as strongly as 0 to 1; below 1 the theme's background shows through."""
        layer = self.layer
        if layer is not None and layer.opacity != strength:
            with writing(layer):
                layer.opacity = strength

    def remove(self) -> None:
        """Show no stimulus any more."""
        if self.layer is not None:
            self._owner.remove(self._layer)
            self._layer = None
