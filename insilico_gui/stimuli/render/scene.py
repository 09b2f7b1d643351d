"""A short natural-looking clip, made by formula: textured shapes that move about.

It is what the demo shows. Background and shapes carry noise with a spectrum
like that of natural images;
the background pans slowly and each shape crosses it on its own path, occluding what is
behind it, so that every direction of motion occurs somewhere at some time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.core.base import ArrayStimulus

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXTURE_SIZE = 512
N_SHAPES = 7


def moving_scene(
    duration_s: float = 10.0,
    *,
    frame_shape: tuple[int, int] = (144, 256),
    frame_rate: float = 30.0,
    seed: int = 7,
) -> ArrayStimulus:
    """Make the clip.

    Parameters
    ----------
    duration_s : float
        Length in seconds.
    frame_shape : (int, int)
        Height and width in pixels.
    frame_rate : float
        Frames per second (Hz).
    seed : int
        Same seed, same clip.

    Returns
    -------
    ArrayStimulus
        uint8 frames [T, H, W].
    """
    rng = np.random.default_rng(seed)
    height, width = frame_shape
    n_frames = round(duration_s * frame_rate)
    rows, columns = np.mgrid[:height, :width]
    background = pink_noise(rng)
    textures = [pink_noise(rng) for _ in range(N_SHAPES)]
    radius = rng.uniform(0.09, 0.2, N_SHAPES) * height * 1.4
    angle = rng.permutation(N_SHAPES) * 2 * np.pi / N_SHAPES
    speed = rng.uniform(0.25, 0.7, N_SHAPES) * height  # pixels per second
    start = rng.uniform(0, 1, (N_SHAPES, 2)) * (height, width)
    shade = rng.permutation(np.linspace(-55, 65, N_SHAPES))
    elongation = rng.uniform(1.0, 1.8, N_SHAPES)

    frames = np.empty((n_frames, height, width), dtype=np.uint8)
    for k in range(n_frames):
        t = k / frame_rate
        # A slow pan that turns, like a head that looks around
        pan = 40 * np.array([np.sin(0.5 * t), 1 - np.cos(0.35 * t)])
        picture = 118 + 26 * _shifted(background, rows, columns, pan)
        for i in range(N_SHAPES):
            motion = speed[i] * t * np.array([-np.sin(angle[i]), np.cos(angle[i])])
            # Shapes that leave come back on the other side, off screen in between
            border = 1.2 * radius[i] * elongation[i]
            span = np.array([height, width]) + 2 * border
            centre = (start[i] + motion + border) % span - border
            part = _around(centre, border + 1, frame_shape)
            y, x = rows[part], columns[part]
            dy, dx = y - centre[0], x - centre[1]
            along = dx * np.cos(angle[i]) - dy * np.sin(angle[i])
            across = dx * np.sin(angle[i]) + dy * np.cos(angle[i])
            distance = np.hypot(along / elongation[i], across)
            cover = np.clip((radius[i] - distance) / 2 + 0.5, 0, 1)
            texture = 118 + shade[i] + 32 * _shifted(textures[i], y, x, centre)
            picture[part] += cover * (texture - picture[part])
        frames[k] = np.clip(np.round(picture), 0, 255)
    return ArrayStimulus(
        frames,
        frame_rate,
        name="moving scene",
        attrs={"kind": "moving_scene", "duration_s": duration_s, "seed": seed},
    )


def pink_noise(rng: np.random.Generator) -> NDArray[np.float64]:
    """A periodic texture whose amplitude falls as 1/f^1.4; mean 0, standard deviation 1."""
    frequency = np.hypot(
        np.fft.fftfreq(TEXTURE_SIZE)[:, None], np.fft.rfftfreq(TEXTURE_SIZE)[None]
    )
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((TEXTURE_SIZE, TEXTURE_SIZE)))
    texture = np.fft.irfft2(spectrum / frequency**1.4, s=(TEXTURE_SIZE, TEXTURE_SIZE))
    scaled: NDArray[np.float64] = texture / texture.std()
    return scaled


def _around(
    centre: NDArray[np.float64], reach: float, frame_shape: tuple[int, int]
) -> tuple[slice, slice]:
    """The part of a frame within `reach` pixels of a (row, column)."""
    low = np.clip(np.floor(centre - reach).astype(int), 0, frame_shape)
    high = np.clip(np.ceil(centre + reach).astype(int) + 1, 0, frame_shape)
    return slice(low[0], high[0]), slice(low[1], high[1])


def _shifted(
    texture: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    shift: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The texture moved by a (row, column) shift in pixels, bilinear and periodic."""
    whole = np.floor(shift).astype(int)
    fy, fx = shift - whole
    y, x = (rows - whole[0]) % TEXTURE_SIZE, (columns - whole[1]) % TEXTURE_SIZE
    y0, x0 = (y - 1) % TEXTURE_SIZE, (x - 1) % TEXTURE_SIZE
    upper = (1 - fx) * texture[y0, x] + fx * texture[y0, x0]
    lower = (1 - fx) * texture[y, x] + fx * texture[y, x0]
    blended: NDArray[np.float64] = fy * upper + (1 - fy) * lower
    return blended
