"""Forms of specifications, made by magicgui from their parameters."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

from magicgui.widgets import (
    Container,
    FileEdit,
    LiteralEvalLineEdit,
    Select,
    SpinBox,
    create_widget,
)
from qtpy.QtWidgets import QLabel

from insilico_gui.drawing.labels import parameter_label
from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.spec.family_function import (
    asked_for,
    count_help,
    specification_of,
)
from insilico_gui.stimuli.spec.parameter_types import LITERAL
from insilico_gui.stimuli.spec.parameters import parameters_of, types_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magicgui.widgets import Widget
    from qtpy.QtWidgets import QBoxLayout

    from insilico_gui.stimuli.spec.parameters import Parameter
    from insilico_gui.stimuli.spec.parametric import StimulusSpec

GROUPS: dict[str, frozenset[str]] = {
    "What is shown": frozenset(),
    "Trials": frozenset(
        {
            *(
                "duration_s",
                "image_s",
                "hold_s",
                "blank_s",
                "blank_jitter_s",
                "margin_s",
            ),
            *("n_blocks", "n_clips", "n_presentations", "repeats", "order", "seed"),
        }
    ),
    "Screen": frozenset({"center", "angles", "fit", "frame_rate"}),
}
"""Parameters below each heading of a form; below the first one all others."""

MOST_DECIMALS = 6
"""Of numbers in boxes; one with more is typed, and shown rounded."""

LARGEST = 2**31 - 1
"""Of the whole numbers that a spin box can hold."""


class ValuesEdit(LiteralEvalLineEdit):
    """One or several numbers, typed with commas between; None is an empty field.

    Attributes
    ----------
    may_be_empty : bool
        Whether None is a value of the parameter.
    """

    may_be_empty = True

    _shown: tuple[str, Any] = ("", None)

    def get_value(self) -> Any:
        """See magicgui; what is not typed over is the value with all its digits."""
        text = self.native.text().strip()
        if text and text == self._shown[0]:
            return self._shown[1]
        return super().get_value() if text else None

    def set_value(self, value: Any) -> None:
        """See magicgui."""
        self._shown = (in_words(value), value)
        self.native.setText(self._shown[0])


def in_words(value: Any) -> str:
    """A number, or several with commas between, as people write them; None is empty."""
    if value is None:
        return ""
    several = isinstance(value, list | tuple)
    text = ", ".join(f"{one:.6g}" for one in (value if several else (value,)))
    return f"{text}," if several and len(value) == 1 else text


def family_form(family: str) -> Container[Any]:
    """Make the form of a family; one widget for each parameter, by its name."""
    spec = specification_of(FAMILIES[family])
    return spec_form(spec, [name for name in asked_for(spec) if name != "display"])


def spec_form(spec: type[StimulusSpec], names: Iterable[str]) -> Container[Any]:
    """Make a form of some parameters of a specification."""
    parameters, types = parameters_of(spec), types_of(spec)
    widgets: list[Widget] = []
    for name in names:
        parameter = parameters[name]
        if parameter.count:
            told: dict[str, Any] = {
                "label": label_of(f"n_{name}"),
                "tooltip": _plain(count_help(name)),
            }
            widgets.append(
                SpinBox(name=parameter.count, value=parameter.n, min=1, max=360, **told)
            )
        widgets.append(_widget(name, parameter, types[name]))
    grouped = {title: [w for w in widgets if _group(w) == title] for title in GROUPS}
    form: Container[Any] = Container(widgets=[w for g in grouped.values() for w in g])
    form.margins = (0, 0, 0, 0)
    for widget in form:
        _tidy(widget)
    _add_headings(form, {title: len(group) for title, group in grouped.items()})
    return form


def _group(widget: Widget) -> str:
    """The heading that a parameter is below."""
    first = next(iter(GROUPS))
    return next((t for t, names in GROUPS.items() if widget.name in names), first)


def _add_headings(form: Container[Any], sizes: dict[str, int]) -> None:
    """Write headings above groups of so many rows, if there are several."""
    layout: QBoxLayout = form.native.layout()
    at, groups = 0, [(title, n) for title, n in sizes.items() if n]
    for title, n in groups if len(groups) > 1 else ():
        layout.insertWidget(at, QLabel(f"<b>{title}</b>"))
        at += 1 + n


def _widget(name: str, parameter: Parameter, kind: Any) -> Widget:
    """The widget of a parameter, as its type asks for."""
    bounds = {"min": parameter.lowest, "max": parameter.highest}
    if kind is int:
        bounds["max"] = min(parameter.highest, LARGEST)
    bounds = {side: n for side, n in bounds.items() if abs(n) <= LARGEST}
    options: dict[str, Any] = {}
    if kind in (int, float):
        options = dict(bounds)
        digits = len(format(Decimal(str(parameter.default)), "f").partition(".")[2])
        if kind is float and digits > 2:  # boxes show as many as their step has
            options["step"] = 10.0**-digits
    elif get_origin(kind) is tuple:
        options["options"] = {**bounds, "step": 0.1}
    told: dict[str, Any] = {
        "value": parameter.default,
        "name": name,
        "label": parameter.form.get("label") or label_of(name),
    }
    widget: Widget
    is_long = (
        options.get("step", 1.0) < 10.0**-MOST_DECIMALS if kind is float else False
    )
    if is_long or LITERAL in getattr(kind, "__metadata__", ()):
        edit = ValuesEdit(**told)
        edit.may_be_empty = parameter.default is None
        edit.native.setPlaceholderText(parameter.form.get("empty"))
        widget = edit
    else:
        widget = create_widget(annotation=kind, options=options, **told)
        if isinstance(widget, FileEdit):
            widget.choose_btn.text = "Choose…"
    widget.tooltip = _plain(parameter.help)
    return widget


def values_of(form: Container[Any]) -> dict[str, Any]:
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


def fill(form: Container[Any], spec: StimulusSpec) -> bool:
    """Show the values of a specification; False if the form cannot hold one exactly."""
    fits = True
    with form.changed.blocked():
        for widget in form:
            if widget.name not in vars(spec):  # a number of angles, which are given
                continue
            value = vars(spec)[widget.name]
            try:
                widget.value = value
                fits &= _same(widget.value) == _same(value)
            except (TypeError, ValueError):  # beyond the range of the widget
                fits = False
    return fits


def _same(value: object) -> object:
    """A value of a widget or a field, so that equal ones compare so."""
    if isinstance(value, Path):
        return str(value)
    return tuple(value) if isinstance(value, list) else value


def label_of(parameter: str) -> str:
    """What a parameter is called in a form by its name, with the unit."""
    if parameter.startswith("n_"):
        return parameter_label(parameter.replace("n_", "number of ", 1))
    return parameter_label(parameter, short=True)


def _plain(help: str) -> str:
    """A help without the marks of documentation."""
    return help.replace("`", "")


def _tidy(widget: Widget) -> None:
    """Lists as high as their words; long values from their first digit on."""
    native = widget.native
    if isinstance(widget, Select):
        rows = max(native.count(), 1) * native.sizeHintForRow(0)
        native.setFixedHeight(rows + 2 * native.frameWidth() + 2)
    elif isinstance(widget, ValuesEdit):
        native.setCursorPosition(0)
