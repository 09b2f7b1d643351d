"""What a click on the map's legend opens: limits, colour map, phase, selectivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QDoubleSpinBox, QFormLayout, QFrame, QHBoxLayout, QLabel

from insilico_gui.app.widgets.colors import lookup_table
from insilico_gui.app.widgets.controls import check, choice, number, quietly
from insilico_gui.drawing.palettes import palette
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.units.columns import facts
from insilico_gui.units.measures import selectivity_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.map.color_scale import ColorScale
    from insilico_gui.experiment.document import ViewState

STRIP = QSize(72, 12)
"""Of the picture of a colour map."""


class LegendForm(QFrame):
    """Choices for the colours on show, in a small window that goes at the next click.

    Parameters
    ----------
    owner : QWidget
        The legend; the form opens below it.
    command : callable(**changes)
        Of :meth:`.Experiment.color_units`.
    problem : callable(str)
        Tells the user one sentence.
    """

    def __init__(
        self,
        owner: QWidget,
        command: Callable[..., object],
        problem: Callable[[str], object],
    ) -> None:
        super().__init__(owner, Qt.WindowType.Popup)
        self._owner, self._command, self._problem = owner, command, problem
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.title = QLabel()
        self.automatic = check(
            "auto limits",
            self._set_automatic,
            "The colours span the values that there are; else set their ends",
        )
        self.low, self.high = _limit_box(self._set_limits), _limit_box(self._set_limits)
        self.colormap = choice(
            lambda name: self._command(colormap=name),
            "Colour map; those of the list are even in lightness for any colour vision, "
            "but for the hues",
        )
        self.colormap.setIconSize(STRIP)
        self.phase = number(
            0.0,
            (-360.0, 360.0),
            lambda: self._command(phase=self.phase.value()),
            "The angle that has the first colour",
            step=15.0,
            decimals=1,
        )
        self.weighted = check("", lambda on: self._command(weighted=on))
        limits = QHBoxLayout()
        limits.addWidget(self.low)
        limits.addWidget(self.high)
        self._rows = rows = QFormLayout(self)
        rows.addRow(self.title)
        rows.addRow("Limits", self.automatic)
        rows.addRow("", limits)
        rows.addRow("Colours", self.colormap)
        rows.addRow("First colour at", self.phase)
        rows.addRow(self.weighted)

    def open(self) -> None:
        """Show the form below the legend, within the screen."""
        self.adjustSize()
        at = self._owner.mapToGlobal(QPoint(0, self._owner.height()))
        screen = self._owner.screen().availableGeometry()
        at.setX(max(min(at.x(), screen.right() - self.width()), screen.left()))
        if at.y() + self.height() > screen.bottom():
            at.setY(self._owner.mapToGlobal(QPoint(0, 0)).y() - self.height())
        self.move(at)
        self.show()
        self.colormap.setFocus()

    # -- from the user -----------------------------------------------------------------

    def _set_automatic(self, automatic: bool) -> None:
        if automatic:
            self._command(limits=None)
        else:
            self._set_limits()

    def _set_limits(self) -> None:
        low, high = self.low.value(), self.high.value()
        if high > low:
            self._command(limits=(low, high))
        else:
            self._problem(
                f"The upper limit {high:g} is not above the lower limit {low:g}; the "
                "colours stay as they were."
            )

    # -- from the state ----------------------------------------------------------------

    def draw(self, scale: ColorScale, view: ViewState, units: pd.DataFrame) -> None:
        """Show the choices for the colours on show."""
        about, has_ends = facts(scale.column), scale.categories is None
        chosen = view.map.scale(scale.column)
        self.title.setText(f"Colours of {about.title}")
        by_hand = has_ends and view.limits is not None
        self._rows.setRowVisible(1, has_ends)
        self.automatic.setEnabled(has_ends)
        self.automatic.setChecked(not by_hand)
        self._rows.setRowVisible(2, by_hand)
        self._rows.setRowVisible(3, has_ends)
        self._rows.setRowVisible(4, scale.cyclic)
        measure = selectivity_of(scale.column, [str(name) for name in units.columns])
        if scale.column == RESPONSE:
            measure = None
        self._rows.setRowVisible(5, measure is not None)
        if measure is not None:
            self.weighted.setText(f"paler where {facts(measure).title} is low")
            self.weighted.setToolTip(f"Column {measure}")
        self.weighted.setChecked(bool(scale.weight))
        low, high = scale.limits
        with quietly(self.low, self.high, self.phase):
            for box, value in ((self.low, low), (self.high, high)):
                box.setDecimals(decimals_for(high - low))
                box.setEnabled(by_hand)
                box.setValue(value)
            self.phase.setSuffix(f" {about.unit}")
            self.phase.setValue(chosen.phase)
        if has_ends:
            self._offer(scale)

    def _offer(self, scale: ColorScale) -> None:
        """Colour maps for values of this kind, the one in use chosen."""
        names = [*palette(scale.kind)]
        if scale.colormap not in names:
            names.insert(0, scale.colormap)
        with quietly(self.colormap):
            if [
                self.colormap.itemText(k) for k in range(self.colormap.count())
            ] != names:
                self.colormap.clear()
                for name in names:
                    self.colormap.addItem(_strip(lookup_table(name)), name)
            self.colormap.setCurrentText(scale.colormap)


def decimals_for(span: float) -> int:
    """Decimals that tell a thousandth of a span."""
    digits = 3 - int(np.floor(np.log10(span))) if span > 0 else 3
    return int(np.clip(digits, 3, 12))


def _strip(table: NDArray[np.float32]) -> QIcon:
    """A picture of a colour map, [256, 4]."""
    places = np.linspace(0, len(table) - 1, STRIP.width()).astype(int)
    row = np.round(255 * table[places, :3]).astype(np.uint8)
    pixels = np.ascontiguousarray(np.repeat(row[None], STRIP.height(), axis=0))
    image = QImage(
        pixels.tobytes(),
        STRIP.width(),
        STRIP.height(),
        3 * STRIP.width(),
        QImage.Format.Format_RGB888,
    )
    return QIcon(QPixmap.fromImage(image.copy()))


def _limit_box(command: Callable[[], object]) -> QDoubleSpinBox:
    box = number(0.0, (-1e9, 1e9), command, decimals=3)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setEnabled(False)
    return box
