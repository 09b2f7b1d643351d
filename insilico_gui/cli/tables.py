"""Result tables of units in files, with the parameters of the analysis.

``NAME.csv`` has ``NAME.csv.json`` beside it; ``.parquet`` holds the same JSON in its
metadata, under :data:`METADATA_KEY`. Text that a spreadsheet would take for a formula is
escaped in ``.csv`` (:mod:`insilico_gui.files.formulas`).
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from insilico_gui.cli.outputs import output_claim, reserve
from insilico_gui.cli.terminal.telling import is_file, plain, print_file, report, tell
from insilico_gui.errors import ExportError, quoted
from insilico_gui.files import fingerprints, refuse_foreign, settle, writing
from insilico_gui.files.formulas import unescape_table, write_csv
from insilico_gui.files.marks import HASHES
from insilico_gui.responses import distinct_names
from insilico_gui.units.columns import facts
from insilico_gui.units.frame import MEASURED_AGAIN
from insilico_gui.units.identity import measured_names, same_units
from insilico_gui.untrusted.tables import read_csv, read_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

SUFFIXES = (".csv", ".parquet")
FORMAT = "insilico_gui table"
METADATA_KEY = b"insilico_gui_table"

COUNTS = ("n_presentations", "n_frames", "n_samples", "n_units")


def check_table(output: Path | None, overwrite: bool) -> None:
    """Check and reserve the file of a table, before the computation starts."""
    side = None if output is None else _side_file(output)
    reserve(output, overwrite, SUFFIXES, *([side.name] if side else []))
    if output is not None and side is not None:
        refuse_foreign(side, FORMAT, [output.name], [], ExportError)


def write_table(
    output: Path | None,
    units: pd.DataFrame,
    columns: pd.DataFrame,
    provenance: Mapping[str, Any],
    **more: Any,
) -> pd.DataFrame:
    """Write and return the unit table with the columns of an analysis.

    Without a file, the rows go to standard output, or into the JSON of the command.
    `columns` have a row per unit, joined by the ids of the units, and the parameters of
    the analysis in ``attrs``. A column that `units` has too is named ``<name>_measured``.
    `provenance` (``attrs`` of the responses) and `more` (fit for JSON) are stored with
    the table.
    """
    rows = same_units(units, columns)
    if rows is None:
        raise ExportError(
            f"The {len(columns)} rows that were measured are not those of the "
            f"{len(units)} units of the table; measure these units."
        )
    named = columns[measured_names(columns)].iloc[rows]
    named = named.rename(columns=distinct_names(named.columns, units.columns))
    table = units.reset_index(drop=True).join(named.reset_index(drop=True))
    table.attrs = {}
    analysis = {str(k): v for k, v in columns.attrs.items()}
    about = {
        **{k: v for k, v in provenance.items() if k != "trials"},
        "analysis": analysis,
        "columns": {str(name): _about(str(name), analysis) for name in named},
        **more,
    }
    if output is not None and is_file(output):
        _publish(output, table, {"format": FORMAT, **plain(about)})
    else:
        _print(table, plain(about))
    return table


def _print(table: pd.DataFrame, about: dict[str, Any]) -> None:
    """A table on standard output: rows of text, or part of the JSON."""
    if report().as_json:
        tell(**about, units=table.to_dict("records"))
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_csv(table, path)
        print_file(path)


def _publish(output: Path, table: pd.DataFrame, about: dict[str, Any]) -> None:
    """Write a table and its side file, both or none."""
    side = _side_file(output)
    names = [output.name, *([side.name] if side else [])]
    with output_claim(output, *names[1:]) as claimed:
        with writing(output, ExportError):
            partial = claimed.new / output.name
            if side is None:
                _write_parquet(partial, table, json.dumps(about, allow_nan=False))
            else:
                write_csv(table, partial)
                about = {**about, HASHES: fingerprints(claimed.new, [output.name])}
                text = json.dumps(about, indent=2, allow_nan=False)
                (claimed.new / side.name).write_text(text, encoding="utf-8")
        claimed.publish(names)


def _side_file(output: Path) -> Path | None:
    """The file with the provenance of a ``.csv`` table."""
    if output.suffix.lower() != ".csv":
        return None
    return output.with_name(f"{output.name}.json")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table of units or trials from .csv, undoing its escapes, or .parquet."""
    suffix = path.suffix.lower()
    name = quoted(path.name, marks="")
    if suffix not in SUFFIXES:
        raise ExportError(f"{name} is no table; give {' or '.join(SUFFIXES)}.")
    settle(path.parent)
    advice = f"check that it is a complete {suffix} table"
    if suffix == ".csv":
        return unescape_table(read_csv(path, name, ExportError, advice))
    return read_parquet(path, name, ExportError, advice)


def _write_parquet(path: Path, table: pd.DataFrame, text: str) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    data = pa.Table.from_pandas(table, preserve_index=False)
    known = data.schema.metadata or {}
    data = data.replace_schema_metadata({**known, METADATA_KEY: text.encode()})
    parquet.write_table(data, str(path))


def _about(name: str, analysis: Mapping[str, Any]) -> dict[str, Any]:
    """How one column was measured, in short."""
    name = name.removesuffix(MEASURED_AGAIN)
    variant = analysis.get("variants", {}).get(name)
    about = facts(name)
    if variant is None:
        variant = about.variant or analysis.get("variant")
    counts = [analysis[key] for key in COUNTS if key in analysis]
    if not counts and "n_on" in analysis:
        counts = [analysis["n_on"] + analysis["n_off"]]
    return {
        "unit": about.unit or None,
        "variant": variant,
        "burn_in_frames": analysis.get("burn_in_frames"),
        "latency_s": analysis.get("latency_s"),
        "window_s": analysis.get("window_s"),
        "n": counts[0] if counts else None,
    }
