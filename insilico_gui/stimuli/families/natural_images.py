"""Natural images: the pictures of a folder, flashed one after the other.

Defaults follow the static images of the dynamic Sensorium 2023 data: a picture for 15
frames, then grey for 12 to 18 frames, at 30 Hz. Pictures become grey and are brought to
the pixels of the display as every other file is (:func:`.conversion.convert`).
"""

# Without "from __future__ import annotations": magicgui needs the types themselves

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.stimuli.core.checks import one_of, within
from insilico_gui.stimuli.core.conversion import convert
from insilico_gui.stimuli.core.geometry import Fit
from insilico_gui.stimuli.readers.image_folder import ImageFolder
from insilico_gui.stimuli.readers.places import named_path
from insilico_gui.stimuli.render.remember import remember
from insilico_gui.stimuli.spec.form_types import HiddenDisplay
from insilico_gui.stimuli.spec.parametric import RenderedStimulus
from insilico_gui.stimuli.spec.trial_spec import Order, Painter, TrialSpec
from insilico_gui.untrusted.door import open_input

_GAPS = 1  # random numbers for the gaps are apart from those for the order


@dataclass(frozen=True, kw_only=True)
class NaturalImages(TrialSpec):
    """Specification of a sequence of images.

    The fields are the parameters of :func:`natural_images`, and what was found in the
    folder: a specification that is read back refuses a folder that has changed.

    Attributes
    ----------
    images : tuple of str
        Names of the files, in natural order, and which picture of a file that has
        several; read from the folder.
    content : str
        Hash of the names and bytes of the files; read from the folder.
    """

    family: ClassVar[str] = "natural_images"

    folder: str
    images: tuple[str, ...] = ()
    content: str = ""
    image_s: float = 0.5
    blank_s: float = 0.4
    blank_jitter_s: float = 0.2
    fit: Fit = "crop"

    def _normalise(self) -> dict[str, object]:
        one_of(self.fit, "fit", get_args(Fit))
        opened = self._open()
        images = opened.labels
        content = _hash_of(opened.files)
        if self.content and (self.content, tuple(self.images)) != (content, images):
            raise StimulusError(
                f"The images in {quoted(self.folder, marks='')} are not those of this "
                "specification; restore them, or make a new specification."
            )
        return {
            **super()._normalise(),
            "images": images,
            "content": content,
            "image_s": self._lasting("image_s"),
            "blank_jitter_s": within(self.blank_jitter_s, "blank_jitter_s", 0, 3600),
        }

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
    def condition_frames(self) -> "NDArray[np.int64]":
        """See :attr:`TrialSpec.condition_frames`."""
        return np.full(self.n_conditions, round(self.image_s * self.frame_rate))

    @property
    def blanks(self) -> "NDArray[np.int64]":
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

        def read(condition: int) -> "NDArray[np.uint8]":
            shown: NDArray[np.uint8] = pictures.frames(condition, condition + 1)[0]
            return shown

        height, width = self.display.pixels
        picture = remember(read, height * width)
        return lambda condition, frame: picture(condition)


def natural_images(
    *,
    folder: Annotated[Path, {"mode": "d"}] = Path(),
    image_s: float = 0.5,
    blank_s: float = 0.4,
    blank_jitter_s: float = 0.2,
    repeats: int = 1,
    fit: Fit = "crop",
    order: Order = "random",
    seed: int = 0,
    display: HiddenDisplay = None,
    frame_rate: float = 30.0,
) -> RenderedStimulus:
    """Make a sequence of the images of a folder, with its trial table.

    Parameters
    ----------
    folder : path
        Folder of images of one size; default the current one.
    image_s : float
        Length of each image in seconds; rounded to frames.
    blank_s, blank_jitter_s : float
        Grey before each image and after the last: at least `blank_s` and up to
        `blank_jitter_s` more, drawn with `seed`; in seconds, rounded to frames.
    fit : {"crop", "pad", "stretch"}
        What to do with images of another aspect ratio than the display.
    repeats, order, seed
        See :class:`.trial_spec.TrialSpec`.
    display, frame_rate
        See :func:`.gratings.drifting_gratings`.

    Returns
    -------
    RenderedStimulus
        ``trials`` has ``onset``, ``duration``, ``condition`` (the name of the file) and
        ``repeat``.

    Raises
    ------
    StimulusError
        If a value makes no sense, the folder holds no images, or images of several
        sizes.
    """
    return NaturalImages.of_arguments({**locals(), "folder": str(folder)})


def _hash_of(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        with open_input(file, StimulusError) as stream:
            while block := stream.read(2**20):
                content.update(block)
        digest.update(f"{file.name}\0{content.hexdigest()}\n".encode())
    return f"sha256:{digest.hexdigest()}"
