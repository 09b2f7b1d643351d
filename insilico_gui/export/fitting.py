"""Kinds of responses, by which formats are offered before anything is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insilico_gui.responses import unit_dim
from insilico_gui.session import is_image_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from insilico_gui.export.record import Record
    from insilico_gui.session import Session


@dataclass(frozen=True)
class Kind:
    """Dimensions, unit columns and attributes of responses.

    Attributes
    ----------
    dims : tuple of str
    unit_dim : str
    columns : frozenset of str
        Columns of the unit table.
    attrs : mapping of str to Any
        Provenance.
    """

    dims: tuple[str, ...]
    unit_dim: str
    columns: frozenset[str]
    attrs: Mapping[str, Any]

    @classmethod
    def of_responses(cls, responses: xr.DataArray) -> Kind:
        """The kind of given responses."""
        dim = unit_dim(responses)
        columns = (name for name, c in responses.coords.items() if c.dims == (dim,))
        return cls(
            tuple(map(str, responses.dims)),
            dim,
            frozenset(map(str, columns)),
            responses.attrs,
        )

    @classmethod
    def of_session(cls, session: Session) -> Kind:
        """The kind of a session's responses."""
        columns = frozenset(map(str, session.units.columns))
        if is_image_session(session):
            dims = ("trial", *session.response_dims)
            return cls(dims, session.unit_dim, columns, session.attrs)
        trials = ("trial",) if session.input_kind == "conditions" else ()
        return cls((*trials, "time", "unit"), "unit", columns, session.attrs)

    @classmethod
    def of_record(cls, record: Record) -> Kind:
        """The kind of described responses."""
        return cls(record.dims, record.unit_dim, frozenset(record.units), record.attrs)

    def lacks(self, columns: tuple[str, ...] = (), attrs: tuple[str, ...] = ()) -> str:
        """The first missing column or attribute in words; "" if none is missing."""
        for name in columns:
            if name not in self.columns:
                return f"have no unit column {name!r}"
        for name in attrs:
            if name not in self.attrs:
                return f"have no attribute {name!r}"
        return ""

    def is_not_one_number_each(self) -> str:
        """The dimensions in words, unless there is one number for each trial and unit."""
        if self.dims == ("trial", self.unit_dim):
            return ""
        return f"have the dims {list(self.dims)} instead of ['trial', 'unit']"
