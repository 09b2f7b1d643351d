"""How long a user of the window waits for the first responses on the map.

    python benchmarks/first_response.py [--units 8000] [--json F]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1920x1080x24'``). A scan with random
weights and an h264 video are made; then, through the widgets of a real window: the
folder is opened and the scan loaded, the video is opened, which encodes it at once, and
after it was cancelled, Encode is pressed. Seconds until the units of a frame have been
coloured and drawn:

``folder_to_response_s``
    from opening the folder, with the scan and the video chosen without delay;
``video_to_response_s``
    from opening the video;
``encode_to_response_s``
    from pressing Encode.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from threading import Event
from typing import TYPE_CHECKING

from memory import make_video
from qtpy.QtWidgets import QApplication
from results import add
from synthetic import SESSION

from insilico_gui.app import InsilicoWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

LIMIT_S = 120.0


def wait_for(condition: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    deadline = time.perf_counter() + LIMIT_S
    while not condition():
        QApplication.processEvents()
        time.sleep(0.001)
        assert time.perf_counter() < deadline


def picture(window: InsilicoWindow) -> np.ndarray:
    """The map as it is on the screen."""
    return window.viewer.screenshot(canvas_only=True, flash=False)


def wait_for_response(window: InsilicoWindow) -> None:
    """Until responses of a running job have been coloured and drawn."""
    coloured = Event()
    window.encoding.grew.connect(coloured.set)
    wait_for(coloured.is_set)
    window.encoding.grew.disconnect(coloured.set)
    window.viewer.window._qt_viewer.canvas.native.update()
    QApplication.processEvents()


def cancel(window: InsilicoWindow) -> np.ndarray:
    """Stop encoding; the picture without responses."""
    window.cancel()
    window.wait(LIMIT_S)
    assert window.now.encoded is None
    return picture(window)


def measure(window: InsilicoWindow, folder: Path, video: Path) -> dict[str, object]:
    """Do it all once, then press Encode some more times."""
    window.wait(LIMIT_S)
    panel = window.panel("Session")
    start = time.perf_counter()
    panel.use_folder(folder)
    wait_for(lambda: panel.session.findText(SESSION) >= 0)
    panel.session.setCurrentText(SESSION)
    panel.load_button.click()
    wait_for(lambda: window.now.session is not None)
    loaded = time.perf_counter()
    window.open_stimuli([video])
    wait_for_response(window)
    cold = time.perf_counter()
    with_responses = picture(window)
    assert (with_responses != cancel(window)).any(), "nothing was drawn"
    times = []
    for _ in range(3):
        start_encoding = time.perf_counter()
        window.panel("Stimulus").encode_button.click()
        wait_for_response(window)
        times.append(time.perf_counter() - start_encoding)
        cancel(window)
    return {
        "name": f"{len(window.now.units)} units",
        "folder_to_loaded_s": round(loaded - start, 2),
        "folder_to_response_s": round(cold - start, 2),
        "video_to_response_s": round(cold - loaded, 2),
        "encode_to_response_s": round(median(times), 2),
        "longest_encode_to_response_s": round(max(times), 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=8000)
    parser.add_argument("--seconds", type=int, default=60, help="of video")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        weights, video = Path(name) / "weights", Path(name) / "clip.mp4"
        # In another process: that of the window is to meet torch for the first time
        script = Path(__file__).with_name("synthetic.py")
        subprocess.run(
            [sys.executable, script, weights, str(arguments.units)], check=True
        )
        make_video(video, 30 * arguments.seconds)
        window = InsilicoWindow()
        window.viewer.window._qt_window.resize(1366, 768)
        row = measure(window, weights, video)
        window.jobs.stop_all()
        window.viewer.close()
    print(row)
    if arguments.json:
        add(arguments.json, "first response", row)


if __name__ == "__main__":
    main()
