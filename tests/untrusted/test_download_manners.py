"""Downloads from servers that break off, drip, lie, redirect, or change the file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from support.flaky_server import STEP, serving

from insilico_gui.errors import InsilicoError, SessionError, UntrustedFileError
from insilico_gui.files import Manifest
from insilico_gui.untrusted import DownloadCancelled, MissingFileError, fetched
from insilico_gui.untrusted import download as download_from
from insilico_gui.untrusted.transfers import Patience

HASTY = Patience(idle_s=1, window_s=1, bytes_per_s=1000, overall_s=20, pause_s=0.01)
download = partial(download_from, loopback=True, patience=HASTY)


@pytest.fixture
def server():
    with serving() as made:
        yield made


def test_a_connection_that_breaks_is_taken_up_where_it_was(server, tmp_path):
    path = tmp_path / "file"
    seen = []
    download(
        f"{server.url}/f?cut={15 * STEP}",
        path,
        server.md5,
        lambda *done: seen.append(done),
    )
    assert path.read_bytes() == server.content
    assert server.ranges == [None, f"bytes={15 * STEP}-", f"bytes={30 * STEP}-"]
    assert seen[-1] == (40 * STEP, 40 * STEP)
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


@pytest.mark.parametrize("md5", [True, False])
def test_the_next_call_goes_on_from_the_last(server, tmp_path, md5):
    path = tmp_path / "file"
    once = Patience(tries=1)
    url = f"{server.url}/f?cut={15 * STEP}&cuts=1"
    known = server.md5 if md5 else None
    with pytest.raises(SessionError, match="to go on from there"):
        download(url, path, known, patience=once)
    assert not path.exists()
    download(url, path, known, patience=once)
    assert path.read_bytes() == server.content
    assert server.ranges == [None, f"bytes={15 * STEP}-"]
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_each_file_has_its_own_part(server, tmp_path):
    once = Patience(tries=1)
    for name, cut in (("a", 5), ("b", 7)):
        url = f"{server.url}/{name}?cut={cut * STEP}&cuts=1"
        with pytest.raises(SessionError):
            download(url, tmp_path / name, server.md5, patience=once)
    parts = sorted(os.listdir(tmp_path))
    assert parts == [".a.insilico-part", ".b.insilico-part"]
    for name, cut in (("a", 5), ("b", 7)):
        part = tmp_path / f".{name}.insilico-part" / name
        assert part.stat().st_size == cut * STEP
        url = f"{server.url}/{name}?cut={cut * STEP}&cuts=1"
        download(url, tmp_path / name, server.md5, patience=once)
        assert (tmp_path / name).read_bytes() == server.content


@pytest.mark.parametrize("way", ["noranges", "wrongrange", "notag&noranges", "changes"])
def test_what_cannot_be_gone_on_from_begins_anew(server, tmp_path, way):
    path = tmp_path / "file"
    url = f"{server.url}/f?cut={15 * STEP}&cuts=1&{way}"
    expected = server.other if way == "changes" else server.content
    if way == "changes":
        download(url, path)  # known by its tag alone
    else:
        download(url, path, server.md5)
    assert path.read_bytes() == expected
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_a_file_that_changes_unnoticed_is_noticed_by_its_checksum(server, tmp_path):
    path = tmp_path / "file"
    url = f"{server.url}/f?cut={15 * STEP}&cuts=1&changes&notag"
    md5 = hashlib.md5(server.other).hexdigest()
    download(url, path, md5)
    assert path.read_bytes() == server.other
    assert server.ranges == [None, f"bytes={15 * STEP}-", None]
    with pytest.raises(UntrustedFileError, match="not the published file"):
        download(url, path, "0" * 32)
    assert path.read_bytes() == server.other
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_a_part_that_was_tampered_with_is_not_used(server, tmp_path):
    path = tmp_path / "file"
    url = f"{server.url}/f?cut={15 * STEP}&cuts=1"
    with pytest.raises(SessionError):
        download(url, path, server.md5, patience=Patience(tries=1))
    part = tmp_path / ".file.insilico-part" / "file"
    part.write_bytes(bytes(part.stat().st_size))
    download(url, path, server.md5)
    assert path.read_bytes() == server.content


def test_a_part_longer_than_the_file_begins_anew(server, tmp_path):
    path = tmp_path / "file"
    url = f"{server.url}/f?cut={15 * STEP}&cuts=1"
    with pytest.raises(SessionError):
        download(url, path, server.md5, patience=Patience(tries=1))
    part = tmp_path / ".file.insilico-part" / "file"
    part.write_bytes(bytes(50 * STEP))
    download(url, path, server.md5)
    assert path.read_bytes() == server.content


def test_what_is_complete_is_not_asked_for_again(server, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(KeyboardInterrupt):
        with fetched(f"{server.url}/f", path, server.md5, loopback=True):
            raise KeyboardInterrupt
    with fetched(f"{server.url}/f", path, server.md5, loopback=True) as file:
        assert file.read_bytes() == server.content
        assert file.name == "file"
    assert len(server.asked) == 1
    assert not os.listdir(tmp_path)


def test_a_folder_that_is_not_ours_stays(server, tmp_path):
    mine = tmp_path / ".file.insilico-part"
    mine.mkdir()
    (mine / "file").write_text("mine")
    with pytest.raises(SessionError, match="not left by a download"):
        download(f"{server.url}/f", tmp_path / "file", server.md5)
    assert (mine / "file").read_text() == "mine"
    (mine / "file").rename(mine / "other")
    with pytest.raises(SessionError, match="not left by a download"):
        download(f"{server.url}/f", tmp_path / "file", server.md5)
    assert (mine / "other").read_text() == "mine"
    (tmp_path / "taken").mkdir()
    with pytest.raises(SessionError, match="is a folder"):
        download(f"{server.url}/f", tmp_path / "taken", server.md5)


@pytest.mark.parametrize(
    "target",
    [
        "ftp://127.0.0.1/f",
        "file:///etc/hostname",
        "data:,hello",
        "http://localhost:{port}/f",
        "http://127.0.0.2:{port}/f",
        "http://169.254.169.254/latest",
        "https://example.org/f",
        "//example.org/f",
    ],
)
def test_redirects_elsewhere_are_refused(server, tmp_path, target):
    target = target.format(port=server.server_port)
    with pytest.raises(SessionError, match=r"passes the download on|error 302"):
        download(f"{server.url}/f?to={target}", tmp_path / "file")
    assert len(server.asked) == 1
    assert not os.listdir(tmp_path)


def test_redirects_to_the_same_or_a_listed_host_are_followed(server, tmp_path):
    path = tmp_path / "file"
    download(f"{server.url}/f?to=/g", path, server.md5)
    assert path.read_bytes() == server.content
    listed = f"http://localhost:{server.server_port}/g"
    download(f"{server.url}/f?to={listed}", path, server.md5, hosts=["LOCALHOST"])
    with pytest.raises(SessionError, match="error 302"):
        download(f"{server.url}/loop", path)
    assert path.read_bytes() == server.content


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/f", "http://example.org/f", "ftp://a/b", "f", "", "http:"],
)
def test_only_https_is_asked(tmp_path, url):
    with pytest.raises(SessionError, match="https://"):
        download_from(url, tmp_path / "file")
    assert not os.listdir(tmp_path)


def test_http_elsewhere_is_refused_in_tests_too(tmp_path):
    with pytest.raises(SessionError, match="https://"):
        download("http://example.org/f", tmp_path / "file")


def test_a_server_that_drips_is_left(server, tmp_path):
    start = time.monotonic()
    with pytest.raises(SessionError, match="too slowly"):
        download(f"{server.url}/f?drip=0.05", tmp_path / "file", server.md5)
    assert time.monotonic() - start < 8


def test_a_server_that_falls_silent_is_left(server, tmp_path):
    start = time.monotonic()
    silent = Patience(idle_s=0.5, window_s=60, tries=2, pause_s=0.01)
    with pytest.raises(SessionError, match="timed out"):
        download(f"{server.url}/f?drip=30", tmp_path / "f", server.md5, patience=silent)
    assert time.monotonic() - start < 8


def test_there_is_a_limit_to_the_whole(server, tmp_path):
    brief = Patience(overall_s=0.7, window_s=0.2, bytes_per_s=1000)
    url = f"{server.url}/f?pace=0.1"
    with pytest.raises(SessionError, match="not complete after"):
        download(url, tmp_path / "file", server.md5, patience=brief)
    # and the next call goes on
    assert (tmp_path / ".file.insilico-part" / "file").stat().st_size > STEP


def test_cancelling_is_at_once_whatever_the_server_does(server, tmp_path):
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    start = time.monotonic()
    with pytest.raises(DownloadCancelled):
        url = f"{server.url}/f?drip=10"
        download_from(url, tmp_path / "file", server.md5, cancel=cancel, loopback=True)
    assert time.monotonic() - start < 3
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("claim", [41 * STEP, 10**15])
def test_a_length_that_is_too_long_is_not_believed(server, tmp_path, claim):
    url = f"{server.url}/f?claim={claim}"
    with pytest.raises(SessionError, match=r"broke off|claims"):
        download(url, tmp_path / "file", patience=Patience(tries=1))
    assert not (tmp_path / "file").exists()


def test_a_length_that_is_too_short_is_found_out(server, tmp_path):
    with pytest.raises(UntrustedFileError, match="not the published file"):
        download(f"{server.url}/f?claim={STEP}", tmp_path / "file", server.md5)
    assert not os.listdir(tmp_path)


def test_limits_hold_with_and_without_a_length(server, tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_MAX_DOWNLOAD_BYTES", str(2 * STEP))
    for way in ("a", "nolength"):
        with pytest.raises(SessionError, match="INSILICO_MAX_DOWNLOAD_BYTES"):
            download(f"{server.url}/f?{way}", tmp_path / "file")
    monkeypatch.setenv("INSILICO_MAX_DOWNLOAD_BYTES", str(40 * STEP))
    download(f"{server.url}/f?nolength", tmp_path / "file", server.md5)


@pytest.mark.parametrize(
    ("way", "kind", "text"),
    [
        ("status=404", MissingFileError, "error 404"),
        ("status=410", MissingFileError, "error 410"),
        ("status=403", SessionError, "error 403"),
        ("status=503", SessionError, "error 503"),
        ("status=204", SessionError, "status 204|error 204"),
        ("encoded", SessionError, "encoded"),
    ],
)
def test_refusals_are_one_sentence(server, tmp_path, way, kind, text):
    with pytest.raises(kind, match=text) as told:
        download(f"{server.url}/f?{way}", tmp_path / "file", server.md5)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 400
    assert not os.listdir(tmp_path)


def test_a_full_disk_is_told_and_gone_on_from(server, tmp_path, monkeypatch):
    path = tmp_path / "file"
    full = os.open("/dev/full", os.O_WRONLY)
    real = Path.open

    def opened(self, mode="r", *args, **kwargs):
        if mode == "ab":
            return os.fdopen(os.dup(full), "wb", buffering=0)
        return real(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(SessionError, match="the disk is full"):
        download(f"{server.url}/f", path, server.md5)
    monkeypatch.undo()
    os.close(full)
    download(f"{server.url}/f", path, server.md5)
    assert path.read_bytes() == server.content
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_a_second_download_of_the_same_file_is_refused(server, tmp_path):
    path = tmp_path / "file"
    url = f"{server.url}/f?pace=0.02"
    code = f"""
from pathlib import Path
from insilico_gui.untrusted import download
download({url!r}, Path({str(path)!r}), {server.md5!r}, lambda *done: print(flush=True),
         loopback=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.read(1)
        with pytest.raises(SessionError, match="another process"):
            download(url, path, server.md5)
        assert other.wait(60) == 0
    assert path.read_bytes() == server.content
    assert sorted(os.listdir(tmp_path)) == ["file", Manifest.NAME]


def test_everything_raised_is_ours(server, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "file", tmp_path / "file" / "x"):
        with pytest.raises(InsilicoError):
            download(f"{server.url}/f", path, server.md5)
