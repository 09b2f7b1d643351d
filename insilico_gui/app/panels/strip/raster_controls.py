"""What is chosen beside the raster: the order, the scale, which units, what beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from insilico_gui.analysis.population.unit_orders import has_rastermap
from insilico_gui.app.panels.panel import NarrowText
from insilico_gui.app.panels.strip.beside import may_be_beside
from insilico_gui.app.widgets.controls import check, choice
from insilico_gui.experiment.document import (
    COMPONENT,
    PEAK_TIME,
    RASTERMAP,
    TABLE_ORDER,
)
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved

WIDTH = 164
SCALES = ("z-score", "response", "percentile")
NO_ORDER = frozenset({"unit_id"})
BESIDE = {"A alone": "", "B beside A": "A", "A and B, sorted by B": "B"}
BESIDE_TIP = (
    "Draws the same units of the run that is compared with (B) beside those of the run on "
    "show (A), joined by unit id and in one order"
)


class RasterControls(QWidget):
    """Choices for the raster, which are view state of the experiment.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._experiment = desk, desk.experiment
        self._sorts: dict[str, str] = {}
        self.sort = choice(self._sorted, "Order of the units", letters=8)
        self.scale = choice(
            lambda text: self._use(scale=text),
            "Standard deviations of a unit from its mean over time, its responses, or "
            "percentiles of its own responses; the burn-in left out",
            SCALES,
            letters=8,
        )
        self.descending = check(
            "highest first",
            lambda on: self._use(descending=on),
            "Turns the order around",
        )
        self.by_area = check(
            "within areas", lambda on: self._use(by_area=on), "Areas stay together"
        )
        self.only_selected = check(
            "selected only",
            lambda on: self._use(only_selected=on),
            "Leaves out units that are not selected",
        )
        self.beside = choice(
            lambda text: self._use(beside=BESIDE[text]),
            BESIDE_TIP,
            list(BESIDE),
            letters=8,
        )
        self.about = NarrowText()
        self.about.setMinimumWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (
            *(self.sort, self.scale, self.beside, self.descending, self.by_area),
            *(self.only_selected, self.about),
        ):
            column.addWidget(widget)
        column.addStretch(1)
        self.setFixedWidth(WIDTH)

    # -- from the user -----------------------------------------------------------------

    def _use(self, **changes: Any) -> None:
        raster = self._desk.now.view.raster
        self._desk.attempt(
            self._experiment.look, raster={**raster.model_dump(), **changes}
        )

    def _sorted(self, text: str) -> None:
        self._use(sort=self._sorts[text])

    # -- from the state ----------------------------------------------------------------

    def draw(self, now: Resolved) -> None:
        """Show what is chosen, and what can be."""
        raster, units = now.view.raster, now.units
        sorts = {PEAK_TIME: PEAK_TIME, COMPONENT: COMPONENT}
        if has_rastermap():
            sorts[RASTERMAP] = RASTERMAP
        sorts[TABLE_ORDER] = TABLE_ORDER
        for name in units.columns:
            if name in NO_ORDER or units[name].dtype.kind not in "fiubOSU":
                continue
            label = facts(str(name)).label
            sorts[label if label not in sorts else f"{label} ({name})"] = str(name)
        if sorts != self._sorts:
            self._sorts = sorts
            self.sort.clear()
            self.sort.addItems(list(sorts))
        chosen = next((t for t, v in sorts.items() if v == raster.sort), TABLE_ORDER)
        self.sort.setCurrentText(chosen)
        self.scale.setCurrentText(raster.scale)
        self.descending.setChecked(raster.descending)
        self.by_area.setChecked(raster.by_area)
        self.by_area.setVisible(len(now.encoded_areas[1]) > 1)
        self.only_selected.setChecked(raster.only_selected)
        self.beside.setVisible(may_be_beside(now))
        self.beside.setCurrentText(
            next(text for text, value in BESIDE.items() if value == raster.beside)
        )
