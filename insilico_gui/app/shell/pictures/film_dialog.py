"""Asks which film of a run to write, and writes it in the background."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QStandardPaths, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
)

from insilico_gui.app.panels.panel import text_label
from insilico_gui.app.widgets.controls import button
from insilico_gui.app.widgets.theme import colors_for
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.films.declaration import FILM_SUFFIXES, Film, film_of
from insilico_gui.films.material import gather
from insilico_gui.films.saving import check_film, write_film
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.shell.window import InsilicoWindow

SIZES = {
    "1280 × 720": (1280, 720),
    "1920 × 1080": (1920, 1080),
    "3840 × 2160": (3840, 2160),
}
WHOLE, PART = "The whole run", "The part A–B that is played"
DARK, LIGHT = "Dark", "White"


class FilmDialog(QDialog):
    """Size, page and part of a film, and its file.

    Parameters
    ----------
    window : InsilicoWindow
    film : Film
        Of what is on show.
    on_end : callable()
        Called when the dialog is left.
    """

    def __init__(
        self, window: InsilicoWindow, film: Film, on_end: Callable[[], object]
    ) -> None:
        super().__init__(window.docks.window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Film of the run")
        self._window_ref = ref(window)
        self._film, self._on_end = film, on_end
        self.about, self.problem = text_label(_in_words(film)), text_label()
        self.path = QLineEdit(str(_proposed(film)))
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(button("Browse…", self._browse))
        self.size_box, self.page, self.part = QComboBox(), QComboBox(), QComboBox()
        self.size_box.addItems(list(SIZES))
        self.page.addItems([DARK, LIGHT])
        if colors_for(window.viewer.theme).is_light:
            self.page.setCurrentText(LIGHT)
        self.part.addItem(WHOLE)
        self._loop = window.experiment.playback.loop_s
        if window.experiment.playback.has_loop:
            self.part.addItem(PART)
            self.part.setCurrentText(PART)
        self.overwrite = QCheckBox("Replace an existing file")
        self.button = button("Write film", self.write)
        form = QFormLayout()
        form.addRow("File", row)
        form.addRow("Frame", self.size_box)
        form.addRow("Page", self.page)
        form.addRow("Show", self.part)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(button("Cancel", self.reject))
        below.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.about)
        layout.addLayout(form)
        layout.addWidget(self.overwrite)
        layout.addWidget(self.problem)
        layout.addLayout(below)
        self.problem.hide()
        self.button.setDefault(True)
        self.resize(520, self.sizeHint().height())

    @property
    def film(self) -> Film:
        """What was chosen.

        Raises
        ------
        ExportError
        """
        width, height = SIZES[self.size_box.currentText()]
        start_s, stop_s = 0.0, None
        if self.part.currentText() == PART:
            start_s, stop_s = self._loop
        chosen = {
            "width": width,
            "height": height,
            "dark": self.page.currentText() == DARK,
            "start_s": start_s,
            "stop_s": stop_s,
        }
        return film_of({**dict(self._film), **chosen})

    def write(self) -> None:
        """Write the film in the background; what does not fit is told here."""
        window = self._window_ref()
        if window is None:
            return
        text = self.path.text().strip() or str(_proposed(self._film))
        path = Path(text if Path(text).suffix else f"{text}{FILM_SUFFIXES[0]}")
        try:
            target = check_film(path, overwrite=self.overwrite.isChecked())
            material = gather(window.experiment, self.film)
        except InsilicoError as error:
            self.problem.setText(f"⚠ {sentence(error)}")
            self.problem.show()
            return

        def work(tell: Callable[..., object]) -> Path:
            began = time.monotonic()
            return write_film(
                material,
                target,
                lambda done, n: tell(done, n, time.monotonic() - began, "frames"),
            )

        window.jobs.start(
            f"Filming {target.name}",
            work,
            on_return=lambda written: window.say(f"Written: {written}"),
        )
        self.accept()

    def done(self, result: int) -> None:
        """See Qt."""
        super().done(result)
        self._on_end()

    def _browse(self) -> None:
        kinds = "Films (*.mp4);;Films with exact colours (*.mkv)"
        text, _ = QFileDialog.getSaveFileName(
            self,
            "Save the film",
            self.path.text(),
            kinds,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if text:
            self.path.setText(text)


def _proposed(film: Film) -> Path:
    """A file that is not there yet, called after the run."""
    place = QStandardPaths.StandardLocation.MoviesLocation
    folder = Path(QStandardPaths.writableLocation(place))
    if not folder.is_dir():
        folder = Path.home()
    stem = re.sub(r"[^\w .-]+", "-", f"{film.session} {film.stimulus}")[:80]
    path, k = folder / f"{stem}.mp4", 2
    while path.exists():
        path, k = folder / f"{stem} ({k}).mp4", k + 1
    return path


def _in_words(film: Film) -> str:
    """What a film shows, in one sentence."""
    color = "response" if film.color == RESPONSE else facts(film.color).title
    n = len(film.units) or film.n_units
    return (
        f"Every frame, at its rate: the {film.layout} map coloured by {color}, with its "
        f"legend; what is shown beside it; and traces of {n} unit{'s' * (n != 1)} below."
    )
