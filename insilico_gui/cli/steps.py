"""Steps that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

import insilico_gui as ig
from insilico_gui.cli.filter_syntax import parse_conditions
from insilico_gui.encoding.inputs import stimulus_warning
from insilico_gui.progress import progress_bar
from insilico_gui.responses import take_units, unit_table
from insilico_gui.units.selection import select_units

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from insilico_gui.stimuli import ConditionTable, Drive
    from insilico_gui.stimuli.readers.images import ImageSet


def encode_with_bar(
    session: ig.Session,
    stimulus: ig.Stimulus | ImageSet | ConditionTable | Drive,
    selection: ig.Selection,
    fit: str = "crop",
    store: Path | None = None,
    overwrite: bool = False,
) -> xr.DataArray:
    """:func:`insilico_gui.encode` with a progress bar, after warnings of the stimulus."""
    if warning := stimulus_warning(stimulus):
        typer.echo(f"Warning: {warning}", err=True)
    kinds = {"images": "image", "conditions": "condition", "drive": "window"}
    what = kinds.get(session.input_kind, "frame")
    with progress_bar(f"Encoding {stimulus.name}", unit=what) as show:
        return ig.encode(
            session,
            stimulus,
            selection,
            on_progress=show,
            store=store,
            fit=fit,
            overwrite=overwrite,
        )


def select(
    session: ig.Session,
    areas: list[str] | None,
    fields: list[int] | None,
    any_of: bool,
    where: list[str] | None,
) -> ig.Selection:
    """Units of a session by area, field and condition; by default all."""
    return ig.select(
        session,
        areas,
        fields,
        combine="any" if any_of else "all",
        where=parse_conditions(where or ()),
    )


def choose(
    responses: xr.DataArray,
    owner: str,
    areas: list[str] | None,
    fields: list[int] | None,
    any_of: bool,
    where: list[str] | None,
) -> xr.DataArray:
    """Responses of units by area, field and condition; by default of all units."""
    if not areas and not fields and not where:
        return responses
    chosen = select_units(
        unit_table(responses),
        owner,
        areas,
        fields,
        combine="any" if any_of else "all",
        where=parse_conditions(where or ()),
    )
    return take_units(responses, chosen.indices, chosen.rule)
