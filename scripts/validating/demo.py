"""The demo sessions: responses of some of their units, truth, and groups of units."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import insilico_gui as ig
from validating.quantities import Quantity
from validating.truth.closed_form import GratingModel
from validating.truth.screen import sphere

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from validating.checks import Settings

AREAS = ("V1", "LM", "AL", "RL")
EDGE = 0.65  # |rf_x| or |rf_y| from which on a unit is at the edge
EVERY, EVERY_QUICK = 8, 24  # of how many units one is measured
NAMES = ("demo", "demo/noisy")


class Demo:
    """A demo session and the units of it that are measured.

    Attributes
    ----------
    name : str
    rows : int array [U]
    units : pandas.DataFrame
        Their rows of the unit table.
    model : GratingModel
        What they would do without edges of the screen.
    """

    def __init__(self, name: str, every: int) -> None:
        self.name = name
        self.is_noisy = name != NAMES[0]
        self.session = ig.open_session(name, device="cpu")
        self.rows = np.arange(0, len(self.session.units), every)
        self.units: pd.DataFrame = self.session.units.iloc[self.rows]
        self.model = GratingModel(self.rows)

    def truth(self, name: str) -> Any:
        """A column of the unit table, [U]."""
        return self.units[f"true_{name}"].to_numpy()

    def respond(self, stimulus: Any) -> xr.DataArray:
        """Responses of the units to a stimulus."""
        found: xr.DataArray = ig.encode(self.session, stimulus, indices=self.rows)
        return found

    def groups(self, edge: NDArray[np.bool_] | None = None) -> dict[str, Any]:
        """Units inside and at the edge, all and of each area."""
        if edge is None:
            x, y = (np.abs(self.truth(f"rf_{axis}")) for axis in "xy")
            edge = np.maximum(x, y) > EDGE
        area = self.units["area"].to_numpy()
        found: dict[str, Any] = {}
        for name, where in (("inside", ~edge), ("edge", edge)):
            found[name] = where
            found |= {f"{one}, {name}": where & (area == one) for one in AREAS}
        return found

    def quantity(
        self,
        name: str,
        truth: Any,
        measured: Any,
        of: Any = True,
        *,
        edge: NDArray[np.bool_] | None = None,
        **more: Any,
    ) -> Quantity:
        """A quantity of the units that `of` chooses."""
        groups = {k: v & np.asarray(of) for k, v in self.groups(edge).items()}
        return Quantity(name, truth, measured, groups=groups, source=self.name, **more)

    def centre_deg(self) -> tuple[Any, Any]:
        """True azimuth and altitude, [U]."""
        return sphere(self.truth("rf_x"), self.truth("rf_y"))


@cache
def _demo(name: str, every: int) -> Demo:
    return Demo(name, every)


def demos(settings: Settings) -> tuple[Demo, Demo]:
    """The session without noise, and the one with it."""
    every = settings.of(EVERY, EVERY_QUICK)
    one, other = (_demo(name, every) for name in NAMES)
    return one, other
