"""Forks a process for each page, and for each ``insilico-gui`` in the shell of a page.

Python with everything imported starts in no time this way, where each command of a page
would take seconds. ``python -m support.pages.server SOCKET`` listens at the socket; a
request is a line of JSON with the standard streams of the one who asks, the answer is the
exit code.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PRELOADED = (
    "insilico_gui.cli",
    "insilico_demo",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "pandas",
    "pyarrow.parquet",
    "scipy.optimize",
    "torch",
    "xarray",
    "zarr",
)
LARGEST = 2**20  # bytes of a request
START_S = 60.0

SHIM = """\
#!{python} -SE
import json, os, socket, sys
line = json.dumps({{"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}})
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    socket.send_fds(to, [line.encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(to.recv(16) or 70))
"""


def ask(address: str, request: dict[str, Any], streams: list[int]) -> int:
    """Send a request to the server; the exit code of what it ran."""
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(address)
        socket.send_fds(to, [json.dumps(request).encode() + b"\n"], streams)
        return int(to.recv(16) or 70)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run the server; its address. The program ``insilico-gui`` is in `folder`."""
    address = str(folder / "socket")
    program = folder / "insilico-gui"
    program.write_text(SHIM.format(python=sys.executable, address=address))
    program.chmod(0o755)
    command = [sys.executable, "-m", __name__, address]
    tests = str(Path(__file__).parents[2])
    environment = os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(
        [tests, *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n", "the server did not start"
            yield address
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # with pages that ran out of time


def serve(address: str) -> None:
    """Answer requests until the process is ended."""
    for name in PRELOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """Do what is asked in this process, and end it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 70
    try:
        line, streams = b"", []
        while not line.endswith(b"\n"):
            part, received, *_ = socket.recv_fds(connection, LARGEST, 3)
            line += part
            streams += received
        request = json.loads(line)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        code = _do(request)
    except BaseException:  # the last resort: the reason is for the one who asks
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        note_time()
        connection.send(str(code).encode())
        os._exit(code)


def note_time() -> None:
    """Add the processor time of this process to the file beside the site of the page."""
    from support.pages.runner import SITE

    if SITE in os.environ:
        with Path(f"{os.environ[SITE]}.seconds").open("a") as file:
            file.write(f"{time.process_time()}\n")


def _do(request: dict[str, Any]) -> int:
    """Run a page or a command; its exit code."""
    from support.pages.runner import run_page, use_files

    if "page" in request:
        run_page(Path(request["page"]))
        return 0
    from insilico_gui.cli import main

    use_files()
    sys.argv = ["insilico-gui", *request["argv"]]
    try:
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
