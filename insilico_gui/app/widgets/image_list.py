"""The images of a set by name; a click goes to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QStringListModel
from qtpy.QtWidgets import QAbstractItemView, QListView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEIGHT = 110


class ImageList(QListView):
    """Names of the images; the one on show is marked. Hidden without images.

    Parameters
    ----------
    go : callable(int)
        Goes to an image, by its number in the list.
    """

    def __init__(self, go: Callable[[int], object]) -> None:
        super().__init__()
        self._names = QStringListModel(self)
        self.setModel(self._names)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFixedHeight(HEIGHT)
        self.clicked.connect(lambda index: go(index.row()))
        self.hide()

    @property
    def name(self) -> str:
        """Name of the image on show."""
        return str(self.currentIndex().data() or "")

    def list_images(self, labels: Sequence[str] | None) -> None:
        """List other images; None if there are none."""
        self._names.setStringList(list(labels or ()))
        self.setVisible(labels is not None)

    def mark(self, k: int) -> None:
        """Mark the image on show."""
        if k != self.currentIndex().row():
            self.setCurrentIndex(self._names.index(k))
