"""Labels and provenance of responses: selected units, unit table, session."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import EncodingError, SelectionError, quoted
from insilico_gui.session import precision_of
from insilico_gui.units.selection import Selection, select, unit_indices

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from insilico_gui.session import Session


def chosen_units(
    session: Session,
    units: Selection | ArrayLike | None,
    unit_ids: ArrayLike | None = None,
    indices: ArrayLike | None = None,
) -> Selection:
    """The selection of the arguments of :func:`.encode`: of this session, and not empty."""
    if isinstance(units, Selection) and unit_ids is None and indices is None:
        if units.session not in ("", session.id):
            raise SelectionError(
                f"The selection is of units of {quoted(units.session)}, not of "
                f"{quoted(session.id)}; select them there."
            )
        unit_indices(units.indices, len(session.units))
        selection = units
    else:
        given = units.indices if isinstance(units, Selection) else units
        selection = select(session, units=given, unit_ids=unit_ids, indices=indices)
    if len(selection) == 0:
        raise EncodingError(
            "The selection holds no unit; select at least one before encoding."
        )
    return selection


def unit_coords(session: Session, selection: Selection, dim: str) -> dict[str, Any]:
    """The unit table of the selected units as coordinates along `dim`."""
    coords: dict[str, Any] = {}
    for name, column in session.units.iloc[selection.indices].items():
        values = column.to_numpy()
        if values.dtype == object or not isinstance(values.dtype, np.dtype):
            values = column.fillna("").to_numpy(dtype=str)
        coords[str(name)] = (dim, values)
    return coords


def provenance(session: Session, selection: Selection) -> dict[str, Any]:
    """Attributes for the session, its device and precision, and the selected units."""
    return {
        **session.attrs,
        "session": session.id,
        "device": session.device,
        "dtype": "float32",
        "precision": precision_of(session),
        "selection": dict(selection.rule),
        "insilico_gui_version": version("insilico-gui"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
