"""Archives: unpacked into the folder and nowhere else."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import warnings
import zipfile

import pytest

from insilico_gui.errors import SessionError, UntrustedFileError
from insilico_gui.files import Manifest
from insilico_gui.untrusted import unpack_zip


def packed(path, **files):
    """An archive of texts; __ in a name is a folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name.replace('__', '/')}.txt", text)
    return path


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != Manifest.NAME
    }


def test_an_archive_is_unpacked_over_an_earlier_one(tmp_path):
    target = tmp_path / "target"
    unpack_zip(packed(tmp_path / "a.zip", new="old", folder__deep__file="old"), target)
    (target / "mine.txt").write_text("mine")
    for _ in range(2):
        newer = packed(tmp_path / "b.zip", new="new", folder__deep__file="deep")
        unpack_zip(newer, target)
        assert texts(target) == {
            "new.txt": "new",
            "mine.txt": "mine",
            "folder/deep/file.txt": "deep",
        }
    assert not [path for path in target.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["new.txt", "folder/deep/file.txt"])
@pytest.mark.parametrize("before", [False, True], ids=["in a new folder", "over ours"])
def test_files_of_the_user_are_never_replaced(tmp_path, name, before):
    target = tmp_path / "target"
    if before:
        unpack_zip(packed(tmp_path / "a.zip", new="a", folder__deep__file="a"), target)
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    (target / name).write_text("mine")
    there = texts(target)
    newer = packed(tmp_path / "b.zip", new="b", folder__deep__file="b")
    with pytest.raises(SessionError, match="exists and was not downloaded by"):
        unpack_zip(newer, target)
    assert texts(target) == there
    (target / name).unlink()
    (target / name).symlink_to(tmp_path / "b.zip")
    with pytest.raises(SessionError, match="exists and was not downloaded by"):
        unpack_zip(newer, target)
    assert (target / name).is_symlink()
    # what would stay the same is no loss, and is ours from then on
    (target / name).unlink()
    (target / name).write_text("b")
    unpack_zip(newer, target)
    unpack_zip(packed(tmp_path / "c.zip", new="c", folder__deep__file="c"), target)
    assert set(texts(target).values()) == {"c"}


@pytest.mark.parametrize("content", ["mine", "{}", '["insilico_gui downloads"]'])
def test_a_manifest_of_somebody_else_stays(tmp_path, content):
    (tmp_path / Manifest.NAME).write_text(content)
    with pytest.raises(SessionError, match=Manifest.NAME):
        unpack_zip(packed(tmp_path / "a.zip", new="a"), tmp_path)
    assert (tmp_path / Manifest.NAME).read_text() == content
    assert not (tmp_path / "new.txt").exists()


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


@pytest.mark.parametrize(
    "names",
    [
        [""],
        ["."],
        ["a" * 300],
        ["/".join("a" * 40)],
        ["a", "a"],
        ["a/B", "A/b"],
        [Manifest.NAME],
    ],
    ids=["empty", "dot", "long", "deep", "twice", "twice in capitals", "manifest"],
)
def test_names_that_cannot_be_are_refused(tmp_path, names):
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fine.txt", "fine")
        for name in names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                archive.writestr(hostile_entry(name), "x")
    target = tmp_path / "target"
    with pytest.raises(UntrustedFileError, match=r"odd\.zip has") as told:
        unpack_zip(path, target)
    assert len(str(told.value)) < 250
    assert not list(target.iterdir())


def test_claims_of_an_archive_are_checked_first(tmp_path, monkeypatch):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(30):
            archive.writestr(f"{i}", "0123456789")
    for name, most in (("ENTRIES", 29), ("BYTES", 299)):
        monkeypatch.setenv(f"INSILICO_MAX_ARCHIVE_{name}", str(most))
        with pytest.raises(UntrustedFileError, match=f"INSILICO_MAX_ARCHIVE_{name}"):
            unpack_zip(path, tmp_path / "target")
        monkeypatch.setenv(f"INSILICO_MAX_ARCHIVE_{name}", str(most + 1))
    assert not list((tmp_path / "target").iterdir())
    unpack_zip(path, tmp_path / "target")
    assert len(texts(tmp_path / "target")) == 30


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
