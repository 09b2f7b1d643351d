"""Files from strangers: what is read, and what is refused without running it."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import stat
import struct
import subprocess
import sys
import threading
import zipfile
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from insilico_gui.errors import SessionError, UntrustedFileError, WeightsError
from insilico_gui.untrusted import (
    DownloadCancelled,
    download,
    load_tensors,
    read_npy_dict,
    unpack_zip,
)

if TYPE_CHECKING:
    from pathlib import Path


class Payload:
    """Creates a file when it is unpickled by something that trusts it."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (open, (str(self.marker), "w"))


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that exists once code of a hostile file has run."""
    return tmp_path / "code-has-run"


def test_the_payload_works_where_it_is_trusted(marker):
    pickle.loads(pickle.dumps(Payload(marker))).close()
    assert marker.exists()


# Torch files


def test_tensors_are_read(tmp_path):
    tensors = OrderedDict(
        a=torch.arange(6.0).view(2, 3), b=torch.nn.Parameter(torch.ones(2))
    )
    torch.save(tensors, tmp_path / "new.pt")
    torch.save(tensors, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("new.pt", "old.pt"):
        found = load_tensors(tmp_path / name)
        assert list(found) == ["a", "b"]
        assert torch.equal(found["a"], tensors["a"])


def test_a_torch_file_with_code_is_refused_and_not_run(tmp_path, marker):
    for new in (True, False):
        path = tmp_path / "hostile.pt"
        torch.save(
            {"a": torch.ones(1), "b": Payload(marker)},
            path,
            _use_new_zipfile_serialization=new,
        )
        with pytest.raises(UntrustedFileError, match=r"hostile\.pt"):
            load_tensors(path)
        path.write_bytes(pickle.dumps(Payload(marker), protocol=2))
        with pytest.raises(UntrustedFileError, match=r"hostile\.pt"):
            load_tensors(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        [torch.ones(1)],
        {"a": 1},
        {1: torch.ones(1)},
        {"a": {"b": torch.ones(1)}},
        {"a": torch.ones(3, 3).to_sparse()},
        {"a": torch.ones(1, device="meta")},
    ],
)
def test_other_plain_data_than_tensors_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "file.pt")
    with pytest.raises(WeightsError, match=r"file\.pt"):
        load_tensors(tmp_path / "file.pt")


def test_damaged_missing_and_large_torch_files(tmp_path):
    path = tmp_path / "file.pt"
    with pytest.raises(WeightsError, match="does not exist"):
        load_tensors(path)
    torch.save({"a": torch.ones(1000)}, path)
    whole = path.read_bytes()
    with pytest.raises(UntrustedFileError, match="GiB"):
        load_tensors(path, max_bytes=1000)
    for damaged in (b"", b"hello", whole[:2000], whole[:-30]):
        path.write_bytes(damaged)
        with pytest.raises((WeightsError, UntrustedFileError), match=r"file\.pt"):
            load_tensors(path)


def test_a_compressed_torch_file_is_refused(tmp_path):
    torch.save({"a": torch.zeros(100_000)}, tmp_path / "file.pt")
    bomb = tmp_path / "bomb.pt"
    with (
        zipfile.ZipFile(tmp_path / "file.pt") as source,
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    assert bomb.stat().st_size < 10_000
    with pytest.raises(UntrustedFileError, match="compressed"):
        load_tensors(bomb)


# Dictionaries in .npy files


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


def test_a_metadata_file_with_code_is_refused_and_not_run(tmp_path, marker):
    path = tmp_path / "hostile.npy"
    for protocol in (2, 3, 4, 5):
        save_npy(path, {"a": Payload(marker)}, protocol, "numpy._core")
        with pytest.raises(UntrustedFileError, match="not plain data"):
            read_npy_dict(path)
    # numpy's own names in places where they are not expected
    hidden = {"a": np.array([Payload(marker)], dtype=object)}
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


# Archives


def test_an_archive_is_unpacked_over_older_files(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("new.txt", "new")
        archive.writestr("folder/deep/file.txt", "deep")
    target = tmp_path / "target"
    target.mkdir()
    (target / "new.txt").write_text("old")
    (target / "mine.txt").write_text("mine")
    unpack_zip(tmp_path / "a.zip", target)
    assert (target / "new.txt").read_text() == "new"
    assert (target / "mine.txt").read_text() == "mine"
    assert (target / "folder/deep/file.txt").read_text() == "deep"
    assert not [path for path in target.iterdir() if path.name.startswith(".")]


def hostile_entry(name: str, mode: int = stat.S_IFREG) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    entry.external_attr = (mode | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        hostile_entry("../outside.txt"),
        hostile_entry("a/../../outside.txt"),
        hostile_entry("/outside.txt"),
        hostile_entry("..\\outside.txt"),
        hostile_entry("C:outside.txt"),
        hostile_entry("link", stat.S_IFLNK),
        hostile_entry("pipe", stat.S_IFIFO),
    ],
    ids=lambda entry: entry.filename,
)
def test_archives_that_lead_outside_are_refused(tmp_path, entry):
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fine.txt", "fine")
        archive.writestr(entry, "/etc")
    target = tmp_path / "deep" / "target"
    with pytest.raises(UntrustedFileError, match=r"hostile\.zip"):
        unpack_zip(path, target)
    assert not list(target.iterdir())
    assert not list(tmp_path.rglob("outside.txt"))


def test_an_archive_larger_than_the_disk_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    free = shutil.disk_usage(tmp_path).free
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(free // 2**32 + 2):
            archive.writestr(f"big{i}", b"0")
    data = bytearray(path.read_bytes())
    # make the directory at the end of the archive claim 4 GB for each
    for entry in re.finditer(b"PK\x01\x02", bytes(data)):
        start = entry.start() + 24
        data[start : start + 4] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(data)
    with pytest.raises(UntrustedFileError, match="make room"):
        unpack_zip(path, tmp_path / "target")
    assert not list((tmp_path / "target").iterdir())


def test_a_damaged_archive_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first.txt", "first")
        archive.writestr("second.txt", "second")
    path.write_bytes(path.read_bytes().replace(b"txtsecond", b"txtsecxnd"))
    with pytest.raises(SessionError, match=r"a\.zip could not be unpacked"):
        unpack_zip(path, tmp_path / "target")
    assert not list((tmp_path / "target").iterdir())
    path.write_bytes(b"no archive")
    with pytest.raises(SessionError, match=r"a\.zip could not be unpacked"):
        unpack_zip(path, tmp_path / "target")


# Downloads

CONTENT = bytes(range(256)) * 4096


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT, whole or cut short."""

    def do_GET(self):
        if self.path not in ("/file", "/short", "/unsized"):
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unsized":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: 1000 if self.path == "/short" else None])

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_a_download_is_checked_and_reported(server, tmp_path):
    md5 = hashlib.md5(CONTENT).hexdigest()
    seen = []
    path = tmp_path / "file"
    download(f"{server}/file", path, md5.upper(), lambda *done: seen.append(done))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    download(f"{server}/unsized", path, None, lambda *done: seen.append(done))
    assert seen[-1] == (len(CONTENT), 0)
    assert os.listdir(tmp_path) == ["file"]


def test_a_download_that_differs_is_not_kept(server, tmp_path):
    path = tmp_path / "file"
    path.write_text("older")
    with pytest.raises(UntrustedFileError, match="not the published file"):
        download(f"{server}/file", path, "0" * 32)
    assert path.read_text() == "older"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["/missing", "/short"])
def test_a_download_that_fails_says_so(server, tmp_path, name):
    with pytest.raises(SessionError, match=name):
        download(server + name, tmp_path / "file")
    assert not os.listdir(tmp_path)


def test_a_server_that_is_not_there(tmp_path):
    with pytest.raises(SessionError, match="could not be downloaded"):
        download("http://127.0.0.1:9/file", tmp_path / "file")
    with pytest.raises(SessionError, match="not a web address"):
        download(f"file://{__file__}", tmp_path / "file")
    assert not os.listdir(tmp_path)


def test_a_cancelled_download_leaves_nothing(server, tmp_path):
    cancel = threading.Event()
    with pytest.raises(DownloadCancelled):
        download(
            f"{server}/file",
            tmp_path / "file",
            None,
            lambda *_: cancel.set(),
            cancel,
        )
    assert not os.listdir(tmp_path)


def test_importing_takes_no_torch():
    code = "import sys, insilico_gui.untrusted; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
