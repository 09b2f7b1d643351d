"""Five hundred hostile files over every reader, in a process that is watched.

Each is read, or refused in one sentence, within 20 seconds and 1 GB, and no program is
started. The seed may be changed: other files of the same kinds must fare as well.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hostile.generate import FAMILIES, hostile_files, write_valid

SECONDS, MEMORY, LENGTH = 20, 2**30, 1000
SEED = int(os.environ.get("INSILICO_HOSTILE_SEED", "7"))


class Child:
    """The reading process; started anew after a reading that did not end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def read(self, reader: str, path: Path) -> dict[str, object]:
        if self._process is None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(
            json.dumps({"reader": reader, "path": str(path)}) + "\n"
        )
        self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=3 * SECONDS)
        except queue.Empty:
            self.close()
            return {"hangs": True}
        if not line:
            code = self._process.wait()
            self.close()
            return {"died": code}
        return json.loads(line)

    def _start(self) -> None:
        tests = Path(__file__).parents[1]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tests), *sys.path]),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hostile.reading_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self._answers = queue.Queue()
        self._reader = threading.Thread(
            target=_forward, args=(self._process.stdout, self._answers), daemon=True
        )
        self._reader.start()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            self._process = None


def _forward(stream, answers) -> None:
    for line in stream:
        answers.put(line)
    answers.put("")


def fault(answer: dict) -> str:
    """What is wrong with how a reading ended; empty if nothing is."""
    if answer.get("hangs"):
        return "hangs"
    if "died" in answer:
        return f"process died ({answer['died']})"
    message = str(answer["message"])
    checks = {
        f"{answer['error']}: {message[:300]}": not answer["ours"],
        f"{answer['seconds']:.0f} s": answer["seconds"] > SECONDS,
        f"{answer['peak_bytes'] / 2**20:.0f} MiB": answer["peak_bytes"] > MEMORY,
        f"message of {answer['length']} characters": answer["length"] > LENGTH,
        f"message of several lines: {message[:300]!r}": "\n" in message,
        f"started {answer['started']}": bool(answer["started"]),
    }
    return "; ".join(text for text, wrong in checks.items() if wrong)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices are of Unix")
def test_no_hostile_file_does_harm(tmp_path):
    assert sum(family.count for family in FAMILIES) >= 500
    valid, cases = tmp_path / "valid", tmp_path / "cases"
    valid.mkdir()
    cases.mkdir()
    write_valid(valid)
    faults, refused = {}, 0
    child = Child()
    try:
        for label, reader, path in hostile_files(valid, cases, SEED):
            answer = child.read(reader, path)
            refused += bool(answer.get("error"))
            wrong = fault(answer)
            if wrong:
                faults[f"{label} ({reader})"] = wrong
    finally:
        child.close()
    assert not faults, "\n".join(f"{label}: {wrong}" for label, wrong in faults.items())
    assert refused > 300  # the damage is damage
