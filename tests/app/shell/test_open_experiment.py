"""A file of an experiment opens in the window, on the run that was looked at."""

from __future__ import annotations

import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.app.shell.start import open_experiment, run
from insilico_gui.app.work.encoding_run import EncodingRun
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.saving import file

FAST = 90


@pytest.fixture
def open_window(make_napari_viewer):
    """Opens a file in a window, and waits for its work."""
    opened = []

    def open_it(path, **options):
        window = open_experiment(path, viewer=make_napari_viewer(show=True), **options)
        opened.append(window)
        window.wait(FAST)
        return window

    yield open_it
    for window in opened:
        window.jobs.stop_all()
        window.wait()
        window.reader.close()


@pytest.fixture
def encoded(monkeypatch):
    """Runs that a window has encoded, as (session, stimulus)."""
    pairs = []
    add = EncodingRun.add

    def adding(self, *pair):
        pairs.append(pair)
        add(self, *pair)

    monkeypatch.setattr(EncodingRun, "add", adding)
    return pairs


def said(window):
    return window.playback_bar.message.text().replace("\u200b", "")


def two_runs(library):
    experiment = ig.Experiment(library=library)
    experiment.add_session("demo")
    rng = np.random.default_rng(0)
    for name in ("first", "second"):
        wide = rng.integers(0, 256, (12, 36, 96), dtype=np.uint8)
        experiment.add_stimulus(wide, frame_rate=30.0, fit="pad", name=name)
        experiment.add_run("demo", name)
    experiment.look(session="demo", stimulus="second")
    return experiment


def test_the_window_shows_the_run_that_was_looked_at(open_window, encoded, tmp_path):
    experiment = two_runs(library=None)
    wanted = experiment.encode("demo", "second")
    path = experiment.save(tmp_path / "x.insilico.yaml")
    window = open_window(path)
    np.testing.assert_array_equal(window.now.responses, wanted)
    assert window.now.fit == "pad"
    # its responses were kept in no library
    assert encoded == [("demo", "second")]


def test_responses_come_from_the_library_and_results_are_computed(
    open_window, encoded, tmp_path
):
    experiment = ig.Experiment()  # in the library that the window uses
    experiment.add_session("demo")
    gratings = ig.stimuli.drifting_gratings(n_directions=8, duration_s=0.4, blank_s=0.2)
    experiment.add_stimulus(gratings, name="gratings")
    wanted = experiment.encode("demo", "gratings")
    result = experiment.analyse("direction tuning")
    path = experiment.save(tmp_path / "x.insilico.yaml")
    before = file.load(path)[0]

    window = open_window(path)
    np.testing.assert_array_equal(window.now.responses, wanted)
    assert encoded == []
    assert list(window.now.results) == ["direction tuning"]
    np.testing.assert_array_equal(
        window.now.units["pref_dir"], experiment.units()["pref_dir"]
    )
    found = window.now.results["direction tuning"].dataset
    assert found.identical(result)
    assert window.experiment.document.runs == before.runs
    assert window.now.is_saved


def test_what_is_not_in_the_library_is_encoded_again_and_said(
    open_window, encoded, tmp_path, monkeypatch
):
    experiment = two_runs(library=tmp_path / "another library")
    wanted = experiment.encode("demo", "second")
    path = experiment.save(tmp_path / "x.insilico.yaml")
    sentences = []
    monkeypatch.setattr(
        "insilico_gui.app.panels.playback_bar.PlaybackBar.say",
        lambda _self, text, **_: sentences.append(text),
    )
    window = open_window(path)
    assert encoded == [("demo", "second")]
    again = [text for text in sentences if "computed again" in text]
    assert len(again) == 1 and "are not in the library" in again[0]
    np.testing.assert_array_equal(window.now.responses, wanted)
    assert window.now.is_saved  # they are bit by bit those of the file


def test_responses_of_other_versions_are_encoded_again_and_said(
    open_window, encoded, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("insilico_gui.experiment.runs._version", lambda _: "0.0.1")
        experiment = two_runs(library=None)
        experiment.encode("demo", "second")
        path = experiment.save(tmp_path / "x.insilico.yaml")
    sentences = []
    monkeypatch.setattr(
        "insilico_gui.app.panels.playback_bar.PlaybackBar.say",
        lambda _self, text, **_: sentences.append(text),
    )
    window = open_window(path)
    assert encoded == [("demo", "second")]
    again = [text for text in sentences if "computed again" in text]
    assert len(again) == 1 and "torch 0.0.1" in again[0]
    assert window.now.state == "done" and not window.now.is_saved


def test_a_stimulus_that_has_moved_is_searched_for(
    open_window, encoded, tmp_path, video
):
    experiment = ig.Experiment()
    experiment.add_session("demo")
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(video.read_bytes())
    experiment.add_stimulus(mine, show=True)
    wanted = experiment.encode()["demo", "mine.mp4"]
    (tmp_path / "file").mkdir()
    path = experiment.save(tmp_path / "file" / "x.insilico.yaml")
    (tmp_path / "elsewhere").mkdir()
    mine.rename(tmp_path / "elsewhere" / "mine.mp4")
    window = open_window(path, search=tmp_path / "elsewhere")
    np.testing.assert_array_equal(window.now.responses, wanted)
    assert encoded == []


def test_the_reference_is_there_again(open_window, encoded, tmp_path):
    experiment = two_runs(library="")
    experiment.encode("demo", "first")
    experiment.encode("demo", "second")
    recorded = experiment.export(tmp_path / "recorded.npz", "demo", "first")
    experiment.compare_with("demo", "first")
    of_run = experiment.save(tmp_path / "run.insilico.yaml")
    experiment.compare_with(file=str(recorded))
    of_file = experiment.save(tmp_path / "file.insilico.yaml")
    wanted = experiment.responses("demo", "first")
    for path in (of_run, of_file):
        reference = open_window(path).now.reference
        assert reference is not None
        np.testing.assert_array_equal(reference.to_numpy(), wanted.to_numpy())
    assert encoded == []


def test_a_file_that_is_no_experiment_is_one_sentence(tmp_path):
    path = tmp_path / "x.insilico.yaml"
    path.write_text("family: none")
    with pytest.raises(InsilicoError, match="is no experiment"):
        open_experiment(path)


def test_an_experiment_and_a_stimulus_are_not_opened_together(tmp_path):
    path = ig.Experiment(library=None).save(tmp_path / "x.insilico.yaml")
    with pytest.raises(InsilicoError, match="stimuli of its own"):
        run(
            str(path),
            directory=None,
            stimulus=tmp_path / "clip.mp4",
            device="auto",
            demo_clip=False,
            screenshot=None,
            size=(640, 480),
        )
