"""First readout positions from the recording: where local motion predicts a unit best.

Readouts that begin in the middle of the maps, as published, need many thousand steps to
find the place that a unit looks at. A linear regression of each unit's responses on a few
local features of the stimulus, place by place, finds it at once; only training trials
count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, pad

from insilico_wang2025.network.perspective import image_coordinates, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from insilico_wang2025.fitting.trials import Trial
    from insilico_wang2025.network import Network

POOLED_HEIGHT = 36  # pixels to which frames are averaged, at most
BLUR = 5  # pixels of these over which local features are averaged
SMOOTHING = 0.2  # share of the way that features go to their input in a frame
BURNIN = 15  # frames of a trial that do not count
FLOOR = 1e-3  # keeps ratios finite where nothing moves
RIDGE = 1e-3


def find_positions(network: Network, trials: Sequence[Trial]) -> Tensor:
    """Positions on the maps [U, 2] before ``tanh``, the middle of a pixel each.

    Parameters
    ----------
    network : Network
        On the CPU, with its monitor where training begins.
    trials : sequence of Trial
        For training.
    """
    height, width = network.sizes.map_shape
    places, seen = _places(network)
    n_features = 7
    gram = torch.zeros(len(places), n_features + 1, n_features + 1, dtype=torch.float64)
    moment: Tensor | None = None
    for trial in trials:
        frames = torch.from_numpy(np.array(trial.files["stimuli"].map()[..., 0]))
        x = _local_features(frames, places)[BURNIN:]  # [T, P, 7]
        x = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1).permute(1, 0, 2)
        y = torch.from_numpy(np.array(trial.files["units"].map()[BURNIN:]))
        gram += (x.mT @ x).double()
        moment = (x.mT @ y).double() + (0 if moment is None else moment)
    assert moment is not None  # noqa: S101 - there are training trials
    scale = gram.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    solved = torch.linalg.solve(
        gram + RIDGE * scale * torch.eye(n_features + 1), moment
    )
    explained = (solved * moment).sum(1)  # [P, U]: what is left is the same everywhere
    explained[~seen] = -torch.inf
    best = explained.argmax(dim=0)
    x, y = best % width, best // width
    position = torch.stack([(x + 0.5) / width, (y + 0.5) / height], 1) * 2 - 1
    return torch.atanh(position).float()


def _places(network: Network) -> tuple[Tensor, Tensor]:
    """Where pixels of the maps look, [P, 2] in the image, and whether at the monitor."""
    height, width = network.sizes.map_shape
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    y = (torch.arange(height) + 0.5) / height * 2 - 1
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
    perspective = network.perspective
    with torch.no_grad():
        grid = perspective.retina.grid
        rays = sample(grid.permute(2, 0, 1), points, "extend").permute(1, 2, 0)
        hits = perspective.monitor.project(rays)
        image = image_coordinates(
            hits.uv, network.sizes.frame_shape, network.sizes.retina_shape
        )
    image = image.reshape(-1, 2)
    return image, hits.ahead.flatten() & (image.abs() <= 1).all(-1)


def _local_features(frames: Tensor, places: Tensor) -> Tensor:
    """Contrast, change, and their ratios by orientation and motion, [T, P, 7]."""
    step = max(1, frames.shape[1] // POOLED_HEIGHT)
    small = avg_pool2d(frames[:, None].float() / 128 - 1, step)[:, 0]
    dx = pad(small[:, :, 2:] - small[:, :, :-2], (1, 1)) / 2
    dy = pad(small[:, 2:] - small[:, :-2], (0, 0, 1, 1)) / 2
    dt = torch.diff(small, dim=0, prepend=small[:1])
    products = torch.stack(
        [dx * dx, dy * dy, dt * dt, dx * dt, dy * dt, dx * dy], 1
    )  # [T, 6, h, w]
    local = avg_pool2d(products, BLUR, 1, BLUR // 2, count_include_pad=False)
    flat = local.flatten(0, 1)
    at = sample(flat, places[None, None], "extend").view(len(frames), 6, -1)
    xx, yy, tt, xt, yt, xy = at.unbind(1)
    whole = xx + yy + tt + FLOOR
    features = torch.stack(
        [
            (xx + yy).sqrt(),
            tt.sqrt(),
            tt / whole,
            xt / whole,
            yt / whole,
            (xx - yy) / whole,
            xy / whole,
        ],
        -1,
    )
    now = features[0]
    smooth = []
    for feature in features:
        now = torch.lerp(now, feature, SMOOTHING)
        smooth.append(now)
    return torch.stack(smooth)
