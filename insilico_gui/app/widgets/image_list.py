"""The images of a set by name; a click goes to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QStringListModel
from qtpy.QtWidgets import QAbstractItemView, QListView

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex


HEIGHT = 110


class ImageList(QListView):
    """Names of the images; the one on show is marked. Hidden without images."""

    def __init__(self, experiment: WindowState) -> None:
        super().__init__()
        self.experiment = experiment
        self._names = QStringListModel(self)
        self.setModel(self._names)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFixedHeight(HEIGHT)
        self.clicked.connect(self._clicked)
        experiment.stimulus_changed.connect(self._fill)
        experiment.playback.events.time.connect(self._show_time)
        self._fill()

    @property
    def name(self) -> str:
        """Name of the image on show."""
        return str(self.currentIndex().data() or "")

    def _clicked(self, index: QModelIndex) -> None:
        experiment = self.experiment
        within = experiment.playback.frame % self.now.n_times
        experiment.playback.seek_frame(index.row() * self.now.n_times + within)

    def _fill(self) -> None:
        images = self.now.images
        self._names.setStringList([] if images is None else list(images.labels))
        self.setVisible(images is not None)
        self._show_time()

    def _show_time(self, *_: object) -> None:
        frame = self.frame_on_show
        if self.now.images is None or frame == self.currentIndex().row():
            return
        self.setCurrentIndex(self._names.index(frame))
