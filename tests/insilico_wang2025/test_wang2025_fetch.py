"""Fetching the published weights, from a server on this machine."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from insilico_wang2025 import twin
from insilico_wang2025.twin import ARCHIVE, ARCHIVE_MD5, BASE_URL
from support import wang2025_synthetic as synthetic

from insilico_gui.errors import SessionError, UntrustedFileError
from insilico_gui.untrusted import DownloadCancelled


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that cancels hangs up: that is no error here."""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A server with an archive and a readme; its address and the archive's MD5."""
    folder = tmp_path_factory.mktemp("published")
    synthetic.write_params(folder, 7, 8, (8, 5))
    synthetic.write_tables(folder, 8, (8, 5))
    with zipfile.ZipFile(folder / ARCHIVE, "w") as archive:
        for name in ("params_core.pt", "params_8_5.pt", "units.csv", "scans.csv"):
            archive.write(folder / name, name)
    (folder / "readme_v2.md").write_text("About the weights")
    handler = partial(QuietHandler, directory=str(folder))
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        md5 = hashlib.md5((folder / ARCHIVE).read_bytes()).hexdigest()
        yield f"http://127.0.0.1:{server.server_port}/", md5
        server.shutdown()
        thread.join()


def test_what_is_fetched_can_be_opened(published, tmp_path):
    base_url, md5 = published
    folder = tmp_path / "new" / "folder"
    seen = []
    twin.fetch(folder, lambda *done: seen.append(done), base_url=base_url, md5=md5)
    done, total = seen[-1]
    assert done == total > 10**6
    assert sorted(path.name for path in folder.iterdir()) == [
        *("README.md", "insilico-downloads.json", "params_8_5.pt", "params_core.pt"),
        *("scans.csv", "units.csv"),
    ]
    assert [info.n_units for info in twin.sessions(folder)] == [8]
    twin.open("wang2025/session-8_scan-5", folder, "cpu")


def test_another_archive_than_the_published_one_is_refused(published, tmp_path):
    base_url, _ = published
    with pytest.raises(UntrustedFileError, match="not the published file"):
        twin.fetch(tmp_path, base_url=base_url)
    assert not list(tmp_path.iterdir())


def test_cancelling_leaves_nothing(published, tmp_path):
    base_url, md5 = published
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(DownloadCancelled):
        twin.fetch(tmp_path, cancel=cancel, base_url=base_url, md5=md5)
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_the_folder(published, tmp_path):
    base_url, md5 = published
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match="cannot be made"):
        twin.fetch(tmp_path / "file", base_url=base_url, md5=md5)


def test_the_published_place():
    assert BASE_URL.startswith("https://bossdb-open-data.s3.amazonaws.com/")
    assert BASE_URL.endswith("/foundation_model/")
    assert len(ARCHIVE_MD5) == 32
