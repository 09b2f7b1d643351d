"""An experiment that holds many things: names, states, undo, and what stays together."""

from __future__ import annotations

import threading

import imageio.v3 as imageio
import numpy as np
import pytest
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.errors import (
    EncodingCancelled,
    EncodingError,
    ExperimentError,
    InsilicoError,
)
from insilico_gui.experiment.document import RULE, SelectionEntry, SessionEntry


@pytest.fixture
def experiment(leaky_twin, tmp_path):
    return ig.Experiment(library=tmp_path / "library")


@pytest.fixture
def told(experiment):
    heard = []
    experiment.changed.connect(heard.append)
    return heard


def test_many_sessions_and_stimuli(experiment, frames):
    first = experiment.add_session("leaky")
    second = experiment.add_session("leaky", device="cpu", precision="bf16")
    assert [first, second] == ["leaky", "leaky (2)"]
    clips = [
        experiment.add_stimulus(frames[: 8 + k], frame_rate=10.0, name=f"clip {k}")
        for k in range(3)
    ]
    found = experiment.encode()
    assert found.keys() == {(s, c) for s in (first, second) for c in clips}
    for (session, clip), responses in found.items():
        direct = ig.encode(experiment.session(session), experiment.stimulus(clip))
        np.testing.assert_array_equal(responses, direct)
        assert experiment.state(session, clip) == "done"
    assert len(experiment.document.runs) == 6


def test_the_same_session_is_added_once(experiment):
    assert experiment.add_session("leaky") == experiment.add_session("leaky")
    assert len(experiment.document.sessions) == 1


def test_names_that_are_not_there_are_told(experiment, frames):
    with pytest.raises(ExperimentError, match="no session yet"):
        experiment.encode(stimulus="clip")
    experiment.add_session("leaky", name="a")
    experiment.add_session("leaky", device="cpu", precision="bf16", name="b")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    with pytest.raises(ExperimentError, match="name one of"):
        experiment.encode(stimulus="clip")
    with pytest.raises(ExperimentError, match="no session 'c'"):
        experiment.encode("c", "clip")
    with pytest.raises(ExperimentError, match="already"):
        experiment.add_session("leaky", name="a", device="cpu")
    with pytest.raises(ExperimentError, match="not computed"):
        experiment.responses("a", "clip")


def test_a_run_is_stale_after_a_change_and_done_after_undo(experiment, leaky_twin):
    experiment.add_session("leaky")
    wide = np.random.default_rng(0).integers(0, 256, (10, 6, 30), dtype=np.uint8)
    clip = experiment.add_stimulus(wide, frame_rate=10.0, name="clip")
    cropped = experiment.encode("leaky", clip)
    experiment.set_fit(clip, "pad")
    assert experiment.state("leaky", clip) == "stale"
    with pytest.raises(ExperimentError, match="not computed"):
        experiment.responses("leaky", clip)
    padded = experiment.encode("leaky", clip)
    assert not np.array_equal(cropped, padded)
    experiment.undo()
    experiment.undo()
    assert experiment.document.stimuli[clip].fit == "crop"
    assert experiment.state("leaky", clip) == "done"
    np.testing.assert_array_equal(experiment.responses("leaky", clip), cropped)
    experiment.redo()
    experiment.redo()
    np.testing.assert_array_equal(experiment.responses("leaky", clip), padded)


def test_what_depends_on_a_thing_goes_and_comes_back_with_it(experiment, frames, told):
    experiment.add_session("leaky")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    experiment.select(["V1"], name="v1")
    experiment.encode("leaky", "clip", selection="v1")
    experiment.look(session="leaky", stimulus="clip", selection="v1", time_s=1.0)
    whole = experiment.document
    told.clear()
    experiment.remove_session("leaky")
    assert len(told) == 1
    assert not experiment.document.runs and not experiment.document.selections
    assert experiment.document.view.session is None
    experiment.undo()
    assert experiment.document == whole
    experiment.remove_selection("v1")
    assert not experiment.document.runs
    experiment.undo()
    experiment.remove_stimulus("clip")
    assert experiment.document.view.stimulus is None
    assert "v1" in experiment.document.selections


def test_renaming_renames_everywhere(experiment, frames):
    experiment.add_session("leaky")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    experiment.select(["V1"], name="v1")
    before = experiment.encode("leaky", "clip", selection="v1")
    experiment.look(session="leaky", stimulus="clip", selection="v1")
    experiment.rename("session", "leaky", "mouse")
    experiment.rename("stimulus", "clip", "film")
    experiment.rename("selection", "v1", "primary")
    np.testing.assert_array_equal(experiment.responses("mouse", "film"), before)
    view = experiment.document.view
    assert (view.session, view.stimulus, view.selection) == ("mouse", "film", "primary")


def test_a_run_of_a_selection(experiment, frames):
    experiment.add_session("leaky")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    experiment.select(["V1"], name="v1")
    experiment.select(["V1", "LM"], name="both")
    some = experiment.encode("leaky", "clip", selection="both")
    assert some.sizes["unit"] == 8
    fewer = experiment.responses("leaky", "clip", selection="v1")
    assert set(fewer["area"].to_numpy()) == {"V1"}
    assert fewer.attrs["selection"] == {"areas": ["V1"]}
    experiment.add_session("leaky", device="cpu", precision="bf16", name="other")
    with pytest.raises(ExperimentError, match="units of 'leaky'"):
        experiment.add_run("other", "clip", selection="v1")


def test_behaviour_is_a_part_of_the_run(experiment, frames, tmp_path):
    experiment.add_session("leaky")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    plain = experiment.encode("leaky", "clip")
    gain = np.linspace(0, 2, len(frames), dtype=np.float32)[:, None]
    moved = experiment.encode("leaky", "clip", behavior={"gain": gain})
    session = experiment.session("leaky")
    direct = ig.encode(session, experiment.stimulus("clip"), behavior={"gain": gain})
    np.testing.assert_array_equal(moved, direct)
    assert not np.array_equal(moved, plain)
    path = experiment.save(tmp_path / "x.insilico.yaml")
    again = ig.Experiment.open(path, library=None)
    np.testing.assert_array_equal(again.encode("leaky", "clip"), direct)


def test_what_fails_or_is_cancelled_changes_nothing(experiment, frames, told):
    experiment.add_session("leaky")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    before = experiment.document
    told.clear()
    stop = threading.Event()
    stop.set()
    with pytest.raises(EncodingCancelled):
        experiment.encode("leaky", "clip", cancel=stop)
    assert experiment.state("leaky", "clip") == "failed"
    with pytest.raises(InsilicoError):
        experiment.add_stimulus("nowhere.mp4")
    with pytest.raises(InsilicoError):
        experiment.select(["nowhere"])
    assert experiment.document == before and not told
    experiment.encode("leaky", "clip")
    assert experiment.state("leaky", "clip") == "done"


def test_responses_of_what_was_removed_are_not_taken(experiment, frames):
    experiment.add_session("leaky")
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    task = experiment.task("leaky", "clip")
    experiment.start(task)
    assert experiment.state("leaky", "clip") == "encoding"
    responses = task.compute(experiment.library)
    experiment.remove_stimulus("clip")
    with pytest.raises(ExperimentError, match="no longer wanted"):
        experiment.finish(task, responses)


def test_videos_and_images_side_by_side(experiment, frames):
    experiment.add_session("leaky")
    session = experiment.put_session(SessionEntry(id="p"), PictureSession())
    assert session == "pictures-one"
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    pictures = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 8), dtype=np.uint8)
    experiment.add_stimulus(ig.open_images(pictures), name="pictures")
    found = experiment.encode()
    assert ("leaky", "pictures") not in found
    assert {("leaky", "clip"), (session, "pictures")} <= found.keys()
    with pytest.raises(EncodingError, match="takes videos"):
        experiment.encode("leaky", "pictures")


def test_results_join_the_units_and_go_with_exports(demo, tmp_path):
    demo.analyse("direction tuning", latency_s=0.05)
    demo.analyse("sparseness")
    units = demo.units("demo")
    assert {"gOSI_measured", "lifetime_sparseness_vinje_gallant"} <= set(units)
    demo.select(where={"gOSI_measured": (0.3, None)}, name="tuned")
    path = demo.export(tmp_path / "tuned.npz", selection="tuned")
    loaded = ig.load_responses(path)
    assert (loaded["gOSI_measured"].to_numpy() >= 0.3).all()
    assert loaded.sizes["unit"] == (units["gOSI_measured"] >= 0.3).sum()
    demo.undo()
    demo.undo()
    assert "lifetime_sparseness_vinje_gallant" not in demo.units("demo")
    demo.redo()
    assert "lifetime_sparseness_vinje_gallant" in demo.units("demo")


def test_the_view_has_no_history(demo):
    before = demo.can_undo
    demo.look(session="demo", time_s=0.5, color_by="area", limits=(0.0, 2.0))
    assert demo.can_undo == before
    with pytest.raises(ExperimentError, match="time_s"):
        demo.look(time_s=-1.0)
    with pytest.raises(ExperimentError, match="no session"):
        demo.look(session="nobody")
    assert demo.document.view.time_s == 0.5


WRONG = [5, True, 1.5, {"a": 1}, [1, [2]], [[]], "", {"gOSI": [1, 2, 3]}, [None], "x"]


@pytest.mark.parametrize("value", WRONG, ids=str)
@pytest.mark.parametrize("argument", sorted(RULE))
def test_a_wrong_rule_of_a_file_is_one_sentence(argument, value, experiment):
    experiment.add_session("leaky")
    entry = SelectionEntry(session="leaky", rule={argument: value})
    experiment.document = experiment.document.replace(selections={"v": entry})
    try:
        assert experiment.selection("v").session == "leaky"
    except InsilicoError as error:
        assert "\n" not in str(error)


def test_an_opened_file_is_kept_by_its_path_and_not_frame_by_frame(tmp_path):
    path = tmp_path / "clip.npy"
    np.save(path, np.zeros((3, 8, 8), np.uint8))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    imageio.imwrite(pictures / "a.png", np.zeros((8, 8), np.uint8))
    experiment = ig.Experiment(library=None)
    clip = experiment.add_stimulus(ig.open_stimulus(path, frame_rate=20.0))
    images = experiment.add_stimulus(ig.open_images(pictures))
    entries = experiment.document.stimuli
    assert entries[clip].paths == (str(path),) and entries[clip].frame_rate == 20.0
    assert entries[images].paths == (str(pictures),) and entries[images].images
    assert not experiment.live.arrays
