"""Fixtures for every test."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from support.garbage import set_modules_aside
from support.leaky import LeakySession


@pytest.fixture
def leaky() -> LeakySession:
    return LeakySession()


@pytest.fixture
def clip() -> np.ndarray:
    """53 frames of 6 x 8 pixels: not a multiple of any chunk."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (53, 6, 8), dtype=np.uint8)


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory):
    """No test reads or writes what the user has set, or has not saved."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSILICO_SETTINGS", str(folder / "settings.json"))
        patch.setenv("INSILICO_RECOVERY", str(folder / "recovery"))
        yield


@pytest.fixture
def no_window_left():
    """Windows that earlier tests closed are freed, however old the cycles they are in.

    napari counts those that are still there as leaks of this test, but collects the young
    generations of objects only before it counts.
    """
    from napari._qt.qt_viewer import QtViewer  # Qt, only where a window is wanted

    if QtViewer._instances:
        gc.collect()
    set_modules_aside()


@pytest.fixture(scope="session")
def plugins_of_napari():
    """Manifests of installed plugins are read once: napari's fixture forgets that they
    were, and every viewer would look through all packages anew.
    """
    from npe2 import PluginManifest

    discover = PluginManifest.discover
    found = []

    def discover_once(paths=()):
        if paths:
            return discover(paths=paths)
        if not found:
            found.extend(discover())
        return iter(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginManifest, "discover", discover_once)
        yield


@pytest.fixture(scope="session")
def unsaved_settings_of_napari():
    """No test writes what the user has set in napari, which every viewer does six times."""
    from napari.settings import get_settings

    settings = get_settings()
    before, settings._save_on_change = settings._save_on_change, False
    yield
    settings._save_on_change = before


@pytest.fixture
def make_napari_viewer(
    no_window_left, plugins_of_napari, unsaved_settings_of_napari, make_napari_viewer
):
    """See napari: makes viewers, which are closed when the test is over."""
    return make_napari_viewer
