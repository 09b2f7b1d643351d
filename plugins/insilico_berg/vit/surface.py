"""Where the vertices of fsaverage lie, from the FreeSurfer files of the user."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import check_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

SURFACE = "pial"
"""In it, unlike in inflated surfaces, the hemispheres lie side by side."""

MICROMETRES = 1000.0  # in a millimetre

logger = logging.getLogger(__name__)


def vertex_positions(
    directory: Path | None, vertices: Mapping[str, int]
) -> dict[str, NDArray[np.float64]]:
    """Positions of the vertices, those of each hemisphere in turn.

    FreeSurfer's files are looked for below `directory` (``fsaverage/surf``), below
    ``SUBJECTS_DIR`` and below ``FREESURFER_HOME/subjects``.

    Parameters
    ----------
    directory : path or None
    vertices : mapping of str to int
        How many there are in each hemisphere, ``lh`` and ``rh``.

    Returns
    -------
    dict of str to float64 array
        ``x``, ``y``, ``z`` in micrometres: to the right, the front and the top. Empty if
        there are no such files or no nibabel to read them, or if they do not fit, which
        the log tells.
    """
    for folder in _folders(directory):
        files = [folder / f"{side}.{SURFACE}" for side in vertices]
        if all(file.is_file() for file in files):
            return _read(files, list(vertices.values()))
    return {}


def _folders(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        yield directory / "fsaverage" / "surf"
    for variable, below in (("SUBJECTS_DIR", ""), ("FREESURFER_HOME", "subjects")):
        if os.environ.get(variable):
            yield Path(os.environ[variable]) / below / "fsaverage" / "surf"


def _read(files: list[Path], counts: list[int]) -> dict[str, NDArray[np.float64]]:
    try:
        from nibabel.freesurfer import io
    except ImportError:
        logger.warning("Without nibabel, %s cannot be read", files[0].parent)
        return {}
    parts = []
    for file, count in zip(files, counts, strict=True):
        try:
            path = str(check_input(file, WeightsError, limit="text_bytes"))
            points, _ = io.read_geometry(path)  # type: ignore[no-untyped-call]
        except Exception as error:  # a damaged file can make the parser raise anything
            logger.warning("%s is not a FreeSurfer surface: %s", file, error)
            return {}
        if points.shape != (count, 3) or not np.isfinite(points).all():
            logger.warning(
                "%s has %d vertices where the model has %d; it is left out",
                file,
                len(points),
                count,
            )
            return {}
        parts.append(np.asarray(points, np.float64) * MICROMETRES)
    return dict(zip("xyz", np.concatenate(parts).T, strict=True))
