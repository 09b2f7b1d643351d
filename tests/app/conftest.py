"""A real window on a real napari viewer, and real video files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import napari
import numpy as np
import pytest
from app_model import Application
from napari._app_model._app import NapariApplication, _napari_names
from napari._qt._qapp_model.qactions import init_qactions
from napari._qt.threads.status_checker import StatusChecker
from napari.plugins import _initialize_plugins
from napari.settings import get_settings
from qtpy.QtWidgets import QMessageBox
from support.garbage import set_modules_aside

from insilico_gui.app import InsilicoWindow

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_question_waits(monkeypatch):
    """A question that no test expects is a failure; it would wait for ever."""
    asked = []

    def question(parent, title, text, *options):
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", question)
    yield
    assert not asked


@pytest.fixture(autouse=True)
def own_library(tmp_path, monkeypatch):
    """No test finds responses that another has encoded, or the user has."""
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("INSILICO_SETTINGS", str(tmp_path / "config" / "settings.json"))
    monkeypatch.setenv("INSILICO_RECOVERY", str(tmp_path / "recovery"))


@pytest.fixture
def window(make_napari_viewer):
    """The window, shown; its jobs are joined whatever the test does."""
    viewer = make_napari_viewer(show=True)
    window = InsilicoWindow(viewer, own=True)
    window.encoding.plays = False  # or time would go on while a test looks
    viewer.window._qt_window.resize(1366, 768)
    yield window
    window.jobs.stop_all()
    window.wait()
    window.reader.close()


@pytest.fixture(scope="module")
def viewer_of_module(qapp, plugins_of_napari, unsaved_settings_of_napari):
    """A viewer for all tests of a file; what napari's own fixture sets, it sets too."""
    get_settings().reset()
    model = NapariApplication("kept")  # or later viewers would find commands registered
    model.injection_store.namespace = _napari_names
    _initialize_plugins.cache_clear()
    init_qactions.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NapariApplication, "get_app_model", lambda *_: model)
        patch.setattr(StatusChecker, "start", lambda self: None)
        viewer = napari.Viewer(show_welcome_screen=False)
        yield viewer
        get_settings().reset()
        patch.setattr(
            viewer.window._qt_window, "_save_current_window_settings", lambda: None
        )
        viewer.close()
    Application.destroy("kept")
    _initialize_plugins.cache_clear()
    init_qactions.cache_clear()


@pytest.fixture
def kept_window(viewer_of_module):
    """The window of all tests of a file, with a new experiment: much quicker.

    For tests of what is done in panels: what a user puts into a form stays in it when an
    experiment is begun.
    """
    set_modules_aside()
    window = InsilicoWindow.in_viewer(viewer_of_module)
    if window is None:
        window = InsilicoWindow(viewer_of_module, own=True)
        window.encoding.plays = False
    window.docks.window.resize(1366, 768)
    yield window
    window.jobs.stop_all()
    playback = window.experiment.playback
    playback.playing = False
    playback.clear_loop()
    playback.mode, playback.speed = "real time", 1.0
    window.files._clear()
    window.layout.reset()
    window.wait()


@pytest.fixture(scope="session")
def video(tmp_path_factory) -> Path:
    """h264 in mp4: 4:3, 24 frames/s, colour, with sound; two seconds."""
    path = tmp_path_factory.mktemp("video") / "walk.mp4"
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=24)
        pictures.width, pictures.height, pictures.pix_fmt = 400, 300, "yuv420p"
        sound = container.add_stream("aac", rate=44100, layout="mono")
        y, x = np.mgrid[:300, :400]
        for k in range(48):
            rgb = np.stack(
                [
                    127 + 120 * np.sin((x + 3 * k) / 9),
                    127 + 120 * np.sin((y - 2 * k) / 13),
                    127 + 60 * np.sin((x + y) / 20 + k / 5),
                ],
                axis=-1,
            ).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            container.mux(pictures.encode(frame))
        for k in range(86):
            samples = (rng.standard_normal((1, 1024)) * 0.1).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.rate, frame.pts = 44100, k * 1024
            container.mux(sound.encode(frame))
        container.mux(pictures.encode())
        container.mux(sound.encode())
    return path
