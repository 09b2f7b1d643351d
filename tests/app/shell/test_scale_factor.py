"""The window on a screen whose pixels are half as large again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
from qtpy.QtWidgets import QPushButton
from insilico_gui.app import InsilicoWindow

window = InsilicoWindow()
qt_window = window.docks.window
qt_window.resize(900, 500)
window.wait(200)
assert qt_window.devicePixelRatioF() == 1.5, qt_window.devicePixelRatioF()
card, canvas = window.welcome.card, window.docks.canvas
assert card.isVisible() and canvas.rect().contains(card.geometry())
assert qt_window.width() <= 920, qt_window.width()
for button in card.buttons():
    needed = button.fontMetrics().horizontalAdvance(button.text())
    assert button.width() > needed, button.text()
picture = qt_window.grab()
assert picture.width() == round(1.5 * qt_window.width())
window.viewer.close()
print("fine")
"""


@pytest.mark.timeout(400)
def test_it_starts_with_a_scale_factor(tmp_path):
    environment = {
        **os.environ,
        "QT_SCALE_FACTOR": "1.5",
        "NAPARI_CONFIG": str(tmp_path / "napari.yaml"),
    }
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert run.stdout.strip().endswith("fine"), run.stdout + run.stderr
