"""What a file or folder is that was dropped or opened: by its name, or what it holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.experiment.saving.file import SUFFIX as EXPERIMENT
from insilico_gui.export import load_suffixes, suffix_of
from insilico_gui.opening import session_infos
from insilico_gui.stimuli import SUPPORTED_SUFFIXES
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES
from insilico_gui.units.frame import KEYS, UNIT_ID
from insilico_gui.units.selection_file import COLOR, SELECTION
from insilico_gui.untrusted.tables import column_names

if TYPE_CHECKING:
    from pathlib import Path

TABLES = frozenset({".csv", ".parquet", ".tsv"})
WEIGHTS = frozenset({".pt", ".pth", ".ckpt", ".safetensors", ".h5", ".pkl"})

PARQUET_KEY = b"insilico_gui"
"""Of the metadata of responses that were exported."""


class NotTakenError(InsilicoError):
    """A file that the window has no use for."""


def is_looked_into(path: Path) -> bool:
    """Whether :func:`kind_of` reads more than the name."""
    return path.suffix.lower() in TABLES or os.path.isdir(path)


def kind_of(path: Path, input_kind: str = "") -> str:
    """What a file or folder is.

    Parameters
    ----------
    path : Path
    input_kind : str
        Of the session on show, which says what a table may be; "" without one.

    Returns
    -------
    {"stimuli", "sessions", "responses", "experiment", "properties", "selections"}
        A stimulus, a folder that holds sessions, exported responses, an experiment, a
        table of units, or a table of selections.

    Raises
    ------
    InsilicoError
        If it is none of these, in one sentence that says what it is and what to do.
    """
    suffix = path.suffix.lower()
    if not os.path.exists(path):  # unlike Path.exists, of any name
        raise NotTakenError(
            f"There is no file {quoted(path.name)}; check its name and folder."
        )
    if path.name.endswith(EXPERIMENT):
        return "experiment"
    if suffix in TABLES and not os.path.isdir(path):
        return _kind_of_table(path, input_kind)
    if suffix_of(path) in load_suffixes():
        return "responses"
    if os.path.isdir(path):
        return "sessions" if _holds_sessions(path) else "stimuli"
    if suffix in SUPPORTED_SUFFIXES | IMAGE_SUFFIXES:
        return "stimuli"
    if suffix_of(path):
        raise NotTakenError(
            f"{quoted(path.name)} is of a type that is written for other programs "
            "and does not hold all of the responses; to open responses here, export "
            f"them to one of {', '.join(load_suffixes())}."
        )
    if suffix in WEIGHTS:
        raise NotTakenError(
            f"{quoted(path.name)} is one file of weights; open the folder that holds all "
            "of them."
        )
    raise NotTakenError(
        f"{quoted(path.name)} is nothing that can be shown to a session: open a "
        f"stimulus ({', '.join(sorted(SUPPORTED_SUFFIXES))}), a folder of images "
        "or of sessions, exported responses "
        f"({', '.join(load_suffixes())}), a table of units, or an experiment "
        f"({EXPERIMENT})."
    )


def _kind_of_table(path: Path, input_kind: str) -> str:
    """What a table is, by the names of its columns."""
    if _is_export(path):
        return "responses"
    columns, metadata = column_names(path, quoted(path.name, ""), NotTakenError)
    if PARQUET_KEY in metadata:
        return "responses"
    names = set(columns)
    if input_kind == "conditions" and UNIT_ID not in names:
        return "stimuli"
    if input_kind == "drive" and "time_s" in names:
        return "stimuli"
    if UNIT_ID in names and SELECTION in names:
        return "selections"
    if UNIT_ID in names and names - {*KEYS, COLOR}:
        return "properties"
    if UNIT_ID in names:
        return "selections"
    name = quoted(path.name)
    if {"onset", "duration"} <= names:
        raise NotTakenError(
            f"{name} is a table of trials, which a video cannot be given here; trials "
            "come with parametric stimuli, so make the stimulus in the panel Stimulus."
        )
    if "time_s" in names:
        raise NotTakenError(
            f"{name} is a table of channels in time, which drives a session; load a "
            "session that is driven, then open the table again."
        )
    raise NotTakenError(
        f"{name} is a table of nothing that is known here: give it a column unit_id for "
        "properties of units or a selection, or load a session that answers conditions "
        "to open a table of conditions."
    )


def _is_export(path: Path) -> bool:
    """Whether a file of labels of exported responses is beside a table."""
    earlier = path.name.removesuffix(path.suffix)
    beside = (f"{path.name}.json", f"{earlier}.json")
    return any(os.path.exists(path.with_name(name)) for name in beside)


def _holds_sessions(folder: Path) -> bool:
    """Whether some twin finds a session in a folder that it does not find without."""
    everywhere = {info.id for info in session_infos()}
    return any(info.id not in everywhere for info in session_infos(folder))
