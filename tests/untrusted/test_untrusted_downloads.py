"""Downloads: checked, reported, cancelled, and never half there."""

from __future__ import annotations

import hashlib
import os
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from insilico_gui.errors import SessionError, UntrustedFileError
from insilico_gui.files import Manifest
from insilico_gui.untrusted import DownloadCancelled
from insilico_gui.untrusted import download as download_from

download = partial(download_from, loopback=True)

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


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that cancels hangs up: that is no error here."""


@pytest.fixture(scope="module")
def server():
    with Server(("127.0.0.1", 0), Handler) as httpd:
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
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_a_download_that_differs_is_not_kept(server, tmp_path):
    path = tmp_path / "file"
    download(f"{server}/file", path)
    with pytest.raises(UntrustedFileError, match="not the published file"):
        download(f"{server}/file", path, "0" * 32)
    assert path.read_bytes() == CONTENT
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_a_file_of_the_user_is_not_replaced(server, tmp_path):
    path = tmp_path / "file"
    md5 = hashlib.md5(CONTENT).hexdigest()
    path.write_text("mine")
    for checksum in (None, md5):
        with pytest.raises(SessionError, match="was not downloaded by this program"):
            download(f"{server}/file", path, checksum)
        assert path.read_text() == "mine"
        assert os.listdir(tmp_path) == ["file"]
    path.write_bytes(CONTENT)  # what was published is no loss
    download(f"{server}/file", path, md5)
    download(f"{server}/file", path)
    path.write_text("changed since")
    with pytest.raises(SessionError, match="or has been changed since"):
        download(f"{server}/file", path)
    assert path.read_text() == "changed since"


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
