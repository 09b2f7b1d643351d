"""Whatever is dropped on the window or opened in its viewer gets an answer of ours."""

from __future__ import annotations

from html import unescape

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QFileDialog
from support.drops import drop, drop_url
from support.in_window import use_session
from support.leaky import LeakySession

import insilico_gui as ig
from insilico_gui.stimuli import ArrayStimulus


@pytest.fixture
def loaded(window):
    use_session(window, LeakySession(12, (6, 8)))
    window.wait()
    return window


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    clip = np.random.default_rng(0).integers(0, 255, (9, 6, 8), np.uint8)
    responses = ig.encode(LeakySession(12, (6, 8)), ArrayStimulus(clip, 10.0))
    for suffix in (".npz", ".csv", ".parquet", ".zarr"):
        ig.export(responses, folder / f"r{suffix}")
    return folder, responses


def make_strange(folder, exported):
    """Things that are no stimulus, by what makes them strange."""

    def write(name, content=b"some text, 1, 2\n"):
        path = folder / name
        path.write_bytes(content)
        return [path]

    empty = folder / "empty"
    empty.mkdir()
    csv = exported / "r.units.csv"
    return {
        "text": write("notes.txt"),
        "weights": write("weights.pt", b"PK\x03\x04 not really"),
        "table": write("units.csv", b"unit_id,area\n1,V1\n"),
        "units of an export": [csv],
        "parquet": write("other.parquet", b"PAR1 not really PAR1"),
        "npz": write("other.npz", b"PK\x03\x04"),
        "no suffix": write("README"),
        "broken png": write("broken.png", b"\x89PNG\r\n\x1a\n broken"),
        "broken tif": write("broken.tif", b"II*\0 broken"),
        "broken video": write("broken.mp4", b"nothing"),
        "yaml": write("a.insilico.yaml", b"family: none\n"),
        "hidden": write(".hidden"),
        "empty file": write("empty.npy", b""),
        "empty folder": [empty],
        "missing": [folder / "missing.png"],
        "long name": [folder / ("n" * 300 + ".txt")],
        "mixture": [*write("one.png"), *write("two.txt")],
        "file and folder": [*write("b.npy"), empty],
        "nifti": write("x.nii.gz"),
        "folder of exports": [exported],
        "two stimuli": [*write("c.npy"), *write("d.mp4")],
    }


def dialogs(monkeypatch, paths):
    names = [str(path) for path in paths]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **__: (names, ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: names[0])


def ways(window, monkeypatch):
    """How a user gives files to a viewer."""
    qt_viewer = window.viewer.window._qt_viewer

    def by_dialog(method):
        def open_paths(paths):
            dialogs(monkeypatch, paths)
            method()

        return open_paths

    return {
        "drop on the map": lambda paths: drop(qt_viewer.canvas.native, *paths),
        "drop on the layers": lambda paths: drop(qt_viewer.layers, *paths),
        "drop on a panel": lambda paths: drop(window.docks.window, *paths),
        "File > Open": by_dialog(qt_viewer._open_files_dialog),
        "File > Open as stack": by_dialog(qt_viewer._open_files_dialog_as_stack_dialog),
        "File > Open folder": by_dialog(qt_viewer._open_folder_dialog),
        "viewer.open": lambda paths: window.viewer.open(paths),
        "viewer.open of one": lambda paths: window.viewer.open(paths[0]),
    }


@pytest.mark.slow
@pytest.mark.timeout(300)  # each of so many waits until all is quiet
def test_strange_files_get_one_sentence(loaded, tmp_path, exported, monkeypatch):
    raised = []
    notification_manager.notification_ready.connect(raised.append)
    layers = list(loaded.viewer.layers)
    strange = make_strange(tmp_path, exported[0])
    for way, give in ways(loaded, monkeypatch).items():
        for kind, paths in strange.items():
            loaded.playback_bar.say("")
            give(paths)
            loaded.wait()
            text = loaded.playback_bar.message.text()
            assert text.startswith("⚠ "), (way, kind, text)
            assert text.count(". ") == 0 and text.endswith((".", "of it)")), (
                way,
                kind,
                text,
            )
            assert "Traceback" not in text and len(text) < 500, (way, kind, text)
            assert list(loaded.viewer.layers) == layers, (way, kind)
            assert loaded.now.stimulus is None, (way, kind)
    notification_manager.notification_ready.disconnect(raised.append)
    assert not raised


def test_what_is_not_on_this_computer_gets_a_sentence(loaded):
    drop_url(loaded.docks.window, "https://example.org/clip.mp4")
    assert "is not on this computer" in loaded.playback_bar.message.text()
    loaded.viewer.open("https://example.org/other.tif")
    assert "other.tif' is not on this computer" in unescape(
        loaded.playback_bar.message.toolTip()
    )


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet", ".zarr"])
def test_our_own_exports_open_as_the_reference(loaded, exported, suffix, monkeypatch):
    folder, responses = exported
    for way, give in ways(loaded, monkeypatch).items():
        loaded.experiment.compare_with()
        give([folder / f"r{suffix}"])
        loaded.wait()
        reference = loaded.now.reference
        assert reference is not None, way
        np.testing.assert_array_equal(reference, responses)
        assert "are now the reference" in loaded.playback_bar.message.text()
        (compare,) = [panel for panel in loaded.panels if panel.title == "Compare"]
        assert not compare.visibleRegion().isEmpty()
        assert [layer.name for layer in loaded.viewer.layers] == ["Units"]


def test_a_csv_export_may_come_with_the_files_beside_it(loaded, exported):
    folder, _ = exported
    drop(loaded.docks.window, *sorted(folder.glob("r.*csv")), folder / "r.csv.json")
    loaded.wait()
    assert loaded.now.reference is not None


def test_a_stimulus_opens_by_every_way(loaded, tmp_path, monkeypatch):
    path = tmp_path / "clip.npy"
    np.save(path, np.random.default_rng(0).integers(0, 255, (9, 6, 8), np.uint8))
    for way, give in ways(loaded, monkeypatch).items():
        give([path])
        loaded.wait()
        assert loaded.now.stimulus_name == "clip.npy", way
        assert loaded.now.responses is not None, way
        names = [layer.name for layer in loaded.viewer.layers]
        assert names == ["Stimulus", "Units"], way
        loaded.experiment.remove_stimulus("clip.npy")
        assert loaded.now.responses is None, way


def test_napari_reads_what_it_is_told_to_read(loaded, tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("index,axis-0,axis-1\n0,1.0,2.0\n1,3.0,4.0\n")
    (layer,) = loaded.viewer.open(path, plugin="napari")
    assert layer in loaded.viewer.layers and len(layer.data) == 2


def test_a_viewer_without_the_panels_is_left_to_napari(
    loaded, make_napari_viewer, tmp_path
):
    path = tmp_path / "points.csv"
    path.write_text("index,axis-0,axis-1\n0,1.0,2.0\n1,3.0,4.0\n")
    other = make_napari_viewer()
    (layer,) = other.open(path)
    assert len(layer.data) == 2
    assert [shown.name for shown in loaded.viewer.layers] == ["Units"]
