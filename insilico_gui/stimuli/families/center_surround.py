"""Drifting gratings in a round aperture, with or without a grating around it."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from insilico_gui.stimuli.core.checks import MAX_SIZE_DEG
from insilico_gui.stimuli.families.drifting import DriftingTrials
from insilico_gui.stimuli.families.grating_trials import edge
from insilico_gui.stimuli.render.apertures import Disc, Outside
from insilico_gui.stimuli.render.grating_painter import Layer
from insilico_gui.stimuli.spec.parameter_types import (
    AnglesOrCount,
    Numbers,
    OptionalNumber,
    Words,
)
from insilico_gui.stimuli.spec.parameters import (
    CROSSED,
    again,
    number,
    numbers,
    specification,
    words,
)
from insilico_gui.stimuli.spec.trial_spec import with_center

Surround = Literal["none", "same", "orthogonal"]
"""What is around the aperture: grey, or a grating that moves along or across."""


@specification
class CenterSurroundTrials(DriftingTrials):
    """Base of the families that cross diameters, contrasts and surrounds."""

    directions: AnglesOrCount = again(4)
    size_deg: Numbers = numbers(
        30.0,
        "Diameters of the aperture at half height, in degrees.",
        0,
        MAX_SIZE_DEG,
        above=True,
        rank=CROSSED,
    )
    edge_deg: float = edge()
    surround: Words[Surround] = words(
        ("none",),
        "Around the aperture: nothing; the same grating, which continues it in direction "
        "and phase; or one whose direction is 90° counter-clockwise of it.",
    )
    surround_contrast: OptionalNumber = number(
        None,
        "Contrast of the surround, 0 to 1; default that of the grating.",
        0,
        1,
        empty="that of the grating",
    )
    gap_deg: float = number(
        0.0,
        "Width of the grey ring between grating and surround, in degrees.",
        0,
        MAX_SIZE_DEG,
    )

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
