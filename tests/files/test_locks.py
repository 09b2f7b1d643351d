"""Writers in one folder at once, also where the disk cannot lock it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading

import pytest
from make_responses import make_responses

from insilico_gui.errors import ExportError
from insilico_gui.export import Destination, export
from insilico_gui.files import publishing


def test_many_threads_in_one_folder(tmp_path):
    def write(k):
        for _ in range(20):
            with publishing(tmp_path / f"{k}.txt", ExportError) as partial:
                partial.write_text(f"{k}")

    threads = [threading.Thread(target=write, args=[k]) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        f"{k}.txt": f"{k}" for k in range(6)
    }


@pytest.fixture(params=["folders", "files"])
def unlockable(request, monkeypatch):
    """A disk where neither folders nor, perhaps, files can be locked."""
    flock, only_folders = fcntl.flock, request.param == "folders"

    def refusing(number, flags):
        if only_folders and not stat.S_ISDIR(os.fstat(number).st_mode):
            return flock(number, flags)
        raise OSError(errno.EBADF if only_folders else errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refusing)


@pytest.mark.usefixtures("unlockable")
def test_where_folders_cannot_be_locked(tmp_path):
    with Destination(tmp_path / "x.csv") as place:
        with pytest.raises(ExportError, match="is being written by"):
            export(make_responses(2), tmp_path / "x.csv")
        place.write(make_responses())
    export(make_responses(2), tmp_path / "x.csv", overwrite=True)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    (tmp_path / "threads").mkdir()
    test_many_threads_in_one_folder(tmp_path / "threads")
