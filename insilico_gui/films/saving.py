"""Writing films: whole under their name, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import ExportError
from insilico_gui.experiment import Experiment
from insilico_gui.files import check_target, publishing, refuse_folder, settle, shown
from insilico_gui.films.declaration import FILM_SUFFIXES, Film, film_of
from insilico_gui.films.material import gather
from insilico_gui.films.page import Page
from insilico_gui.films.writing import write_pictures
from insilico_gui.progress import OnProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.films.material import Material

BLOCK = 16
"""Frames of the stimulus that are read at once."""


def save_film(
    experiment: Experiment,
    path: str | os.PathLike[str],
    film: Film | None = None,
    *,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
    **choices: Any,
) -> Path:
    """Write a film of a run: every frame at its rate, or a part of it.

    Each frame has the map of the units with its legend, the stimulus beside it, and
    traces of a few units with the moment marked below.

    Parameters
    ----------
    experiment : Experiment
        With the responses of the run.
    path : path
        Ends in .mp4 (H.264) or .mkv (FFV1, which keeps every colour).
    film : Film, optional
        What it shows.
    overwrite : bool
        Whether a file of that name may be replaced.
    on_progress : callable(done, total), optional
        Called with frames; an error that it raises ends the work, and no file is left.
    **choices
        Attributes of :class:`Film` in its place, such as ``session``, ``stimulus``,
        ``layout``, ``color``, ``limits``, ``selection``, ``units``, ``start_s``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InsilicoError
        If the run is not computed, a choice does not fit it, matplotlib is not
        installed, or the file cannot be written or is there already.
    """
    target = check_film(path, overwrite=overwrite)
    declared = film_of({**dict(film or Film()), **choices})
    write_film(gather(experiment, declared), target, on_progress)
    return target


def check_film(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """The file of a film, if it can be written.

    Raises
    ------
    ExportError
    """
    target = Path(path)
    if target.suffix.lower() not in FILM_SUFFIXES:
        raise ExportError(
            f"{shown(target.name)} is no film; end it in {' or '.join(FILM_SUFFIXES)}."
        )
    check_target(target, overwrite, ExportError)
    settle(target.parent)
    refuse_folder(target, ExportError)
    return target


def write_film(
    material: Material, target: Path, on_progress: OnProgress | None = None
) -> Path:
    """Write a film to a file that was checked; in any thread."""
    with publishing(target, ExportError) as partial:
        write_frames(material, partial, on_progress)
    return target


def write_frames(
    material: Material, path: Path, on_progress: OnProgress | None = None
) -> None:
    """Draw all frames of a film, and write them."""
    if on_progress is not None:
        on_progress(0, material.stop - material.first)
    film, page = material.film, Page(material)
    write_pictures(
        path,
        _pictures(material, page),
        material.stop - material.first,
        material.rate,
        (film.height, film.width),
        on_progress,
    )


def _pictures(material: Material, page: Page) -> Iterator[NDArray[np.uint8]]:
    frames, n_times = material.shown.frames, material.shown.n_times
    block: NDArray[np.uint8] | None = None
    begins = 0
    for moment in range(material.first, material.stop):
        picture = None
        if frames is not None:
            k = moment // n_times
            if block is None or not begins <= k < begins + len(block):
                begins = k
                block = frames.frames(k, min(k + BLOCK, frames.n_frames))
            picture = block[k - begins]
        yield page.frame(moment, picture)
