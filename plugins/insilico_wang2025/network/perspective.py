"""Perspective: what the retina sees of the monitor, given where the eye looks.

Rays leave the retina, turn with the eye and hit the monitor plane; the stimulus is
sampled there. Shapes: N videos, T frames; a *point set* is [K, h, w, ...] for K poses.

Coordinates of an image are -1..1 with y **down**; -1 and 1 are the outer edges of its
first and last pixel (``align_corners=False``).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from insilico_wang2025.network.layers import StreamLinear, scaled_gelu
from insilico_wang2025.network.module import Module
from insilico_wang2025.sizes import PUBLISHED, Sizes

RETINA_SHAPE = PUBLISHED.retina_shape  # height and width in pixels, as published
NEAR = 1e-5  # smallest distance along the monitor's normal; keeps the division finite

Periphery = Literal["dark", "extend"]


def rotation(angles: Tensor) -> Tensor:
    """Rotation matrix about x, then y, then z; [..., 3] radians -> [..., 3, 3]."""
    (cx, cy, cz), (sx, sy, sz) = angles.cos().unbind(-1), angles.sin().unbind(-1)
    rows = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def pixel_grid(height: int, width: int) -> Tensor:
    """Pixel centres with x in -1..1 and y to the same scale; [height, width, 2].

    Both axes are shrunk by (width - 1) / width, as the network was trained.
    """
    shrink = (width - 1) / width
    x = torch.linspace(-1, 1, width) * shrink
    y = torch.linspace(-1, 1, height) * (height / width) * shrink
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def image_coordinates(
    points: Tensor, seen: tuple[int, int], by: tuple[int, int]
) -> Tensor:
    """Isotropic coordinates to image coordinates of the image that is sampled.

    Parameters
    ----------
    points : Tensor, [..., 2]
        x spans about -1..1 over the width of the sampled image, y to the same scale.
    seen, by : (int, int)
        Height and width of the sampled image, and of the image that results. That the
        result's size matters, and the width's for both axes, is how the network was
        trained.

    Returns
    -------
    Tensor, [..., 2]
        Coordinates for :func:`sample`.
    """
    (height, width), (out_height, out_width) = seen, by
    # Factor by factor, as rounding at the image's edge is amplified further on.
    grow = width / (width - 1)
    x = points[..., 0] * grow * ((out_width - 1) / out_width)
    y = points[..., 1] * (width / height) * grow * ((out_height - 1) / out_height)
    return torch.stack([x, y], -1)


def sample(images: Tensor, coordinates: Tensor, periphery: Periphery) -> Tensor:
    """Bilinear sampling.

    Parameters
    ----------
    images : Tensor, [M, H, W]
    coordinates : Tensor, [M, h, w, 2] or [1, h, w, 2]
        Image coordinates, one set for each image or one for all.
    periphery : {"dark", "extend"}
        What is beyond the image: zeros, or its edge pixels.

    Returns
    -------
    Tensor, [M, h, w]
    """
    padding = "zeros" if periphery == "dark" else "border"
    shared = len(coordinates) == 1
    stack = images[None] if shared else images[:, None]
    seen = functional.grid_sample(
        stack, coordinates, padding_mode=padding, align_corners=False
    )
    return seen[0] if shared else seen[:, 0]


class MonitorPoints(NamedTuple):
    """Where rays hit the monitor plane; `ahead` is False for those that never do."""

    uv: Tensor
    ahead: Tensor


class Jitter(NamedTuple):
    """Deviates of unit variance by which the monitor is off in training, [K, 3] each."""

    center: Tensor
    angle: Tensor


class Monitor(Module):
    """Plane of the monitor: its centre and orientation in the eye's frame."""

    def __init__(self, distance: float = PUBLISHED.monitor_distance) -> None:
        super().__init__()
        self.center = nn.Parameter(torch.tensor([0.0, 0.0, distance]))
        self.angle = nn.Parameter(torch.zeros(3))
        self.center_std = nn.Parameter(torch.full((3,), 0.05))  # jitter in training
        self.angle_std = nn.Parameter(torch.full((3,), 0.05))

    def project(self, rays: Tensor, jitter: Jitter | None = None) -> MonitorPoints:
        """Rays [..., 3] to monitor coordinates u, v [..., 2].

        With the jitter of training, rays are [K, h, w, 3], of K poses.
        """
        if jitter is not None:
            return self._project_each(rays, jitter)
        axes = rotation(self.angle)  # columns: width, height, normal
        normal = axes[:, 2]
        along = rays @ normal
        distance = (normal @ self.center) / along.clamp(min=NEAR)
        offset = rays * distance[..., None] - self.center
        return MonitorPoints(offset @ axes[:, :2], along > NEAR)

    def _project_each(self, rays: Tensor, jitter: Jitter) -> MonitorPoints:
        center = self.center + self.center_std * jitter.center  # [K, 3]
        axes = rotation(self.angle + self.angle_std * jitter.angle)  # [K, 3, 3]
        normal = axes[:, :, 2]
        along = torch.einsum("khwi,ki->khw", rays, normal)
        distance = (normal * center).sum(1)[:, None, None] / along.clamp(min=NEAR)
        offset = rays * distance[..., None] - center[:, None, None]
        uv = torch.einsum("khwi,kij->khwj", offset, axes[:, :, :2])
        return MonitorPoints(uv, along > NEAR)

    def rays(self, points: Tensor) -> Tensor:
        """Monitor coordinates [..., 2] to rays of length one [..., 3]."""
        axes = rotation(self.angle)
        return functional.normalize(self.center + points @ axes[:, :2].T, dim=-1, eps=0)


class MonitorPixel(Module):
    """Grey level 0..1 to luminance."""

    power: Tensor
    scale: Tensor
    offset: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, value in (("power", 1.7), ("scale", 1.0), ("offset", 0.0)):
            self.register_buffer(name, torch.tensor(value))

    def forward(self, grey: Tensor) -> Tensor:
        """Grey level to luminance."""
        return grey**self.power * self.scale + self.offset

    def inverse(self, luminance: Tensor) -> Tensor:
        """Luminance to grey level; NaN below the darkest."""
        return ((luminance - self.offset) / self.scale) ** (1 / self.power)


class RetinaPixel(Module):
    """Luminance to the activation of a retinal pixel."""

    EPS = 1e-5

    def __init__(self) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(1))
        self.scale = nn.Parameter(torch.ones(1))
        self.offset = nn.Parameter(torch.zeros(1))

    def forward(self, luminance: Tensor) -> Tensor:
        """Luminance to activation."""
        power = torch.sigmoid(self.logit)
        return (luminance + self.EPS) ** power * self.scale + self.offset

    def inverse(self, activation: Tensor) -> Tensor:
        """Activation to luminance."""
        power = torch.sigmoid(self.logit)
        return ((activation - self.offset) / self.scale) ** (1 / power) - self.EPS


class Retina(Module):
    """Directions in which the pixels of a retina with equal angles look."""

    grid: Tensor

    def __init__(self, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.radians = math.radians(sizes.retina_degrees)
        self.register_buffer("grid", self.rays(pixel_grid(*sizes.retina_shape)))

    def rays(self, points: Tensor) -> Tensor:
        """Retina coordinates [..., 2] to rays of length one [..., 3]."""
        x, y = points.unbind(-1)
        angle = (torch.hypot(x, y) * self.radians).clamp(max=math.pi / 2)
        around = torch.atan2(y, x)
        sine = angle.sin()
        return torch.stack([sine * around.cos(), sine * around.sin(), angle.cos()], -1)

    def project(self, rays: Tensor) -> Tensor:
        """Rays of length one [..., 3] to retina coordinates [..., 2]."""
        x, y, z = rays.unbind(-1)
        radius = z.clamp(max=1).acos() / self.radians
        around = torch.atan2(y, x)
        return torch.stack([radius * around.cos(), radius * around.sin()], -1)


class EyeMLP(Module):
    """Pupil position (z-scored) to the angles by which the eye is turned, radians."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (2, 16, 16, 16, 3)
        self.linears = nn.ModuleList(
            StreamLinear(sizes[i], sizes[i + 1], streams=1, normalized=i > 0)
            for i in range(4)
        )

    def forward(self, eye: Tensor) -> Tensor:
        """[..., 2] -> [..., 3]."""
        x = eye[..., None, :]
        for i, linear in enumerate(self.linears):
            x = linear(scaled_gelu(x) if i else x)
        return x[..., 0, :]


class Perspective(Module):
    """From stimulus frames to retinal images."""

    def __init__(self, sizes: Sizes = PUBLISHED) -> None:
        super().__init__()
        self.retina_shape = sizes.retina_shape
        self.monitor = Monitor(sizes.monitor_distance)
        self.monitor_pixel = MonitorPixel()
        self.retina = Retina(sizes)
        self.retina_pixel = RetinaPixel()
        self.mlp = EyeMLP()

    def forward(
        self,
        grey: Tensor,
        eye: Tensor,
        periphery: Periphery = "dark",
        jitter: Jitter | None = None,
    ) -> Tensor:
        """Retinal images.

        Parameters
        ----------
        grey : float32 Tensor, [N, T, H, W]
            Stimulus in 0..1.
        eye : Tensor, [N, T, 2]
            Pupil position.
        periphery : {"dark", "extend"}
            What the retina sees beyond the monitor.
        jitter : Jitter or None
            Of the N videos; None = the monitor is where it is.

        Returns
        -------
        Tensor, [N, 1, T, 128, 192]
        """
        n_videos, n_frames, height, width = grey.shape
        poses = eye.flatten(0, 1)
        if jitter is not None:
            jitter = Jitter(*(part.repeat_interleave(n_frames, 0) for part in jitter))
        elif bool((poses == poses[:1]).all()):
            poses = poses[:1]  # an eye at rest needs one grid only
        rays = turn(self.retina.grid, rotation(self.mlp(poses)))
        coordinates = image_coordinates(
            self.monitor.project(rays, jitter).uv, (height, width), self.retina_shape
        )
        luminance = sample(
            self.monitor_pixel(grey).flatten(0, 1), coordinates, periphery
        )
        retinal: Tensor = self.retina_pixel(luminance)
        return retinal.view(n_videos, 1, n_frames, *self.retina_shape)

    def retina_points(self, eye: Tensor, shape: tuple[int, int]) -> Tensor:
        """Where on the retina each monitor pixel falls.

        Parameters
        ----------
        eye : Tensor, [K, 2]
        shape : (int, int)
            Height and width of the monitor in pixels.

        Returns
        -------
        Tensor, [K, H, W, 2]
            Retina coordinates.
        """
        rays = self.monitor.rays(pixel_grid(*shape).to(eye))
        back = rotation(self.mlp(eye)).mT
        return self.retina.project(turn(rays, back))

    def inverse(
        self, retinal: Tensor, eye: Tensor, shape: tuple[int, int] = (144, 256)
    ) -> Tensor:
        """Draw retinal images on the monitor.

        Parameters
        ----------
        retinal : Tensor, [K, 128, 192]
        eye : Tensor, [K, 2]
        shape : (int, int)
            Height and width of the monitor in pixels.

        Returns
        -------
        Tensor, [K, H, W]
            Grey levels 0..1; pixels that the retina does not see are 0, or NaN on a
            monitor whose darkest grey is not black.
        """
        coordinates = image_coordinates(
            self.retina_points(eye, shape), self.retina_shape, shape
        )
        luminance = sample(self.retina_pixel.inverse(retinal), coordinates, "dark")
        grey: Tensor = self.monitor_pixel.inverse(luminance)
        return grey


def turn(rays: Tensor, rotations: Tensor) -> Tensor:
    """Rotate rays [h, w, 3] by K rotations [K, 3, 3]; [K, h, w, 3]."""
    return torch.einsum("kij,hwj->khwi", rotations, rays)
