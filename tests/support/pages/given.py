"""What is given to a page of the docs: files that no reader could make from the page.

Weights are synthetic and small, in the layout in which the real ones are published.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from support import berg_fwrf, berg_vit

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = np.round(np.arange(-0.1, 0.3, 0.05), 3)
N_PICTURES = 3


def _berg(folder: Path) -> None:
    """A data tree of BERG: EEG and V1 of one subject."""
    berg_fwrf.write_model(folder, voxels=7)
    berg_vit.write_eeg(folder, channels=berg_vit.CHANNELS[:18], times=TIMES)
    berg_vit.write_backbone(folder)


def _pictures(folder: Path) -> None:
    """Pictures in colour."""
    folder.mkdir()
    for k, picture in enumerate(berg_fwrf.pictures(N_PICTURES)):
        Image.fromarray(np.moveaxis(picture, 0, -1)).save(folder / f"{k}.png")


def _mouse(folder: Path) -> None:
    """Weights of one scan of the mouse, as they are published."""
    from support import wang2025_synthetic as synthetic

    synthetic.write_params(folder, 0, 4, (8, 5))
    synthetic.write_tables(folder, 4, (8, 5))


GIVEN: dict[str, Callable[[Path], None]] = {
    "BERG": _berg,
    "FOLDER": _mouse,
    "data": _berg,
    "pictures": _pictures,
}
"""By the name of the folder."""


def give(name: str) -> None:
    """Make what is given under a name in the current folder."""
    GIVEN[name](Path(name))
