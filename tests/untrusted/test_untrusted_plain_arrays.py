"""Arrays whose headers claim more than there is, and archives that unfold."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from hostile.claims import HEADERS, bomb, header, nameless

from insilico_gui.errors import AnalysisError, InsilicoError
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npy, read_npz

#: Claims nothing: there are no entries to be read.
EMPTY = "(0, 9999999999999)"


def read(path, reader=read_npy, **more):
    with reading(path.name, AnalysisError, "save it again"):
        return reader(path, path.name, AnalysisError, **more)


@pytest.mark.parametrize(
    ("descr", "shape"), [claim for claim in HEADERS if claim[1] != EMPTY]
)
def test_headers_are_checked_before_memory_is_taken(descr, shape, tmp_path):
    (tmp_path / "a.npy").write_bytes(header(descr, shape))
    with pytest.raises(InsilicoError, match=r"a\.npy"):
        read(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", header(descr, shape))
    with pytest.raises(InsilicoError, match=r"a\.npz"):
        read(tmp_path / "a.npz", read_npz)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.array("text"),
        np.zeros((0, 3), np.float32),
        np.asfortranarray(np.ones((2, 3), ">f8")),
    ],
)
def test_plain_arrays_are_read(array, tmp_path):
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read(tmp_path / "a.npy"), array, strict=True)
    np.savez(tmp_path / "a.npz", x=array)
    np.testing.assert_array_equal(
        read(tmp_path / "a.npz", read_npz)["x"], array, strict=True
    )


def test_archives(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(bomb())
    with pytest.raises(AnalysisError, match="compressed"):
        read(path, read_npz)
    with pytest.raises(AnalysisError, match="INSILICO_MAX_UNPACKED_BYTES"):
        read(path, read_npz, compressed=True)
    path.write_bytes(nameless())
    with pytest.raises(AnalysisError, match="no name"):
        read(path, read_npz)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("d/", header("<f4", "(0,)"))
    with pytest.raises(AnalysisError, match="no name"):
        read(path, read_npz)
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(path, "w") as archive,
    ):
        archive.writestr("x.npy", header("<f4", "(0,)"))
        archive.writestr("x.npy", header("<f4", "(0,)"))
    with pytest.raises(AnalysisError, match="there twice"):
        read(path, read_npz)
