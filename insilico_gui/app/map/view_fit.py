"""Fitting the view of a map to its canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari import Viewer
    from napari.layers import Layer
    from numpy.typing import NDArray

FROM_BEHIND, UPWARDS = (-0.5, -0.8, 0.35), (1, 0, 0)
"""Where the camera looks to, and what is up, of a head in 3-D: from behind and above."""

AS_A_HEAD, AS_A_SHEET = ("towards", "down", "right"), ("away", "down", "right")
"""Where axes point in a flat view: the depth of a sheet is away from who looks at it."""

FROM_THE_FRONT, TOWARDS_SURFACE = (0.72, -0.69, 0.1), (-1, 0, 0)
"""The same of a sheet of cortex in 3-D, whose depth is to be seen."""

FILLED = 0.94
"""Part of the canvas that the map fills."""


class ViewFit:
    """Moves a viewer's camera so that layers fill the canvas."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._fitted: NDArray[np.float64] | None = None

    def reset(self) -> None:
        """Fit all layers as napari does."""
        self._viewer.reset_view()
        self._fitted = self._state()

    def fit(
        self,
        layers: Sequence[Layer],
        margin: float,
        *,
        upright: bool | None = None,
        above: float = 0.0,
    ) -> None:
        """Fit some layers.

        Parameters
        ----------
        layers : sequence of napari.layers.Layer
        margin : float
            Added to their extent.
        upright : bool, optional
            In 3-D: whether the units are in a head, or else in a sheet; each is seen
            obliquely. None in 2-D.
        above : float
            Pixels to leave free above them: for names, which have no extent.
        """
        camera = self._viewer.scene.camera
        ends = [_ends_in_space(layer) for layer in layers]
        low, high = np.nanmin(ends, axis=(0, 1)), np.nanmax(ends, axis=(0, 1))
        height, width = self._viewer.canvas.size
        rows, columns = (high - low)[1:] + margin
        if upright is not None:
            camera.orientation = AS_A_HEAD if upright else AS_A_SHEET
            if upright:
                camera.set_view_direction(FROM_BEHIND, UPWARDS)
            else:
                camera.set_view_direction(FROM_THE_FRONT, TOWARDS_SURFACE)
            rows = columns = 0.8 * float(np.linalg.norm(high - low)) + margin
        camera.zoom = zoom = FILLED * min(width / columns, (height - above) / rows)
        low[1] -= above / zoom
        camera.center = tuple((low + high) / 2)
        self._fitted = self._state()

    def refit(self, fit: Callable[[], object]) -> None:
        """Call `fit` for a canvas of another size; keeps what the user has zoomed to."""
        camera, before, now = self._viewer.scene.camera, self._fitted, self._state()
        fit()
        if before is None or np.allclose(now, before, rtol=1e-4, atol=1e-6):
            return
        camera.center, camera.angles = tuple(now[:3]), tuple(now[3:6])
        camera.zoom = now[6] * camera.zoom / before[6]

    def _state(self) -> NDArray[np.float64]:
        """Centre, angles and zoom of the camera, float64 [7]."""
        camera = self._viewer.scene.camera
        return np.array([*camera.center, *camera.angles, camera.zoom], float)


def _ends_in_space(layer: Layer) -> NDArray[np.float64]:
    """Both ends of what a layer shows, [2, 3]; flat layers lie at depth 0."""
    ends = np.asarray(layer.extent.world, float)[:, -3:]
    return np.pad(ends, ((0, 0), (3 - ends.shape[1], 0)))
