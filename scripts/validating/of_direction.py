"""Direction tuning: preferences and indices, their intervals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import insilico_gui as ig
from validating.checks import Settings, checks, columns_of
from validating.demo import Demo, demos
from validating.quantities import Bound, Quantity, covered

if TYPE_CHECKING:
    from numpy.typing import NDArray

SF, TF = 0.04, 2.0
N_ON, WINDOW = 60, slice(30, 60)  # frames: two whole periods, once settled
WINDOW_S: dict[str, Any] = {
    "latency_s": 1.0,
    "window_s": 29 / 30,
}  # both ends are in the window
STEPS = np.arange(16) * 22.5


def shown(repeats: int) -> Any:
    """Gratings in 16 directions for 2 s."""
    return ig.stimuli.drifting_gratings(
        n_directions=16,
        spatial_frequency=SF,
        temporal_frequency=TF,
        duration_s=N_ON / 30,
        blank_s=0.5,
        repeats=repeats,
    )


@cache
def responses(demo: Demo, repeats: int) -> Any:
    """Responses to :func:`shown`, for several checks."""
    return demo.respond(shown(repeats))


def true_curve(demo: Demo, direction: Any) -> NDArray[np.float64]:
    """Mean response in the window to directions, [.., U]."""
    course = demo.model.course(direction, SF, TF, n_on=N_ON)
    return np.asarray(course[WINDOW].mean(axis=0))


def true_indices(demo: Demo) -> dict[str, Any]:
    """Indices of the closed form, [U], under the names of columns."""
    best = demo.truth("direction")
    at = [np.nan_to_num(best + turn) for turn in (0, 180, 90, -90)]
    most, null, *across = true_curve(demo, np.stack(at))
    orthogonal = np.mean(across, axis=0)
    curve = true_curve(demo, STEPS[:, None])
    turn = np.exp(1j * np.radians(STEPS))[:, None]
    total = curve.sum(axis=0)
    return {
        "OSI_fit": (most - orthogonal) / (most + orthogonal),
        "DSI_fit": (most - null) / (most + null),
        "gOSI": np.abs((curve * turn**2).sum(axis=0)) / total,
        "gDSI": np.abs((curve * turn).sum(axis=0)) / total,
    }


@checks("direction tuning")
def preferences(settings: Settings) -> Iterator[Quantity]:
    """Preferred direction and orientation, and indices, of the demo."""
    for demo in demos(settings):
        repeats = settings.of(4, 2) if demo.is_noisy else 1
        found = columns_of(
            "direction tuning",
            responses(demo, repeats),
            shown(repeats),
            demo.session,
            demo.rows,
            **WINDOW_S,
        )
        kind = demo.truth("class")
        exact = None if demo.is_noisy else Bound("error", 0.05)
        yield demo.quantity(
            "pref_dir",
            demo.truth("direction"),
            found["pref_dir"],
            kind == "direction",
            unit="deg",
            period=360,
            truth_is="true_direction",
            bound=exact,
        )
        yield demo.quantity(
            "pref_ori",
            demo.truth("orientation"),
            found["pref_ori"],
            kind != "untuned",
            unit="deg",
            period=180,
            truth_is="true_orientation",
        )
        for name, true in true_indices(demo).items():
            yield demo.quantity(name, true, found[name], kind != "untuned")


@checks("direction uncertainty")
def intervals(settings: Settings) -> Iterator[Quantity]:
    """How often 95 % intervals hold the truth under noise."""
    demo = demos(settings)[1]
    repeats = settings.of(4, 2)
    found = columns_of(
        "direction uncertainty",
        responses(demo, repeats),
        shown(repeats),
        demo.session,
        demo.rows,
        n_draws=settings.of(300, 100),
        **WINDOW_S,
    )
    kind = demo.truth("class")
    of = kind == "direction"
    true = demo.truth("direction")
    yield demo.quantity(
        "vector_dir",
        true,
        found["vector_dir"],
        of,
        unit="deg",
        period=360,
        truth_is="true_direction",
    )
    held = covered(found, "vector_dir", true, 360)
    yield demo.quantity("vector_dir, 95 % interval", 0.95, held, of, unit="share")
    indices = true_indices(demo)
    for name in ("gOSI", "gDSI"):
        held = covered(found, name, indices[name])
        of = kind == "direction"
        yield demo.quantity(f"{name}, 95 % interval", 0.95, held, of, unit="share")
