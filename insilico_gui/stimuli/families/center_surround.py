"""Drifting gratings in a round aperture, with or without a grating around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from insilico_gui.stimuli.core.checks import (
    MAX_SIZE_DEG,
    choices,
    numbers,
    size_in_degrees,
    within,
)
from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.render.apertures import Disc, Outside
from insilico_gui.stimuli.spec.form_types import several
from insilico_gui.stimuli.spec.trial_spec import with_center

if TYPE_CHECKING:
    import pandas as pd

    from insilico_gui.stimuli.render.grating_painter import Layer

Surround = Literal["none", "same", "orthogonal"]
"""What is around the aperture: grey, or a grating that moves along or across."""

SURROUNDS: tuple[Surround, ...] = get_args(Surround)

Surrounds = Annotated[Sequence[str], several(*SURROUNDS)]
"""One or several of them, for a form."""


@dataclass(frozen=True, kw_only=True)
class CenterSurroundTrials(DriftingTrials):
    """Base of the families that cross diameters, contrasts and surrounds.

    Attributes
    ----------
    size_deg : tuple of float
        Diameters of the aperture at half height, in degrees.
    edge_deg : float
        Width of its soft edge.
    surround : tuple of {"none", "same", "orthogonal"}
        Same: the surround continues the grating, in direction and phase. Orthogonal:
        its direction is 90 degrees counter-clockwise of it.
    surround_contrast : float, optional
        0 to 1; default that of the centre.
    gap_deg : float
        Width of the grey ring between the two.
    """

    size_deg: tuple[float, ...] = (30.0,)
    edge_deg: float = 1.0
    surround: tuple[Surround, ...] = ("none",)
    surround_contrast: float | None = None
    gap_deg: float = 0.0

    def _normalise(self) -> dict[str, object]:
        contrast = self.surround_contrast
        return {
            **super()._normalise(),
            "size_deg": tuple(
                size_in_degrees(size, "size_deg")
                for size in numbers(self.size_deg, "size_deg")
            ),
            "edge_deg": within(self.edge_deg, "edge_deg", 0, MAX_SIZE_DEG),
            "surround": choices(self.surround, "surround", SURROUNDS),
            "surround_contrast": None
            if contrast is None
            else within(contrast, "surround_contrast", 0, 1),
            "gap_deg": within(self.gap_deg, "gap_deg", 0, MAX_SIZE_DEG),
        }

    def _factors(self) -> dict[str, tuple[object, ...]]:
        own = {"size_deg": self.size_deg, "surround": self.surround}
        return {**super()._factors(), **own}

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; with the centre of the aperture."""
        crossed = super().conditions
        return with_center(crossed, self.display, self.center, self.angles)

    def _layers(self, condition: Any) -> list[Layer]:
        hole = Disc(condition.size_deg, self.edge_deg, self.center)
        layers = [self._layer(condition, hole)]
        if condition.surround != "none":
            turn = 90 if condition.surround == "orthogonal" else 0
            contrast = self.surround_contrast
            around = condition._replace(
                direction=(condition.direction + turn) % 360,
                contrast=condition.contrast if contrast is None else contrast,
            )
            wider = Disc(
                hole.diameter_deg + 2 * self.gap_deg, hole.edge_deg, hole.center
            )
            layers.append(self._layer(around, Outside(wider)))
        return layers
