"""What cannot be written is refused in a sentence, and leaves no trace."""

from __future__ import annotations

import resource
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from make_responses import assert_same_responses, make_responses
from support.folders import folder_of_another_user
from watched import watched

from insilico_gui.errors import ExportError
from insilico_gui.export import export, load_responses, load_suffixes
from insilico_gui.export.registry import exporters

every_format = pytest.mark.parametrize("suffix", load_suffixes())


def content(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    } | {path.relative_to(folder): None for path in folder.rglob("*") if path.is_dir()}


@contextmanager
def files_limited_to(n_bytes):
    """The system refuses to let any file grow beyond this, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@every_format
def test_an_existing_file_is_replaced_only_on_request(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    export(make_responses(None, 20), path)
    before = content(tmp_path)
    with pytest.raises(ExportError, match=r"overwrite=True \(--overwrite\)"):
        export(make_responses(), path)
    assert content(tmp_path) == before
    export(make_responses(3), path, overwrite=True)
    assert_same_responses(load_responses(path), make_responses(3), nan_bits=False)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@every_format
def test_an_interrupt_leaves_nothing_or_what_was_there(tmp_path, suffix, small_blocks):
    big = make_responses(None, 500, 20)
    path = tmp_path / f"out{suffix}"
    lazy, source = watched(big, fail_at=3)
    with pytest.raises(KeyboardInterrupt):
        export(lazy, path)
    assert len(source.reads) == 3
    assert content(tmp_path) == {}
    export(make_responses(), path)
    before = content(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        export(watched(big, fail_at=3)[0], path, overwrite=True)
    assert content(tmp_path) == before


@every_format
def test_a_full_disk_leaves_what_was_there(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    export(make_responses(), path)
    before = content(tmp_path)
    with files_limited_to(50_000), pytest.raises(ExportError, match="Cannot write"):
        export(make_responses(None, 2000, 40), path, overwrite=True)
    assert content(tmp_path) == before


@every_format
def test_errors_of_the_disk_are_told_in_a_sentence(tmp_path, suffix, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporters()[suffix], "write", full)
    with pytest.raises(ExportError, match="the disk is full; free some space"):
        export(make_responses(), tmp_path / f"out{suffix}")
    assert content(tmp_path) == {}


def test_files_larger_than_the_disk_are_refused_before_writing(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ExportError, match="GB free"):
        export(make_responses(), tmp_path / "out.npz")


@every_format
def test_impossible_places_are_named(tmp_path, suffix):
    with pytest.raises(ExportError, match="does not exist"):
        export(make_responses(), tmp_path / "nowhere" / f"out{suffix}")
    (tmp_path / "file").write_text("text")
    with pytest.raises(ExportError, match="file"):
        export(make_responses(), tmp_path / "file" / f"out{suffix}")
    assert content(tmp_path) == {Path("file"): b"text"}


@every_format
def test_a_read_only_folder_is_named(suffix):
    with (
        folder_of_another_user() as folder,
        pytest.raises(ExportError, match="you may not write"),
    ):
        export(make_responses(), folder / f"out{suffix}")


@pytest.mark.parametrize("name", ["out", "out.h5", "out.npz.bak", ".npz"])
def test_unknown_suffixes_list_the_known_ones(tmp_path, name):
    for action in (
        lambda path: export(make_responses(), path),
        load_responses,
    ):
        with pytest.raises(ExportError, match=r"\.npz, \.csv, \.parquet, \.zarr"):
            action(tmp_path / name)


def test_csv_files_are_replaced_all_or_none(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    export(make_responses(), path)
    before = content(tmp_path)
    calls = []
    rename = Path.rename

    def failing(self, target):
        calls.append(target)
        if len(calls) == 6:  # in the midst of moving the new files in
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(ExportError, match="Input/output error"):
        export(make_responses(2), path, overwrite=True)
    monkeypatch.undo()
    assert content(tmp_path) == before


def test_csv_trials_of_an_earlier_export_do_not_stay(tmp_path):
    export(make_responses(), tmp_path / "out.csv")
    export(make_responses(trials=False), tmp_path / "out.csv", overwrite=True)
    assert not (tmp_path / "out.csv.trials.csv").exists()
    assert "trials" not in load_responses(tmp_path / "out.csv").attrs


def test_csv_does_not_replace_the_json_file_of_something_else(tmp_path):
    (tmp_path / "out.csv.json").write_text('{"experiment": 1}')
    with pytest.raises(ExportError, match=r"out\.csv\.json exists"):
        export(make_responses(), tmp_path / "out.csv")
    with pytest.raises(ExportError, match="does not belong to what was written"):
        export(make_responses(), tmp_path / "out.csv", overwrite=True)
    assert (tmp_path / "out.csv.json").read_text() == '{"experiment": 1}'


def test_zarr_replaces_zarr_folders_only(tmp_path):
    (tmp_path / "data.zarr").mkdir()
    (tmp_path / "data.zarr" / "thesis.tex").write_text("text")
    with pytest.raises(ExportError, match="not a zarr folder"):
        export(make_responses(), tmp_path / "data.zarr", overwrite=True)
    assert (tmp_path / "data.zarr" / "thesis.tex").exists()


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_a_folder_is_not_replaced_by_a_file(tmp_path, suffix):
    (tmp_path / f"out{suffix}").mkdir()
    (tmp_path / f"out{suffix}" / "thesis.tex").write_text("text")
    with pytest.raises(ExportError, match="is a folder"):
        export(make_responses(), tmp_path / f"out{suffix}", overwrite=True)
    assert (tmp_path / f"out{suffix}" / "thesis.tex").exists()


def test_responses_do_not_replace_the_file_they_are_read_from(tmp_path):
    export(make_responses(), tmp_path / "out.zarr")
    loaded = load_responses(tmp_path / "out.zarr")
    with pytest.raises(ExportError, match="being read from"):
        export(loaded, tmp_path / "out.zarr", overwrite=True)
    with pytest.raises(ExportError, match="being read from"):
        export(loaded[:, 1:3], tmp_path / "out.zarr", overwrite=True)


@every_format
def test_stored_responses_are_read_block_by_block(tmp_path, suffix, small_blocks):
    big = make_responses(2, 500, 20)
    lazy, source = watched(big)
    export(lazy, tmp_path / f"out{suffix}")
    assert max(source.reads) * 4 <= small_blocks
    assert sum(source.reads) == big.size
    assert not lazy.variable._in_memory


def without(name):
    return lambda r: r.drop_vars(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.astype(np.float64), "float64; files hold float32"),
        (lambda r: r.T, "transpose"),
        (lambda r: r.isel(unit=[]), "no frames, units"),
        (without("unit_id"), "no coordinate 'unit_id'"),
        (without("time"), "no coordinate 'time'"),
        (lambda r: r.assign_coords(time=np.arange(50)), "times .* int64"),
        (
            lambda r: r.assign_coords(frame=("time", np.arange(50))),
            "'frame' is neither",
        ),
        (lambda r: r.assign_coords(scan=3), "'scan' is neither"),
        (
            lambda r: r.assign_coords(
                when=("unit", np.zeros(6, "datetime64[ns]").astype("datetime64[ns]"))
            ),
            "'when' is of type datetime64",
        ),
        (lambda r: r.assign_attrs(where=Path("x")), r"attrs\.where is a .*Path"),
        (lambda r: r.assign_attrs(a={"b": {1: 2}}), r"attrs\.a\.b has the key 1"),
        (lambda r: r.assign_attrs(trials={"a": [1], "b": []}), "equal length"),
        (lambda r: r.assign_attrs(trials=[1, 2]), "equal length"),
        (
            lambda r: r.assign_attrs(trials={"a": [np.datetime64("2020-01-01")]}),
            "'a' is a",
        ),
    ],
)
def test_what_is_not_responses_is_refused(tmp_path, change, message):
    with pytest.raises(ExportError, match=message):
        export(change(make_responses()), tmp_path / "out.npz")
    assert content(tmp_path) == {}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["time", "a", "b\nc"])
def test_unit_ids_that_cannot_head_a_column(tmp_path, suffix, name):
    names = np.array([name, "a", "c", "d", "e", "f"])
    responses = make_responses().assign_coords(unit_id=("unit", names))
    with pytest.raises(ExportError, match="cannot head a column"):
        export(responses, tmp_path / f"out{suffix}")
    export(responses, tmp_path / "out.npz")
    assert_same_responses(load_responses(tmp_path / "out.npz"), responses)


@pytest.mark.parametrize("name", ["a/b", "trials", "responses", ".hidden"])
def test_columns_that_cannot_name_a_zarr_array(tmp_path, name):
    responses = make_responses().assign_coords({name: ("unit", np.arange(6))})
    with pytest.raises(ExportError, match="rename it"):
        export(responses, tmp_path / "out.zarr")
    round_trip = tmp_path / "out.npz"
    export(responses, round_trip)
    assert_same_responses(load_responses(round_trip), responses)


def test_attributes_that_zarr_uses_itself(tmp_path):
    responses = make_responses().assign_attrs(coordinates="x y")
    with pytest.raises(ExportError, match="'coordinates'"):
        export(responses, tmp_path / "out.zarr")
    responses = make_responses()
    responses["rf_x"].attrs["_FillValue"] = 0.0
    with pytest.raises(ExportError, match="'_FillValue'"):
        export(responses, tmp_path / "out.zarr")
