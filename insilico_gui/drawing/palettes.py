"""Colour maps to choose from for columns and responses, by what their values are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from insilico_gui.drawing.colors import CYCLIC, DIVERGING, SEQUENTIAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["sequential", "diverging", "cyclic"]

EVEN_HUES = "even hues"
"""Hues of one lightness: none looks stronger than another, as in ``hsv`` yellow does."""

PALETTES: dict[Kind, tuple[str, ...]] = {
    "sequential": (SEQUENTIAL, "inferno", "magma", "plasma", "gray"),
    "diverging": (DIVERGING, "PiYG"),
    "cyclic": (CYCLIC, EVEN_HUES, "twilight"),
}
"""All but the hues are told apart with any colour vision, and even in lightness; of the
cyclic ones ``twilight`` is."""

LIGHTNESS, CHROMA = 0.72, 0.115
"""Of the even hues in OKLab: the strongest that a screen has for all of them."""


def palette(kind: Kind) -> tuple[str, ...]:
    """Names of the colour maps for values of a kind, the usual one first."""
    return PALETTES[kind]


def chosen_colormap(wanted: str | None, kind: Kind, usual: str) -> str:
    """The colour map that was chosen, if it suits the kind of values; else the usual."""
    return wanted if wanted in PALETTES[kind] else usual


def even_hues(n: int = 256) -> NDArray[np.float64]:
    """Red, green and blue [n, 3] in 0..1 of hues of one lightness, all around.

    A circle in OKLab (Ottosson 2020), from red.
    """
    hue = np.radians(29.2) + 2 * np.pi * np.arange(n) / n
    lab = np.stack(
        [np.full(n, LIGHTNESS), CHROMA * np.cos(hue), CHROMA * np.sin(hue)], axis=1
    )
    to_cones = np.array(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.2914855480],
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((lab @ to_cones.T) ** 3 @ to_rgb.T, 0.0, 1.0)
    bright = 1.055 * linear ** (1 / 2.4) - 0.055
    found: NDArray[np.float64] = np.where(linear <= 0.0031308, 12.92 * linear, bright)
    return found
