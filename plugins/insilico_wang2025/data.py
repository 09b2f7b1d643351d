"""Data sets of videos and recorded responses, in the folders that training reads.

A data set is a folder with one sub-folder for each kind of data, all of them with the same
``.npy`` files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import SessionError, quoted
from insilico_gui.untrusted.door import open_input, reading
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

EVALUATION = ("stimuli", "perspectives", "modulations", "units")
TRAINING = ("training", "samples", *EVALUATION)

_ADVICE = "copy it again from the published data"


def load_training_data(
    directory: str | os.PathLike[str], max_items: int | None = None
) -> dict[str, list[NDArray[Any]]]:
    """Read all trials of a training set.

    Parameters
    ----------
    directory : path
        With the sub-folders of :data:`TRAINING`, each of ``<trial>.npy``.
    max_items : int, optional
        Read the first trials only.

    Returns
    -------
    dict of str to list of array
        By sub-folder, over trials in the order of their names; stimuli are
        uint8 [T, 144, 256, 1].

    Raises
    ------
    SessionError
        If a file is missing in one of the sub-folders, or cannot be read.
    """
    folder = Path(directory).expanduser()
    names = _same_names(folder, TRAINING, "*.npy")[:max_items]
    return {part: [_read(folder / part / n) for n in names] for part in TRAINING}


def load_evaluation_data(
    directory: str | os.PathLike[str],
) -> dict[str, list[list[NDArray[Any]]]]:
    """Read an evaluation set: videos that were shown several times.

    Parameters
    ----------
    directory : path
        With the sub-folders of :data:`EVALUATION`, each of ``<video>/<repeat>.npy``.

    Returns
    -------
    dict of str to list of list of array
        By sub-folder, over videos and their repeats in the order of their names.

    Raises
    ------
    SessionError
        If a file is missing in one of the sub-folders, or cannot be read.
    """
    folder = Path(directory).expanduser()
    names = _same_names(folder, EVALUATION, "*/*.npy")
    videos = sorted({Path(name).parent.name for name in names})
    return {
        part: [
            [
                _read(folder / part / name)
                for name in names
                if Path(name).parent.name == video
            ]
            for video in videos
        ]
        for part in EVALUATION
    }


def _same_names(folder: Path, parts: tuple[str, ...], pattern: str) -> list[str]:
    """Names of the files, which all sub-folders have."""
    try:
        found = {
            part: {
                str(path.relative_to(folder / part))
                for path in (folder / part).glob(pattern)
            }
            for part in parts
        }
    except OSError as error:
        raise SessionError(
            f"{quoted(folder)} cannot be read ({error.strerror}); check the folder."
        ) from error
    every = set().union(*found.values())
    for part, names in found.items():
        missing = sorted(every - names)
        if missing or not names:
            raise SessionError(
                f"The folder {part!r} of {quoted(folder.name)} lacks "
                f"{quoted(missing[0]) if missing else 'all of its files'}; copy the data "
                "set again."
            )
    return sorted(every)


def _read(path: Path) -> NDArray[Any]:
    """An array of plain numbers, no larger than its file."""
    name = quoted(path.name)
    with (
        open_input(path, SessionError, limit="memory_bytes") as file,
        reading(name, SessionError, _ADVICE),
    ):
        version = np.lib.format.read_magic(file)
        header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = header(file)
        if dtype.kind not in "biuf":
            raise SessionError(f"{name} does not hold numbers; {_ADVICE}.")
        count = 1
        for n in shape:
            count *= int(n)
        refuse_above("memory_bytes", count * dtype.itemsize, name, SessionError)
        data = file.read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            raise SessionError(f"{name} was cut short; {_ADVICE}.")
        flat = np.frombuffer(bytearray(data), dtype)
        return flat.reshape(shape, order="F" if fortran else "C")
