"""Recorded responses with repeats, from arrays that other programs wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import AnalysisError, listed, quoted
from insilico_gui.files import settle
from insilico_gui.responses import unit_table
from insilico_gui.units.identity import match_units
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npy, read_npz

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

SUFFIXES = (".npy", ".npz")


@dataclass(frozen=True)
class Recording:
    """Responses [repeats, frames, units], and the ids of the units if the file has them."""

    name: str
    values: NDArray[Any]
    unit_ids: NDArray[Any] | None = None


def read_recording(path: Path) -> Recording:
    """Read an array [repeats, frames, units] from ``.npy`` or ``.npz``.

    An ``.npz`` file has the array ``responses``, or one array only, and optionally
    ``unit_id`` [units].
    """
    if path.suffix.lower() not in SUFFIXES:
        raise AnalysisError(
            f"{quoted(path.name, '')} is no recording that can be read; give "
            f"{' or '.join(SUFFIXES)} with an array [repeats, frames, units]."
        )
    settle(path.parent)
    name = quoted(path.name, marks="")
    with reading(name, AnalysisError, "save it again with numpy.save"):
        arrays = _arrays(path, name)
    unit_ids = arrays.pop("unit_id", None)
    values = arrays.get("responses", next(iter(arrays.values()), None))
    if values is None or ("responses" not in arrays and len(arrays) > 1):
        raise AnalysisError(
            f"{name} holds the arrays {listed(arrays)}; call the "
            "one with the recording 'responses'."
        )
    if values.ndim != 3 or values.dtype.kind not in "fiu":
        raise AnalysisError(
            f"{name} holds {values.dtype} of shape {list(values.shape)}; a "
            "recording is numbers [repeats, frames, units]."
        )
    if unit_ids is not None and unit_ids.shape != values.shape[2:]:
        raise AnalysisError(
            f"{name} has {values.shape[2]} units and {unit_ids.size} entries in "
            "'unit_id'; give one for each unit."
        )
    return Recording(name, values, unit_ids)


def _arrays(path: Path, name: str) -> dict[str, NDArray[Any]]:
    """Arrays by name; the suffix, not the first bytes, decides how they are read."""
    if path.suffix.lower() == ".npy":
        return {"responses": read_npy(path, name, AnalysisError)}
    return read_npz(path, name, AnalysisError, compressed=True)


def prediction(responses: xr.DataArray, name: str) -> NDArray[Any]:
    """Responses as [repeats, frames, units]; responses to one video are one repeat."""
    if responses.dims == ("time", "unit"):
        return responses.to_numpy()[None]
    if responses.dims == ("trial", "time", "unit"):
        return responses.to_numpy()
    raise AnalysisError(
        f"{name} has the dims {', '.join(map(str, responses.dims))}; predictions of a "
        "video have time and unit, with a trial for each repeat if these differ."
    )


def recorded_from(
    recording: Recording, responses: xr.DataArray, name: str
) -> NDArray[Any]:
    """Recorded values for the units of responses, in their order; NaN if not recorded."""
    _, n_frames, n_units = recording.values.shape
    if n_frames != responses.sizes["time"]:
        raise AnalysisError(
            f"{recording.name} has {n_frames} frames and {name} has "
            f"{responses.sizes['time']}; give recordings of the same video at the same "
            "rate."
        )
    if recording.unit_ids is None:
        if n_units != responses.sizes["unit"]:
            raise AnalysisError(
                f"{recording.name} has {n_units} units and {name} has "
                f"{responses.sizes['unit']}; add an array 'unit_id' to say which they "
                "are."
            )
        return recording.values
    # A recording has unit ids only: it is taken to be of the scan of the responses.
    rows = match_units(
        unit_table(responses),
        pd.DataFrame({"unit_id": recording.unit_ids}),
        (name, recording.name),
    ).rows
    if (rows < 0).all():
        raise AnalysisError(
            f"{recording.name} and {name} have no unit in common; compare recordings "
            "and predictions of the same scan."
        )
    values = recording.values[:, :, rows].astype(np.float64)
    values[:, :, rows < 0] = np.nan
    return values
