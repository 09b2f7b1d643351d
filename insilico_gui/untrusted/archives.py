"""Unpacking a zip archive into a folder and nowhere else."""

from __future__ import annotations

import os
import re
import shutil
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from insilico_gui.errors import SessionError, UntrustedFileError, quoted
from insilico_gui.files import Manifest, claim
from insilico_gui.untrusted.limits import refuse_above

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_NAME = 255  # bytes
_DEEPEST = 32
_BLOCK = 2**20


def unpack_zip(path: Path, directory: Path) -> None:
    """Unpack into `directory`, which is made if it does not exist.

    All is unpacked into a hidden folder inside `directory` first, and only moved to its
    place once everything is out and whole: see :mod:`insilico_gui.files`. Of the files
    that are there, those are replaced that an earlier archive left, as the manifest
    beside them knows (:class:`insilico_gui.files.Manifest`), and no others.

    Raises
    ------
    UntrustedFileError
        If the archive has a link, a path that leads out of the folder, or more data
        than there is space on the disk.
    SessionError
        If it is damaged or cannot be written, or if it would replace a file of somebody
        else; nothing is written then.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check(entries, path.name, shutil.disk_usage(directory).free)
            files = _files(entries, path.name, directory)
            if not files:
                return
            names = [*files, Manifest.NAME]
            with claim(directory, names, SessionError) as claimed:
                manifest = Manifest(directory, SessionError)
                _refuse_others(archive, entries, directory, manifest)
                for entry in entries:
                    archive.extract(entry, claimed.new)
                manifest.write(claimed.new, files)
                claimed.publish(names)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        zlib.error,
        RuntimeError,
        OSError,
    ) as error:
        raise SessionError(
            f"{path.name} could not be unpacked ({quoted(error, marks='')}); download it "
            "again, and check the folder and the free space on the disk."
        ) from error


def _check(entries: list[zipfile.ZipInfo], archive: str, free: int) -> None:
    """Refuse an archive for what its directory says, before anything is written."""
    refuse_above("archive_entries", len(entries), archive, UntrustedFileError)
    seen: set[str] = set()
    for entry in entries:
        # On a file system of names with drives or backslashes these lead elsewhere.
        name = entry.filename.replace("\\", "/")
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or re.match("[A-Za-z]:", name):
            raise UntrustedFileError(
                f"{archive} has a file {quoted(entry.filename)} that would be written "
                "outside the folder; it was not unpacked."
            )
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UntrustedFileError(
                f"{archive} has a link or special file {quoted(entry.filename)}; it was "
                "not unpacked."
            )
        _check_name(parts, entry, archive)
        # Disks of which names in capitals are the same would mix the two files.
        same = parts.as_posix().casefold()
        if same == Manifest.NAME.casefold():
            raise UntrustedFileError(
                f"{archive} has a file {quoted(entry.filename)}, a name that is needed to "
                "keep account of it; it was not unpacked."
            )
        if same in seen and not entry.is_dir():
            raise UntrustedFileError(
                f"{archive} has the file {quoted(entry.filename)} twice; it was not "
                "unpacked."
            )
        seen.add(same)
    needed = sum(entry.file_size for entry in entries)
    if needed > free:
        raise UntrustedFileError(
            f"{archive} unfolds to {needed / 2**20:.0f} MiB, but "
            f"{free / 2**20:.0f} MiB are free; make room or choose another folder."
        )
    refuse_above("archive_bytes", needed, archive, UntrustedFileError)


def _check_name(path: PurePosixPath, entry: zipfile.ZipInfo, archive: str) -> None:
    longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
    if longest == 0 or longest > _LONGEST_NAME or len(path.parts) > _DEEPEST:
        what = "no name" if longest == 0 else f"the name {quoted(entry.filename)}"
        raise UntrustedFileError(
            f"{archive} has a file with {what}, which cannot be written; it was not "
            "unpacked."
        )


def _files(entries: list[zipfile.ZipInfo], archive: str, directory: Path) -> list[str]:
    """Names of the files, which are to replace files only."""
    names = sorted({_name(entry) for entry in entries if not entry.is_dir()})
    for name in names:
        if name == "." or (directory / name).is_dir():
            raise SessionError(
                f"{archive} has a file {quoted(name)}, and there is a folder of this "
                f"name in {directory}; move it away, or choose another folder."
            )
    return names


def _name(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename.replace("\\", "/")).as_posix()


def _refuse_others(
    archive: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    directory: Path,
    manifest: Manifest,
) -> None:
    """Refuse to replace a file that is not ours, unless it would stay the same."""
    for entry in entries:
        name = _name(entry)
        if entry.is_dir() or manifest.is_ours(name):
            continue
        if not _is_same(archive, entry, directory / name):
            raise manifest.refuse(name)


def _is_same(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> bool:
    if (
        path.is_symlink()
        or not path.is_file()
        or path.stat().st_size != entry.file_size
    ):
        return False
    with archive.open(entry) as new, path.open("rb") as old:
        while block := new.read(_BLOCK):
            if block != old.read(len(block)):
                return False
    return True
