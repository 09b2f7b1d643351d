"""Encoding of drives, on a session that is no fly."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from support.relay import BIG, Relay

import insilico_gui as ig
from insilico_gui.drive import DriveSession
from insilico_gui.drive_checks import check_drive
from insilico_gui.encoding import DriveJob
from insilico_gui.errors import EncodingCancelled, InsilicoError
from insilico_gui.stimuli import (
    Constant,
    Cut,
    Drive,
    Recorded,
    Silence,
    Stimulate,
    Target,
)

STEADY = Drive(Constant({"left": 300.0}, others=100.0), duration_s=0.2, seed=3)


def with_events(*events):
    return Drive(STEADY.base, duration_s=0.2, seed=3, events=events)


def test_responses_in_windows_of_time():
    session = Relay()
    assert isinstance(session, DriveSession)
    responses = ig.encode(session, STEADY)
    assert responses.dims == ("time", "unit") and responses.shape == (10, 3)
    np.testing.assert_allclose(responses["time"], np.arange(10) * 0.02)
    assert responses.dtype == np.float32
    assert (
        responses.sel(unit_id="left").mean() > 2 * responses.sel(unit_id="right").mean()
    )
    attrs = responses.attrs
    assert attrs["window_s"] == 0.02 and attrs["response_label"] == "rate (Hz)"
    assert attrs["stimulus_hash"] == STEADY.fingerprint()
    population = attrs["series"]["population_rate"]["values"]
    np.testing.assert_allclose(population, responses.mean("unit"), 1e-5)
    again = ig.encode(session, STEADY)
    np.testing.assert_array_equal(again, responses)
    other = ig.encode(session, Drive(STEADY.base, duration_s=0.2, seed=4))
    assert not np.array_equal(other, responses)


def test_some_units_and_ragged_windows():
    session = Relay()
    ragged = Drive(STEADY.base, duration_s=0.05, window_s=0.02, seed=3)
    responses = ig.encode(session, ragged)
    assert responses.shape == (3, 3)
    some = ig.encode(session, ragged, unit_ids=["right", "left"])
    np.testing.assert_array_equal(some.sel(unit_id="left"), responses[:, 0])
    np.testing.assert_array_equal(some.sel(unit_id="right"), responses[:, 2])


def test_control_and_perturbed_have_the_same_random_events():
    """Whatever the events are, and in whatever order, the rest is the same."""
    session = Relay()
    pulse = Stimulate(Target({"channel": "left"}), 500.0, 1.0, 0.1, 0.06)
    quiet = Silence(Target({"channel": "right"}), 0.04)
    control = ig.encode(session, with_events())
    both = ig.encode(session, with_events(pulse, quiet))
    np.testing.assert_array_equal(both, ig.encode(session, with_events(quiet, pulse)))
    np.testing.assert_array_equal(both[:, 1], control[:, 1])
    np.testing.assert_array_equal(both[:2, 2], control[:2, 2])
    assert (both[2:, 2] == 0).all()
    during = (both["time"] >= 0.1 - 1e-9) & (both["time"] < 0.16 - 1e-9)
    np.testing.assert_array_equal(both[~during, 0], control[~during, 0])
    assert (both[during, 0] > control[during, 0]).all()
    np.testing.assert_array_equal(
        ig.encode(session, with_events(pulse).control()), control
    )
    cut = ig.encode(session, with_events(Cut("middle")))
    assert (cut[:, 1] == 0).all() and (cut[:, [0, 2]] == control[:, [0, 2]]).all()


def test_a_recording_drives_its_samples():
    session = Relay()
    responses = ig.encode(session, Drive(Recorded("rest", 1, 3), window_s=0.1))
    assert responses.shape == (2, 3)
    recorded = session.recorded("rest")[1:3]
    assert np.corrcoef(responses.to_numpy().ravel(), recorded.ravel())[0, 1] > 0.8
    whole = check_drive(session, Drive())
    assert whole.duration_s == pytest.approx(0.6)
    assert whole.options == {"gain": 1.0, "loud": False, "start": "rest"}


def test_progress_cancelling_and_what_comes_beside():
    session, seen = Relay(), []
    cancel = threading.Event()

    def report(done, total):
        seen.append((done, total))
        if done == 4:
            cancel.set()

    with pytest.raises(EncodingCancelled, match="after 4 of 10 windows"):
        ig.encode(session, STEADY, on_progress=report, cancel=cancel)
    assert seen == [(k, 10) for k in range(1, 5)]
    target = Target(ids=[BIG + 1, str(BIG + 2)])
    job = DriveJob(session, STEADY, spikes_of=session.elements(target))
    for step in job.run():
        assert len(job.activity.series()["spiking_share"]) == step.done
    times, elements = job.activity.spikes()
    assert set(elements) == {1, 2} and (np.diff(times) >= 0).all()
    assert 0 <= times.min() and times.max() < 0.2
    loud = Drive(Constant(others=900.0), duration_s=0.02, options={"loud": True})
    responses = ig.encode(session, loud)
    assert responses.attrs["health"] == ["The cells are too loud."]
    assert responses.attrs["warning"] == "The cells are too loud."


def test_written_as_it_goes_and_exported(tmp_path):
    session = Relay()
    responses = ig.encode(session, STEADY, store=tmp_path / "a.zarr")
    np.testing.assert_array_equal(responses, ig.encode(session, STEADY))
    for name in ("b.npz", "b.csv", "b.parquet"):
        path = ig.export(responses, tmp_path / name)
        again = ig.load_responses(path)
        np.testing.assert_allclose(again, responses, 1e-6)
    assert again.attrs["series"] == responses.attrs["series"]


@pytest.mark.parametrize("stimulus", [np.zeros((3, 6, 8), np.uint8), 5])
def test_what_is_no_drive_is_one_sentence(stimulus):
    with pytest.raises(InsilicoError, match=r"drive"):
        ig.encode(Relay(), stimulus)


def test_other_sessions_take_no_drives(leaky):
    with pytest.raises(InsilicoError, match="takes video, and drive is a drive"):
        ig.encode(leaky, STEADY)
    with pytest.raises(InsilicoError, match="takes no behaviour"):
        ig.encode(Relay(), STEADY, behavior={"gain": np.zeros((3, 1))})
