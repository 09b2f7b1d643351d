"""Dictionaries in .npy files: what is read, and what is refused without running it."""

from __future__ import annotations

import pickle
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted import read_npy_dict

if TYPE_CHECKING:
    from pathlib import Path


def plain_content() -> dict:
    rng = np.random.default_rng(0)
    return {
        "recorded": {
            "ids": np.arange(5, dtype=np.int32),
            "xyz": np.asfortranarray(rng.normal(size=(5, 3)).astype(np.float32)),
            "big": rng.normal(size=3).astype(">f8"),
            "mask": np.array([True, False]),
            "names": np.array(["V1", "LM"]),
            "tags": np.array([b"a", b"bc"]),
            "empty": np.zeros((0, 3), np.int8),
            "any": np.array(["text", [1, 2], {"a": None}], dtype=object),
            "number": np.float32(2.5),
            "count": np.int64(7),
            "flag": np.bool_(True),
        },
        "list": ["a", 1, 2.5, None, True, b"raw", (1, "b")],
        "whole": 10**30,
    }


def save_npy(path: Path, content: object, protocol: int, spelling: str) -> None:
    """What ``numpy.save`` writes, by an older or newer numpy."""
    wrapped = np.empty((), dtype=object)
    wrapped[()] = content
    data = pickle.dumps(wrapped, protocol=protocol)
    if spelling == "numpy.core" and protocol < 4:
        data = data.replace(b"numpy._core", b"numpy.core")
    elif spelling == "numpy.core":
        # a text with its length in one byte before it
        for module in (b"numpy._core.multiarray", b"numpy._core.numeric"):
            old = module.replace(b"_core", b"core")
            data = data.replace(bytes([len(module)]) + module, bytes([len(old)]) + old)
        # frames have their length written down; leave them out
        data = unframed(data)
    write_npy(path, data)


def unframed(data: bytes) -> bytes:
    assert data[2:3] == b"\x95"
    return data[:2] + data[11:]


def write_npy(path: Path, data: bytes, descr: str = "|O", shape: str = "()") -> None:
    """A numpy header followed by any bytes."""
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data
    )


def assert_same(found: object, expected: object) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, np.ndarray):
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        assert found.tolist() == expected.tolist()
    else:
        assert found == expected


@pytest.mark.parametrize("spelling", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_dictionaries_of_old_and_new_numpy_are_read(tmp_path, protocol, spelling):
    path = tmp_path / "metadata.npy"
    save_npy(path, plain_content(), protocol, spelling)
    if protocol > 2:
        assert spelling.encode() + b".multiarray" in path.read_bytes()
    assert_same(read_npy_dict(path), plain_content())


def test_what_numpy_saves_here_is_read(tmp_path):
    np.save(tmp_path / "a.npy", plain_content())
    found = read_npy_dict(tmp_path / "a.npy")
    assert_same(found, plain_content())
    found["recorded"]["xyz"][0, 0] = 1  # arrays are the reader's own


def test_parts_that_are_used_twice_take_no_time(tmp_path):
    nested: object = [0]
    for _ in range(60):
        nested = (nested, nested)
    np.save(tmp_path / "a.npy", {"a": nested})
    assert isinstance(read_npy_dict(tmp_path / "a.npy")["a"], tuple)


def test_a_metadata_file_with_code_is_refused_and_not_run(tmp_path, marker, payload):
    path = tmp_path / "hostile.npy"
    for protocol in (2, 3, 4, 5):
        save_npy(path, {"a": payload}, protocol, "numpy._core")
        with pytest.raises(UntrustedFileError, match="not plain data"):
            read_npy_dict(path)
    # numpy's own names in places where they are not expected
    hidden = {"a": np.array([payload], dtype=object)}
    np.save(path, hidden)
    with pytest.raises(UntrustedFileError, match="not plain data"):
        read_npy_dict(path)
    assert not marker.exists()


def calls(module: str, name: str, *arguments: object, state: object = None) -> bytes:
    """A pickle of ``{"a": module.name(*arguments)}`` after setting its state."""
    inner = pickle.dumps(arguments, protocol=2)[2:-1]
    data = (
        b"\x80\x02}X\x01\x00\x00\x00a" + f"c{module}\n{name}\n".encode() + inner + b"R"
    )
    if state is not None:
        data += pickle.dumps(state, protocol=2)[2:-1] + b"b"
    return data + b"s."


@pytest.mark.parametrize(
    "data",
    [
        # a large array that nothing fills
        calls("numpy", "ndarray", (10**11,)),
        calls("numpy._core.multiarray", "_reconstruct", list, (0,), b"b"),
        # memory reserved for the memo
        b"\x80\x02}r\xff\xff\xff\x7f.",
        # more bytes than there are
        b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"a.",
        b"\x80\x04}\x94\x8c\x01a",
        b"",
        # a dtype whose parts are pointers but whose whole is bytes
        calls("numpy", "dtype", "V8", False, True),
        calls(
            "numpy",
            "dtype",
            "f8",
            state=(3, "|", None, ("a",), {"a": 1}, 8, 8, 0),
        ),
        calls("numpy", "dtype", "f8", state={"_dtype": 1}),
        # attributes of the reader's own parts
        b"\x80\x02}X\x01\x00\x00\x00acnumpy\ndtype\n}X\x01\x00\x00\x00bK\x01sbs.",
        # other ways to make objects
        b"\x80\x02}X\x01\x00\x00\x00a(i__builtin__\nlist\ns.",
        b"\x80\x02}X\x01\x00\x00\x00acnumpy\ndtype\n)\x81s.",
        # data that contain themselves
        b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",
        pickle.dumps({"a": {1, 2}}),
        pickle.dumps({1: 2}),
        pickle.dumps([1]),
    ],
)
def test_hostile_and_damaged_pickles_are_refused(tmp_path, data):
    path = tmp_path / "hostile.npy"
    write_npy(path, data)
    with pytest.raises(UntrustedFileError, match=r"hostile\.npy was not loaded"):
        read_npy_dict(path)


@pytest.mark.parametrize(
    ("shape", "dtype", "raw"),
    [
        ((3,), "f8", b"1" * 16),
        ((10**9,), "f8", b""),
        ((-1,), "f8", b""),
        ((2,), "O", b"12345678" * 2),
        ((2,), "O", [1]),
        ((1,), "f8", [1]),
        ([1], "f8", b"12345678"),
        ((1,), "M8[ns]", b"12345678"),
    ],
)
def test_arrays_whose_data_do_not_fit_are_refused(tmp_path, shape, dtype, raw):
    data = pickle.dumps({"a": np.zeros(1)}, protocol=2)
    text = b"cnumpy._core.multiarray\n_reconstruct\n"
    start = data.index(text)
    made = (
        text
        + b"cnumpy\nndarray\n"
        + pickle.dumps((0,), protocol=2)[2:-1]
        + b"C\x01b\x87R"
        + b"(K\x01"
        + pickle.dumps(shape, protocol=2)[2:-1]
        + b"cnumpy\ndtype\n"
        + pickle.dumps((dtype, False, True), protocol=2)[2:-1]
        + b"R"
        + b"\x89"
        + pickle.dumps(raw, protocol=3)[2:-1]
        + b"tbs."
    )
    path = tmp_path / "hostile.npy"
    write_npy(path, data[:start] + made)
    with pytest.raises(UntrustedFileError, match="array"):
        read_npy_dict(path)


def test_other_numpy_files_are_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.arange(3))
    with pytest.raises(UntrustedFileError, match=r"array \[3\] of int64"):
        read_npy_dict(path)
    np.save(path, np.array([{}, {}], dtype=object))
    with pytest.raises(UntrustedFileError, match=r"array \[2\] of object"):
        read_npy_dict(path)
    write_npy(path, pickle.dumps({}), descr="__import__('os')")
    with pytest.raises(UntrustedFileError, match=r"a\.npy"):
        read_npy_dict(path)
    with pytest.raises(UntrustedFileError, match="GiB"):
        read_npy_dict(path, max_bytes=10)
    with pytest.raises(WeightsError, match="does not exist"):
        read_npy_dict(tmp_path / "b.npy")
