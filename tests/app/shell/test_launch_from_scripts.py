"""A script that opens the window: it stays until it is closed, and closing is clean."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import insilico_gui
from insilico_gui.app import launch
from insilico_gui.app.shell import after_script
from insilico_gui.errors import SessionError

ROOT = Path(insilico_gui.__file__).parent.parent
LIMIT_S = 240
"""Generous: other tests may use the processor at the same time."""

SCRIPT = """
    import numpy as np
    from qtpy.QtCore import QTimer
    from support.leaky import LeakySession

    from insilico_gui.app import launch


    def main():
        session = LeakySession()
        frames = np.zeros((30, *session.frame_shape), np.uint8)
        app = launch(session, stimulus=frames)
        window = app.viewer.window._qt_window

        def close():
            # Still open and alive after the script: it has encoded meanwhile
            print(window.isVisible(), app.now.responses is not None, flush=True)
            app.viewer.close()

        def close_when_done():
            if app.jobs.running or app.now.responses is None:
                QTimer.singleShot(100, close_when_done)
            else:
                QTimer.singleShot(0, close)

        QTimer.singleShot(100, close_when_done)


    main()
    print("the script has ended", flush=True)
"""


@pytest.mark.timeout(LIMIT_S + 30)
def test_the_window_of_a_script_stays_until_it_is_closed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    paths = [ROOT, ROOT / "plugins", ROOT / "tests", *sys.path]
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "INSILICO_SETTINGS": str(tmp_path / "settings.json"),
            "INSILICO_LIBRARY": str(tmp_path / "library"),
            "INSILICO_RECOVERY": str(tmp_path / "recovery"),
        },
    )
    assert done.stdout.splitlines() == ["the script has ended", "True True"], (
        done.stderr
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_window_that_cannot_show_what_is_asked_for_is_closed(no_window_left):
    import torch  # noqa: F401 - closing waits for the thread that looks for devices

    with pytest.raises(SessionError):
        launch("no such session")
    assert not after_script._shown()


def test_somebody_who_types_is_not_kept_waiting(monkeypatch):
    assert not after_script.is_interactive()
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert after_script.is_interactive()
