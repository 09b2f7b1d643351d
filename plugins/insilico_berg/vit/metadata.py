"""Metadata of the EEG and the vertex models: what the responses are, and how accurate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg.metadata import read_metadata
from insilico_gui.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

HEMISPHERES = ("lh", "rh")
N_VERTICES = 163_842  # of a hemisphere of fsaverage


@dataclass(frozen=True)
class EegMetadata:
    """What is known of an EEG model.

    Attributes
    ----------
    channels : list of str
        In the order of the responses.
    times : float64 array, [T]
        In seconds from the onset of the image.
    accuracy : dict of str to float64 array, [C]
        ``correlation`` of the mean over repeats and ``correlation_single`` of single
        repeats, averaged over time; ``correlation_peak`` is the former at its best.
    """

    channels: list[str]
    times: NDArray[np.float64]
    accuracy: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class VertexMetadata:
    """What is known of a vertex model.

    Attributes
    ----------
    vertices : dict of str to int
        Number of vertices of each hemisphere.
    columns : dict of str to array, [V]
        Over both hemispheres, the left one first: ``ncsnr`` and accuracies.
    rois : dict of str to int64 array
        Rows of the vertices of each region.
    """

    vertices: dict[str, int]
    columns: dict[str, NDArray[Any]]
    rois: dict[str, NDArray[np.int64]]


def read_eeg_metadata(path: Path) -> EegMetadata:
    """Read the metadata of an EEG model.

    Raises
    ------
    WeightsError
        If channels or times are missing or do not fit the accuracies.
    UntrustedFileError
        If the file carries more than plain data.
    """
    metadata = read_metadata(path)
    eeg, model = metadata.recorded, metadata.model
    names = eeg.get("ch_names")
    if isinstance(names, np.ndarray):
        names = names.tolist()
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise _wrong(path, "has no list of ch_names")
    if not names or len(set(names)) < len(names):
        raise _wrong(path, "has no channels, or one of them twice")
    times = np.asarray(eeg.get("times"))
    if times.ndim != 1 or times.dtype.kind not in "fiu" or not len(times):
        raise _wrong(path, "has no times")
    times = times.astype(np.float64)
    steps = np.diff(times)
    if not np.isfinite(times).all() or (steps <= 0).any():
        raise _wrong(path, "has times that do not ascend")
    if len(steps) and not np.allclose(steps, steps.mean(), rtol=0.01):
        raise _wrong(path, "has times that are not sampled evenly")
    accuracy: dict[str, NDArray[np.float64]] = {}
    shape = (len(names), len(times))
    mean = metadata.numbers(model, "correlation_averaged_repetitions", shape)
    if mean is not None:
        accuracy["correlation"] = mean.mean(axis=1)
        accuracy["correlation_peak"] = mean.max(axis=1)
    key = "correlation_single_repetitions"
    single = metadata.numbers(model, key, (len(model.get(key, ())), *shape))
    if single is not None:
        accuracy["correlation_single"] = single.mean(axis=(0, 2))
    return EegMetadata(names, times, accuracy)


def read_vertex_metadata(
    path: Path, vertices: Mapping[str, int] | None = None
) -> VertexMetadata:
    """Read the metadata of a vertex model; every entry of the file is optional.

    Parameters
    ----------
    path : Path
    vertices : mapping of str to int, optional
        Number of vertices of each hemisphere. By default as many as have a signal-to-
        noise ratio in the file, or those of fsaverage.

    Returns
    -------
    VertexMetadata
        What the file has, of both hemispheres.

    Raises
    ------
    WeightsError
        If an array does not fit these numbers.
    UntrustedFileError
        If the file carries more than plain data.
    """
    metadata = read_metadata(path)
    fmri = metadata.recorded
    if vertices is None:
        lengths = {side: np.size(fmri.get(f"{side}_ncsnr", ())) for side in HEMISPHERES}
        vertices = {side: length or N_VERTICES for side, length in lengths.items()}
    columns: dict[str, NDArray[Any]] = {}
    for section in (fmri, metadata.model):
        for key in section:
            name = key.removeprefix("lh_")
            if name == key or isinstance(section[key], dict):
                continue
            sides = [
                metadata.numbers(section, f"{side}_{name}", (vertices[side],))
                for side in HEMISPHERES
            ]
            known = [side for side in sides if side is not None]
            if len(known) == len(sides):
                columns[name] = np.concatenate(known)
    offsets = {"lh": 0, "rh": vertices["lh"]}
    parts: dict[str, list[NDArray[np.int64]]] = {}
    for side in HEMISPHERES:
        for name, indices in fmri.get(f"{side}_fsaverage_rois", {}).items():
            rows = _vertices(indices, vertices[side], name, path)
            parts.setdefault(name, []).append(rows + offsets[side])
    rois = {name: np.concatenate(rows) for name, rows in parts.items()}
    return VertexMetadata(dict(vertices), columns, rois)


def _vertices(indices: Any, vertices: int, name: str, path: Path) -> NDArray[np.int64]:
    array = np.asarray(indices)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise _wrong(path, f"has no vertex numbers for {name}")
    if array.min() < 0 or array.max() >= vertices:
        raise _wrong(path, f"has vertices of {name} that are not on the surface")
    return array.astype(np.int64)


def _wrong(path: Path, what: str) -> WeightsError:
    return WeightsError(
        f"The metadata {path.name} {what}; use the file published with these weights."
    )
