"""Exports that were changed to claim more than they hold, or damaged after loading."""

from __future__ import annotations

import json
import os
import shutil
import zipfile

import numpy as np
import pytest
from export.make_responses import make_responses
from hostile.claims import header
from numcodecs import Zstd
from support.command_line import error_of

from insilico_gui.errors import ExportError, InsilicoError
from insilico_gui.export import export, load_responses


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    for suffix in ("npz", "csv", "parquet", "zarr"):
        export(make_responses(), folder / f"r.{suffix}")
    return folder


@pytest.fixture
def folder(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "copy")


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("dtype", ["<U100000000", "|V0", "|S9", "datetime64[s]", 3])
def test_types_of_columns_are_checked(folder, dtype):
    for key in ("dtype", "stored"):
        change(
            folder / "r.csv.json",
            lambda c, k=key: c["unit_columns"]["area"].update({k: dtype}),
        )
    with pytest.raises(ExportError):
        load_responses(folder / "r.csv")


def test_a_member_of_an_archive_that_claims_more(folder):
    with zipfile.ZipFile(folder / "r.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for descr, shape in (("<U100000000", "(0,)"), ("|V0", "(1000000000000,)")):
        with zipfile.ZipFile(folder / "r.npz", "w") as archive:
            for name, content in members.items():
                new = header(descr, shape) if name == "unit_area.npy" else content
                archive.writestr(name, new)
        with pytest.raises(ExportError, match="unit_area"):
            load_responses(folder / "r.npz")


@pytest.mark.parametrize(
    ("array", "edit", "message"),
    [
        ("responses", {"shape": [10**9, 6]}, "chunks of 'responses'"),
        ("responses", {"shape": [10**15, 6]}, "chunks of 'responses'"),
        ("unit_id", {"shape": [10**10]}, "chunks of 'unit_id'|COLUMN_BYTES"),
        ("trials/onset", {"data_type": "complex128"}, "neither numbers nor text|read"),
    ],
)
def test_shapes_of_a_zarr_folder_are_checked(folder, array, edit, message):
    change(folder / "r.zarr" / array / "zarr.json", lambda c: c.update(edit))
    with pytest.raises(ExportError, match=message):
        load_responses(folder / "r.zarr")


def test_chunks_that_claim_or_unfold_too_much(folder):
    array = folder / "r.zarr" / "unit_id"
    grid = {"name": "regular", "configuration": {"chunk_shape": [10**9]}}
    described = (array / "zarr.json").read_text()
    change(array / "zarr.json", lambda c: c.update(chunk_grid=grid))
    with pytest.raises(ExportError, match="INSILICO_MAX_CHUNK_BYTES"):
        load_responses(folder / "r.zarr")
    (array / "zarr.json").write_text(described)
    (array / "c" / "0").write_bytes(Zstd(1).encode(bytes(2**28 + 1)))
    with pytest.raises(ExportError, match="INSILICO_MAX_CHUNK_BYTES"):
        load_responses(folder / "r.zarr")


def test_other_things_than_files_in_a_zarr_folder(folder):
    chunk = next((folder / "r.zarr" / "responses" / "c").rglob("0/0"))
    chunk.unlink()
    os.mkfifo(chunk)
    with pytest.raises(ExportError, match="pipe or a device"):
        load_responses(folder / "r.zarr")
    chunk.unlink()
    chunk.symlink_to(folder / "r.zarr")
    with pytest.raises(ExportError, match="holds itself"):
        load_responses(folder / "r.zarr")


def test_a_chunk_that_is_damaged_fails_in_one_sentence_wherever_it_is_used(folder):
    chunk = next((folder / "r.zarr" / "responses" / "c").rglob("0/0"))
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    chunk.write_bytes(content)
    loaded = load_responses(folder / "r.zarr")
    with pytest.raises(ExportError, match=r"r\.zarr cannot be read, since a part"):
        export(loaded, folder / "again.npz")
    with pytest.raises(ExportError, match="a part of them is damaged"):
        np.asarray(loaded)
    with pytest.raises(ExportError, match="a part of them is damaged"):
        loaded.mean("time")
    message = error_of("export", folder / "r.zarr", folder / "o.npz")
    assert "a part of them is damaged" in message


def test_parts_are_read_as_they_are_asked_for(exported):
    whole = load_responses(exported / "r.npz")
    lazy = load_responses(exported / "r.zarr")
    rows = np.array([7, 3, 40])
    for part in (
        {"time": slice(3, 9)},
        {"time": slice(40, 3, -2), "unit": [0, 2, 5]},
        {"time": rows, "unit": slice(1, None)},
        {"unit": -1},
    ):
        np.testing.assert_array_equal(lazy.isel(part), whole.isel(part))


def test_ids_that_are_there_twice_are_one_sentence(tmp_path):
    responses = make_responses(n_frames=60)
    responses.values = np.random.default_rng(0).random(responses.shape, np.float32)
    export(responses, tmp_path / "a.npz")
    ids = responses["unit_id"].to_numpy().copy()
    ids[1] = ids[0]
    twice = responses.assign_coords(unit_id=("unit", ids))
    export(twice, tmp_path / "dup.npz")
    for pair in (("a", "dup"), ("dup", "a")):
        one, other = (tmp_path / f"{name}.npz" for name in pair)
        message = error_of("compare", one, other, "-o", tmp_path / f"{pair[0]}.csv")
        assert str(ids[0]) in message


def test_errors_are_of_this_project(folder):
    for name in ("r.npz", "r.csv", "r.parquet"):
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(InsilicoError, match="pipe or a device"):
            load_responses(folder / name)
