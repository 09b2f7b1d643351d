"""A web server of a folder on this machine: ranges, tags that are checksums, and a pace."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEP = 2**14


class RangeServer(ThreadingHTTPServer):
    """Serves the files of a folder.

    Attributes
    ----------
    folder : Path
    asked : list of (str, str or None)
        Paths and ranges of all requests.
    pace_s : float
        Wait after every 16 KiB.
    wrong_tag : set of str
        Files whose tag is that of other content.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.asked: list[tuple[str, str | None]] = []
        self.pace_s = 0.0
        self.wrong_tag: set[str] = set()

    @property
    def url(self) -> str:
        """Its address, with a slash."""
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, *_: object) -> None:
        """A client that was killed hangs up: that is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: RangeServer

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        wanted = self.headers.get("Range")
        self.server.asked.append((name, wanted))
        path = self.server.folder / name
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        tag = hashlib.md5(content + b"!" * (name in self.server.wrong_tag)).hexdigest()
        start = 0
        if wanted and self.headers.get("If-Range") == f'"{tag}"':
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            end = f"{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", f"bytes {start}-{end}")
        else:
            self.send_response(200)
        self.send_header("ETag", f'"{tag}"')
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        for begin in range(start, len(content), STEP):
            self.wfile.write(content[begin : begin + STEP])
            self.wfile.flush()
            if self.server.pace_s:
                time.sleep(self.server.pace_s)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving_folder(folder: Path) -> Iterator[RangeServer]:
    """A server that runs within the context."""
    with RangeServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
