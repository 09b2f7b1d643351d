"""The menu of the map, by right click: its picture with the legend, and films."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtGui import QImage, QMouseEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu

from insilico_gui import plot
from insilico_gui.app.shell.pictures.film_dialog import FilmDialog
from insilico_gui.app.work.jobs import sentence
from insilico_gui.drawing.colors import UNKNOWN, column_colors
from insilico_gui.errors import ExportError, InsilicoError, quoted
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.files import publishing
from insilico_gui.films.declaration import Film, film_of
from insilico_gui.plot.figures import mpl

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.app.shell.window import InsilicoWindow
    from insilico_gui.drawing.scales import ColorScale

CLICK = 4
"""Pixels that the mouse may move between press and release of a click."""

SAVED = {
    "Save map as PNG…": ".png",
    "Save map as SVG…": ".svg",
    "Save map as PDF…": ".pdf",
}
PNG_DPI = 200

RIGHT = Qt.MouseButton.RightButton


class MapPictures(QObject):
    """Offers pictures of the map, and films, where the mouse clicks right on it.

    Drags with the right button are left to the viewer, which zooms by them.

    Parameters
    ----------
    window : InsilicoWindow
        Owns this.

    Attributes
    ----------
    dialog : FilmDialog or None
        That asks for a film, while it is open.
    """

    def __init__(self, window: InsilicoWindow) -> None:
        super().__init__(window)
        self._window_ref = ref(window)
        self._pressed: QPoint | None = None
        self.dialog: FilmDialog | None = None
        window.docks.canvas.installEventFilter(self)

    @property
    def _window(self) -> InsilicoWindow:
        window = self._window_ref()
        if window is None:
            raise InsilicoError("The window has been closed; open another one.")
        return window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if isinstance(event, QMouseEvent) and event.button() == RIGHT:
            place = event.position().toPoint()
            if event.type() == QEvent.Type.MouseButtonPress:
                self._pressed = place
            elif event.type() == QEvent.Type.MouseButtonRelease:
                pressed, self._pressed = self._pressed, None
                if pressed and (place - pressed).manhattanLength() <= CLICK:
                    self.open(event.globalPosition().toPoint())
        return False

    def open(self, place: QPoint) -> QMenu | None:
        """Open the menu at a place on the screen; None if no units are on the map."""
        window = self._window
        if window.map.units_layer is None or window.lasso.layer is not None:
            return None
        menu = QMenu(window.docks.canvas)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy map", self.copy)
        for text, suffix in SAVED.items():
            menu.addAction(text, lambda suffix=suffix: self._browse(suffix))
        menu.addSeparator()
        film = menu.addAction("Save film of the run…", self.ask_for_film)
        film.setEnabled(window.now.responses is not None)
        menu.popup(place)
        return menu

    # -- pictures ----------------------------------------------------------------------

    def copy(self) -> None:
        """Put a picture of the map with its legend on the clipboard."""
        draw = self._drawing(".png")

        def work() -> bytes:
            held = io.BytesIO()
            draw(held)
            return held.getvalue()

        def take(png: bytes) -> None:
            QApplication.clipboard().setImage(QImage.fromData(png))
            self._window.say("The picture of the map is on the clipboard.")

        self._window.jobs.start("Drawing the map", work, on_return=take, loses=False)

    def ask_for_map(self) -> None:
        """Ask for a file of any format, and write the map to it."""
        self._browse(".png", *SAVED.values())

    def save(self, path: str | Path) -> None:
        """Write the map with its legend (.png, .svg, .pdf), in the background."""
        target = Path(path)
        if target.suffix.lower() not in SAVED.values():
            self._window.say(
                f"{quoted(target.name)} is no format of a map; end it in "
                f"{', '.join(SAVED.values())}.",
                problem=True,
            )
            return
        draw = self._drawing(target.suffix.lower())

        def work() -> Path:
            with publishing(target, ExportError) as partial, partial.open("wb") as file:
                draw(file)
            return target

        self._window.jobs.start(
            f"Drawing {target.name}",
            work,
            on_return=lambda written: self._window.say(f"Written: {written}"),
            loses=False,
        )

    def _browse(self, *suffixes: str) -> None:
        kinds = ";;".join(f"{s[1:].upper()} (*{s})" for s in dict.fromkeys(suffixes))
        text, chosen = QFileDialog.getSaveFileName(
            self._window.docks.window, "Save the map", f"map{suffixes[0]}", kinds
        )
        if not text:
            return
        path = Path(text)
        if path.suffix.lower() not in SAVED.values():
            suffix = chosen.rpartition("*")[2].rstrip(")") or suffixes[0]
            path = path.with_name(path.name + suffix)
        self.save(path)

    def _drawing(self, suffix: str) -> Callable[[IO[bytes]], None]:
        """What draws the map as it is now, in any thread."""
        window = self._window
        now, experiment = window.now, window.experiment
        scale = window.map.scale
        seen = now.view.layout == "retinotopic" and now.conversion is not None
        how: dict[str, Any] = {
            "color": scale.column if now.encoded or scale.column != RESPONSE else None,
            "layout": now.view.layout.removesuffix(" 3-D"),
            "limits": None if scale.categories is not None else scale.limits,
            "session": now.session_name,
            "stimulus": now.stimulus_name if seen else None,
            "time_s": experiment.playback.time if seen else None,
            "selection": now.view.selection,
        }
        if scale.column == RESPONSE and now.responses is not None:
            how["stimulus"] = now.stimulus_name
            how["time_s"] = experiment.playback.time

        paler = None
        if scale.weight in now.units and scale.column in now.units:
            values = column_colors(now.units[scale.column]).values
            paler = scale.colors(values, now.units[scale.weight].to_numpy(float))

        def draw(file: IO[bytes]) -> None:
            figure = mpl("matplotlib.figure").Figure(
                figsize=(7.0, 4.4), layout="constrained"
            )
            ax = plot.map(experiment, ax=figure.add_subplot(), **how)
            _color_as_shown(ax.collections[0], scale, paler)
            figure.savefig(file, format=suffix[1:], dpi=PNG_DPI, bbox_inches="tight")

        return draw

    # -- films -------------------------------------------------------------------------

    def film_on_show(self, **changes: Any) -> Film:
        """The film of the run on show, in the colours that the map has.

        Raises
        ------
        ExportError
            If one of the changes is out of its range.
        """
        window = self._window
        now, scale = window.now, window.map.scale
        limits = None if scale.categories is not None else scale.limits
        given = {
            "session": now.session_name,
            "stimulus": now.stimulus_name,
            "limits": limits,
            "scale": now.view.map.scale(now.view.color_by).but(
                colormap=scale.colormap or None
            ),
        }
        film = Film.of_view(now.view, **given)
        return film_of({**dict(film), **changes})

    def ask_for_film(self) -> None:
        """Ask which film of the run on show to write, and where."""
        window = self._window
        if window.now.responses is None:
            window.say(
                "There is nothing to film yet: encode a stimulus first.", problem=True
            )
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        try:
            film = self.film_on_show()
        except InsilicoError as error:
            window.say(sentence(error), problem=True)
            return
        self.dialog = FilmDialog(window, film, self._forget_dialog)
        self.dialog.show()

    def _forget_dialog(self) -> None:
        self.dialog = None


def _color_as_shown(
    dots: Any, scale: ColorScale, paler: NDArray[np.float32] | None
) -> None:
    """Give dots, and the bar beside them, the colours of the window.

    `paler` [U, 4] are those of units by how selective they are, where that is shown; the
    units with a place are drawn.
    """
    if scale.categories is not None:
        return
    colors = mpl("matplotlib.colors").ListedColormap(scale.table[:, :3])
    dots.set_cmap(colors.with_extremes(bad=UNKNOWN))
    if paler is not None and len(paler) == len(dots.get_offsets()):
        dots.set_array(None)
        dots.set_facecolor(paler)
