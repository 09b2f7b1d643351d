"""One tidy table of the responses to many stimuli: a row for each unit and bin.

Rows are made bin by bin and written in row groups, so that neither the responses nor the
table have to fit into memory. The key ``insilico_gui_table`` of the metadata of the file
holds JSON: how the rows were made, and the provenance of each run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import AnalysisError, ExportError, quoted
from insilico_gui.export.columns import plain
from insilico_gui.files import check_target, publishing, refuse_folder, settle, shown
from insilico_gui.responses import unit_dim, unit_table
from insilico_gui.units.frame import SCAN, UNIT_ID, UnitTable
from insilico_gui.untrusted.door import as_path
from insilico_gui.untrusted.plain_arrays import check_memory

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

METADATA_KEY = b"insilico_gui_table"
FORMAT = "insilico_gui tidy table"

GROUP_ROWS = 2**18
"""Rows of a row group, and of what is made at once."""

BLOCK_BYTES = 16 * 2**20
"""Responses are read in pieces of about this size."""

Runs = Mapping[str, "xr.DataArray"]
Columns = dict[str, Any]


@dataclass(frozen=True)
class Bins:
    """Consecutive bins of a run, in frames: where each begins, and the end of the last."""

    starts: NDArray[np.int64]
    stop: int
    time_s: NDArray[np.float64]

    @property
    def n_frames(self) -> NDArray[np.int64]:
        """Frames in each bin."""
        return np.diff([*self.starts, self.stop])

    def part(self, first: int, last: int) -> Bins:
        """Some of the bins."""
        stop = self.stop if last >= len(self.starts) else int(self.starts[last])
        return Bins(self.starts[first:last], stop, self.time_s[first:last])


@dataclass
class Rows:
    """Makes the rows of runs, one run after the other; collects how they were made."""

    bin_s: float | None
    burn_in_frames: int | None
    unit_columns: tuple[str, ...]
    about: dict[str, Any] = field(default_factory=dict)

    def of(self, runs: Runs) -> Iterator[Columns]:
        """Columns [n] of consecutive rows, at most about :data:`GROUP_ROWS` of them."""
        self.about = {"bin_s": self.bin_s, "runs": {}}
        for name in runs:
            responses = runs[name]
            attrs = {str(k): v for k, v in responses.attrs.items()}
            attrs = {k: v for k, v in attrs.items() if "trials" not in k}
            burn_in = self._burn_in(responses)
            self.about["runs"][name] = {
                **plain(attrs, "attrs"),
                "burn_in_frames": burn_in,
            }
            yield from self._of_run(name, responses)

    def _of_run(self, name: str, responses: xr.DataArray) -> Iterator[Columns]:
        units = unit_table(responses)
        dim = unit_dim(responses)
        chosen = dict.fromkeys((*SCAN, UNIT_ID, *self.unit_columns))
        of_units = {key: units[key].to_numpy() for key in chosen if key in units}
        for label, part in _trials(responses):
            if "time" in part.dims:
                bins = self._bins(name, part)
                step = max(1, GROUP_ROWS // len(units))
                for first in range(0, len(bins.starts), step):
                    some = bins.part(first, first + step)
                    means = _means(part, some, dim)
                    times = np.repeat(some.time_s, len(units))
                    frames = np.repeat(some.n_frames, len(units))
                    in_time = {"time_s": times, "n_frames": frames}
                    yield _rows(name, label, in_time, of_units, means)
            else:
                if self.bin_s is not None:
                    raise AnalysisError(
                        f"The responses to {quoted(name)} have no time to cut into "
                        "bins; leave bin_s out."
                    )
                means = _without_others(part, (dim,))[None]
                yield _rows(name, label, {}, of_units, means)

    def _burn_in(self, responses: xr.DataArray) -> int:
        """Frames that are left out: as asked for, or as the responses say."""
        if self.burn_in_frames is not None:
            return self.burn_in_frames
        return int(responses.attrs.get("burn_in_frames", 0))

    def _bins(self, name: str, responses: xr.DataArray) -> Bins:
        time = responses["time"].to_numpy()
        first = self._burn_in(responses)
        if first >= len(time):
            raise AnalysisError(
                f"{quoted(name)} has {len(time)} frames, and the first {first} are left "
                "out as burn-in; give a smaller burn_in_frames, or leave this run out."
            )
        if self.bin_s is None:
            return Bins(np.array([first]), len(time), time[first : first + 1])
        step = (time[-1] - time[0]) / (len(time) - 1) if len(time) > 1 else 0.0
        if self.bin_s < step * (1 - 1e-6):
            raise AnalysisError(
                f"Bins of {self.bin_s:g} s are shorter than a frame of {quoted(name)} "
                f"({step:.3g} s); take longer ones."
            )
        # A frame at the edge of a bin is in the later one, whatever rounding says
        number = np.floor((time - time[0]) / self.bin_s + 1e-6).astype(np.int64)
        number = number[first:]
        starts = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
        times = time[0] + number[starts] * self.bin_s
        return Bins(starts + first, len(time), times)


def tidy_table(
    runs: Runs,
    bin_s: float | None = None,
    *,
    burn_in_frames: int | None = None,
    unit_columns: str | Sequence[str] = ("area",),
    failed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One tidy table in memory; see :meth:`insilico_gui.encoding.Runs.table`."""
    rows = _checked(bin_s, burn_in_frames, unit_columns)
    parts: list[pd.DataFrame] = []
    n_bytes = 0
    for columns in rows.of(runs):
        parts.append(_frame(columns))
        n_bytes += int(parts[-1].memory_usage().sum())
        if len(parts) % 16 == 0:  # both the parts and the whole are there in the end
            check_memory(2 * n_bytes, "The table", AnalysisError)
    table = UnitTable(_joined(parts)) if parts else UnitTable()
    table.attrs = {**rows.about, "failed": dict(failed or {})}
    return table


def write_tidy_table(
    path: str | os.PathLike[str],
    runs: Runs,
    bin_s: float | None = None,
    *,
    burn_in_frames: int | None = None,
    unit_columns: str | Sequence[str] = ("area",),
    failed: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a tidy table; see :meth:`insilico_gui.encoding.Runs.to_parquet`."""
    rows = _checked(bin_s, burn_in_frames, unit_columns)
    target = as_path(path, ExportError).expanduser()
    if target.suffix.lower() != ".parquet":
        raise ExportError(
            f"{shown(target.name)} is no name for the table; end it in .parquet."
        )
    settle(target.parent)
    check_target(target, overwrite, ExportError)
    refuse_folder(target, ExportError)
    if not runs:
        raise ExportError("There is no run to write; encode a stimulus first.")
    with publishing(target, ExportError) as partial:
        _write(partial, rows, runs, dict(failed or {}))
    return target


def _write(path: Path, rows: Rows, runs: Runs, failed: Mapping[str, str]) -> None:
    """Write row groups of about :data:`GROUP_ROWS` rows, then the metadata."""
    from pyarrow import parquet

    writer = None
    waiting: list[pd.DataFrame] = []
    try:
        for columns in rows.of(runs):
            waiting.append(_frame(columns))
            if writer is None:
                schema = _schema(waiting[0])
                writer = parquet.ParquetWriter(
                    str(path), schema, compression="zstd", write_page_checksum=True
                )
            if sum(map(len, waiting)) >= GROUP_ROWS:
                _write_group(writer, waiting)
        if writer is not None and waiting:
            _write_group(writer, waiting)
        if writer is not None:
            about = {"format": FORMAT, **rows.about, "failed": dict(failed)}
            text = json.dumps(about, ensure_ascii=False)
            writer.add_key_value_metadata({METADATA_KEY: text.encode()})
    finally:
        if writer is not None:
            writer.close()


def _schema(table: pd.DataFrame) -> Any:
    """Types of the columns, with room for the names of all runs."""
    import pyarrow as pa

    schema = pa.Schema.from_pandas(table, preserve_index=False).remove_metadata()
    names = pa.dictionary(pa.int32(), pa.string())
    for k, one in enumerate(schema):
        if pa.types.is_dictionary(one.type):
            schema = schema.set(k, pa.field(one.name, names))
    return schema


def _write_group(writer: Any, waiting: list[pd.DataFrame]) -> None:
    import pyarrow as pa

    table = _joined(waiting)
    waiting.clear()
    names = writer.schema.names
    if set(table.columns) != set(names):
        raise ExportError(
            "The runs do not have the same labels, so that they have no table in common; "
            "write each to a file of its own."
        )
    data = pa.Table.from_pandas(table[names], writer.schema, preserve_index=False)
    writer.write_table(data, row_group_size=2 * GROUP_ROWS)


def _checked(
    bin_s: float | None, burn_in_frames: int | None, unit_columns: str | Sequence[str]
) -> Rows:
    is_number = isinstance(bin_s, int | float | np.number)
    if bin_s is not None and not (is_number and 0 < bin_s < np.inf):
        raise AnalysisError(
            f"bin_s is {quoted(bin_s, '')}; give a positive number of seconds."
        )
    if burn_in_frames is not None and not (
        isinstance(burn_in_frames, int | np.integer) and burn_in_frames >= 0
    ):
        raise AnalysisError(
            f"burn_in_frames is {quoted(burn_in_frames, '')}; give a number of frames."
        )
    names = (unit_columns,) if isinstance(unit_columns, str) else tuple(unit_columns)
    return Rows(bin_s, burn_in_frames, names)


def _trials(responses: xr.DataArray) -> Iterator[tuple[Columns, xr.DataArray]]:
    """Each trial of responses with its labels; responses without trials as they are."""
    if "trial" not in responses.dims:
        yield {}, responses
        return
    labels = {
        str(name): coord.to_numpy()
        for name, coord in responses.coords.items()
        if coord.dims == ("trial",)
    }
    for k in range(responses.sizes["trial"]):
        yield (
            {"trial": k, **{name: values[k] for name, values in labels.items()}},
            responses.isel(trial=k),
        )


def _without_others(part: xr.DataArray, dims: tuple[str, ...]) -> NDArray[np.float64]:
    """Values with these dimensions, averaged over all others (such as repeats)."""
    others = [dim for dim in part.dims if dim not in dims]
    values = part.astype(np.float64)
    made: NDArray[np.float64] = values.mean(others).transpose(*dims).to_numpy()
    return made


def _means(part: xr.DataArray, bins: Bins, dim: str) -> NDArray[np.float64]:
    """Mean response in each bin, [bins, U]; responses are read in pieces."""
    sums = np.zeros((len(bins.starts), part.sizes[dim]))
    first = int(bins.starts[0])
    bin_of = np.repeat(np.arange(len(bins.starts)), bins.n_frames)
    per_frame = max(1, part.nbytes // part.sizes["time"])
    step = max(1, BLOCK_BYTES // (2 * per_frame))
    for start in range(first, bins.stop, step):
        stop = min(start + step, bins.stop)
        block = _without_others(part.isel(time=slice(start, stop)), ("time", dim))
        inside = bin_of[start - first : stop - first]
        edges = np.flatnonzero(np.diff(inside, prepend=-1))
        sums[inside[edges]] += np.add.reduceat(block, edges, axis=0)
    return sums / bins.n_frames[:, None]


def _rows(
    name: str,
    label: Columns,
    in_time: Columns,
    of_units: Columns,
    means: NDArray[np.float64],
) -> Columns:
    n_bins, n_units = means.shape
    n = n_bins * n_units
    repeated = {
        key: np.tile(values, n_bins) if n_bins > 1 else values
        for key, values in of_units.items()
    }
    return {
        "stimulus": _same(name, n),
        **{key: _label(key, value, n) for key, value in label.items()},
        **in_time,
        **{key: _as_category(values) for key, values in repeated.items()},
        "response": means.astype(np.float32).ravel(),
    }


def _label(name: str, value: Any, n: int) -> Any:
    is_number = name == "trial" and not isinstance(value, str)
    return np.full(n, value, np.int64) if is_number else _same(value, n)


def _same(value: Any, n: int) -> Any:
    """One value in every row: text is kept once, and numbers are alike in all runs."""
    if isinstance(value, str):
        codes: NDArray[np.int64] = np.zeros(n, np.int64)
        return pd.Categorical.from_codes(codes, pd.Index([str(value)]))
    kind = np.asarray(value).dtype.kind
    return np.full(n, value, np.float64 if kind in "iuf" else None)


def _as_category(values: NDArray[Any]) -> Any:
    return pd.Categorical(values) if values.dtype.kind in "UOT" else values


def _frame(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other; text stays categorical, with the categories of all."""
    if len(parts) == 1:
        return parts[0]
    union = pd.api.types.union_categoricals
    columns: Columns = {}
    for name in dict.fromkeys(key for part in parts for key in part.columns):
        if not all(name in part for part in parts):
            raise ExportError(
                f"Some runs have the label {quoted(name)} and others do not, so that they "
                "have no table in common; write each to a file of its own."
            )
        pieces = [part[name] for part in parts]
        kinds = {isinstance(piece.dtype, pd.CategoricalDtype) for piece in pieces}
        if len(kinds) > 1:
            raise ExportError(
                f"The label {quoted(name)} is text in some runs and a number in others, "
                "so that they have no table in common; write each to a file of its own."
            )
        (is_text,) = kinds
        columns[str(name)] = (
            union(pieces)
            if is_text
            else np.concatenate([piece.to_numpy() for piece in pieces])
        )
    return pd.DataFrame(columns)
