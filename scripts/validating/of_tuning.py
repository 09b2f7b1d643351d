"""Tuning to frequencies, contrast and speed, and joint fits, on the demo."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

import insilico_gui as ig
from validating.checks import Settings, checks, columns_of
from validating.demo import Demo, demos
from validating.quantities import Bound, Quantity

HALF_OCTAVES = {
    "spatial_frequency": (0.01 * 2 ** np.arange(0, 4.1, 0.5)).tolist(),
    "temporal_frequency": (0.5 * 2 ** np.arange(0, 4.6, 0.5)).tolist(),
}
CONTRASTS = (0.05, 0.1, 0.15, 0.25, 0.4, 0.65, 1.0)


def tuned(demo: Demo) -> Any:
    """Units that prefer a direction, [U]."""
    return demo.truth("class") != "untuned"


def _columns(demo: Demo, shown: Any, parameter: str) -> Any:
    return columns_of(
        "tuning",
        demo.respond(shown),
        shown,
        demo.session,
        demo.rows,
        parameter=parameter,
    )


@checks("tuning")
def frequencies(settings: Settings) -> Iterator[Quantity]:
    """Preferred spatial and temporal frequency, half an octave from level to level."""
    for demo in demos(settings):
        for parameter, levels in HALF_OCTAVES.items():
            short = parameter[0] + "f"
            shown = ig.stimuli.drifting_gratings(
                n_directions=8,
                **{parameter: levels},
                # half a second and a whole cycle of the slowest
                duration_s=1.5 if short == "sf" else 2.5,
                blank_s=0.1,
                repeats=settings.of(2, 1) if demo.is_noisy else 1,
            )
            found = _columns(demo, shown, parameter)
            yield demo.quantity(
                f"pref_{short}_fit",
                demo.truth(short),
                found[f"pref_{short}_fit"],
                tuned(demo),
                unit="octaves",
                truth_is=f"true_{short}",
                bound=None if demo.is_noisy else Bound("bias", 0.05),
            )


@checks("tuning")
def contrasts(settings: Settings) -> Iterator[Quantity]:
    """Contrast of half the response, and the exponent."""
    for demo in demos(settings):
        shown = ig.stimuli.drifting_gratings(
            n_directions=8,
            contrast=CONTRASTS,
            duration_s=1.0,
            blank_s=0.1,
            repeats=settings.of(4, 2) if demo.is_noisy else 1,
        )
        found = _columns(demo, shown, "contrast")
        yield demo.quantity(
            "c50_fit",
            demo.truth("c50"),
            found["c50_fit"],
            tuned(demo),
            unit="octaves",
            truth_is="true_c50",
        )
        yield demo.quantity(
            "contrast_exponent_fit",
            demo.truth("contrast_exponent"),
            found["contrast_exponent_fit"],
            tuned(demo),
            truth_is="true_contrast_exponent",
        )


@cache
def _crossed(demo: Demo) -> tuple[Any, Any]:
    """Gratings of several frequencies and directions, and responses to them."""
    shown = ig.stimuli.drifting_gratings(
        n_directions=8,
        spatial_frequency=(0.02, 0.04, 0.08),
        temporal_frequency=(1, 2, 4),
        duration_s=1.5,
        blank_s=0.1,
    )
    return shown, demo.respond(shown)


def _inside(demo: Demo) -> Any:
    """Tuned units whose frequencies are between the outer levels shown, [U]."""
    sf, tf = demo.truth("sf"), demo.truth("tf")
    return (sf > 0.02) & (sf < 0.08) & (tf > 1) & (tf < 4)


@checks("tuning")
def speeds(settings: Settings) -> Iterator[Quantity]:
    """Speed of the best frequencies; the filters are separable, so the index is 0."""
    for demo in demos(settings):
        shown, responses = _crossed(demo)
        found = columns_of(
            "tuning",
            responses,
            shown,
            demo.session,
            demo.rows,
            parameter="spatial_frequency x temporal_frequency",
        )
        of = _inside(demo)
        yield demo.quantity(
            "pref_speed_fit",
            demo.truth("tf") / demo.truth("sf"),
            found["pref_speed_fit"],
            of,
            unit="octaves",
            truth_is="true_tf / true_sf",
        )
        yield demo.quantity("speed_index_fit", 0.0, found["speed_index_fit"], of)


@checks("joint frequency tuning")
def joint(settings: Settings) -> Iterator[Quantity]:
    """Both frequencies, direction and speed in one fit."""
    for demo in demos(settings):
        shown, responses = _crossed(demo)
        found = columns_of(
            "joint frequency tuning",
            responses,
            shown,
            demo.session,
            demo.rows,
        )
        of = _inside(demo)
        for short in ("sf", "tf"):
            yield demo.quantity(
                f"joint_{short}",
                demo.truth(short),
                found[f"joint_{short}"],
                of,
                unit="octaves",
                truth_is=f"true_{short}",
            )
        yield demo.quantity(
            "joint_speed_deg_s",
            demo.truth("tf") / demo.truth("sf"),
            found["joint_speed_deg_s"],
            of,
            unit="octaves",
            truth_is="true_tf / true_sf",
        )
        yield demo.quantity(
            "joint_direction",
            demo.truth("direction"),
            found["joint_direction"],
            of & (demo.truth("class") == "direction"),
            unit="deg",
            period=360,
            truth_is="true_direction",
        )
        yield demo.quantity("joint_speed_index", 0.0, found["joint_speed_index"], of)
        yield demo.quantity("joint_q", -1.0, found["joint_q"], of)
        yield demo.quantity("sf_tf_separability", 1.0, found["sf_tf_separability"], of)
