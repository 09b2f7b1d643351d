"""Where the dots of a random-dot kinematogram are: paths of limited length.

Every dot lives for the same number of frames, starts its first life at a random age,
and begins each life at a new random place. What it does in a life follows from that
place, its age and the condition, so any frame can be made without those before it.
Positions are whole numbers of 1/4096 of a degree from the centre of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.stimuli.core.random_words import random_words
from insilico_gui.stimuli.render.shapes import fixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

_LIVES, _AGES = 0, 1  # streams of random numbers


@dataclass(frozen=True)
class Trajectory:
    """How the dots of a condition move.

    Attributes
    ----------
    motion : str
        "translation", "expansion", "contraction", "clockwise" or "counterclockwise".
    direction : float
        Of a translation, in degrees: 0 = to the right, 90 = up.
    step_deg : float
        Degrees that a dot moves from frame to frame.
    coherence : float
        Part of the dots that does so; each of the others keeps a direction of its own.
    """

    motion: str
    direction: float
    step_deg: float
    coherence: float


class DotPaths:
    """Positions of the dots of one condition.

    Parameters
    ----------
    trajectory : Trajectory
    n_dots : int
    area_deg : (float, float)
        Width and height of the area about the centre in which lives begin.
    wrap_deg : (float, float), optional
        Width and height beyond which a dot comes back on the other side.
    lifetime : int
        Frames of a life.
    seed, part : int
        Which random numbers.
    """

    def __init__(
        self,
        trajectory: Trajectory,
        *,
        n_dots: int,
        area_deg: tuple[float, float],
        wrap_deg: tuple[float, float] | None,
        lifetime: int,
        seed: int,
        part: int,
    ) -> None:
        self._trajectory = trajectory
        self._n = n_dots
        self._area = area_deg
        self._wrap = None if wrap_deg is None else fixed(wrap_deg).astype(np.int64)
        self._lifetime = lifetime
        self._seed, self._part = seed, part
        ages = random_words(seed, n_dots, stream=_AGES, part=part) % np.uint64(lifetime)
        self._first_age = ages.astype(np.int64)
        self._life = lru_cache(maxsize=4)(self._make_life)

    def __call__(self, frame: int) -> Positions:
        """Positions to the right and up; int64 [n_dots, 2]."""
        life, age = np.divmod(frame + self._first_age, self._lifetime)
        earlier = frame // self._lifetime
        start, heading = (
            np.where((life == earlier)[:, None], one, other)
            for one, other in zip(
                self._life(earlier), self._life(earlier + 1), strict=True
            )
        )
        position = fixed(self._moved(start, heading, age)).astype(np.int64)
        if self._wrap is not None:
            half = self._wrap // 2
            position = (position + half) % self._wrap - half
        return position

    def _make_life(self, life: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the dots begin a life, in degrees, and the headings of the others."""
        words = random_words(
            self._seed, 3 * self._n, stream=_LIVES, part=self._part, step=life
        )
        uniform = (words >> np.uint64(11)).astype(np.float64) / 2**53
        start = (uniform[: 2 * self._n].reshape(-1, 2) - 0.5) * self._area
        heading = 2 * np.pi * uniform[2 * self._n :]
        return start, np.stack([np.cos(heading), np.sin(heading)], 1)

    def _moved(
        self,
        start: NDArray[np.float64],
        heading: NDArray[np.float64],
        age: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Positions of dots that began their lives so many frames ago, in degrees."""
        path = self._trajectory
        way = (age.astype(np.float64) * path.step_deg)[:, None]
        moved = start + heading * way
        n = round(path.coherence * self._n)
        moved[:n] = self._coherent(start[:n], way[:n])
        return moved

    def _coherent(
        self, start: NDArray[np.float64], way: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        path = self._trajectory
        if path.motion == "translation":
            angle = np.radians(path.direction)
            return start + way * (np.cos(angle), np.sin(angle))
        # A dot in the very centre has no way out; give it one
        radius = np.maximum(np.hypot(start[:, 0], start[:, 1]), 1e-6)[:, None]
        if path.motion == "expansion":
            return start * (1 + way / radius)
        if path.motion == "contraction":  # an expansion played backwards
            whole_way = (self._lifetime - 1) * path.step_deg
            return start * (1 + (whole_way - way) / radius)
        turn = (way / radius)[:, 0]
        if path.motion == "clockwise":
            turn = -turn
        x, y = start.T
        cosine, sine = np.cos(turn), np.sin(turn)
        return np.stack([x * cosine - y * sine, x * sine + y * cosine], 1)
