"""Fetching weights that is killed at any moment, and what the next one makes of it."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import time
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from insilico_wang2025 import twin
from insilico_wang2025.twin import ARCHIVE
from support.flaky_server import FlakyServer, serving

from insilico_gui.errors import InsilicoError, SessionError
from insilico_gui.files import Manifest
from insilico_gui.untrusted.transfers import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

NAMES = ("params_core.pt", "params_8_5.pt", "units.csv", "scans.csv")
HASTY = Patience(tries=2, pause_s=0.01)

N_KILLS = int(os.environ.get("INSILICO_TEST_KILLS", "8"))


class Published:
    """An archive on a server, and what is in it."""

    def __init__(self, server: FlakyServer, folder: Path) -> None:
        rng = np.random.default_rng(5)
        self.files = {name: rng.bytes(300_000) for name in NAMES}
        with zipfile.ZipFile(folder / ARCHIVE, "w") as archive:
            for name, content in self.files.items():
                archive.writestr(name, content)
        server.content = (folder / ARCHIVE).read_bytes()
        self.server = server
        self.md5 = hashlib.md5(server.content).hexdigest()

    def options(self, **ways: str) -> dict[str, str]:
        """Arguments of ``twin.fetch``; how the server answers for each file."""
        ways = {"archive": "", "readme": "readme"} | ways
        return {
            "base_url": f"{self.server.url}/",
            "archive": f"{ARCHIVE}?{ways['archive']}",
            "readme": f"readme_v2.md?{ways['readme']}",
            "md5": self.md5,
        }

    def whole(self, folder: Path) -> bool:
        """Whether all weights are there as published."""
        return all(
            (folder / name).is_file() and (folder / name).read_bytes() == content
            for name, content in self.files.items()
        )


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Published]:
    (tmp_path / "published").mkdir()
    with serving() as server:
        yield Published(server, tmp_path / "published")


@pytest.mark.parametrize("code", [404, 403, 500])
def test_a_readme_that_is_not_there_does_not_matter(published, tmp_path, caplog, code):
    options = published.options(readme=f"status={code}")
    twin.fetch(tmp_path / "w", **options, patience=HASTY)
    assert published.whole(tmp_path / "w")
    assert sorted(os.listdir(tmp_path / "w")) == sorted([*NAMES, Manifest.NAME])
    assert "without their readme" in caplog.text
    (tmp_path / "w" / "README.md").mkdir()
    twin.fetch(tmp_path / "w", **published.options(), patience=HASTY)
    assert "is a folder" in caplog.text


def test_weights_that_are_not_there_do(published, tmp_path):
    with pytest.raises(SessionError, match="error 404"):
        twin.fetch(tmp_path / "w", **published.options(archive="status=404"))
    assert not os.listdir(tmp_path / "w")


def test_a_broken_fetch_is_gone_on_with(published, tmp_path):
    once = Patience(tries=1)
    options = published.options(archive="cut=500000&cuts=1")
    with pytest.raises(SessionError, match="to go on from there"):
        twin.fetch(tmp_path / "w", **options, patience=once)
    twin.fetch(tmp_path / "w", **options, patience=once)
    assert published.whole(tmp_path / "w")
    assert published.server.ranges[:2] == [None, "bytes=500000-"]
    assert sorted(os.listdir(tmp_path / "w")) == sorted(
        [*NAMES, "README.md", Manifest.NAME]
    )


def test_older_weights_stay_until_the_new_ones_are_whole(published, tmp_path):
    (tmp_path / "params_core.pt").write_text("older")
    options = published.options(archive="cut=500000")
    with pytest.raises(InsilicoError):
        twin.fetch(tmp_path, **options | {"md5": "0" * 32}, patience=HASTY)
    assert (tmp_path / "params_core.pt").read_text() == "older"


def test_a_readme_of_the_user_stays(published, tmp_path, caplog):
    (tmp_path / "README.md").write_text("mine")
    for _ in range(2):
        twin.fetch(tmp_path, **published.options(), patience=HASTY)
        assert "README.md exists and was not downloaded by this program" in caplog.text
        caplog.clear()
        assert (tmp_path / "README.md").read_text() == "mine"
        assert published.whole(tmp_path)
    (tmp_path / "README.md").unlink()
    for _ in range(2):
        twin.fetch(tmp_path, **published.options(), patience=HASTY)
        assert not caplog.text
    assert (tmp_path / "README.md").is_file()


def test_weights_of_the_user_stay(published, tmp_path):
    (tmp_path / "params_core.pt").write_text("mine")
    with pytest.raises(SessionError, match=r"params_core\.pt exists and was not"):
        twin.fetch(tmp_path, **published.options(), patience=HASTY)
    assert (tmp_path / "params_core.pt").read_text() == "mine"
    (tmp_path / "params_core.pt").unlink()
    twin.fetch(tmp_path, **published.options(), patience=HASTY)
    # what was downloaded before was not asked for again
    assert published.server.ranges.count(None) <= 2
    assert published.whole(tmp_path)


# A server that has imported the twin and is forked for each fetch: importing takes longer
# than fetching.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["insilico_wang2025.twin"])


def start(folder: Path, options: dict[str, str]) -> ForkServerProcess:
    """A fetch in a process of its own."""
    process = PROCESSES.Process(target=twin.fetch, args=(folder,), kwargs=options)
    process.start()
    return process


def kills(published: Published, root: Path, n: int, seed: int) -> dict[str, int]:
    """Kill `n` fetches at random moments, and count what came of it."""
    rng = random.Random(seed)
    counts = dict.fromkeys(("killed", "ended before", "lost", "litter", "rounds"), 0)
    options = published.options(archive="pace=0.003")  # 75 steps: 0.2 s and more
    folder = root / "weights"
    while counts["killed"] < n:
        counts["rounds"] += 1
        # Some begin in an empty folder, the others over whole weights
        in_a_round = min(rng.randint(1, 6), n - counts["killed"])
        while in_a_round:
            process = start(folder, options)
            time.sleep(rng.uniform(0, 0.5))
            process.kill()
            process.join()
            killed = process.exitcode == -signal.SIGKILL
            counts["killed" if killed else "ended before"] += 1
            in_a_round -= killed
        process = start(folder, options)
        process.join()
        counts["lost"] += process.exitcode != 0 or not published.whole(folder)
        counts["litter"] += set(os.listdir(folder)) != {
            *NAMES,
            "README.md",
            Manifest.NAME,
        }
    return counts


@pytest.mark.slow
@pytest.mark.timeout(max(600, 40 * N_KILLS))
def test_killed_fetches_lose_nothing(published, tmp_path):
    n = N_KILLS
    counts = kills(published, tmp_path, n, seed=n)
    print(counts)
    assert (counts["killed"], counts["lost"], counts["litter"]) == (n, 0, 0)
    # and what had come was not asked for again
    assert any(published.server.ranges)
