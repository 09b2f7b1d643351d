"""Dictionaries in .npy files: what is read, and what is refused without running it."""

from __future__ import annotations

import pickle
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted import InertObject, read_npy_dict

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
        # more bytes than there are
        b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"a.",
        b"\x80\x04}\x94\x8c\x01a",
        b"",
        b"\x80\x02" + b"." * 2,
        b"\x80\x02}h\x07.",
        b"\x80\x02tR.",
        # marks without end, and tuples within tuples as a key
        b"\x80\x02" + b"(" * 100_000,
        b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"K\x01s.",
        b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".",
        # other functions, of Python and of numpy
        calls("builtins", "eval", "1"),
        calls("os", "system", "true"),
        calls("numpy", "load", "a.npy"),
        calls("numpy._core.multiarray", "fromfile", "a.npy"),
        calls("numpy.core.memmap", "memmap", "a.npy"),
        calls("copyreg", "_reconstructor", 1, 2, 3),
        calls("builtins", "getattr", 1, "a"),
        # arrays and classes that are not asked for properly
        calls("numpy._core.multiarray", "_reconstruct"),
        calls("numpy._core.multiarray", "scalar", 1, b"1"),
        calls("numpy._core.numeric", "_frombuffer", b"1", "f8", (1,), "C"),
        calls("sklearn.decomposition._pca", "PCA"),
        b"\x80\x02csklearn.decomposition._pca\nPCA\n)\x81}X\x01\x00\x00\x00aK\x01sb.",
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


def test_a_memo_with_gaps_costs_nothing(tmp_path):
    write_npy(tmp_path / "a.npy", b"\x80\x02}r\xff\xff\xff\x7f.")
    assert read_npy_dict(tmp_path / "a.npy") == {}


def test_truth_values_are_0_or_1(tmp_path):
    flags = np.array([1, 0, 1], dtype=np.uint8).view(bool)
    saved = pickle.dumps({"a": flags}, protocol=3)
    assert saved.count(b"\x01\x00\x01") == 1
    data = saved.replace(b"\x01\x00\x01", b"\x07\x00\x30")
    write_npy(tmp_path / "a.npy", data)
    found = read_npy_dict(tmp_path / "a.npy")["a"]
    assert found.view(np.uint8).tolist() == [1, 0, 1]


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_long_arrays_may_stay_in_the_file(tmp_path, protocol):
    rng = np.random.default_rng(0)
    content = {
        "rows": rng.normal(size=(70, 900)),
        "columns": np.asfortranarray(rng.normal(size=(70, 900)).astype(np.float32)),
        "short": np.arange(5),
        "flags": rng.normal(size=100_000) > 0,
        "raw": bytes(100_000),
    }
    save_npy(tmp_path / "a.npy", content, protocol, "numpy.core")
    assert_same(read_npy_dict(tmp_path / "a.npy"), content)
    found = read_npy_dict(tmp_path / "a.npy", mapped=True)
    assert isinstance(found["rows"], np.memmap)
    assert isinstance(found["columns"], np.memmap)
    assert found["columns"].flags.f_contiguous
    for name, value in content.items():
        assert_same(np.array(found[name]) if name != "raw" else found[name], value)
    with pytest.raises(ValueError, match="read-only"):
        found["rows"][0] = 1


class Estimator:
    """Something that runs code when it is read in the ordinary way."""

    ran = False

    def __init__(self) -> None:
        self.weights = np.arange(3.0)
        self.nested = {"a": [1, np.int64(2)]}

    def __setstate__(self, state: object) -> None:
        Estimator.ran = True


def test_objects_of_named_classes_are_read_without_their_code(
    tmp_path, payload, marker
):
    kind = (Estimator.__module__, "Estimator")
    for protocol in (2, 3, 4, 5):
        save_npy(tmp_path / "a.npy", {"a": Estimator()}, protocol, "numpy._core")
        with pytest.raises(UntrustedFileError, match="not plain data"):
            read_npy_dict(tmp_path / "a.npy")
        found = read_npy_dict(tmp_path / "a.npy", inert=[kind])["a"]
        assert isinstance(found, InertObject)
        assert found.kind == ".".join(kind)
        assert_same(found.attributes, vars(Estimator()))
        hiding = Estimator()
        hiding.weights = payload
        save_npy(tmp_path / "b.npy", {"a": hiding}, protocol, "numpy._core")
        with pytest.raises(UntrustedFileError, match="not plain data"):
            read_npy_dict(tmp_path / "b.npy", inert=[kind])
    assert not Estimator.ran
    assert not marker.exists()


@pytest.mark.parametrize(
    "tail",
    [
        b")R.",  # called
        b"K\x01\x85\x81.",  # made with an argument
        b"}b.",  # state for the class itself
        b")\x81K\x01b.",
        b")\x81}K\x01K\x01sb.",
        b")\x81}}\x86b.",
        b")\x81K\x01a.",
        b")\x81K\x01K\x01s.",
        b")\x81.",  # not a dictionary
    ],
)
def test_classes_are_good_for_nothing_else(tmp_path, tail):
    write_npy(tmp_path / "a.npy", b"\x80\x02ca\nB\n" + tail)
    with pytest.raises(UntrustedFileError, match=r"a\.npy was not loaded"):
        read_npy_dict(tmp_path / "a.npy", inert=[("a", "B")])


def test_damage_anywhere_is_a_sentence_or_other_plain_data(tmp_path):
    """Files with bytes changed, cut out or put in, in thousands of ways."""
    rng = np.random.default_rng(5)
    path = tmp_path / "a.npy"
    refused = 0
    for protocol in (2, 3, 4, 5):
        save_npy(path, {**plain_content(), "e": Estimator()}, protocol, "numpy._core")
        whole = path.read_bytes()
        for _ in range(700):
            data = bytearray(whole)
            for _ in range(rng.integers(1, 4)):
                at = int(rng.integers(len(data)))
                cut, new = rng.integers(0, 4, 2)
                data[at : at + cut] = rng.bytes(new)
            path.write_bytes(data)
            try:
                found = read_npy_dict(
                    path, mapped=True, inert=[(Estimator.__module__, "Estimator")]
                )
            except UntrustedFileError as error:
                assert str(error).startswith("a.npy was not loaded, because")
                refused += 1
            else:
                assert isinstance(found, dict)
    assert refused > 1000


def test_what_does_not_fit_the_memory_is_refused(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", {"a": np.zeros(50_000), "b": ["x" * 1000] * 3})
    monkeypatch.setattr("insilico_gui.untrusted.npy.free_memory", lambda: 600_000)
    with pytest.raises(WeightsError, match="free memory"):
        read_npy_dict(tmp_path / "a.npy")
    assert read_npy_dict(tmp_path / "a.npy", mapped=True)["a"].shape == (50_000,)
    monkeypatch.setattr("insilico_gui.untrusted.npy.free_memory", lambda: 2000)
    with pytest.raises(UntrustedFileError, match="more memory than is free"):
        read_npy_dict(tmp_path / "a.npy", mapped=True)


def test_other_numpy_files_are_refused(tmp_path, monkeypatch):
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
    monkeypatch.setenv("INSILICO_MAX_WEIGHTS_BYTES", "10")
    with pytest.raises(WeightsError, match="INSILICO_MAX_WEIGHTS_BYTES"):
        read_npy_dict(path)
    monkeypatch.delenv("INSILICO_MAX_WEIGHTS_BYTES")
    with pytest.raises(WeightsError, match="There is no file"):
        read_npy_dict(tmp_path / "b.npy")
