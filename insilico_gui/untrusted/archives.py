"""Unpacking a zip archive into a folder and nowhere else."""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from insilico_gui.errors import SessionError, UntrustedFileError


def unpack_zip(path: Path, directory: Path) -> None:
    """Unpack into `directory`, which is made if it does not exist.

    All is unpacked into a temporary folder inside `directory` first, and only moved to
    its place, over older files of the same names, once everything is out and whole.

    Raises
    ------
    UntrustedFileError
        If the archive has a link, a path that leads out of the folder, or more data
        than there is space on the disk.
    SessionError
        If it is damaged or cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory(prefix=".unpacking-", dir=directory) as beside,
        ):
            entries = archive.infolist()
            _check(entries, path.name, shutil.disk_usage(directory).free)
            for entry in entries:
                archive.extract(entry, beside)
            _move_files(Path(beside), directory)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        zlib.error,
        RuntimeError,
        OSError,
    ) as error:
        raise SessionError(
            f"{path.name} could not be unpacked ({error}); download it again, and "
            "check the folder and the free space on the disk."
        ) from error


def _check(entries: list[zipfile.ZipInfo], archive: str, free: int) -> None:
    for entry in entries:
        # On a file system of names with drives or backslashes these lead elsewhere.
        name = entry.filename.replace("\\", "/")
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or re.match("[A-Za-z]:", name):
            raise UntrustedFileError(
                f"{archive} has a file {entry.filename!r} that would be written "
                "outside the folder; it was not unpacked."
            )
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UntrustedFileError(
                f"{archive} has a link or special file {entry.filename!r}; it was not "
                "unpacked."
            )
    needed = sum(entry.file_size for entry in entries)
    if needed > free:
        raise UntrustedFileError(
            f"{archive} unfolds to {needed / 2**20:.0f} MiB, but "
            f"{free / 2**20:.0f} MiB are free; make room or choose another folder."
        )


def _move_files(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        place = target / file.relative_to(source)
        if file.is_dir():
            place.mkdir(exist_ok=True)
        else:
            file.replace(place)
