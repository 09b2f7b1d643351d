"""Damaged, foreign and unsafe files are refused in a sentence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from make_responses import assert_same_responses, make_responses

from insilico_gui.errors import ExportError, InsilicoError, UntrustedFileError
from insilico_gui.export import export, load_responses, load_suffixes

every_format = pytest.mark.parametrize("suffix", load_suffixes())
DATA = Path(__file__).parents[1] / "data"


@every_format
def test_missing_files_are_named(tmp_path, suffix):
    with pytest.raises(ExportError, match="There is no file"):
        load_responses(tmp_path / f"out{suffix}")


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".csv"])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(tmp_path, suffix, kept):
    path = tmp_path / f"out{suffix}"
    export(make_responses(None, 500, 20), path)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ExportError, match=r"cannot be read: .*; check"):
        load_responses(path)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_flipped_bit_is_noticed(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    export(make_responses(None, 500, 20), path)
    data = bytearray(path.read_bytes())
    for position in (len(data) // 3, len(data) // 2):
        data[position] ^= 1
        path.write_bytes(data)
        with pytest.raises(ExportError, match="cannot be read"):
            load_responses(path)


@every_format
def test_files_of_something_else_are_refused(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"not what the suffix says\n" * 10)
    (tmp_path / "out.csv.json").write_text('{"format": "something else"}')
    with pytest.raises(ExportError, match="cannot be read"):
        load_responses(path)


def test_arrays_of_objects_are_refused(tmp_path):
    path = tmp_path / "out.npz"
    np.savez(path, responses=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UntrustedFileError, match="Python objects"):
        load_responses(path)


def test_compressed_and_overstated_arrays_are_refused(tmp_path):
    path = tmp_path / "out.npz"
    np.savez_compressed(path, responses=np.zeros((10_000, 100), np.float32))
    with pytest.raises(ExportError, match="compressed"):
        load_responses(path)
    with zipfile.ZipFile(path, "w") as archive, archive.open("responses.npy", "w") as f:
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
        np.lib.format.write_array_header_1_0(f, header)
    with pytest.raises(ExportError, match="shorter than it says"):
        load_responses(path)


def edit_json(path, change):
    labels = json.loads(path.read_text())
    change(labels)
    path.write_text(json.dumps(labels))


def add_frame(labels):
    labels["shape"][0] += 1
    labels["axis_labels"]["time"].append(2.0)


def drop_frame(labels):
    labels["shape"][0] -= 1
    labels["axis_labels"]["time"].pop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda j: j.update(version=3), "version 3"),
        (lambda j: j.update(shape=[51, 6]), "its times"),
        (add_frame, "ends after 50 of 51 rows"),
        (drop_frame, "more rows"),
        (lambda j: j.update(shape=[50, 5]), "not its units"),
        (lambda j: j.update(shape=[10**9, 6]), "shorter than it says"),
        (lambda j: j.update(shape=["50", 6]), "dims or shape"),
        (lambda j: j.update(dims=["unit", "time"]), "dims or shape"),
        (lambda j: j.pop("unit_columns"), "no entry 'unit_columns'"),
        (lambda j: j["unit_columns"].pop("rf_x"), "columns of out.csv.units.csv"),
        (lambda j: j.update(unit_columns=[]), "cannot be read"),
        (lambda j: j["unit_columns"]["rf_x"].update(kind="code"), "'code'"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path, change, message):
    export(make_responses(), tmp_path / "out.csv")
    edit_json(tmp_path / "out.csv.json", change)
    with pytest.raises(ExportError, match=message):
        load_responses(tmp_path / "out.csv")


def test_csv_needs_its_sidecars(tmp_path):
    for name in ("out.csv.json", "out.csv.units.csv", "out.csv.trials.csv"):
        folder = tmp_path / name
        folder.mkdir()
        export(make_responses(), folder / "out.csv")
        (folder / name).unlink()
        with pytest.raises(ExportError, match="out"):
            load_responses(folder / "out.csv")


@pytest.mark.parametrize(
    ("line", "old", "new", "message"),
    [
        (0, '"100","103"', '"103","100"', "columns of its table are not its units"),
        (4, "0,0.1,", "0,0.2,", "not in their order"),
        (4, "0,0.1,", "1,0.1,", "not in their order"),
        (4, "0,0.1,", "0,0.1,,", "cannot be read"),
        (4, "0,0.1,", "0,soon,", "cannot be read"),
    ],
)
def test_edited_tables_are_refused(tmp_path, line, old, new, message):
    path = tmp_path / "out.csv"
    export(make_responses(2), path)
    lines = path.read_text().split("\n")
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new, 1)
    path.write_text("\n".join(lines))
    with pytest.raises(ExportError, match=message):
        load_responses(path)


def test_missing_zarr_chunks_are_noticed(tmp_path):
    path = tmp_path / "out.zarr"
    export(make_responses(2), path)
    (path / "responses" / "c" / "1" / "0" / "0").unlink()
    with pytest.raises(ExportError, match="1 of 2 chunks of 'responses' are missing"):
        load_responses(path)


def test_zarr_chunks_of_fill_values_are_written(tmp_path):
    responses = make_responses()
    responses[:] = np.nan
    responses = responses.assign_coords(field=("unit", np.zeros(6, np.int16)))
    export(responses, tmp_path / "out.zarr")
    assert np.isnan(load_responses(tmp_path / "out.zarr")).all()


def test_damaged_zarr_chunks_are_noticed_when_read(tmp_path):
    path = tmp_path / "out.zarr"
    export(make_responses(None, 500), path)
    chunk = path / "responses" / "c" / "0" / "0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(Exception, match=r"(?i)decompress|checksum"):
        load_responses(path).load()


def test_zarr_packed_with_other_codecs_is_refused(tmp_path):
    path = tmp_path / "out.zarr"
    export(make_responses(), path)
    metadata = path / "rf_x" / "zarr.json"
    edit_json(
        metadata,
        lambda j: j["codecs"].append({"name": "numcodecs.pickle", "configuration": {}}),
    )
    with pytest.raises(InsilicoError, match=r"numcodecs\.pickle"):
        load_responses(path)


def test_zarr_without_responses_is_refused(tmp_path):
    zarr.open_group(tmp_path / "out.zarr", mode="w", zarr_format=3)
    with pytest.raises(ExportError, match="responses"):
        load_responses(tmp_path / "out.zarr")
    other = xr.Dataset({"responses": (("x", "y"), np.zeros((2, 2), np.float32))})
    other.to_zarr(tmp_path / "other.zarr", consolidated=False)
    with pytest.raises(ExportError, match="not written by this program"):
        load_responses(tmp_path / "other.zarr")
    zarr.open_group(tmp_path / "old.zarr", mode="w", zarr_format=2)
    with pytest.raises(ExportError, match="cannot be read"):
        load_responses(tmp_path / "old.zarr")


def damage(chunk):
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 0xFF
    chunk.write_bytes(data)


@pytest.mark.parametrize("hurt", [damage, lambda chunk: chunk.write_bytes(b"")])
@pytest.mark.parametrize("suffix", load_suffixes())
def test_a_damaged_chunk_is_one_sentence_wherever_it_is_read(tmp_path, suffix, hurt):
    export(make_responses(None, 400, 6), tmp_path / "in.zarr")
    (chunk,) = (p for p in (tmp_path / "in.zarr/responses/c").rglob("*") if p.is_file())
    hurt(chunk)
    loaded = load_responses(tmp_path / "in.zarr")
    for use in (
        lambda: export(loaded, tmp_path / f"out{suffix}"),
        lambda: export(loaded[3:9, ::2], tmp_path / f"out{suffix}"),
        loaded.load,
        lambda: loaded.mean("time"),
    ):
        with pytest.raises(ExportError, match=r"in\.zarr cannot be read.* damaged"):
            use()
        assert [p.name for p in tmp_path.iterdir()] == ["in.zarr"]


def test_csv_of_an_earlier_version_is_read_as_it_was():
    loaded = load_responses(DATA / "earlier_csv" / "out.csv")
    expected = make_responses(2, 4, 3)
    areas = np.array(["=V1", "'+LM", "-x"])
    expected = expected.assign_coords(area=("unit", areas))
    assert_same_responses(loaded, expected, nan_bits=False)
