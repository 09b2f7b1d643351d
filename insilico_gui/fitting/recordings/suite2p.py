"""Output of suite2p: a folder for each plane, read as plain data.

``ops.npy`` is a pickled dictionary; it is read by :mod:`insilico_gui.untrusted.npy`, in
which nothing can run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import FitError, InsilicoError, listed, quoted
from insilico_gui.fitting.recordings.signals import Signal
from insilico_gui.fitting.recordings.sources import (
    ONE_PLANE,
    Plane,
    Source,
    check_finite,
    check_rate,
)
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.npy import read_npy_dict
from insilico_gui.untrusted.plain_arrays import read_npy

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNALS = ("spks", "F", "dF")
"""Deconvolved; fluorescence; fluorescence less 0.7 of the neuropil."""

NEUROPIL = 0.7  # Pachitariu et al. 2017, the default of suite2p
_ADVICE = "run suite2p again, or copy the file again"


def is_suite2p(folder: Path) -> bool:
    """Whether a folder holds output of suite2p."""
    return bool(_plane_folders(folder))


def read_suite2p(
    folder: Path,
    signal: str = "spks",
    rate_hz: float | None = None,
    imaging_times: NDArray[np.float64] | None = None,
) -> Source:
    """Units that were accepted as cells, of all planes.

    Parameters
    ----------
    folder : Path
        With ``plane0``, ``plane1`` ..., or with a folder ``suite2p`` that has these, or of
        one plane.
    signal : {"spks", "F", "dF"}
    rate_hz : float, optional
        Volumes per second; default that of ``ops.npy``.
    imaging_times : float64 array, optional
        Times (s) of the volumes [n], or of the frames of all planes in turn
        [n * planes]; default from 0 at the rate.

    Raises
    ------
    FitError
        If a plane or file is missing, or arrays and times do not fit together.
    """
    if signal not in SIGNALS:
        raise FitError(
            f"{quoted(signal)} is no signal of suite2p; choose one of {listed(SIGNALS)}."
        )
    folders = _plane_folders(folder)
    if not folders:
        raise FitError(
            f"{quoted(folder.name or folder)} holds no folder plane0 with F.npy and "
            "spks.npy; give the folder that suite2p wrote."
        )
    notes: list[str] = []
    ops = {number: _ops(path, rate_hz, notes) for number, path in folders.items()}
    n_planes = _check_planes(folder, folders, ops)
    planes = []
    for place, (number, path) in enumerate(folders.items()):
        rate = rate_hz or ops[number].get("fs")
        values, kept = _responses(path, signal, notes)
        times = _times(
            len(values), rate, imaging_times, (place, n_planes), path.name, notes
        )
        name = f"{signal} of {path.name}"
        units = pd.DataFrame(
            {"unit_id": ONE_PLANE * number + kept, "field": number + 1, "roi": kept}
        )
        planes.append(Plane(Signal(name, times, values), units))
    return Source(folder.name, planes, notes=list(dict.fromkeys(notes)))


def _plane_folders(folder: Path) -> dict[int, Path]:
    """Folders of planes by number."""
    if (folder / "F.npy").is_file() or (folder / "spks.npy").is_file():
        found = re.fullmatch(r"plane(\d+)", folder.name)
        return {int(found[1]) if found else 0: folder}
    for place in (folder, folder / "suite2p"):
        if not place.is_dir():
            continue
        planes = {
            int(found[1]): path
            for path in place.iterdir()
            if (found := re.fullmatch(r"plane(\d{1,4})", path.name)) and path.is_dir()
        }
        if planes:
            return dict(sorted(planes.items()))
    return {}


def _ops(path: Path, rate_hz: float | None, notes: list[str]) -> dict[str, Any]:
    """Rate and number of planes of ``ops.npy``, as far as they are numbers."""
    file = path / "ops.npy"
    if not file.is_file():
        if rate_hz is None:
            raise FitError(
                f"{path.name} has no ops.npy, which holds the rate; name the rate "
                "(--rate-hz)."
            )
        notes.append("There is no ops.npy, so the number of planes was not checked.")
        return {}
    try:
        content = read_npy_dict(file)
    except InsilicoError as error:
        if rate_hz is None:
            raise FitError(
                f"The rate is not known, because {error} Or name the rate (--rate-hz)."
            ) from error
        notes.append("ops.npy could not be read as plain data and was passed by.")
        return {}
    found: dict[str, Any] = {}
    for name in ("fs", "nplanes"):
        value = np.asarray(content.get(name, np.nan))
        if value.shape == () and value.dtype.kind in "fiu" and value > 0:
            found[name] = float(value)
    if "fs" not in found and rate_hz is None:
        raise FitError(
            f"ops.npy of {path.name} has no rate 'fs' above 0; name the rate (--rate-hz)."
        )
    return found


def _check_planes(
    folder: Path, folders: dict[int, Path], ops: dict[int, dict[str, Any]]
) -> int:
    """The number of planes; a FitError if some of them are missing."""
    said = {int(values["nplanes"]) for values in ops.values() if "nplanes" in values}
    if not said or folder in folders.values():
        return max(said, default=len(folders))
    wanted = max(said)
    missing = [f"plane{k}" for k in range(wanted) if k not in folders]
    if missing:
        raise FitError(
            f"ops.npy says that {wanted} planes were imaged, and {listed(missing)} is "
            "missing; copy that folder, or give the folder of one plane."
        )
    return wanted


def _array(path: Path, name: str) -> NDArray[Any]:
    what = f"{name} of {path.name}"
    with reading(what, FitError, _ADVICE):
        array = read_npy(path / name, what, FitError)
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise FitError(
            f"{what} is {array.dtype} {list(array.shape)}; it should be numbers "
            "[units, frames]."
        )
    return array


def _responses(
    path: Path, signal: str, notes: list[str]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Responses [n, U] of the units that were accepted, and their numbers."""
    values = _array(path, "spks.npy" if signal == "spks" else "F.npy")
    if signal == "dF":
        neuropil = _array(path, "Fneu.npy")
        if neuropil.shape != values.shape:
            raise FitError(
                f"F.npy of {path.name} is {list(values.shape)} and Fneu.npy is "
                f"{list(neuropil.shape)}; both must be of one run of suite2p."
            )
        values = values - NEUROPIL * neuropil
    kept = np.arange(len(values))
    if (path / "iscell.npy").is_file():
        accepted = _array(path, "iscell.npy")
        if len(accepted) != len(values):
            raise FitError(
                f"iscell.npy of {path.name} has {len(accepted)} rows and its signals "
                f"{len(values)} units; both must be of one run of suite2p."
            )
        kept = np.flatnonzero(accepted[:, 0] > 0.5)
    else:
        notes.append(f"{path.name} has no iscell.npy, so all of its units were taken.")
    if not len(kept):
        raise FitError(f"{path.name} has no unit that was accepted as a cell.")
    chosen = np.ascontiguousarray(values[kept].T)
    check_finite(chosen, f"The signal of {path.name}")
    return chosen, kept


def _times(
    n: int,
    rate_hz: float | None,
    given: NDArray[np.float64] | None,
    place: tuple[int, int],
    name: str,
    notes: list[str],
) -> NDArray[np.float64]:
    """Times of the `n` frames of a plane, the k-th of several."""
    k, n_planes = place
    if given is None:
        notes.append(
            "No imaging times were given, so the first volume was taken to be at 0 s."
        )
        assert rate_hz is not None  # noqa: S101 - refused without
        return np.asarray((np.arange(n) + k / n_planes) / rate_hz, np.float64)
    if n_planes > 1 and len(given) == n * n_planes:
        times = np.asarray(given[k::n_planes], np.float64)
    elif len(given) == n:
        later = (k / n_planes) * float(np.median(np.diff(given)))
        times = np.asarray(given + later, np.float64)
    else:
        raise FitError(
            f"There are {len(given)} imaging times and {name} has {n} frames; give a "
            "time for each frame of the plane."
        )
    check_rate(times, rate_hz, f"The imaging of {name}")
    return times
