"""A form for the parameters of a declared analysis, whatever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from insilico_gui.app.widgets.controls import button, choice
from insilico_gui.errors import AnalysisError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from insilico_gui.experiment.analyses import Parameter

AUTOMATIC, NONE = "automatic", "none"
"""What no value is called: the analysis chooses one, or there is none of that name."""

YES, NO = "yes", "no"


class ParameterForm(QWidget):
    """One field for each parameter, with its unit and its default.

    Parameters
    ----------
    parameters : sequence of Parameter
    command : callable()
        Is called when the user chooses another of several values.
    """

    def __init__(
        self, parameters: Sequence[Parameter], command: Callable[[], object]
    ) -> None:
        super().__init__()
        self._fields = {p.name: _field(p, command) for p in parameters}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for parameter in parameters:
            field = self._fields[parameter.name]
            field.setToolTip(parameter.help)
            layout.addRow(_label(parameter), field)

    def field(self, name: str) -> ParameterField:
        """The field of a parameter."""
        return self._fields[name]

    def offer(self, offered: Mapping[str, Sequence[str]]) -> None:
        """Offer texts for parameters by name; what was chosen stays if it can."""
        for name, texts in offered.items():
            self._fields[name].offer(texts)

    def values(self) -> dict[str, Any]:
        """The values, None for what the analysis chooses; not yet checked.

        Raises
        ------
        AnalysisError
            If what was typed is no number, or something is missing.
        """
        return {name: field.value() for name, field in self._fields.items()}

    def fill(self, given: Mapping[str, Any]) -> None:
        """Show these values, and the defaults of the other parameters."""
        for name, field in self._fields.items():
            field.show_value(given.get(name, field.parameter.default))


class ParameterField(QWidget):
    """The field of one parameter."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)

    def value(self) -> Any:
        """The value that is shown."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show another value."""
        raise NotImplementedError

    def offer(self, texts: Sequence[str]) -> None:
        """Offer texts to choose from."""

    @property
    def nothing(self) -> str:
        """What stands for no value."""
        return NONE if self.parameter.about.names else AUTOMATIC

    def missing(self) -> AnalysisError:
        """The error of a value that has to be given and is not."""
        return AnalysisError(f"{_label(self.parameter)} is empty; give it.")


class _Choice(ParameterField):
    """One of several values that are known."""

    def __init__(
        self,
        parameter: Parameter,
        values: Mapping[str, Any],
        command: Callable[[], object],
    ) -> None:
        super().__init__(parameter)
        self._values = dict(values)
        if parameter.optional:
            self._values = {self.nothing: None, **self._values}
        self.box = choice(lambda _: command(), names=list(self._values), letters=9)
        self.row.addWidget(self.box)
        if not parameter.required:
            self.show_value(parameter.default)

    def value(self) -> Any:
        return self._values[self.box.currentText()]

    def show_value(self, value: Any) -> None:
        for text, known in self._values.items():
            if known == value and type(known) is type(value):
                self.box.setCurrentText(text)


class _Typed(ParameterField):
    """A number, or a text; empty where the analysis chooses."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.edit = QLineEdit()
        _show_nothing(self.edit, parameter, self.nothing)
        self.row.addWidget(self.edit)
        if parameter.about.names in ("file", "folder"):
            self.row.addWidget(button("Browse…", self._browse))
        if not parameter.required:
            self.show_value(parameter.default)

    def value(self) -> Any:
        text, kind = self.edit.text().strip(), self.parameter.kind
        if not text:
            if self.parameter.optional:
                return None
            raise self.missing()
        try:
            return kind(text)
        except ValueError as error:
            what = "a whole number" if kind is int else "a number"
            raise AnalysisError(
                f"{_label(self.parameter)} is {quoted(text)}; write {what}."
            ) from error

    def show_value(self, value: Any) -> None:
        self.edit.setText("" if value is None else str(value))
        self.edit.setCursorPosition(0)

    def _browse(self) -> None:
        if self.parameter.about.names == "folder":
            path = QFileDialog.getExistingDirectory(self, self.parameter.help)
        else:
            path, _ = QFileDialog.getOpenFileName(self, self.parameter.help)
        if path:
            self.edit.setText(path)


class _Offered(ParameterField):
    """A text that may be typed, or chosen of those that suit the run on show."""

    def __init__(self, parameter: Parameter, command: Callable[[], object]) -> None:
        super().__init__(parameter)
        self.box = choice(lambda _: command(), letters=9)
        self.box.setEditable(True)
        edit = self.box.lineEdit()
        if edit is not None:
            _show_nothing(edit, parameter, self.nothing)
        self.row.addWidget(self.box)
        if not parameter.required:
            self.show_value(parameter.default)

    def value(self) -> Any:
        text = self.box.currentText().strip()
        if text in ("", self.nothing) and self.parameter.optional:
            return None
        if not text:
            raise self.missing()
        return text

    def show_value(self, value: Any) -> None:
        self.box.setCurrentText("" if value is None else str(value))

    def offer(self, texts: Sequence[str]) -> None:
        before, parameter = self.box.currentText(), self.parameter
        names = list(texts)
        if parameter.optional:
            names.insert(0, self.nothing)
        self.box.clear()
        self.box.addItems(names)
        stays = before in names or (bool(before) and parameter.optional)
        first = names[0] if names else ""
        self.box.setCurrentText(before if stays else parameter.default or first)


def _field(parameter: Parameter, command: Callable[[], object]) -> ParameterField:
    """The field that suits the kind of a parameter."""
    if parameter.kind is bool:
        return _Choice(parameter, {NO: False, YES: True}, command)
    if parameter.choices:
        names = {name: name for name in parameter.choices}
        return _Choice(parameter, names, command)
    about = parameter.about
    if about.offers is not None or about.names in ("session", "stimulus"):
        return _Offered(parameter, command)
    return _Typed(parameter)


def _label(parameter: Parameter) -> str:
    """What a parameter is called in the form: its name in words, with the unit."""
    name = parameter.name
    if parameter.unit and name.endswith(f"_{parameter.unit}"):
        name = name.removesuffix(f"_{parameter.unit}")
    words = name.replace("_", " ")
    words = words[:1].upper() + words[1:]
    return f"{words} ({parameter.unit})" if parameter.unit else words


def _show_nothing(edit: QLineEdit, parameter: Parameter, text: str) -> None:
    """Say what an empty field means; where there is no room for it, in the tool tip."""
    if parameter.optional:
        edit.setPlaceholderText(text)
        edit.setToolTip(f"{parameter.help}\nEmpty: {text}")
