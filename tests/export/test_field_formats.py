"""What the formats of imaging and EEG have in common: refusals, suffixes, replacing."""

from __future__ import annotations

import sys

import pytest
import xarray as xr
from make_field_responses import (
    files,
    of_channels,
    of_vertices,
    of_voxels,
)
from make_responses import make_responses

from insilico_gui.errors import ExportError
from insilico_gui.export import (
    Kind,
    check_fit,
    export,
    export_suffixes,
    fitting_suffixes,
    load_responses,
    load_suffixes,
    suffix_of,
)
from insilico_gui.responses import with_unit_index

ALL = {
    ".nii.gz": of_voxels,
    ".nii": of_voxels,
    ".func.gii": of_vertices,
    ".npy": of_vertices,
    "-epo.fif": of_channels,
    ".fif": of_channels,
}


@pytest.mark.parametrize("suffix", ALL)
def test_responses_of_another_kind_are_refused(tmp_path, suffix):
    others = [make for make in ALL.values() if make is not ALL[suffix]]
    for make in (make_responses, lambda: make_responses(3), *others):
        responses = make()
        assert suffix not in fitting_suffixes(Kind.of_responses(responses))
        with pytest.raises(
            ExportError, match=r"these responses have .*; export them to"
        ):
            export(responses, tmp_path / f"x{suffix}")
    assert files(tmp_path) == []


def test_formats_that_fit_are_offered():
    assert {*export_suffixes()} == {*load_suffixes(), *ALL}
    for suffix, make in ALL.items():
        fitting = fitting_suffixes(Kind.of_responses(make()))
        expected = [s for s in ALL if ALL[s] is ALL[suffix]]
        assert fitting == (*load_suffixes(), *expected)


@pytest.mark.parametrize("suffix", ALL)
def test_existing_files_are_replaced_on_request_only(tmp_path, suffix):
    responses = ALL[suffix]()
    first = export(responses, tmp_path / f"x{suffix}")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(ExportError, match=f"{first.name} exists already"):
        export(responses, tmp_path / f"x{suffix}")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    responses.values *= 2
    export(responses, tmp_path / f"x{suffix}", overwrite=True)
    assert files(tmp_path) == sorted(before)
    assert first.read_bytes() != before[first.name]


@pytest.mark.parametrize("suffix", ALL)
def test_a_sidecar_of_something_else_is_not_replaced(tmp_path, suffix):
    other = tmp_path / f"x{suffix}.json"
    for text in (
        "[1, 2]",
        '{"format": "insilico_gui sidecar", "files": ["y.nii"]}',
        '{"format": "insilico_gui sidecar", "hashes": {"y.nii": "sha256:1"}}',
        "{",
    ):
        other.write_text(text)
        with pytest.raises(ExportError, match="does not belong to"):
            export(ALL[suffix](), tmp_path / f"x{suffix}", overwrite=True)
        assert files(tmp_path) == [other.name]
        assert other.read_text() == text


def test_a_table_and_a_volume_do_not_share_a_sidecar(tmp_path):
    responses = of_voxels()
    export(responses, tmp_path / "x.csv")
    export(responses, tmp_path / "x.nii")
    export(responses, tmp_path / "x.nii.gz")
    xr.testing.assert_identical(
        load_responses(tmp_path / "x.csv").rename(None), with_unit_index(responses)
    )


@pytest.mark.parametrize("suffix", ALL)
def test_an_error_leaves_what_was_there(tmp_path, suffix, monkeypatch):
    from insilico_gui.export import sidecar

    responses = ALL[suffix]()
    export(responses, tmp_path / f"x{suffix}")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sidecar, "write_sidecar", full)
    with pytest.raises(ExportError, match="the disk is full"):
        export(responses[::-1], tmp_path / f"x{suffix}", overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("suffix", ALL)
def test_they_cannot_be_loaded(tmp_path, suffix):
    export(ALL[suffix](), tmp_path / f"x{suffix}")
    with pytest.raises(
        ExportError, match=r"load one of \.npz, \.csv, \.parquet, \.zarr"
    ):
        load_responses(tmp_path / f"x{suffix}")


@pytest.mark.parametrize(
    ("suffix", "package", "extra"),
    [
        (".nii.gz", "nibabel", "fmri"),
        (".func.gii", "nibabel", "fmri"),
        ("-epo.fif", "mne", "eeg"),
    ],
)
def test_a_missing_package_is_named(tmp_path, suffix, package, extra, monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    message = rf"{package}, which is not installed; .* 'insilico-gui\[{extra}\]'"
    with pytest.raises(ExportError, match=message):
        export(ALL[suffix](), tmp_path / f"x{suffix}")
    with pytest.raises(ExportError, match=message):
        check_fit(tmp_path / f"x{suffix}", Kind.of_responses(ALL[suffix]()))
    assert files(tmp_path) == []


def test_arrays_of_vertices_need_no_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nibabel", None)
    assert export(of_vertices(), tmp_path / "x.npy").exists()


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.nii.gz", ".nii.gz"),
        ("a.gz", ""),
        (".nii.gz", ""),
        ("A.NII", ".nii"),
        ("s-epo.fif", "-epo.fif"),
        ("s_epo.fif", ".fif"),
        ("x.lh.func.gii", ".func.gii"),
        ("x.surf.gii", ""),
        ("x.npz", ".npz"),
    ],
)
def test_suffixes_may_have_two_parts(name, suffix):
    assert suffix_of(f"some.folder/{name}") == suffix
