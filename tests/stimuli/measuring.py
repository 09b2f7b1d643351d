"""What rendered frames show: motion, spatial frequency; from grey levels alone."""

from __future__ import annotations

import numpy as np


def all_frames(stimulus) -> np.ndarray:
    return stimulus.frames(0, stimulus.n_frames)


def trial_frames(stimulus, trial) -> np.ndarray:
    """Frames [n, H, W] of a row of the trial table."""
    first = round(trial.onset * stimulus.frame_rate)
    n = round(trial.duration * stimulus.frame_rate)
    return stimulus.frames(first, first + n)


def flow(frames: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Motion of bars, in pixels per frame, to the right and **up**.

    Brightness constancy, gx u + gy v = -gt (Lucas and Kanade 1981), solved by least
    squares along the line on which the gradients lie: bars do not show any other
    motion. `where` marks the pixels to look at, [H, W].
    """
    frames = frames.astype(float)
    before, after = frames[:-1], frames[1:]
    mean = (before + after) / 2
    down, right = np.gradient(mean, axis=1), np.gradient(mean, axis=2)
    seen = np.zeros(frames.shape[1:], bool)
    seen[1:-1, 1:-1] = True
    if where is not None:
        seen &= where
    change = (after - before)[:, seen].ravel()
    gradients = np.stack([g[:, seen].ravel() for g in (right, -down)])
    line = np.linalg.eigh(gradients @ gradients.T).eigenvectors[:, -1]
    along = line @ gradients
    return -(along @ change) / (along @ along) * line


def angle_between(one: float, other: float, period: float = 360) -> float:
    """How far two angles are apart, in degrees."""
    return abs((one - other + period / 2) % period - period / 2)


def direction_of(frames: np.ndarray, where: np.ndarray | None = None) -> float:
    """Direction of motion in degrees: 0 = right, 90 = up."""
    u, v = flow(frames, where)
    return float(np.degrees(np.arctan2(v, u)) % 360)


def wave_of(frame: np.ndarray) -> tuple[float, float]:
    """Cycles per pixel of the strongest wave, and the angle along which it varies."""
    window = np.outer(*(np.hanning(n) for n in frame.shape))
    power = np.abs(np.fft.rfft2((frame - 128.0) * window, s=(1024, 1024)))
    row, column = np.unravel_index(power.argmax(), power.shape)
    right, up = np.fft.rfftfreq(1024)[column], -np.fft.fftfreq(1024)[row]
    return float(np.hypot(right, up)), float(np.degrees(np.arctan2(up, right)) % 180)


def rate_of(frames: np.ndarray, frame_rate: float = 30.0) -> float:
    """Frequency (Hz) at which pixels change most."""
    traces = frames[:, ::8, ::8].reshape(len(frames), -1).astype(float)
    traces -= traces.mean(0)
    spectrum = np.abs(np.fft.rfft(traces, axis=0)).mean(1)
    return float(np.fft.rfftfreq(len(frames), 1 / frame_rate)[spectrum.argmax()])


def amplitude_of(frames: np.ndarray) -> np.ndarray:
    """Largest deviation from grey of each pixel, [H, W]."""
    return np.abs(frames.astype(int) - 128).max(0)
