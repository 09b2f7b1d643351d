"""Fields for the options of a simulation, its seed and its windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QWidget

from insilico_gui.app.widgets.controls import check, choice, number, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from insilico_gui.drive import DriveDescription, DriveOption
    from insilico_gui.stimuli import Drive
    from insilico_gui.stimuli.core.drive import OptionValue

FEW_DECIMALS, MANY_DECIMALS = 2, 6

LEAST_WIDTH = 80

Field = QCheckBox | QComboBox | QDoubleSpinBox


class OptionFields(QWidget):
    """A form of the options of a session, and of what every simulation has.

    Parameters
    ----------
    description : DriveDescription
    """

    def __init__(self, description: DriveDescription) -> None:
        super().__init__()
        self._about = description
        self.fields: dict[str, Field] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        for option in description.options:
            field = _field(option)
            is_box = isinstance(field, QCheckBox)
            form.addRow("" if is_box else _upper(option.title), field)
            field.setMinimumWidth(LEAST_WIDTH)  # long numbers would ask for more
            self.fields[option.name] = field
        low = max(1000 * description.window_low, 0.001)
        high = min(1000 * description.window_high, 1e6)
        self.window_ms = number(
            1000 * description.window_s,
            (low, high),
            lambda: None,
            "Responses are rates in windows of this length",
            step=10,
            decimals=1,
            suffix=" ms",
        )
        self.seed = whole_number(
            0,
            (0, 2**31 - 1),
            lambda: None,
            "Of all random events: the same seed gives the same ones, with and without "
            "the events of the list",
        )
        form.addRow("Window", self.window_ms)
        form.addRow("Seed", self.seed)

    def given(self) -> dict[str, OptionValue]:
        """The options that are not as they are by default."""
        found = {}
        for option in self._about.options:
            value = _value(self.fields[option.name])
            if value != option.default:
                found[option.name] = value
        return found

    def window_s(self) -> float | None:
        """Length of the windows (s); None if it is the default."""
        value = self.window_ms.value() / 1000
        return None if abs(value - self._about.window_s) < 1e-9 else value

    def show_drive(self, drive: Drive) -> None:
        """Show the options of a drive."""
        window_s = drive.window_s or self._about.window_s
        self.window_ms.setValue(1000 * window_s)
        self.seed.setValue(drive.seed)
        self.show_options(drive.options)

    def show_options(self, given: Mapping[str, OptionValue]) -> None:
        """Show these options, and the default of those that are not given."""
        for option in self._about.options:
            value = given.get(option.name, option.default)
            field = self.fields[option.name]
            if isinstance(field, QCheckBox):
                field.setChecked(bool(value))
            elif isinstance(field, QComboBox):
                field.setCurrentText(str(value))
            else:
                field.setValue(float(value))


def _upper(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _field(option: DriveOption) -> Field:
    if option.kind == "switch":
        box = check(_upper(option.title), lambda _: None, option.help)
        box.setChecked(bool(option.default))
        return box
    if option.kind == "choice":
        names = choice(lambda _: None, option.help, option.values, letters=9)
        names.setCurrentText(str(option.default))
        return names
    ends = (max(option.low, -1e9), min(option.high, 1e9))
    default = float(option.default)
    is_small = 0 < abs(default) < 0.01
    return number(
        default,
        ends,
        lambda: None,
        option.help,
        step=default / 10 if is_small else 0.1,
        decimals=MANY_DECIMALS if is_small else FEW_DECIMALS,
        suffix=f" {option.unit}" if option.unit else "",
    )


def _value(field: Field) -> OptionValue:
    if isinstance(field, QCheckBox):
        return field.isChecked()
    if isinstance(field, QComboBox):
        return field.currentText()
    return float(field.value())
