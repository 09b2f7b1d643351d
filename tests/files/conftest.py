"""A server that writes, and dies of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
SHARED = [str(FOLDER.parent / "export"), str(FOLDER.parent)]
sys.path[:0] = SHARED


class Writers:
    """Processes that carry out the jobs of :mod:`writers`."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(FOLDER / "writers.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*SHARED, *sys.path])},
        )
        assert self._process.stdout.readline().strip() == "ready"

    def carry_out(self, job, folder, *versions, **more):
        task = {"job": job, "folder": str(folder), "versions": versions, **more}
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["results"], answer["seconds"]

    def close(self):
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def writers():
    made = Writers()
    yield made
    made.close()
