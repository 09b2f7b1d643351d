"""Clips with the statistics of natural scenes in motion, for ``learn_demo.py``.

Scenes are "dead leaves" (Lee, Mumford & Huang 2001): overlapping ellipses whose sizes
follow a power law, filled with textures of a 1/f spectrum, many of them with a dominant
orientation as grass, bark and fur have; edges and occlusion are there. Scenes are partly
whitened, as clips for recordings often are: with amplitudes of 1/f, most of the contrast is
in patterns too coarse for the units, which then hardly respond. A camera pans, turns and
zooms over a background, and over a foreground that moves on its own; scenes are cut every
few seconds. There are no gratings in them.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import grid_sample

SHAPE = (36, 64)
"""Height and width in pixels, each four by four pixels of a session of 144 x 256."""

FINE = 2  # steps of a pixel in which scenes are drawn; lengths below are in these steps
CANVAS = 256  # of a scene, which repeats
WHITENING = 0.5  # exponent of frequency by which amplitudes are multiplied
CUTOFF = 0.25  # cycles a step, above which they fall
MEAN = 128.0  # grey level
CONTRASTS = (45.0, 85.0)  # standard deviation of grey levels, before they are cut off
SPEEDS = (0.3, 2.5)  # a frame
N_LEAVES = 60
RADII = (10.0, 60.0)
GRAINS = (0.0, 3.0, 10.0)  # how strongly one orientation dominates a texture

Floats = NDArray[np.float64]


def texture(rng: np.random.Generator, power: float, grain: float = 0.0) -> Floats:
    """A periodic texture [CANVAS, CANVAS] with an amplitude of 1/f^power; mean 0, sd 1.

    `grain` is how strongly one orientation dominates.
    """
    fy, fx = np.fft.fftfreq(CANVAS)[:, None], np.fft.rfftfreq(CANVAS)[None, :]
    f = np.hypot(fy, fx)
    f[0, 0] = np.inf
    angle = np.arctan2(fy, fx) - rng.uniform(0, np.pi)
    amplitude = np.exp(grain * (np.cos(2 * angle) - 1)) / f**power
    spectrum = rng.normal(size=f.shape) + 1j * rng.normal(size=f.shape)
    found: Floats = np.fft.irfft2(spectrum * amplitude, s=(CANVAS, CANVAS))
    return (found - found.mean()) / found.std()


def dead_leaves(rng: np.random.Generator) -> Floats:
    """A periodic scene [CANVAS, CANVAS] of overlapping ellipses; mean 0, sd 1."""
    fills = [texture(rng, 1.0, rng.choice(GRAINS)) for _ in range(3)]
    scene = texture(rng, 1.0, rng.choice(GRAINS))
    low, high = RADII
    u = rng.random(N_LEAVES)
    radii = 1 / np.sqrt(u / high**2 + (1 - u) / low**2)  # density r^-3
    for radius in radii:
        stretch = rng.uniform(0.6, 1.6)
        reach = int(np.ceil(radius * max(stretch, 1 / stretch)))
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        a = rng.uniform(0, np.pi)
        along, across = x * np.cos(a) + y * np.sin(a), y * np.cos(a) - x * np.sin(a)
        inside = (along / stretch) ** 2 + (across * stretch) ** 2 < radius**2
        cy, cx = rng.integers(0, CANVAS, 2)
        rows, columns = (y[inside] + cy) % CANVAS, (x[inside] + cx) % CANVAS
        fill = fills[rng.integers(len(fills))]
        scene[rows, columns] = rng.normal() * 0.4 + fill[rows, columns]
    return _whitened(scene)


def _whitened(scene: Floats) -> Floats:
    """A scene with more of its fine detail; mean 0, sd 1."""
    fy, fx = np.fft.fftfreq(CANVAS)[:, None], np.fft.rfftfreq(CANVAS)[None, :]
    f = np.hypot(fy, fx)
    keep = f**WHITENING * np.exp(-((f / CUTOFF) ** 4))
    found: Floats = np.fft.irfft2(np.fft.rfft2(scene) * keep, s=scene.shape)
    return (found - found.mean()) / found.std()


def smooth_walk(rng: np.random.Generator, n: int, sd: float, tau: float) -> Floats:
    """An Ornstein-Uhlenbeck process of `n` frames, of time constant `tau` (frames)."""
    keep = np.exp(-1 / tau)
    steps = rng.normal(size=n) * sd * np.sqrt(1 - keep**2)
    walk = np.empty(n)
    now = rng.normal() * sd
    for k in range(n):
        now = keep * now + steps[k]
        walk[k] = now
    return walk


def _path(rng: np.random.Generator, n: int) -> Floats:
    """Position [n, 2] in steps of something that drifts, at log-uniform mean speeds."""
    speed = np.exp(rng.uniform(*np.log(SPEEDS)))
    direction = rng.uniform(0, 2 * np.pi) + np.cumsum(smooth_walk(rng, n, 0.03, 20))
    pace = speed * np.exp(smooth_walk(rng, n, 0.3, 15))
    velocity = np.stack([np.cos(direction), np.sin(direction)], 1) * pace[:, None]
    return np.cumsum(velocity, axis=0) + rng.uniform(0, CANVAS, 2)


def _seen(scene: Floats, path: Floats, angle: Floats, zoom: Floats) -> Floats:
    """What a camera sees of a scene, in steps, [n, 72, 128]."""
    height, width = SHAPE[0] * FINE, SHAPE[1] * FINE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - width / 2, y - height / 2
    c, s = (zoom * np.cos(angle))[:, None, None], (zoom * np.sin(angle))[:, None, None]
    at_x = (path[:, 0, None, None] + c * x - s * y) % CANVAS
    at_y = (path[:, 1, None, None] + s * x + c * y) % CANVAS
    periodic = np.pad(scene, ((0, 1), (0, 1)), mode="wrap")
    at = np.stack([at_x, at_y], -1).reshape(1, -1, width, 2) / CANVAS * 2 - 1
    seen = grid_sample(
        torch.from_numpy(periodic.astype(np.float32))[None, None],
        torch.from_numpy(at.astype(np.float32)),
        align_corners=True,
    )
    found: Floats = seen.view(len(path), height, width).numpy()
    return found


def render_scene(rng: np.random.Generator, n_frames: int) -> NDArray[np.uint8]:
    """One scene, uint8 [n, 36, 64]."""
    paths = [_path(rng, n_frames) for _ in range(2)]
    angle = rng.uniform(0, 2 * np.pi) + np.cumsum(smooth_walk(rng, n_frames, 0.006, 30))
    zoom = 0.8 * np.exp(smooth_walk(rng, n_frames, 0.15, 60))
    seen = _seen(dead_leaves(rng), paths[0], angle, zoom)
    amount = rng.choice([0.0, 0.3, 0.5])
    if amount:
        shape = texture(rng, 1.6)
        level = np.quantile(shape, 1 - amount)
        before = _seen((shape > level).astype(float), paths[1], angle, zoom)
        seen += before * (_seen(dead_leaves(rng), paths[1], angle, zoom) - seen)
    grey = np.clip(MEAN + rng.uniform(*CONTRASTS) * seen, 0, 255)
    height, width = SHAPE
    pixels = grey.reshape(len(grey), height, FINE, width, FINE).mean((2, 4))
    return np.rint(pixels).astype(np.uint8)


def render_clip(seed: tuple[int, ...], n_frames: int) -> NDArray[np.uint8]:
    """A clip of scenes of 1 to 2.5 s at 30 frames/s, uint8 [n_frames, 36, 64]."""
    rng = np.random.default_rng(seed)
    scenes: list[NDArray[np.uint8]] = []
    while (done := sum(map(len, scenes))) < n_frames:
        scenes.append(
            render_scene(rng, min(int(rng.integers(30, 75)), n_frames - done))
        )
    return np.concatenate(scenes)
