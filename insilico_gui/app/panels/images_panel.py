"""Which images drive the selected units most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from insilico_gui.analysis.population.image_ranking import ImageDrive
from insilico_gui.app.panels.panel import NarrowText, Panel
from insilico_gui.app.widgets.copying import copy_selected
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.app.work.live_summary import LiveSummary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.resolved import Resolved


MAX_ROWS = 200
"""As many images are listed, the strongest ones."""

THUMBNAIL = 32
IMAGE = Qt.ItemDataRole.UserRole


class ImagesPanel(Panel):
    """Images ranked by the response of the selected units; a click goes to one.

    Attributes
    ----------
    ranking : int64 array, [n]
        Encoded images, the one that drives the selected units most first.
    """

    title = "Images"
    place = "bottom"
    order = 30
    draws = frozenset({"session", "shown", "encoded", "selection"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.body.setContentsMargins(2, 2, 2, 2)
        self.ranking = np.empty(0, np.int64)
        self._drive = LiveSummary(
            "Ranking images", self._ranked, self._draw, self.jobs, self
        )
        self.about = NarrowText()
        self.table = QTableWidget(0, 2)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.table.verticalHeader().setDefaultSectionSize(THUMBNAIL + 2)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setMinimumSize(150, 70)
        self.table.cellClicked.connect(self._cell_clicked)
        self.plot = ThemedPlot()
        self.plot.setMinimumHeight(70)
        self.plot.setLabel("bottom", "rank of the image")
        self.bars = pg.BarGraphItem(x=[], height=[], width=1.0)
        self.plot.addItem(self.bars)
        self._here = pg.InfiniteLine(angle=90)
        self.plot.addItem(self._here)
        self.plot.clicked.connect(self._plot_clicked)
        copy_selected(self.table)
        row = QHBoxLayout()
        row.addWidget(self.table, 4)
        row.addWidget(self.plot, 5)
        self.body.addWidget(self.about)
        self.body.addLayout(row, 1)

        self.recolor()

    @classmethod
    def is_offered(cls, now: Resolved) -> bool:
        """Whether the session answers single images."""
        return now.image_session is not None

    @classmethod
    def is_first(cls, now: Resolved) -> bool:
        """Whether their responses have no course in time, which is looked at first."""
        session = now.image_session
        return session is not None and "time" not in session.response_coords

    def recolor(self) -> None:
        """Draw bars and cursor in the colours of the theme."""
        colors = self.plot_colors
        self.bars.setOpts(brush=colors.mean, pen=colors.background)
        self._here.setPen(pg.mkPen(colors.line, width=1))
        self._draw()

    # -- from the user -----------------------------------------------------------------

    def _cell_clicked(self, row: int, _column: int) -> None:
        self._go_to(row)

    def _plot_clicked(self, x: float, _y: float) -> None:
        self._go_to(round(x) - 1)

    def _go_to(self, rank: int) -> None:
        if 0 <= rank < len(self.ranking):
            image = int(self.ranking[rank])
            within = self.experiment.playback.frame % self.now.n_times
            self.experiment.playback.seek_frame(image * self.now.n_times + within)

    # -- from the state ----------------------------------------------------------------

    def draw(self, changed: frozenset[str]) -> None:
        """Rank anew; what is drawn of another selection stays until then."""
        if self.now.encoded is None or changed & {"session", "shown"}:
            self._drive.clear()
        else:
            self._drive.restart()

    def draw_time(self) -> None:
        """Mark the image on show."""
        rank = np.flatnonzero(self.ranking == self.frame_on_show)
        if len(rank):
            self._here.setValue(int(rank[0]) + 1)
            if rank[0] < self.table.rowCount():
                self.table.selectRow(int(rank[0]))

    def grow(self) -> None:
        """Take in responses that have come since the last time."""
        self._drive.grow()

    def _ranked(self) -> ImageDrive | None:
        """What ranks the images by the selected units; None if none was encoded."""
        session, encoded = self.now.image_session, self.now.encoded
        columns = self.now.selected_columns
        if session is None or encoded is None or not len(columns):
            return None
        return ImageDrive(encoded.moments, columns, session.response_coords.get("time"))

    def _draw(self) -> None:
        drive, images = self._drive.value, self.now.images
        session = self.now.image_session
        values = np.empty(0)
        if drive is not None and images is not None:
            values = drive.values[: drive.n_done]
        self.ranking = np.argsort(-values, kind="stable")
        ranked = values[self.ranking]
        self.bars.setOpts(x=np.arange(1, len(ranked) + 1), height=ranked)
        self._here.setVisible(len(ranked) > 0)
        self.table.setRowCount(min(len(ranked), MAX_ROWS))
        if not len(ranked) or images is None or session is None:
            self.about.setText(self._why_empty())
            return
        timed = "time" in session.response_coords
        what = "RMS" if timed else "mean"
        self.table.setHorizontalHeaderLabels(["image", what])
        self.plot.setLabel("left", f"{what} of {session.response_label}")
        self.plot.setXRange(0.5, len(ranked) + 0.5, padding=0)
        for rank, k in enumerate(self.ranking[:MAX_ROWS].tolist()):
            name = QTableWidgetItem(images.labels[k])
            name.setToolTip(images.labels[k])
            name.setData(IMAGE, k)
            icon = self._thumbnail(k)
            if icon is not None:
                name.setIcon(icon)
            self.table.setItem(rank, 0, name)
            self.table.setItem(rank, 1, QTableWidgetItem(f"{values[k]:.3g}"))
        over = "selected channels from image onset on" if timed else "selected units"
        self.about.setText(
            f"{len(ranked):,} images by the {what} over "
            f"{len(self.now.selected_columns):,} {over}; click one to see it."
        )
        self.draw_time()

    def _thumbnail(self, k: int) -> QIcon | None:
        picture = self.desk.window.peek(k)
        return None if picture is None else QIcon(_pixmap(picture))

    def _why_empty(self) -> str:
        if self.now.session is None:
            return "Load a session first."
        if self.now.image_session is None:
            return (
                "This session is driven by video, which has no single images to rank."
            )
        if self.now.encoded is None:
            return "Encode images to rank them by the responses."
        if not len(self.now.selected_columns):
            return "None of the encoded units is selected."
        return "No image has been encoded yet."


def _pixmap(picture: NDArray[np.uint8]) -> QPixmap:
    height, width = picture.shape[:2]
    step = max(1, min(height, width) // (2 * THUMBNAIL))
    small = np.ascontiguousarray(picture[::step, ::step])
    height, width = small.shape[:2]
    image = QImage(
        small.data, width, height, 3 * width, QImage.Format.Format_RGB888
    ).copy()
    return QPixmap.fromImage(image)
