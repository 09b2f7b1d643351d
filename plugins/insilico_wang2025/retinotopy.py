"""Where in the stimulus a unit looks: from the weights, or as published.

A unit reads one point of the core's map. The map covers the retinal image edge to edge,
so the point is a direction of gaze, and that ray hits the monitor somewhere.

Stimulus coordinates here are those of a unit table: x to the right, y **up**; -1 and 1
are the centres of the outermost pixels.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from insilico_gui.errors import WeightsError
from insilico_wang2025.network.perspective import (
    image_coordinates,
    rotation,
    sample,
    turn,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_wang2025.network import Network

PUBLISHED = "readout_locations"
DERIVED = "derived from weights"

MIN_CORRELATION = 0.5  # below this, two sets of positions are not of the same units

logger = logging.getLogger(__name__)


class Retinotopy(NamedTuple):
    """Receptive-field centres of all units.

    Attributes
    ----------
    centers : float64 array, [U, 2]
        x and y in stimulus coordinates; NaN where a unit looks past the monitor.
    source : str
        :data:`PUBLISHED` or :data:`DERIVED`.
    note : str
        What was found wrong with the published positions, or empty.
    """

    centers: NDArray[np.float64]
    source: str
    note: str


def map_positions(network: Network) -> torch.Tensor:
    """Points of the core's map that units read, [U, 2].

    Image coordinates, y down. The readout does not go beyond the centres of the
    outermost pixels.
    """
    height, width = network.sizes.map_shape
    outermost = torch.tensor([1 - 1 / width, 1 - 1 / height])
    position = network.readout.position.mean().detach().cpu()
    return position.clamp(-outermost, outermost)


def derived_centers(
    network: Network, frame_shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Where units look with the eye at its mean position; NaN off the monitor.

    Returns [U, 2].
    """
    perspective = network.perspective
    height, width = frame_shape
    with torch.no_grad():
        grid = perspective.retina.grid
        points = map_positions(network).to(grid)[None, None]
        rays = sample(grid.permute(2, 0, 1), points, "extend").permute(1, 2, 0)
        eye = torch.zeros(1, 2).to(grid)
        rays = turn(rays, rotation(perspective.mlp(eye)))
        hits = perspective.monitor.project(rays)
        image = image_coordinates(hits.uv, frame_shape, network.sizes.retina_shape)
        seen = hits.ahead & (image.abs() <= 1).all(-1)
    to_centers = np.array([width / (width - 1), -height / (height - 1)])
    centers = image[0, 0].double().cpu().numpy() * to_centers
    centers[~seen[0, 0].cpu().numpy()] = np.nan
    return np.asarray(np.clip(centers, -1, 1))


def retinotopy(
    network: Network,
    frame_shape: tuple[int, int],
    published: NDArray[np.float64] | None,
) -> Retinotopy:
    """Published positions where they stand up to the weights, else derived ones.

    Published positions are documented with y up. The weights tell whether that is so: a
    y that runs against the derived one is turned round, and positions that are not in
    stimulus space, or unlike the derived ones, are set aside. Both are logged.

    Raises
    ------
    WeightsError
        If published positions are outside -1..1.
    """
    derived = derived_centers(network, frame_shape)
    if published is None:
        return Retinotopy(derived, DERIVED, "")
    if (np.abs(published) > 1 + 1e-3).any():
        raise WeightsError(
            "readout_locations.npy has positions outside -1..1; use the properties "
            "published with these weights."
        )
    centers = np.clip(published, -1, 1)
    on_map = np.tanh(network.readout.position.mu.detach().cpu().double().numpy())
    if any(np.allclose(centers, on_map * [1, y], atol=1e-4) for y in (1, -1)):
        return _set_aside(
            derived, "are positions on the core's map, not in the stimulus"
        )
    both = np.isfinite(centers).all(1) & np.isfinite(derived).all(1)
    x, y = (_correlation(centers[both, i], derived[both, i]) for i in (0, 1))
    if x < MIN_CORRELATION or abs(y) < MIN_CORRELATION:
        return _set_aside(derived, "do not agree with where the weights look")
    if y < 0:
        note = "readout_locations have y down; turned round"
        logger.warning(note)
        return Retinotopy(centers * [1, -1], PUBLISHED, note)
    return Retinotopy(centers, PUBLISHED, "")


def _set_aside(derived: NDArray[np.float64], why: str) -> Retinotopy:
    note = f"readout_locations {why}; not used"
    logger.warning(note)
    return Retinotopy(derived, DERIVED, note)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 1.0  # too few to tell: as documented
    return float(np.corrcoef(a, b)[0, 1])
