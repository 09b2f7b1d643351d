"""The form of one family of stimuli, made by magicgui from the family's signature."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any, get_args

from magicgui.widgets import FunctionGui, LiteralEvalLineEdit, Select

from insilico_gui.app.widgets.labels import parameter_label
from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.families.registry import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget

OPTIONS: dict[str, dict[str, Any]] = {
    "seed": {"max": 2**31 - 1},
    "center": {"options": {"min": -1.0, "max": 1.0, "step": 0.1}},
    "frame_rate": {"max": 1000.0},
}
"""What the types of a family do not say; by the name of the parameter."""

LABELS = {
    "center": "centre (x, y)",
    "frame_rate": "frame rate (Hz)",
    "l_over_v_ms": "l/v (ms)",
    "levels": "grey levels",
    "n_dirs": "number of directions",
    "ori_coherence": "orientation coherence",
    "ori_fraction": "coherent fraction",
    "ori_mix": "orientation mix",
    "pattern_width": "pattern width (px)",
    "rms_contrast": "RMS contrast",
    "spatial_cutoff": "spatial cut-off (cyc/deg)",
    "spatial_freq": "spatial freq. (cyc/deg)",
    "temp_bandwidth": "temporal cut-off (Hz)",
    "temp_freq": "temporal freq. (Hz)",
    "temp_kernel": "temporal kernel",
    "temp_kernel_length": "kernel length (1/60 s)",
    "xnodes": "nodes across",
    "ynodes": "nodes down",
}
"""What parameters are called where their names do not read well."""

TIPS = {
    "angles": "Flat: a degree is as many pixels everywhere as at the centre of the screen. "
    "Per axis: the visual angle along each axis of the screen",
    "blank_s": "Grey before each trial and after the last, in seconds",
    "center": "x (right) and y (up), -1 to 1 from edge to edge of the screen",
    "duration_s": "Length of a trial in seconds; rounded to frames",
    "edge_deg": "Width of the soft edge in degrees",
    "frame_rate": "Frames per second",
    "order": "Random: a new order of all conditions for each repeat, drawn with the seed",
    "phase_deg": "Phase at the centre of the screen when a grating appears",
    "repeats": "How often each condition is shown",
    "size_deg": "Diameter in degrees; empty: the full screen",
    "seed": "Equal seeds give equal stimuli",
    "waveform": "Sinusoidal, or with sharp edges between black and white",
    "polarity": "Brighter (light) or darker than the grey around it; or both",
    "motion": "Growing (looming) or shrinking (receding); or both",
    "temp_kernel": "What the noise is smoothed with in time",
    "surround": "Around the grating: nothing, the same grating, or one turned by 90°",
    "surround_contrast": "0 to 1; empty: that of the grating",
    "gap_deg": "Grey ring between grating and surround, in degrees",
}
"""What to say of parameters that the families' documentation explains elsewhere."""


EMPTY = {
    "checker_deg": "a plain bar",
    "directions": "evenly spaced",
    "pattern_width": "that of the screen",
    "size_deg": "full screen",
    "surround_contrast": "that of the grating",
}
"""What an empty field means, by the name of the parameter."""


class ValuesEdit(LiteralEvalLineEdit):
    """One or several numbers, typed; None is an empty field.

    Attributes
    ----------
    may_be_empty : bool
        Whether None is a value of the parameter.
    """

    may_be_empty = True

    def get_value(self) -> Any:
        """See magicgui."""
        return super().get_value() if self.native.text().strip() else None

    def set_value(self, value: Any) -> None:
        """See magicgui."""
        super().set_value("" if value is None else value)


def family_form(family: str) -> FunctionGui[..., Any]:
    """Make the form of a family; one widget for each parameter, by its name."""
    function = FAMILIES[family]
    options: dict[str, dict[str, Any]] = {}
    parameters = inspect.signature(function).parameters
    for name in parameters:
        options[name] = {"label": label_of(name), **OPTIONS.get(name, {})}
    form = FunctionGui(_typed(function), call_button=False, param_options=options)
    form.margins = (0, 0, 0, 0)
    for widget in form:
        if _says_nothing(widget.tooltip):
            widget.tooltip = TIPS.get(widget.name)
        if isinstance(widget, ValuesEdit):
            widget.may_be_empty = parameters[widget.name].default is None
        _tidy(widget)
    return form


def _typed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a family whose typed values are edited by :class:`ValuesEdit`."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def typed(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    typed.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[
            parameter.replace(
                annotation=Annotated[
                    get_args(parameter.annotation)[0], {"widget_type": ValuesEdit}
                ]
            )
            if "LiteralEvalLineEdit" in str(parameter.annotation)
            else parameter
            for parameter in signature.parameters.values()
        ]
    )
    return typed


def values_of(form: FunctionGui[..., Any]) -> dict[str, Any]:
    """The parameters as they are now.

    Raises
    ------
    StimulusError
        If what was typed is no value.
    """
    values = {}
    for widget in form:
        try:
            value = values[widget.name] = getattr(widget, "value", None)
        except (ValueError, TypeError, SyntaxError) as error:
            raise StimulusError(
                f"{widget.label}: {quoted(widget.native.text())} cannot be read; write a "
                "number, such as 0.04, or several with commas between."
            ) from error
        if value is None and isinstance(widget, ValuesEdit) and not widget.may_be_empty:
            raise StimulusError(
                f"{widget.label} is empty; write a number, such as 0.04, or several with "
                "commas between."
            )
    return values


def label_of(parameter: str) -> str:
    """What a parameter is called in a form, with its unit."""
    if parameter in LABELS:
        return LABELS[parameter]
    if parameter.startswith("n_"):
        return parameter_label(parameter.replace("n_", "number of ", 1))
    return parameter_label(parameter, short=True)


def _says_nothing(tip: str | None) -> bool:
    return not tip or tip.startswith("See :")


def _tidy(widget: Widget) -> None:
    """Lists as high as their words; long values from their first digit on."""
    native = widget.native
    if isinstance(widget, Select):
        rows = max(native.count(), 1) * native.sizeHintForRow(0)
        native.setFixedHeight(rows + 2 * native.frameWidth() + 2)
    elif isinstance(widget, ValuesEdit):
        if widget.may_be_empty:
            native.setPlaceholderText(EMPTY.get(widget.name, ""))
        native.setCursorPosition(0)
