"""Steps that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import insilico_gui as ig
from insilico_gui.cli.terminal.inputs import comma_list, comma_numbers
from insilico_gui.cli.terminal.telling import warn
from insilico_gui.encoding.inputs import stimulus_warning
from insilico_gui.errors import SelectionError
from insilico_gui.progress import progress_bar
from insilico_gui.responses import take_units, unit_table
from insilico_gui.units.filter_syntax import parse_conditions
from insilico_gui.units.selection import select_units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.stimuli import ConditionTable, Drive
    from insilico_gui.stimuli.readers.images import ImageSet


def encode_with_bar(
    session: ig.Session,
    stimulus: ig.Stimulus | ImageSet | ConditionTable | Drive,
    selection: ig.Selection,
    fit: str = "crop",
    store: Path | None = None,
    overwrite: bool = False,
    behavior: Mapping[str, NDArray[np.float32]] | None = None,
) -> xr.DataArray:
    """:func:`insilico_gui.encode` with a progress bar, after warnings of the stimulus."""
    if warning := stimulus_warning(stimulus):
        warn(warning)
    kinds = {"images": "image", "conditions": "condition", "drive": "window"}
    what = kinds.get(session.input_kind, "frame")
    with progress_bar(f"Encoding {stimulus.name}", unit=what) as show:
        return ig.encode(
            session,
            stimulus,
            selection,
            behavior,
            on_progress=show,
            store=store,
            fit=fit,
            overwrite=overwrite,
        )


def select(
    session: ig.Session,
    areas: list[str] | None,
    fields: list[str] | None,
    any_of: bool,
    where: list[str] | None,
) -> ig.Selection:
    """Units of a session by area, field and condition; by default all."""
    return select_units(
        session.units,
        session.id,
        **_choices(session.units, areas, fields, any_of, where),
    )


def choose(
    responses: xr.DataArray,
    owner: str,
    areas: list[str] | None,
    fields: list[str] | None,
    any_of: bool,
    where: list[str] | None,
) -> xr.DataArray:
    """Responses of units by area, field and condition; by default of all units."""
    if not areas and not fields and not where:
        return responses
    units = unit_table(responses)
    chosen = choose_rows(units, owner, areas, fields, any_of, where)
    return take_units(responses, chosen.indices, chosen.rule)


def choose_rows(
    table: pd.DataFrame,
    owner: str,
    areas: list[str] | None,
    fields: list[str] | None,
    any_of: bool,
    where: list[str] | None,
) -> ig.Selection:
    """Rows of a unit table by area, field and condition; by default all."""
    return select_units(table, owner, **_choices(table, areas, fields, any_of, where))


def _choices(
    units: pd.DataFrame,
    areas: list[str] | None,
    fields: list[str] | None,
    any_of: bool,
    where: list[str] | None,
) -> dict[str, Any]:
    """What was typed as arguments of :func:`select_units`."""
    return {
        "areas": comma_list(areas) or None,
        "fields": comma_numbers(fields, "--field", int, SelectionError) or None,
        "combine": "any" if any_of else "all",
        "where": parse_conditions(where or (), units),
    }
