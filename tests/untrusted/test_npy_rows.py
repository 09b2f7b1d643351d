"""Arrays in .npy files: each header is right, or one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.untrusted.npy_rows import NpyRows

DATA = Path(__file__).parents[1] / "stimuli" / "data"


def rows(path) -> NpyRows:
    return NpyRows(path, path.name, StimulusError)


def npy(shape: str, descr: str = "'|u1'", order: str = "False") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "<f4", ">f8", "?", "<i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_are_those_of_numpy(tmp_path, dtype, order):
    array = np.arange(5 * 3 * 4).reshape(5, 3, 4).astype(dtype)
    np.save(tmp_path / "a.npy", np.asarray(array, order=order))
    read = rows(tmp_path / "a.npy")
    assert (read.shape, read.dtype) == (array.shape, array.dtype)
    for k in (4, 0, 2):
        np.testing.assert_array_equal(read[k], array[k])
    np.testing.assert_array_equal(read.whole(), array)
    assert len(read) == 5


@pytest.mark.parametrize("shape", [(3,), (1, 1), (0, 4), (3, 0)])
def test_small_shapes(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.ones(shape, np.uint8))
    assert rows(tmp_path / "a.npy").whole().shape == shape


@pytest.mark.parametrize(
    "content",
    [
        npy("(True, 2)", "'<f8'") + bytes(100),
        npy("(2, -3)") + bytes(100),
        npy("(2.0, 3)") + bytes(100),
        npy("(4294967296, 4294967296)") + bytes(100),
        npy("(9223372036854775807, 2)") + bytes(100),
        npy("(1" + "0" * 80 + ",)") + bytes(100),
        npy("(2, 3)", "'<U100000000'") + bytes(100),
        npy("(2, 3)", "'|O'") + bytes(100),
        npy("(2, 3)", "[('a', '|O')]") + bytes(100),
        npy("(2, 3)", "'no'") + bytes(100),
        npy("(2, 3)", "'|u1'", "'x'") + bytes(100),
        npy("[2, 3]") + bytes(100),
        npy("(1, 1, 1, 1, 1, 1, 1, 1, 1)") + bytes(100),
        npy("(2, 3)")[:60],
        npy("(2, 300)") + bytes(100),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
        b"\x93NUMPY\x03\x00" + npy("(2, 3)")[8:],
        b"",
    ],
)
def test_headers_that_lie(tmp_path, content):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(StimulusError) as error:
        rows(path)
    text = str(error.value)
    assert text.startswith("a.npy ")
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 400


def test_a_shape_of_truth_values():
    with pytest.raises(StimulusError, match=r"its shape \(True, 2\) is no shape"):
        rows(DATA / "npy_bool_shape.npy")


def test_an_array_in_fortrans_order_above_the_limit(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", np.asfortranarray(np.ones((30, 40), np.uint8)))
    monkeypatch.setenv("INSILICO_MAX_MEMORY_BYTES", "1000")
    with pytest.raises(StimulusError, match="INSILICO_MAX_MEMORY_BYTES"):
        rows(tmp_path / "a.npy")[3]


def test_the_file_is_let_go(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 4), np.uint8))
    read = rows(tmp_path / "a.npy")
    file = read._file
    del read
    assert file.closed
