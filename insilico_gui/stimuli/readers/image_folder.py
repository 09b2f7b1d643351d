"""A folder of images as a stimulus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.attrs import source_attrs
from insilico_gui.stimuli.core.stack import ImageStack, said
from insilico_gui.stimuli.readers.picture_files import PictureFiles
from insilico_gui.stimuli.readers.places import image_files

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class ImageFolder(ImageStack):
    """The images of a folder in natural order (2 before 10), one a frame.

    Of a file with several pictures, each is a frame. Other files in the folder are left
    alone, and so are files whose name begins with a dot.
    """

    def __init__(self, folder: Path, frame_rate: float | None) -> None:
        files = image_files(folder)
        name = quoted(folder.resolve().name, marks="")
        self._pictures = pictures = PictureFiles(files, name)
        shapes = pictures.shapes
        for file, shape in zip(files, shapes, strict=True):
            if shape != shapes[0]:
                raise StimulusError(
                    f"The images in {name} differ in size: {_short(files[0])} is "
                    f"{shapes[0][1]} x {shapes[0][0]} and {_short(file)} {shape[1]} x "
                    f"{shape[0]} pixels; make them equal."
                )
        super().__init__(name, len(pictures), shapes[0], frame_rate)
        self.attrs = source_attrs(
            files,
            {
                "kind": "image folder",
                "file": name,
                "first_image": files[0].name,
                "last_image": files[-1].name,
                **self._rate_attrs,
                **said(name, *pictures.reasons),
            },
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, in the order of their frames."""
        return self._pictures.files

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each frame: of the file, and which picture of it if it has several."""
        return self._pictures.labels

    def _read(self, k: int) -> NDArray[np.uint8]:
        return self._pictures.grey(k)

    def _read_color(self, k: int) -> NDArray[np.uint8]:
        return self._pictures.rgb(k)


def _short(file: Path) -> str:
    return quoted(file.name, marks="")
