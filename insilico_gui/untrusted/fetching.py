"""The work of one download: asking for what is missing until the file is complete.

A connection that breaks is made again. What the server sends is taken only if it is of the
version of the file that was begun; else the file is asked for as a whole.
"""

from __future__ import annotations

import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING

from insilico_gui.errors import InsilicoError, SessionError, UntrustedFileError, quoted
from insilico_gui.files import writing
from insilico_gui.untrusted.limits import refuse_above
from insilico_gui.untrusted.partial import Origin, Part, new_digest
from insilico_gui.untrusted.transfers import Clock, Head, Patience, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from insilico_gui.progress import OnProgress
    from insilico_gui.untrusted.addresses import Allowed


_PROGRESS = 2**16  # bytes that count as getting further
_MAX_RESTARTS = 2


class DownloadCancelled(InsilicoError):
    """A download was cancelled by the caller; nothing of it was kept."""


class MissingFileError(SessionError):
    """The server has no such file."""


class _Broken(Exception):
    """A connection ended too early; trying again may help."""


class _Restart(Exception):
    """What there is cannot be gone on from; the file is to be asked for as a whole."""


class Fetch:
    """The work of one download."""

    def __init__(
        self,
        part: Part,
        wanted: Origin,
        allowed: Allowed,
        limit: str,
        patience: Patience,
        *,
        tag_is_md5: bool = False,
    ) -> None:
        self.on_progress: OnProgress | None = None
        self.cancel: Event | None = None
        self._part = part
        self._wanted = wanted
        self._origin = wanted
        self._opener = allowed.opener()
        self._limit = limit
        self._tag_is_md5 = tag_is_md5
        self._patience = patience
        self._name = quoted(wanted.url, marks="")
        self._clock = Clock(patience, self._name)
        self._digest = new_digest()
        self._done = 0
        self._resumed = False
        self._again = False

    @property
    def worth_keeping(self) -> bool:
        """Whether the next download can go on from what there is."""
        return self._done > 0 and self._origin.resumable

    def run(self) -> None:
        """Download what is missing, and check the whole."""
        self._take_up()
        while not self._is_published():
            self._complete()
            if self._md5 in (None, self._digest.hexdigest()):
                return
            if not self._resumed or self._again:
                raise UntrustedFileError(
                    f"{self._part.file.name} is not the published file (its MD5 is "
                    f"{self._digest.hexdigest()} instead of {self._md5}) and was "
                    "not kept; download it again."
                )
            # The beginning may have been of another version: once more from the start
            self._again = True
            self._start_anew(self._wanted)

    def _take_up(self) -> None:
        """Go on from what an earlier download left, if it is of the same file."""
        left = self._part.read()
        same = left is not None and (left.url, left.md5) == (
            self._wanted.url,
            self._wanted.md5,
        )
        if left is None or not same or not left.resumable:
            self._start_anew(self._wanted)
            return
        self._origin = left
        self._done = self._part.size
        self._digest = self._part.digest()
        self._resumed = self._done > 0
        if self.on_progress is not None:
            self.on_progress(self._done, self._origin.total)

    def _is_published(self) -> bool:
        return bool(self._done) and self._digest.hexdigest() == self._md5

    @property
    def _md5(self) -> str | None:
        """Checksum of the whole: as published, or as the server's tag says it."""
        if self._wanted.md5 is not None or not self._tag_is_md5:
            return self._wanted.md5
        found = re.fullmatch(r'"([0-9a-f]{32})"', self._origin.validator or "")
        return None if found is None else found[1]

    def _start_anew(self, origin: Origin) -> None:
        with writing(str(self._part.file), SessionError):
            self._part.file.unlink(missing_ok=True)
            self._part.write(origin)
        self._origin = origin
        self._digest = new_digest()
        self._done = 0
        self._resumed = False

    def _complete(self) -> None:
        """Ask for what is missing, again where a connection breaks."""
        furthest, failed, restarts = self._done, 0, 0
        while True:
            self._clock.begin_window()
            try:
                self._request()
                return
            except _Restart as error:
                restarts += 1
                if restarts > _MAX_RESTARTS:
                    raise SessionError(
                        f"{self._name} could not be downloaded ({error}); try again later."
                    ) from error
                self._start_anew(self._wanted)
                continue
            except _Broken as error:
                if self._done >= furthest + _PROGRESS:
                    furthest, failed = self._done, 0
                failed += 1
                if failed >= self._patience.tries or not self.worth_keeping:
                    more = ", to go on from there" if self.worth_keeping else ""
                    raise SessionError(
                        f"{self._name} could not be downloaded ({error}); check the "
                        f"connection and try again{more}."
                    ) from error
            self._pause(self._patience.pause_s * 2 ** (failed - 1))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._watch()
            time.sleep(min(0.05, seconds))

    def _watch(self) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise DownloadCancelled(f"The download of {self._name} was cancelled.")
        self._clock.check()

    def _request(self) -> None:
        request = urllib.request.Request(self._wanted.url)  # noqa: S310 - checked before
        request.add_header("Accept-Encoding", "identity")
        if self._done:
            request.add_header("Range", f"bytes={self._done}-")
            if self._origin.validator is not None:
                request.add_header("If-Range", self._origin.validator)
        items = iter(
            Transfer(self._opener, request, self._patience.idle_s, self._watch)
        )
        try:
            head = next(items)
            assert isinstance(head, Head)  # noqa: S101 - always the first
            self._meet(head)
            self._receive(items)
        except urllib.error.HTTPError as error:
            self._refused(error)
        except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise SessionError(
                    f"{self._name} does not show a valid certificate "
                    f"({quoted(reason, marks='')}); check the date of this computer and "
                    "the connection."
                ) from error
            raise _Broken(quoted(reason or type(error).__name__, marks="")) from error
        if self._done < self._origin.total:
            raise _Broken(
                f"it broke off after {self._done} of {self._origin.total} bytes"
            )

    def _meet(self, head: Head) -> None:
        """See what the server is going to send, and where it belongs."""
        if head.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise SessionError(
                f"{self._name} comes encoded, which was not asked for; try again later."
            )
        length = head.length
        if head.status == 206 and self._done:
            start, total = head.part
            fits = self._origin.total in (0, total)
            if start != self._done or not fits:
                # Another file than the one begun: nothing of this answer is taken
                raise _Restart("the server sent another part than was asked for")
            self._resumed = True
            self._check_room(total, total - start)
            return
        if head.status != 200:
            raise SessionError(
                f"{self._name} was answered with the status {head.status}, which holds "
                "no file; try again later."
            )
        origin = Origin(
            self._wanted.url, self._wanted.md5, head.validator, total=length
        )
        self._check_room(length, length)
        self._start_anew(origin)

    def _receive(self, items: Iterator[Head | bytes]) -> None:
        where = str(self._part.file)
        with writing(where, SessionError):
            # Unbuffered: what could not be written is not tried again at the end
            target = self._part.file.open("ab", buffering=0)
        with target:
            for block in items:
                assert isinstance(block, bytes)  # noqa: S101 - after the head
                self._clock.received(len(block))
                refuse_above(
                    self._limit, self._done + len(block), self._name, SessionError
                )
                rest = memoryview(block)
                while rest:
                    with writing(where, SessionError):
                        n_bytes = target.write(rest)
                    self._digest.update(rest[:n_bytes])
                    self._done += n_bytes
                    rest = rest[n_bytes:]
                if self.on_progress is not None:
                    self.on_progress(self._done, self._origin.total)

    def _refused(self, error: urllib.error.HTTPError) -> None:
        code = error.code
        error.close()
        if code == 416 and self._done:  # longer than the file is now
            raise _Restart("the server has no such part of it") from error
        if code in (408, 429, 500, 502, 503, 504):
            raise _Broken(f"the server answers with the error {code}") from error
        if code in (404, 410):
            raise MissingFileError(
                f"{self._name} is not there (error {code}); look for a newer version of "
                "this program, which may know where it is now."
            ) from error
        what = "is passed on to where it is not taken from" if code < 400 else "refused"
        raise SessionError(
            f"{self._name} could not be downloaded (error {code}: {what}); try again "
            "later, or get the file by hand."
        ) from error

    def _check_room(self, total: int, missing: int) -> None:
        refuse_above(self._limit, total, self._name, SessionError)
        folder = self._part.folder.parent
        free = shutil.disk_usage(folder).free
        if missing > free + (0 if self._resumed else self._part.size):
            raise SessionError(
                f"{folder} has {free / 2**20:.0f} MiB free, but "
                f"{missing / 2**20:.0f} MiB are needed; make room or choose another "
                "folder."
            )
