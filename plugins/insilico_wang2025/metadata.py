"""Metadata of a scan in a tree of encoding models: a dictionary in a .npy file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted import read_npy_dict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

TUNING = ("OSI", "DSI", "gOSI", "gDSI", "pref_ori", "pref_dir")
ACCURACY = ("cc_abs", "cc_max", "cc_norm")
FIELD_PREFIX = "field_"

logger = logging.getLogger(__name__)


def read_metadata(path: Path) -> dict[str, NDArray[Any]]:
    """Columns of a unit table, in the order of the file; ``unit_id`` is always there.

    Raises
    ------
    WeightsError
        If arrays are missing or do not fit each other.
    UntrustedFileError
        If the file holds more than plain data.
    """
    content = read_npy_dict(path)
    recorded = _section(content, "calcium_2p", path)
    # The other models of such a tree write this section's name in the plural.
    name = "encoding_model" if "encoding_model" in content else "encoding_models"
    model = _section(content, name, path) if name in content else {}
    if "unit_id" not in recorded:
        raise _wrong(path, "has no unit_id")
    columns = {"unit_id": _numbers(recorded["unit_id"], None, "unit_id", path)}
    units = len(columns["unit_id"])
    if "coordinates" in recorded:
        xyz = np.asarray(recorded["coordinates"])
        if xyz.shape != (units, 3) or xyz.dtype.kind not in "iuf":
            raise _wrong(path, f"has coordinates of shape {list(xyz.shape)}")
        columns |= {axis: xyz[:, i] for i, axis in enumerate("xyz")}
    if "roi" in recorded:
        masks = _section(recorded, "roi", path)
        columns["area"] = _from_masks(masks, units, "", path)
    if "field_masks" in recorded:
        masks = _section(recorded, "field_masks", path)
        columns["field"] = _from_masks(_field_numbers(masks, path), units, -1, path)
        if (columns["field"] == -1).any():
            raise _wrong(path, "has units in no field")
    for section, names in ((recorded, TUNING), (model, ACCURACY)):
        columns |= {
            n: _numbers(section[n], units, n, path) for n in names if n in section
        }
    return columns


def reorder(
    columns: Mapping[str, NDArray[Any]], unit_ids: NDArray[np.int64], path: Path
) -> dict[str, NDArray[Any]]:
    """The same columns without ``unit_id``, in the order of `unit_ids`.

    Raises
    ------
    WeightsError
        If they are of other units.
    """
    ids = columns["unit_id"]
    order = np.argsort(ids, kind="stable")
    if not np.array_equal(ids[order], np.sort(unit_ids)):
        raise _wrong(path, "is of other units than the weights")
    if not np.array_equal(ids, unit_ids):
        logger.warning(
            "%s lists the units in another order than the weights; matched by unit_id",
            path.name,
        )
    rows = order[np.argsort(np.argsort(unit_ids, kind="stable"))]
    return {name: values[rows] for name, values in columns.items() if name != "unit_id"}


def _section(content: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    section = content.get(name)
    if not isinstance(section, dict):
        raise _wrong(path, f"has no section {name}")
    return section


def _numbers(values: Any, units: int | None, name: str, path: Path) -> NDArray[Any]:
    array = np.asarray(values)
    if (
        array.ndim != 1
        or array.dtype.kind not in "iuf"
        or len(array) != (len(array) if units is None else units)
    ):
        raise _wrong(path, f"has a {name} that is not one number for each unit")
    return array


def _field_numbers(masks: Mapping[str, Any], path: Path) -> dict[int, Any]:
    numbers = {name: name.removeprefix(FIELD_PREFIX) for name in masks}
    if not all(number.isdecimal() for number in numbers.values()):
        raise _wrong(path, "has a field without a number")
    return {int(number): masks[name] for name, number in numbers.items()}


def _from_masks(
    masks: Mapping[Any, Any], units: int, missing: Any, path: Path
) -> NDArray[Any]:
    """The name of the mask that each unit is in, or `missing`."""
    counts = np.zeros(units, dtype=np.int64)
    names = np.full(units, missing, dtype=object)
    for name, values in masks.items():
        inside = _numbers(np.asarray(values) + 0, units, str(name), path) != 0
        counts += inside
        names[inside] = name
    if (counts > 1).any():
        raise _wrong(path, "has units in two areas or two fields")
    return names.astype(np.int64) if missing == -1 else names


def _wrong(path: Path, what: str) -> WeightsError:
    return WeightsError(
        f"The metadata {path.name} {what}; use the file published with these weights."
    )
