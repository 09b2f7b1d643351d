"""Pictures of several files in a row, of which one file is open at a time."""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_right
from typing import TYPE_CHECKING

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.progress import may_go_on
from insilico_gui.stimuli.readers.picture_file import PictureFile, open_pictures
from insilico_gui.stimuli.readers.places import gathered
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class PictureFiles:
    """All pictures of some files; their headers are read now.

    Parameters
    ----------
    files : sequence of path
    name : str
        What to call them together.

    Attributes
    ----------
    files : tuple of path
    labels : tuple of str
        Name of each picture: of the file, and which one it is if there are several.
    shapes : list of (int, int)
        Height and width of the pictures of each file.
    reasons : list of str
        What is dropped or assumed.
    """

    def __init__(self, files: Sequence[Path], name: str) -> None:
        self.files = tuple(files)
        self.name = name
        self.shapes: list[tuple[int, int]] = []
        labels: list[str] = []
        said: list[tuple[str, tuple[str, ...]]] = []
        counts: list[int] = []
        for file in self.files:
            may_go_on()
            pictures = _opened(file)
            try:
                self.shapes.append(pictures.shape)
                n = pictures.n_pictures
                counts.append(n)
                refuse_above("images", sum(counts), name, StimulusError)
                labels += (
                    [file.name]
                    if n == 1
                    else [f"{file.name} ({k + 1})" for k in range(n)]
                )
                said.append((pictures.name, pictures.reasons))
            finally:
                pictures.close()
        self.labels = tuple(labels)
        self.reasons = gathered(said)
        self._ends = list(itertools.accumulate(counts))
        self._lock = threading.Lock()
        self._latest: tuple[int, PictureFile] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def grey(self, k: int) -> NDArray[np.uint8]:
        """Grey levels of picture `k`, uint8 [H, W]."""
        with self._lock:
            pictures, place = self._of(k)
            return pictures.grey(place)

    def rgb(self, k: int) -> NDArray[np.uint8]:
        """Colours of picture `k`, uint8 [H, W, 3]."""
        with self._lock:
            pictures, place = self._of(k)
            return pictures.rgb(place)

    def _of(self, k: int) -> tuple[PictureFile, int]:
        which = bisect_right(self._ends, k)
        start = self._ends[which - 1] if which else 0
        n = self._ends[which] - start
        if n > 1 and self._latest is not None and self._latest[0] == which:
            return self._latest[1], k - start
        self._let_go()
        file = self.files[which]
        pictures = _opened(file)
        if (pictures.shape, pictures.n_pictures) != (self.shapes[which], n):
            pictures.close()
            raise StimulusError(
                f"{pictures.name} has changed its size since {self.name} was opened; "
                "open it again."
            )
        self._latest = which, pictures
        return pictures, k - start

    def _let_go(self) -> None:
        if self._latest is not None:
            self._latest[1].close()
            self._latest = None

    def __del__(self) -> None:
        if getattr(self, "_latest", None) is not None:
            self._let_go()


def _opened(file: Path) -> PictureFile:
    try:
        return open_pictures(file)
    except StimulusError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise StimulusError(
            f"{quoted(file.name, marks='')} was removed while its folder was being "
            "read, or is a link to nothing; restore it and open the folder again."
        ) from error
