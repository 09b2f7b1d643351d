"""Natural images: the pictures of a folder, flashed one after the other.

Defaults follow the static images of the dynamic Sensorium 2023 data: a picture for 15
frames, then grey for 12 to 18 frames, at 30 Hz. Pictures become grey and are brought to
the pixels of the display as every other file is (:func:`.conversion.convert`).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.conversion import convert
from insilico_gui.stimuli.core.geometry import Fit
from insilico_gui.stimuli.readers.image_folder import ImageFolder
from insilico_gui.stimuli.readers.places import named_path
from insilico_gui.stimuli.render.remember import remember
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import Folder
from insilico_gui.stimuli.spec.parameters import (
    again,
    found,
    lasting,
    parameter,
    seconds,
    specification,
    word,
)
from insilico_gui.stimuli.spec.trial_spec import Painter, TrialSpec
from insilico_gui.untrusted.door import open_input

_GAPS = 1  # random numbers for the gaps are apart from those for the order


def _text(value: Any, name: str, spec: object) -> Any:
    return str(value) if isinstance(value, os.PathLike) else value


def _as_given(value: Any, name: str, spec: object) -> Any:
    return value


@specification
class NaturalImages(TrialSpec):
    """A sequence of the images of a folder, with its trial table.

    ``trials`` has ``onset``, ``duration``, ``condition`` (the name of the file) and
    ``repeat``. A specification that is read back refuses a folder that has changed.
    """

    family: ClassVar[str] = "natural_images"
    shown: ClassVar[str] = "image_s"

    folder: Folder = parameter(
        Path(), "Folder of images of one size; default the current one.", _text
    )
    images: tuple[str, ...] = found(
        (),
        "Names of the files, in natural order, and which picture of a file that has "
        "several.",
        _as_given,
    )
    content: str = found("", "Hash of the names and bytes of the files.", _as_given)
    image_s: float = lasting(0.5, "Length of each image in seconds; rounded to frames.")
    blank_s: float = again(
        0.4,
        "Grey before each image and after the last, at least, in seconds; rounded to "
        "frames.",
    )
    blank_jitter_s: float = seconds(
        0.2,
        "Up to so much more grey, drawn with `seed`, in seconds; rounded to frames.",
    )
    fit: Fit = word(
        "crop", "What to do with images of another aspect ratio than the display."
    )

    def _check(self) -> None:
        opened = self._open()
        images = opened.labels
        content = _hash_of(opened.files)
        if self.content and (self.content, tuple(self.images)) != (content, images):
            raise StimulusError(
                f"The images in {quoted(self.folder, marks='')} are not those of this "
                "specification; restore them, or make a new specification."
            )
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "content", content)

    def _open(self) -> ImageFolder:
        try:
            path, is_folder = named_path(self.folder, expand=False)
        except StimulusError as error:
            raise self._no_folder() from error
        if not is_folder:
            raise self._no_folder()
        return ImageFolder(path, self.frame_rate)

    def _no_folder(self) -> StimulusError:
        return StimulusError(
            f"{quoted(self.folder)} is not a folder that can be opened; choose a folder "
            "of images."
        )

    def _factors(self) -> dict[str, tuple[object, ...]]:
        return {"image": self.images}

    @property
    def conditions(self) -> pd.DataFrame:
        """See :attr:`TrialSpec.conditions`; the index is the name of the file."""
        return pd.DataFrame(index=list(self.images))

    @property
    def blanks(self) -> NDArray[np.int64]:
        """See :attr:`TrialSpec.blanks`; each is as likely to have any length."""
        shortest = round(self.blank_s * self.frame_rate)
        jitter = round(self.blank_jitter_s * self.frame_rate)
        rng = np.random.Generator(np.random.PCG64([self.seed, _GAPS]))
        return shortest + rng.integers(0, jitter + 1, self.n_trials + 1)

    @property
    def n_frames(self) -> int:
        """Number of frames: for each trial the blank, then the image; a blank."""
        shown = int(self.condition_frames.sum()) * self.repeats
        return shown + int(self.blanks.sum())

    def painter(self) -> Painter:
        """See :meth:`TrialSpec.painter`."""
        pictures = convert(
            self._open(), self.display.pixels, self.frame_rate, fit=self.fit
        )

        def read(condition: int) -> NDArray[np.uint8]:
            shown: NDArray[np.uint8] = pictures.frames(condition, condition + 1)[0]
            return shown

        height, width = self.display.pixels
        picture = remember(read, height * width)
        return lambda condition, frame: picture(condition)


def _hash_of(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        with open_input(file, StimulusError) as stream:
            while block := stream.read(2**20):
                content.update(block)
        digest.update(f"{file.name}\0{content.hexdigest()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


natural_images = family_function(NaturalImages, place=14)
