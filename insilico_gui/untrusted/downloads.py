"""Downloading a published file and checking that it is the published one.

A download that is killed or breaks off goes on where it was. What it has so far lies in
a hidden folder (:mod:`.partial`) with what the server calls this version of the file; the
rest is asked for on the condition that it is still this version, and the checksum of
the whole decides.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import SessionError, UntrustedFileError
from insilico_gui.files import Manifest, claim, writing
from insilico_gui.untrusted.addresses import Allowed
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.fetching import DownloadCancelled, Fetch
from insilico_gui.untrusted.locking import held
from insilico_gui.untrusted.partial import Origin, Part, new_digest
from insilico_gui.untrusted.transfers import Patience

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from threading import Event

    from insilico_gui.progress import OnProgress


def download(
    url: str,
    path: Path,
    md5: str | None = None,
    on_progress: OnProgress | None = None,
    cancel: Event | None = None,
    **options: Any,
) -> None:
    """Put a file on the disk; `path` appears only when it is complete and checked.

    Parameters
    ----------
    url : str
        ``https``.
    path : Path
        Where the file goes, in an existing folder. An older file is replaced if it was
        downloaded too, or is the published one already.
    md5, on_progress, cancel, **options
        See :func:`fetched`.

    Raises
    ------
    SessionError, UntrustedFileError, DownloadCancelled
        See :func:`fetched`.
    """
    if path.is_dir():
        raise SessionError(
            f"{path} is a folder, which a file cannot replace; move it away, or choose "
            "another folder."
        )
    names = [path.name, Manifest.NAME]
    with claim(path.parent, names, SessionError):
        _refuse_others(path, md5)
    with fetched(url, path, md5, on_progress, cancel, **options) as file:
        with claim(path.parent, names, SessionError) as claimed:
            manifest = _refuse_others(path, md5)
            with writing(path, SessionError):
                file.replace(claimed.new / path.name)
                manifest.write(claimed.new, [path.name])
            claimed.publish(names)


def _refuse_others(path: Path, md5: str | None) -> Manifest:
    """Refuse to replace a file of somebody else."""
    with writing(path, SessionError):
        manifest = Manifest(path.parent, SessionError)
        if manifest.is_ours(path.name):
            return manifest
        same = False
        if md5 is not None and path.is_file() and not path.is_symlink():
            with open_input(path, SessionError) as file:
                digest = new_digest()
                while block := file.read(2**20):
                    digest.update(block)
                same = digest.hexdigest() == md5.lower()
        if not same:
            raise manifest.refuse(path.name)
        return manifest


@contextmanager
def fetched(
    url: str,
    path: Path,
    md5: str | None = None,
    on_progress: OnProgress | None = None,
    cancel: Event | None = None,
    *,
    hosts: Collection[str] = (),
    limit: str = "download_bytes",
    patience: Patience | None = None,
    loopback: bool = False,
    tag_is_md5: bool = False,
) -> Iterator[Path]:
    """A downloaded and checked file for use within the context.

    If the context, or the process, ends early, the next call goes on from there.

    Parameters
    ----------
    url : str
        ``https``.
    path : Path
        In an existing folder; the file has this name, in a hidden folder beside it.
    md5 : str, optional
        Published checksum in hexadecimal; without it nothing is checked.
    on_progress : callable, optional
        Called with bytes done and in all (0 = the server did not say).
    cancel : threading.Event, optional
        Once set, the download stops at once, and nothing of it is kept.
    hosts : collection of str
        Besides that of `url`, the hosts that the server may pass the download on to.
    limit : str
        The one of :data:`.limits.LIMITS` that the size is checked against.
    patience, loopback
        How long the server is waited for; whether it may be one on this machine without
        https, for tests.

    tag_is_md5 : bool
        Without `md5`: whether a tag (ETag) of 32 hexadecimal digits is the checksum, as
        in stores of the kind S3 for files that were put there in one piece.

    Raises
    ------
    SessionError
        If the file cannot be had, has no room, or another process downloads it.
    UntrustedFileError, DownloadCancelled
        If the checksum differs; if `cancel` was set.
    """
    wanted = Origin(url, None if md5 is None else md5.lower())
    allowed = Allowed.at(url, hosts, loopback)
    part = Part(path)
    with _held(part):
        fetch = Fetch(
            part,
            wanted,
            allowed,
            limit,
            patience or Patience(),
            tag_is_md5=tag_is_md5,
        )
        fetch.on_progress, fetch.cancel = on_progress, cancel
        try:
            fetch.run()
            yield part.file
        except BaseException as error:
            dropped = isinstance(error, UntrustedFileError | DownloadCancelled)
            if dropped or not fetch.worth_keeping:
                part.remove()
            raise
        part.remove()


@contextmanager
def _held(part: Part) -> Iterator[None]:
    """Make the folder of a part, and hold it."""
    with ExitStack() as stack:
        while True:
            with writing(str(part.folder), SessionError):
                part.begin()
                holding = held(part.folder, part.file.name)
                if stack.enter_context(holding):
                    break
        yield


def is_downloaded(path: Path) -> bool:
    """Whether a file is there, unchanged since :func:`download` put it there."""
    if not path.is_file():
        return False
    with writing(path, SessionError):
        return Manifest(path.parent, SessionError).is_ours(path.name)
