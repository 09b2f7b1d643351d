"""The menu of a plot: its picture and its data, copied or saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from insilico_gui.app.widgets.figures.pictures import PICTURES, png_image
from insilico_gui.errors import ExportError, InsilicoError, listed, quoted
from insilico_gui.files import check_target, publishing, refuse_folder, settle, shown
from insilico_gui.files.formulas import write_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import pyqtgraph as pg
    from qtpy.QtCore import QPoint

TABLE = ".csv"
SAVED = {
    "Save as PNG…": ".png",
    "Save as SVG…": ".svg",
    "Save as PDF…": ".pdf",
    "Save data as CSV…": TABLE,
}


@runtime_checkable
class Owner(Protocol):
    """Whoever holds a plot, and can tell the user something.

    Attributes
    ----------
    title : str
        Files are called after it.
    """

    title: str

    @property
    def caption(self) -> str:
        """What the plot is of, in words."""

    def tell(self, text: str, *, problem: bool = False) -> None:
        """Tell the user one sentence."""


class PlotMenu:
    """Pictures and data of one plot, for its menu and for programs.

    Parameters
    ----------
    view : pyqtgraph.GraphicsView
    data : callable() -> DataFrame, optional
        What is drawn; without it, or if it is empty, no data are offered.
    show_all : callable(), optional
        Ends a zoom.
    """

    def __init__(
        self,
        view: pg.GraphicsView,
        data: Callable[[], pd.DataFrame] | None = None,
        show_all: Callable[[], object] | None = None,
    ) -> None:
        self._view = view
        self._data = data
        self._show_all = show_all

    def open(self, place: QPoint) -> QMenu:
        """Open the menu at a place on the screen."""
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        has_data = self._data is not None and not self._data().empty
        menu.addAction("Copy picture", self.copy_picture)
        menu.addAction("Copy data", self.copy_data).setEnabled(has_data)
        menu.addSeparator()
        for text, suffix in SAVED.items():
            made = menu.addAction(text, lambda suffix=suffix: self._browse(suffix))
            made.setEnabled(has_data or suffix != TABLE)
        if self._show_all is not None:
            menu.addSeparator()
            menu.addAction("Show all", self._show_all)
        menu.popup(place)
        return menu

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        QApplication.clipboard().setImage(png_image(self._view, self._caption))

    def copy_data(self) -> None:
        """Put what is drawn on the clipboard, as spreadsheets take it."""
        if self._data is not None:
            text = self._data().to_csv(sep="\t", index=False)
            QApplication.clipboard().setText(text)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the picture (.png, .svg, .pdf) or the data (.csv), whole or not at all.

        Raises
        ------
        ExportError
            If the suffix is another, or the file cannot be written.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        formats = [*PICTURES, TABLE] if self._data is not None else [*PICTURES]
        if suffix not in formats:
            raise ExportError(
                f"{quoted(target.name)} is no format of a plot; end it in "
                f"{listed(formats)}."
            )
        if target.is_file() and not overwrite:
            raise ExportError(
                f"{shown(target)} exists already; choose another name, or replace it "
                "with overwrite=True.",
                in_window=f"{shown(target)} exists already; choose the file itself to "
                "replace it, or another name.",
            )
        check_target(target, overwrite, ExportError)
        settle(target.parent)
        refuse_folder(target, ExportError)
        with publishing(target, ExportError) as partial:
            if suffix in PICTURES:
                PICTURES[suffix](self._view, partial, self._caption)
            elif self._data is not None:
                write_csv(self._data(), partial)
        return target

    # -- the panel around it -----------------------------------------------------------

    def _browse(self, suffix: str) -> None:
        """Ask for a file and write it; tell the user how that went."""
        owner = self._owner
        words = "plot" if owner is None else owner.title.lower()
        kind = suffix[1:].upper()
        text, _ = QFileDialog.getSaveFileName(
            self._view, f"Save as {kind}", f"{words}{suffix}", f"{kind} (*{suffix})"
        )
        if not text:
            return
        path = Path(text)
        # The dialog has asked whether to replace the name as it was typed
        asked = bool(path.suffix)
        try:
            written = self.save(path if asked else Path(text + suffix), overwrite=asked)
        except InsilicoError as error:
            self._tell(error.in_window or str(error), problem=True)
        else:
            self._tell(f"Written: {written}")

    def _tell(self, text: str, *, problem: bool = False) -> None:
        if self._owner is not None:
            self._owner.tell(text, problem=problem)

    @property
    def _caption(self) -> str:
        return "" if self._owner is None else self._owner.caption

    @property
    def _owner(self) -> Owner | None:
        """The panel that the plot is in."""
        widget: QWidget | None = self._view
        while widget is not None and not isinstance(widget, Owner):
            widget = widget.parentWidget()
        return widget
