"""What noise and dots show: motion in two dimensions, spectra; from grey levels alone."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


def flow_2d(frames: np.ndarray, blur: float = 2.0) -> np.ndarray:
    """Motion common to a patterned surface, in pixels per frame: right and **up**.

    Least squares of gx u + gy v = -gt (Lucas and Kanade 1981), after a blur that makes
    differences of pixels good gradients.
    """
    smooth = gaussian_filter(frames.astype(float), (0, blur, blur))
    before, after = smooth[:-1], smooth[1:]
    down, right = np.gradient((before + after) / 2, axis=(1, 2))
    inside = (slice(None), slice(6, -6), slice(6, -6))
    gradients = np.stack([right[inside].ravel(), -down[inside].ravel()], 1)
    change = (after - before)[inside].ravel()
    return np.linalg.lstsq(gradients, -change)[0]


def spatial_power(frames: np.ndarray, display) -> tuple[np.ndarray, ...]:
    """Mean power of the frames, and the cycles per degree right and up of each wave."""
    _, height, width = frames.shape
    right, down = display.degrees_per_pixel
    centred = frames - frames.mean(axis=(1, 2), keepdims=True)
    power = np.square(np.abs(np.fft.fft2(centred))).mean(0)
    fx = np.fft.fftfreq(width, right)[None] + np.zeros((height, 1))
    fy = -np.fft.fftfreq(height, down)[:, None] + np.zeros((1, width))
    return power, fx, fy


def temporal_power(frames: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and mean power of the pixels at them."""
    traces = frames[:, ::3, ::3].reshape(len(frames), -1).astype(float)
    traces = (traces - traces.mean(0)) * np.hanning(len(frames))[:, None]
    power = np.square(np.abs(np.fft.rfft(traces, axis=0))).mean(1)
    return np.fft.rfftfreq(len(frames), 1 / rate), power
