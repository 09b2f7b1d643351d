"""Behaviour traces from files: a row for each frame, a column for each trace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import BehaviorError, listed, nearest, quoted
from insilico_gui.session import is_video_session
from insilico_gui.untrusted.door import as_path
from insilico_gui.untrusted.plain_arrays import read_npy
from insilico_gui.untrusted.tables import read_csv, read_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from insilico_gui.session import Session, VideoSession

IGNORED = ("frame", "time")
"""Columns that only count the rows."""


def read_behavior(
    session: Session, path: str | os.PathLike[str], n_frames: int | None = None
) -> dict[str, NDArray[np.float32]]:
    """Traces of behaviour from a file, as :func:`insilico_gui.encode` takes them.

    Parameters
    ----------
    session : Session
        Driven by video; its ``behavior`` says which traces it takes.
    path : path
        A table (.csv, .parquet) with a row for each frame at the session's rate. The
        columns of a trace are those that the session calls so in ``behavior_columns``,
        or ``NAME_1``, ``NAME_2``, ...; of a trace with one column, ``NAME``. Columns
        called ``frame`` or ``time`` are left out. Or an array (.npy) [T, K] with the
        columns of all traces in the order of ``behavior``.
    n_frames : int, optional
        T of the stimulus at the session's rate.

    Returns
    -------
    dict of str to float32 array [T, columns of the trace]
        Traces of which no column is in the file are left out.

    Raises
    ------
    BehaviorError
        If the session takes no behaviour, the file cannot be read, a column is unknown
        or missing, a value is no number, or the number of rows is another one.
    """
    if not is_video_session(session) or not session.behavior:
        raise BehaviorError(f"{session.id} takes no behaviour; leave out the file.")
    path = as_path(path, BehaviorError)
    name = quoted(path.name, "")
    columns = behavior_columns(session)
    if path.suffix.lower() == ".npy":
        traces = _of_array(path, name, columns)
    else:
        traces = _of_table(_read(path, name), name, columns)
    rows = len(next(iter(traces.values())))
    if n_frames is not None and rows != n_frames:
        raise BehaviorError(
            f"{name} has {rows:,} rows and the stimulus {n_frames:,} frames at the "
            f"{session.frame_rate:g} Hz of {session.id}; give a row for each frame."
        )
    for trace, values in traces.items():
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, k = bad[0]
            raise BehaviorError(
                f"The column {columns[trace][k]} of {name} has no finite number at frame "
                f"{row}; replace missing values first (0 is the mean of standardised "
                "traces)."
            )
    return traces


def behavior_columns(session: VideoSession) -> dict[str, Sequence[str]]:
    """Names of the columns of each trace that a session takes, as files have them."""
    own: Mapping[str, Sequence[str]] = getattr(session, "behavior_columns", {})
    return {
        name: own.get(name) or _numbered(name, n)
        for name, n in session.behavior.items()
    }


def _numbered(name: str, n: int) -> list[str]:
    return [name] if n == 1 else [f"{name}_{k + 1}" for k in range(n)]


def _read(path: Path, name: str) -> pd.DataFrame:
    suffix = path.suffix.lower()
    advice = "give a table with a row for each frame"
    if suffix == ".csv":
        return read_csv(path, name, BehaviorError, advice)
    if suffix == ".parquet":
        return read_parquet(path, name, BehaviorError, advice)
    raise BehaviorError(
        f"{name} is no file of behaviour; give a .csv, .parquet or .npy file."
    )


def _of_array(
    path: Path, name: str, columns: Mapping[str, Sequence[str]]
) -> dict[str, NDArray[np.float32]]:
    array = read_npy(path, name, BehaviorError)
    n = sum(map(len, columns.values()))
    if array.ndim == 1 and n == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != n or array.dtype.kind not in "fiub":
        raise BehaviorError(
            f"{name} holds {array.dtype} {list(array.shape)}; give numbers [frames, {n}] "
            f"with the columns {', '.join(c for each in columns.values() for c in each)}."
        )
    ends = np.cumsum([len(each) for each in columns.values()])[:-1]
    parts = np.split(array.astype(np.float32), ends, axis=1)
    return dict(zip(columns, parts, strict=True))


def _of_table(
    table: pd.DataFrame, name: str, columns: Mapping[str, Sequence[str]]
) -> dict[str, NDArray[np.float32]]:
    given = {str(c).strip(): table[c] for c in table if str(c).strip() not in IGNORED}
    wanted = {k: _as_in_file(k, names, given) for k, names in columns.items()}
    known = [column for names in wanted.values() for column in names]
    for column in given:
        if column not in known:
            raise BehaviorError(
                f"{name} has a column {quoted(column)}, which is no trace of this "
                f"session{nearest(column, known)}; its columns are {', '.join(known)}."
            )
    traces = {}
    for trace, names in wanted.items():
        missing = [column for column in names if column not in given]
        if len(missing) == len(names):
            continue
        if missing:
            raise BehaviorError(
                f"{name} has no column {quoted(missing[0])}; {trace} needs "
                f"{' and '.join(names)}, or none of them."
            )
        traces[trace] = np.stack([_numbers(given[c], c, name) for c in names], axis=1)
    if not traces:
        raise BehaviorError(
            f"{name} has the columns {listed(table.columns)}, and no trace of this "
            f"session; give some of {', '.join(known)}."
        )
    return traces


def _as_in_file(
    trace: str, names: Sequence[str], given: Mapping[str, Any]
) -> Sequence[str]:
    """Names of the columns of a trace: with a name each, or numbered."""
    numbered = _numbered(trace, len(names))
    return numbered if any(column in given for column in numbered) else names


def _numbers(column: pd.Series[Any], title: str, name: str) -> NDArray[np.float32]:
    if column.dtype.kind not in "fiub":
        raise BehaviorError(
            f"The column {quoted(title)} of {name} holds text; write numbers only, with "
            "a point, and leave no cell empty."
        )
    return column.to_numpy(np.float32)
