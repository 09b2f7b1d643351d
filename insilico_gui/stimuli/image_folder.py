"""A folder of images as a stimulus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.attrs import source_attrs
from insilico_gui.stimuli.grey import grey, rgb
from insilico_gui.stimuli.image_file import image_files, image_shape, read_pixels
from insilico_gui.stimuli.stack import ImageStack

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class ImageFolder(ImageStack):
    """The images of a folder in natural order (2 before 10), one a frame.

    Other files in the folder are left alone, and so are files whose name begins with a
    dot.
    """

    def __init__(self, folder: Path, frame_rate: float | None) -> None:
        self._files = image_files(folder)
        name = folder.resolve().name
        shapes = [image_shape(file) for file in self._files]
        for file, shape in zip(self._files, shapes, strict=True):
            if shape != shapes[0]:
                raise StimulusError(
                    f"The images in {name} differ in size: {self._files[0].name} is "
                    f"{shapes[0][1]} x {shapes[0][0]} and {file.name} {shape[1]} x "
                    f"{shape[0]} pixels; make them equal."
                )
        super().__init__(name, len(self._files), shapes[0], frame_rate)
        self.attrs = source_attrs(
            self._files,
            {
                "kind": "image folder",
                "file": name,
                "first_image": self._files[0].name,
                "last_image": self._files[-1].name,
                **self._rate_attrs,
            },
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """The image of each frame."""
        return tuple(self._files)

    def color_frame(self, k: int) -> NDArray[np.uint8]:
        """See :meth:`.base.Stimulus.color_frame`."""
        self._check_range(k, k + 1)
        pixels = read_pixels(self._files[k])
        return self._same_size(
            rgb(pixels, self._files[k].name, color=pixels.ndim == 3), k
        )

    def _read(self, k: int) -> NDArray[np.uint8]:
        pixels = read_pixels(self._files[k])
        return self._same_size(
            grey(pixels, self._files[k].name, color=pixels.ndim == 3), k
        )

    def _same_size(self, levels: NDArray[np.uint8], k: int) -> NDArray[np.uint8]:
        if levels.shape[:2] != self.frame_shape:
            raise StimulusError(
                f"{self._files[k].name} has changed its size since {self.name} was "
                "opened; open the folder again."
            )
        return levels
