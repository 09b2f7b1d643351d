"""The user's settings; each counts as soon as it is chosen."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import fill_box, text_label
from insilico_gui.app.shell.menus.themes import THEMES, use_theme
from insilico_gui.app.widgets.controls import (
    button,
    choice,
    number,
    quietly,
    whole_number,
)
from insilico_gui.app.work.jobs import sentence
from insilico_gui.device import available_devices
from insilico_gui.drawing.palettes import PALETTES
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.settings import (
    AUTO,
    MOST_AT_ONCE,
    Settings,
    change_settings,
    read_settings,
    reset_settings,
)

if TYPE_CHECKING:
    from insilico_gui.app.shell.window import InsilicoWindow

SURE = "Reset everything: sure?"
RESET = "Reset everything"
USUAL = "usual"
KINDS = {"sequential": "values", "diverging": "with a sign", "cyclic": "angles"}
AS_PREFERRED = "as many as the session prefers"


class PreferencesDialog(QDialog):
    """Theme, device, autosave, folders, and answers that are remembered.

    Parameters
    ----------
    window : InsilicoWindow
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window.docks.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Preferences")
        self._window_ref = ref(window)
        self.theme = choice(self._set_theme, "Of all windows, as napari has it")
        self.device = choice(
            lambda name: self._set(device=name), "Where sessions are loaded at first"
        )
        self.at_once = whole_number(
            0,
            (0, MOST_AT_ONCE),
            lambda: self._set(at_once=self.at_once.value()),
            "Frames or images that are computed together, at most: fewer need less memory",
        )
        self.at_once.setSpecialValueText(AS_PREFERRED)
        self.autosave = number(
            3.0,
            (1.0, 3600.0),
            lambda: self._set(autosave_s=self.autosave.value()),
            "How long after a change an unsaved experiment is kept, in case of a crash",
            decimals=0,
            suffix=" s after a change",
        )
        self.weights = QLineEdit()
        self.weights.setReadOnly(True)
        self.weights.setPlaceholderText("asked for each time")
        self.colormaps: dict[str, QComboBox] = {
            kind: choice(
                partial(self._set_colormap, kind),
                "Where no other one was chosen by a click on the legend",
                (USUAL, *names),
            )
            for kind, names in PALETTES.items()
        }
        self.rates = QListWidget()
        self.rates.setToolTip("Files without a frame rate are shown at these")
        self.forget_button = button("Forget the chosen one", self._forget)
        self.reset_button = button(RESET, self._reset, "All settings as at first")
        self.note = text_label()
        self._lay_out()
        self._draw()
        window.jobs.start(
            "Looking for devices", available_devices, on_return=self._offer, quiet=True
        )

    def _lay_out(self) -> None:
        window = self._window_ref()
        weights = QHBoxLayout()
        weights.addWidget(self.weights, 1)
        weights.addWidget(button("Browse…", self._browse))
        weights.addWidget(button("None", lambda: self._set(weights_folder=None)))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Theme", self.theme)
        form.addRow("Device", self.device)
        form.addRow("At once", self.at_once)
        form.addRow("Autosave", self.autosave)
        form.addRow("Weights", weights)
        if window is not None:
            form.addRow(
                "Responses",
                button(
                    "Experiment library…",
                    window.files.show_library,
                    "Where responses are kept, how much of it, and for how long",
                ),
            )
        colors = QHBoxLayout()
        for kind, text in KINDS.items():
            colors.addWidget(QLabel(text))
            colors.addWidget(self.colormaps[kind], 1)
        form.addRow("Colours", colors)
        form.addRow("Frame rates", self.rates)
        form.addRow("", self.forget_button)
        self.rates.setMaximumHeight(110)
        last = QHBoxLayout()
        last.addWidget(self.reset_button)
        last.addStretch(1)
        last.addWidget(button("Close", self.close))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addLayout(last)
        self.resize(560, 440)

    # -- from the user -----------------------------------------------------------------

    def _set(self, **changes: Any) -> None:
        """Change some settings; what cannot be is told below."""
        try:
            settings = change_settings(**changes)
        except InsilicoError as error:
            self.note.setText(f"⚠ {sentence(error)}")
            return
        self.note.setText("")
        self._use(settings)

    def _use(self, settings: Settings) -> None:
        window = self._window_ref()
        if window is not None:
            window.files.autosave.set_delay(round(1000 * settings.autosave_s))
            window.color_anew()
        self._draw()

    def _set_colormap(self, kind: str, name: str) -> None:
        known = {k: v for k, v in read_settings()[0].colormaps.items() if k != kind}
        self._set(colormaps=known if name == USUAL else {**known, kind: name})

    def _set_theme(self, text: str) -> None:
        use_theme(next(theme for theme, known in THEMES.items() if known == text))

    def _browse(self) -> None:
        before = self.weights.text() or str(Path.home())
        folder = QFileDialog.getExistingDirectory(self, "Folder of weights", before)
        if folder:
            self._set(weights_folder=folder)

    def _forget(self) -> None:
        row = self.rates.currentRow()
        known = read_settings()[0].frame_rates
        if 0 <= row < len(known):
            self._set(frame_rates=(*known[:row], *known[row + 1 :]))

    def _reset(self) -> None:
        """Forget all settings, at the second click."""
        if self.reset_button.text() != SURE:
            self.reset_button.setText(SURE)
            return
        self.reset_button.setText(RESET)
        try:
            settings = reset_settings()
        except InsilicoError as error:
            self.note.setText(f"⚠ {sentence(error)}")
            return
        get_settings().appearance.reset()
        window = self._window_ref()
        if window is not None:
            window.layout.reset()
            window.experiment.renew_library()
        self._use(settings)
        self.note.setText("All settings are as at first.")

    # -- from the settings -------------------------------------------------------------

    def _draw(self) -> None:
        settings, problem = read_settings()
        if problem:
            self.note.setText(f"⚠ {problem}")
        chosen = get_settings().appearance.theme
        fill_box(self.theme, list(THEMES.values()), THEMES.get(chosen, chosen))
        known = [self.device.itemText(k) for k in range(self.device.count())]
        devices = dict.fromkeys([AUTO, *known, settings.device])
        fill_box(self.device, list(devices), settings.device)
        with quietly(self.at_once, self.autosave):
            self.at_once.setValue(settings.at_once)
            self.autosave.setValue(settings.autosave_s)
        for kind, box in self.colormaps.items():
            box.setCurrentText(settings.colormaps.get(kind, USUAL))
        self.weights.setText(settings.weights_folder or "")
        self.rates.clear()
        for rate in settings.frame_rates:
            folder = quoted(Path(rate.folder).name)
            self.rates.addItem(f"{rate.kind} in {folder}: {rate.rate:g} Hz")
            self.rates.item(self.rates.count() - 1).setToolTip(rate.folder)
        self.forget_button.setEnabled(bool(settings.frame_rates))

    def _offer(self, names: list[str]) -> None:
        """Offer the devices of this computer."""
        chosen = self.device.currentText()
        fill_box(self.device, list(dict.fromkeys([AUTO, *names, chosen])), chosen)


def show_preferences(window: InsilicoWindow) -> PreferencesDialog:
    """Show the user's settings beside the work."""
    dialog = PreferencesDialog(window)
    dialog.show()
    return dialog
