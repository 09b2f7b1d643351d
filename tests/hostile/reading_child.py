"""A process that reads one file after another and tells how each reading ended.

Started by ``test_hostile_files.py``. It takes lines of JSON, ``{"reader": NAME, "path":
PATH}``, and answers each with a line. Programs that a reading starts are counted by an
audit hook, and the most memory that it took is measured by the kernel.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.analysis.agreement.recordings import read_recording
from insilico_gui.analysis.trials.windows import check_trials
from insilico_gui.cli import app
from insilico_gui.cli.tables import read_table
from insilico_gui.stimuli import load_spec
from insilico_gui.stimuli.readers.images import open_images

STARTS_A_PROGRAM = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "pty.spawn",
}
started: list[str] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in STARTS_A_PROGRAM:
        started.append(f"{event} {arguments!r}"[:200])


def stimulus(path: Path) -> None:
    shown = ig.open_stimulus(path)
    shown.frames(0, min(2, shown.n_frames))
    shown.color_frame(0)


def images(path: Path) -> None:
    shown = open_images(path)
    shown.image(0)


def spec(path: Path) -> None:
    shown = load_spec(path).stimulus()
    shown.frames(0, 1)


def responses(path: Path) -> None:
    np.asarray(ig.load_responses(path)).sum()


def table(path: Path) -> None:
    check_trials(read_table(path))


def sessions(path: Path) -> None:
    for session_id in ig.list_sessions(path)[:2]:
        if session_id != "demo":
            ig.open_session(session_id, path, "cpu")


def command(*arguments: object) -> None:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if isinstance(result.exception, Exception):
        raise result.exception


def tuning(path: Path) -> None:
    known = path.parent / "known.npz"
    command("tuning", known, "--trials", path, "-o", path.parent / "o.csv")


def compare(path: Path) -> None:
    command("compare", path.parent / "known.npz", path, "-o", path.parent / "o.csv")


def reliability(path: Path) -> None:
    known = path.parent / "known.npz"
    command("reliability", known, path, "-o", path.parent / "o.csv")


READERS = {
    "stimulus": stimulus,
    "images": images,
    "spec": spec,
    "responses": responses,
    "table": table,
    "recording": lambda path: read_recording(path),
    "sessions": sessions,
    "tuning": tuning,
    "compare": compare,
    "reliability": reliability,
}


def answer(reader: str, path: Path) -> dict[str, Any]:
    """Read one file; everything that is to be checked of it."""
    started.clear()
    with contextlib.suppress(OSError):  # forgets the most memory so far
        Path("/proc/self/clear_refs").write_text("5")
    begin = time.perf_counter()
    kind, message, ours = "", "", True
    try:
        READERS[reader](path)
    except Exception as error:
        kind, message = type(error).__name__, str(error)
        ours = isinstance(error, ig.InsilicoError)
    return {
        "seconds": time.perf_counter() - begin,
        "peak_bytes": _peak(),
        "error": kind,
        "message": message[:5000],
        "length": len(message),
        "ours": ours,
        "started": list(started),
    }


def _peak() -> int:
    try:
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    except (OSError, IndexError):
        import psutil

        return int(psutil.Process().memory_info().rss)


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints does not mix with the answers
    sys.stdout = io.StringIO()
    ig.list_sessions()
    import torch  # not part of the first reading

    torch.set_num_threads(1)
    sys.addaudithook(watch)
    for line in sys.stdin:
        asked = json.loads(line)
        result = answer(asked["reader"], Path(asked["path"]))
        answers.write(json.dumps(result) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
