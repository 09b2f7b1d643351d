"""Neurons of the mouse (calcium_2p-wang_2025-3DCNN), answered by the Wang 2025 engine."""

from __future__ import annotations

import re
import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg import catalogue
from insilico_berg.api.arguments import check_arguments, chosen, one_name
from insilico_berg.api.family import Family
from insilico_berg.api.locate import metadata_file
from insilico_berg.api.mouse_model import FRAME, MouseModel
from insilico_berg.errors import (
    BERGWarning,
    InvalidParameterError,
    ModelLoadError,
    ParameterTypeError,
)
from insilico_berg.metadata import Metadata, read_metadata
from insilico_berg.tree_files import Key
from insilico_gui.opening import open_session
from insilico_gui.session import is_video_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_berg.api.arguments import Selection
    from insilico_berg.tree import Entry

_SCAN = re.compile(r"session-?(\d+)_scan-?(\d+)", re.IGNORECASE)
_NAMES = ("train_session", "subject")


class Mouse(Family):
    """See :class:`insilico_berg.api.family.Family`."""

    id = catalogue.MOUSE
    arguments = MappingProxyType(
        {
            "train_session": ", ".join(
                catalogue.session_scan(*scan) for scan in catalogue.SCANS
            ),
            "subject": "another name for train_session",
        }
    )
    selection = MappingProxyType(
        {
            "roi": "list of areas (V1, LM, AL, RL)",
            "field": "list of numbers of imaging fields",
            "unit_index": "0 or 1 for each neuron",
        }
    )
    metadata_arguments = _NAMES
    stimulus = (
        f"grey video {FRAME}, or several {FRAME.replace('[', '[videos, ')}, 0 to 255"
    )
    response = (
        "[frames, neurons] or [videos, frames, neurons]; neurons in any of the areas, "
        "fields and unit_index of the selection"
    )

    def key(self, arguments: Mapping[str, Any], selection: Selection) -> Key:
        """Both names of the argument and both spellings of the scan are known."""
        check_arguments(arguments, _NAMES, self.id)
        return self.metadata_key(arguments)

    def metadata_key(self, arguments: Mapping[str, Any]) -> Key:
        """See :meth:`insilico_berg.api.family.Family.metadata_key`."""
        given = {
            _scan(arguments[name]) for name in _NAMES if arguments.get(name) is not None
        }
        if not given:
            raise ParameterTypeError(
                f"{self.id} needs the argument train_session; give e.g. "
                f"'{catalogue.session_scan(8, 5)}'."
            )
        if len(given) > 1:
            raise InvalidParameterError(
                "train_session and subject name different scans; give one of them."
            )
        return given.pop()

    def load(
        self, entry: Entry, directory: Path, selection: Selection, device: str
    ) -> MouseModel:
        """See :meth:`insilico_berg.api.family.Family.load`."""
        if entry.metadata is None:
            raise ModelLoadError(
                f"The metadata {metadata_file(self.id, entry.key)} are missing; put them "
                "into the folder metadata beside the weights."
            )
        metadata = read_metadata(entry.metadata)
        ids = _unit_ids(metadata)
        inside = select_units(metadata, len(ids), selection)
        # Through the host, as any script would: that model is another package's
        folder = entry.weights[0].parent
        session = open_session(f"wang2025/{entry.name}", folder, device)
        assert is_video_session(session)  # noqa: S101 - this twin's all are
        rows = _rows(ids, session.units["unit_id"].to_numpy(), metadata.file)
        units = np.flatnonzero(inside[rows])
        return MouseModel(
            entry, session, {"units": rows[units]}, units if selection else None
        )


def select_units(
    metadata: Metadata, n_units: int, selection: Selection
) -> NDArray[np.bool_]:
    """Which rows of the metadata are in any of the parts of a selection.

    Without any part these are all. That the parts are united is a rule of this interface;
    elsewhere in this project areas and fields are intersected unless told otherwise.

    Raises
    ------
    InvalidParameterError
        If a part is no list, names what is not there, or nothing is left.
    """
    if not selection:
        return np.ones(n_units, dtype=bool)
    inside = np.zeros(n_units, dtype=bool)
    areas = _masks(metadata, "roi", n_units)
    for area in _list(selection, "roi"):
        inside |= areas[one_name(area, list(areas), "roi")]
    fields = _masks(metadata, "field_masks", n_units)
    for number in _list(selection, "field"):
        inside |= fields[_field(number, fields)]
    if "unit_index" in selection:
        inside[chosen(selection["unit_index"], n_units, "unit_index")] = True
    if not inside.any():
        raise InvalidParameterError(
            "The selection holds no neuron; name at least one area or field with "
            "neurons, or leave it out for all."
        )
    return inside


def _scan(value: object) -> Key:
    match = _SCAN.fullmatch(value.strip()) if isinstance(value, str) else None
    scan = (int(match[1]), int(match[2])) if match else None
    if scan not in catalogue.SCANS:
        valid = ", ".join(catalogue.session_scan(*scan) for scan in catalogue.SCANS)
        kind = InvalidParameterError if isinstance(value, str) else ParameterTypeError
        raise kind(f"{value!r} is no scan of {catalogue.MOUSE}; give one of {valid}.")
    return Key(session=scan[0], scan=scan[1])


def _list(selection: Selection, key: str) -> list[object]:
    value = selection.get(key, [])
    if not isinstance(value, list):
        raise ParameterTypeError(
            f"{key!r} is a {type(value).__name__}; give a list, e.g. "
            + ("['V1']." if key == "roi" else "[1].")
        )
    return value


def _field(number: object, fields: Mapping[str, object]) -> str:
    name = f"field_{number}"
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if not whole or name not in fields:
        have = ", ".join(key.removeprefix("field_") for key in fields)
        raise InvalidParameterError(
            f"'field' has {number!r}, which this scan does not have (fields: "
            f"{have or 'none'}); give numbers of those."
        )
    return name


def _masks(
    metadata: Metadata, section: str, n_units: int
) -> dict[str, NDArray[np.bool_]]:
    masks = metadata.recorded.get(section, {})
    if not isinstance(masks, dict):
        raise ModelLoadError(
            f"The metadata {metadata.file} have a {section!r} that is no section; copy "
            "them again from the published data."
        )
    found = {}
    for name in masks:
        values = metadata.numbers(masks, name, (n_units,))
        found[name] = np.asarray(values) != 0
    return found


def _unit_ids(metadata: Metadata) -> NDArray[np.int64]:
    ids = np.asarray(metadata.recorded.get("unit_id"))
    if ids.ndim != 1 or ids.dtype.kind not in "iu" or len(np.unique(ids)) < len(ids):
        raise ModelLoadError(
            f"The metadata {metadata.file} have no unit_id, or one twice; copy them "
            "again from the published data."
        )
    return ids.astype(np.int64)


def _rows(
    ids: NDArray[np.int64], readout: NDArray[np.int64], file: str
) -> NDArray[np.int64]:
    """For each neuron of the weights, its row in the metadata."""
    order = np.argsort(ids)
    if not np.array_equal(ids[order], np.sort(readout)):
        raise ModelLoadError(
            f"The metadata {file} are of other neurons than the weights; use files that "
            "were published together."
        )
    if not np.array_equal(ids, readout):
        warnings.warn(
            f"{file} lists the neurons in another order than the weights; they were "
            "matched by unit_id, and responses have the order of the weights",
            BERGWarning,
            stacklevel=4,
        )
    rows: NDArray[np.int64] = order[np.searchsorted(ids[order], readout)]
    return rows
