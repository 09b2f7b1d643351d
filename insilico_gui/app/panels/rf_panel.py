"""Receptive fields of the selected units, by whatever the stimulus allows."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from insilico_gui.analysis import fit_receptive_fields, trial_table
from insilico_gui.analysis.fields.registry import (
    AVERAGES,
    LEAST_FRAMES,
    WINDOWS_S,
    has_polarities,
    mapping_methods,
    parts_to_map,
    unit_map,
)
from insilico_gui.app.map.outlines import (
    RECEPTIVE_FIELDS,
    fields_fit,
    outlines_note,
)
from insilico_gui.app.panels.panel import fill_box
from insilico_gui.app.panels.parts.analysis_panel import (
    UnitAnalysisPanel,
    chosen_part,
    offered,
    part_box,
    seconds_box,
)
from insilico_gui.app.panels.parts.empty_note import EmptyNote
from insilico_gui.app.widgets.controls import check, choice, number, quietly
from insilico_gui.app.widgets.foldable import Foldable
from insilico_gui.app.widgets.image_plot import (
    DIVERGING,
    SEQUENTIAL,
    ImagePlot,
    symmetric,
)
from insilico_gui.drawing.screen_ticks import degree_ticks, pixel_ticks
from insilico_gui.stimuli.core.display import Display

if TYPE_CHECKING:
    import xarray as xr

    from insilico_gui.analysis import ReceptiveFieldFit
    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.analyses import Result
    from insilico_gui.experiment.resolved import Resolved

BOTH = "on+off"
DEGREES, PIXELS = "degrees", "pixels"


class ReceptiveFieldPanel(UnitAnalysisPanel):
    """Map of a unit with its Gaussian; outlines of the selection over the stimulus."""

    title = "Receptive fields"
    place = "right"
    order = 20
    names = frozenset({RECEPTIVE_FIELDS})
    draws = frozenset(
        {
            *("responses", "encoded", "results", "computing", "units", "selection"),
            *("shown", "view.unit_id", "view.outlines_min_r2"),
        }
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._seen: Result | None = None
        self.compute_button.setText("Map fields")
        self.method = choice(
            self._use_method,
            "Dots and sparse noise: mean response to what covers a place. Noise images: "
            "mean image by responses. Averages: of the frames before responses, or of "
            "their contrast, for units that answer to light and dark alike",
        )
        self.part = part_box(self._show_map)
        self.latency = seconds_box(0.0, "From the stimulus to the window", "from ")
        self.window_s = seconds_box(0.0, "Length of the response window", "for ")
        self.polarity = choice(self._show_map, names=[BOTH, "on", "off"])
        self.axes = choice(self._show_map, names=[DEGREES, PIXELS])
        self.outlines = check(
            "Outlines, r² ≥",
            self._outline,
            "Gaussians of the selected units, drawn on the map",
        )
        self.least_r2 = number(
            0.1,
            (0.0, 1.0),
            self._outline,
            "No outlines of units that are fitted worse",
            step=0.05,
        )
        self.plot, self.note = ImagePlot(), EmptyNote()
        self.outline = self.plot.plot(pen=pg.mkPen("w", width=2))
        self.fold = Foldable(
            (self.unit, self.compute_button),
            self._controls(),
            ((self.plot, 1), (self.note, 1)),
        )
        self.body.addWidget(self.about)
        self.body.addWidget(self.fold, 1)

    def _controls(self) -> QVBoxLayout:
        form = QFormLayout()
        form.setVerticalSpacing(2)
        form.addRow("By", _row(self.method, self.part))
        form.addRow("Window", _row(self.latency, self.window_s))
        form.addRow("Show", _row(self.polarity, self.axes))
        controls = QVBoxLayout()
        controls.addLayout(form)
        controls.addLayout(_row(self.outlines, self.least_r2))
        controls.addStretch(1)
        return controls

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session may be shown what fields are mapped with."""
        return super().is_offered(now) and now.may_see_video

    # -- from the user -----------------------------------------------------------------

    def compute(self) -> None:
        """Map and fit the fields of every encoded unit, in the background."""
        method = self.method.currentText()
        if self.now.responses is None or not method:
            return
        usual = WINDOWS_S[method]
        window = self.latency.value(), self.window_s.value()
        given: dict[str, Any] = {"method": method, "part": chosen_part(self.part)}
        for name, value, default in zip(
            ("latency_s", "window_s"), window, usual, strict=True
        ):
            given[name] = None if value == default else value
        self.desk.window.analyse(RECEPTIVE_FIELDS, given)

    def _use_method(self, method: str) -> None:
        latency_s, window_s = WINDOWS_S.get(method, (0.0, 0.0))
        self.latency.setValue(latency_s)
        self.window_s.setValue(window_s)
        self.latency.setToolTip(
            "The first lag" if method in AVERAGES else "From the stimulus to the window"
        )
        self.window_s.setToolTip(
            "From the first to the last lag"
            if method in AVERAGES
            else "Length of the response window"
        )
        self._offer_parts()
        self._show_map()

    def _outline(self, *_: object) -> None:
        least = self.least_r2.value() if self.outlines.isChecked() else None
        self.attempt(self.experiment.look, outlines_min_r2=least)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Offer what can be computed, and show what was."""
        responses, result = self.now.responses, self.now.results.get(RECEPTIVE_FIELDS)
        names = []
        if responses is not None:
            names = mapping_methods(responses, self.now.conversion)
        if names != offered(self.method):
            fill_box(self.method, names)
            self._use_method(self.method.currentText())
        self.compute_button.setEnabled(bool(names) and not self.is_computing)
        self._offer_parts()
        if result is not None and result is not self._seen:
            part = result.dataset.attrs["analysis"].get("part")
            if part is not None:
                self.part.setCurrentText(part)
        self._seen = result
        least = self.now.view.outlines_min_r2
        with quietly(self.outlines, self.least_r2):
            self.outlines.setChecked(least is not None)
            if least is not None:
                self.least_r2.setValue(least)
        self._show_map()

    def _offer_parts(self) -> None:
        """Offer the parts of a sequence where there is a choice between them."""
        responses, method = self.now.responses, self.method.currentText()
        names: list[str] = []
        if responses is not None and "trials" in responses.attrs:
            table = trial_table(responses)
            names = parts_to_map(table, method, self.now.conversion)
        if names != offered(self.part):
            fill_box(self.part, names)
        self.part.setVisible(len(names) > 1)

    def _fields(self) -> xr.Dataset | None:
        """The latest maps, unless they are of another part."""
        result = self.now.results.get(RECEPTIVE_FIELDS)
        if result is None:
            return None
        fields, part = result.dataset, chosen_part(self.part)
        return fields if part in (None, fields.attrs["analysis"].get("part")) else None

    def _show_map(self, *_: object) -> None:
        self.offer_units()
        fields, fit, column = self._fields(), fields_fit(self.now), self.unit.column
        shown = fields is not None and fit is not None and column is not None
        self.outline.setVisible(shown)
        self.unit.setEnabled(shown)
        if fields is None or fit is None or column is None:
            self.plot.show_image(None)
            self.outline.setData([], [])
            self.about.setText("")
            self._say_why_empty(fields)
            return
        self.note.say("")
        self.plot.show()
        self.polarity.setEnabled(has_polarities(fields))
        polarity = self.polarity.currentText() if has_polarities(fields) else BOTH
        picture, lag_s = unit_map(fields, column, polarity)
        self._show_picture(fields, picture)
        which = column
        if polarity != BOTH:  # the columns are of both together
            fit, which = fit_receptive_fields(picture[None], fit.display), 0
        ellipse = fit.ellipse()[which]
        self.outline.setData(ellipse[:, 1], ellipse[:, 0])
        told = [f"<b>unit {escape(self.unit.unit)}</b>", _place(fit, which)]
        if lag_s is not None:
            told.append(f"lag {1000 * lag_s:.0f} ms")
        note = outlines_note(self.now)
        if note:
            told.append(note)
        self.about.setText(" &nbsp; ".join(told))

    def _say_why_empty(self, fields: xr.Dataset | None) -> None:
        """Say in the place of the plot why there is no field, and what to do."""
        say, window = self.note.say, self.desk.window
        self.plot.hide()
        if self.now.images is not None:
            say(
                "Receptive fields are mapped with video; where a session of images knows "
                "them, the map can be coloured by them."
            )
        elif not self.method.count():
            say(
                "Encode gaussian dots, sparse noise, images in trials or a movie of "
                f"{LEAST_FRAMES} frames or more to map receptive fields.",
                "New stimulus",
                lambda: window.show_panel("Stimulus"),
            )
        elif fields is not None:
            pick = partial(self.attempt, self.experiment.pick)
            say("None of the mapped units is selected.", "Select all", pick)
        elif self.is_computing:
            say("Receptive fields are being mapped.")
        else:
            say("Not mapped yet for this run.", "Map fields", self.compute)

    def _show_picture(self, fields: xr.Dataset, picture: np.ndarray) -> None:
        rows, cols = fields["row"].to_numpy(), fields["column"].to_numpy()
        height, width = rows[1] - rows[0], cols[1] - cols[0]
        about = fields.attrs["analysis"]
        signed = bool((picture[np.isfinite(picture)] < 0).any())
        label = {"luminance": "grey levels", "contrast": "squared grey levels"}
        self.plot.show_image(
            picture,
            rect=(
                cols[0] - width / 2,
                rows[0] - height / 2,
                width * len(cols),
                height * len(rows),
            ),
            limits=symmetric(picture) if signed else None,
            colormap=DIVERGING if signed else SEQUENTIAL,
            label=label.get(about.get("quantity"), "response"),
            places=(("row (px)", rows), ("column (px)", cols)),
        )
        in_degrees = self.axes.currentText() == DEGREES
        display = Display.from_dict(about["display"])
        across, down = (degree_ticks if in_degrees else pixel_ticks)(display)
        for side, name, place, ticks in (
            ("bottom", "azimuth", "column", across),
            ("left", "elevation", "row", down),
        ):
            self.plot.getAxis(side).setTicks([ticks])
            self.plot.setLabel(side, f"{name} (deg)" if in_degrees else f"{place} (px)")


def _place(fit: ReceptiveFieldFit, which: int) -> str:
    if not fit.on_screen[which]:
        return "no field on the screen"
    azimuth, elevation = (float(v[which]) for v in fit.centre("degrees"))
    long, short, _ = (float(v[which]) for v in fit.axes_deg())
    return (
        f"centre {azimuth:.1f}°, {elevation:.1f}° &nbsp; (column {fit.x0[which]:.0f}, "
        f"row {fit.y0[which]:.0f}) &nbsp; sigma {long:.1f}° x {short:.1f}° &nbsp; "
        f"r² {fit.r2[which]:.2f}"
    )


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
