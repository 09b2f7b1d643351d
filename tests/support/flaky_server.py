"""A web server on this machine that does what servers do wrong, as its paths ask for."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 2**14


class FlakyServer(ThreadingHTTPServer):
    """Serves ``content``, in the ways that the query of a path names.

    - ``cut=N``: hangs up after N bytes of every answer; ``cuts=K``: of the first K.
    - ``drip=S``: waits S seconds after every byte; ``pace=S``: after every 16 KiB.
    - ``noranges``, ``notag``, ``nolength``: leaves these out; ``weaktag``.
    - ``claim=N``: says that there are N bytes. ``wrongrange``: sends another part.
    - ``to=URL``: redirects; ``/loop``: to itself. ``status=N``: an error. ``encoded``.
    - ``changes``: the file becomes another one after the first answer.

    Attributes
    ----------
    asked : list of (str, str or None)
        Paths and ranges of all requests.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.content = np.random.default_rng(1).bytes(40 * STEP)
        self.other = np.random.default_rng(2).bytes(40 * STEP)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def md5(self) -> str:
        """Of the content."""
        return hashlib.md5(self.content).hexdigest()

    @property
    def ranges(self) -> list[str | None]:
        """Ranges of all requests."""
        return [asked for _, asked in self.asked]

    def handle_error(self, *_: object) -> None:
        """A client that leaves hangs up: that is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: FlakyServer

    def do_GET(self) -> None:
        server = self.server
        address = urlsplit(self.path)
        ask = {
            k: v[0] for k, v in parse_qs(address.query, keep_blank_values=True).items()
        }
        first = not any(path == self.path for path, _ in server.asked)
        n_before = sum(path == self.path for path, _ in server.asked)
        wanted = self.headers.get("Range")
        server.asked.append((self.path, wanted))
        if "to" in ask or address.path == "/loop":
            self.send_response(302)
            self.send_header("Location", ask.get("to", "/loop"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if "status" in ask:
            self.send_error(int(ask["status"]))
            return
        content = server.other if "changes" in ask and not first else server.content
        tag = f'"{hashlib.md5(content).hexdigest()[:8]}"'
        start = 0
        condition = self.headers.get("If-Range", tag)
        if wanted and "noranges" not in ask and condition == tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            shown = start + STEP if "wrongrange" in ask else start
            self.send_header(
                "Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}"
            )
        else:
            self.send_response(200)
        if "notag" not in ask:
            self.send_header("ETag", "W/" + tag if "weaktag" in ask else tag)
        if "encoded" in ask:
            self.send_header("Content-Encoding", "gzip")
        if "nolength" not in ask:
            claim = int(ask.get("claim", len(content) - start))
            self.send_header("Content-Length", str(claim))
        self.end_headers()
        cuts = int(ask.get("cuts", 10**9))
        cut = int(ask["cut"]) if "cut" in ask and n_before < cuts else len(content)
        self._send(content[start : start + cut], ask)

    def _send(self, body: bytes, ask: dict[str, str]) -> None:
        drip, pace = float(ask.get("drip", 0)), float(ask.get("pace", 0))
        step = 1 if drip else STEP
        for begin in range(0, len(body), step):
            self.wfile.write(body[begin : begin + step])
            self.wfile.flush()
            if drip or pace:
                time.sleep(drip or pace)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[FlakyServer]:
    """A server that runs within the context."""
    with FlakyServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
