"""Data to fit: events, files of every kind, generators, and what is refused."""

from __future__ import annotations

import pickle
import struct

import numpy as np
import pytest
from insilico_nnpoisson.data import wimmer
from insilico_nnpoisson.data.events import (
    LEFT,
    RIGHT,
    RawSession,
    RegionSpikes,
    split_of_sessions,
    trials_of_events,
)
from insilico_nnpoisson.data.files import (
    read_recordings,
    read_sessions,
    write_recordings,
    write_sessions,
)
from insilico_nnpoisson.data.trials import end_times, recordings
from support import nnpoisson

from insilico_gui.errors import FitError, InsilicoError

# -- events ----------------------------------------------------------------------------


def events(*given):
    """Columns of (time, row) pairs; "stimulus" sets one stimulus row."""
    columns = np.zeros((14, len(given)))
    for k, (time, row) in enumerate(given):
        columns[0, k] = time
        columns[6 if row == "stimulus" else row, k] = 1
    return columns


def test_the_last_trial_of_a_session_is_not_given_out():
    one = [(0.0, "stimulus"), (0.2, LEFT), (0.5, 4)]
    assert trials_of_events(events(*one), 0.4) == []
    two = [*one, (2.0, "stimulus"), (2.1, RIGHT), (2.5, 4)]
    (trial,) = trials_of_events(events(*two), 0.4)
    assert (trial.left, trial.right, trial.end) == (0.2, -1, 0.2)


def test_only_the_first_response_before_the_feedback_counts():
    given = [
        *((0.0, "stimulus"), (0.1, RIGHT), (0.2, LEFT), (0.5, 4), (0.6, LEFT)),
        *((2.0, "stimulus"), (2.3, 5), (2.4, LEFT)),  # a response after feedback
        *((4.0, "stimulus"), (4.7, LEFT), (4.9, 4)),  # after the time limit
        *((6.0, "stimulus"),),
    ]
    first, none, late = trials_of_events(events(*given), 0.4)
    assert (first.left, first.right, first.end) == (-1, 0.1, 0.1)
    assert (none.left, none.right, none.end) == (-1, -1, 0.4)
    assert (late.left, late.right, late.end) == (-1, -1, 0.4)


def test_a_trial_without_feedback_is_dropped():
    given = [(0.0, "stimulus"), (0.1, LEFT), (1.0, "stimulus"), (1.2, 5)]
    (trial,) = trials_of_events(events(*given, (2.0, "stimulus")), 0.4)
    assert (trial.onset, trial.left) == (1.0, -1)


def test_spikes_belong_to_a_trial_strictly_inside():
    given = [(1.0, "stimulus"), (1.2, LEFT), (1.5, 4), (3.0, "stimulus")]
    times = np.array([0.9, 1.0, 1.0 + 1e-9, 1.1, 1.0 + 0.2, 1.3])
    spikes = RegionSpikes(times, np.arange(6), 6)
    session = RawSession(events(*given), {"left-CP": spikes, "root": spikes})
    split, index = split_of_sessions([session], 0.4)
    assert index == ("left-CP",)  # other names than the 42 are left out
    found = split.regions["left-CP"]
    assert found.spike_id.tolist() == [2, 3]
    np.testing.assert_allclose(found.stim_to_spike, [0, 0.1], atol=1e-8)


WRONG_SESSIONS = {
    "shape": (np.zeros((5, 3)), {}, r"events of shape \[5, 3\]"),
    "order": (events((1, LEFT), (0, RIGHT)), {}, "not in order of time"),
    "nan": (events((np.nan, LEFT)), {}, "not finite"),
    "lengths": (
        events((0, "stimulus")),
        {"left-CP": RegionSpikes(np.zeros(2), np.zeros(1, int), 1)},
        "2 spikes of 'left-CP' and 1 numbers",
    ),
    "neurons": (
        events((0, "stimulus")),
        {"left-CP": RegionSpikes(np.zeros(0), np.zeros(0, int), 0)},
        "without neurons",
    ),
    "no trial": (events((0, "stimulus"), (1, 4)), {}, "no complete trial"),
}


@pytest.mark.parametrize("kind", WRONG_SESSIONS)
def test_sessions_that_cannot_be(kind):
    given, regions, says = WRONG_SESSIONS[kind]
    with pytest.raises(FitError, match=says):
        split_of_sessions([RawSession(given, regions)], 0.4)


# -- our files, sessions and pickles -----------------------------------------------------


def same(one, other):
    assert one.fingerprint == other.fingerprint
    assert one.region_index == other.region_index
    assert (one.time_limit, one.synthetic) == (other.time_limit, other.synthetic)


def test_our_own_files(data, tmp_path):
    write_recordings(tmp_path, data)
    same(read_recordings(tmp_path), data)
    shorter = read_recordings(tmp_path, time_limit=0.2)
    assert shorter.fingerprint != data.fingerprint
    assert max(r.stim_to_spike.max() for r in shorter.train.regions.values()) <= 0.2


def test_files_of_sessions(golden, tmp_path):
    texts = [f"tone={k}" for k in range(8)]
    for split in ("train", "test"):
        path = tmp_path / f"{split}_sessions.npz"
        write_sessions(path, nnpoisson.sessions(golden, split), texts)
    found = read_recordings(tmp_path, time_limit=0.4)
    assert found.stimulus == tuple(texts)
    same(found, nnpoisson.golden_recordings(golden))
    arrays = dict(np.load(path))
    del arrays["stim_columns"]
    np.savez(path, **arrays)
    with pytest.raises(FitError, match="no 'stim_columns'"):
        read_sessions(path)


def published(data):
    """The dictionaries of the published pickles."""
    found = []
    for split, start in ((data.train, ""), (data.test, "test_")):
        regions = {r: nnpoisson.region_arrays(t) for r, t in split.regions.items()}
        behaviour = {k: getattr(split.behaviour, k) for k in nnpoisson.BEHAVIOUR}
        content = {
            f"{start}region_data": regions,
            f"{start}all_beh": behaviour,
            f"{start}total_trial_num": split.n_trials,
        }
        if not start:
            content["region_index"] = {r: k for k, r in enumerate(data.region_index)}
        found.append(content)
    return found


class AsPython2(pickle._Pickler):
    """Writes text and bytes as Python 2 does."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012

    def save_text(self, value):
        raw = value.encode("latin-1") if isinstance(value, str) else value
        if len(raw) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(raw)]) + raw)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(raw)) + raw)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_text


@pytest.mark.parametrize("kind", [2, 4, "python 2"])
@pytest.mark.parametrize("suffix", ["", "_sample"])
def test_published_pickles(kind, suffix, data, tmp_path):
    for name, content in zip(("train", "test"), published(data), strict=True):
        with (tmp_path / f"{name}{suffix}.pickle").open("wb") as file:
            if kind == "python 2":
                AsPython2(file, 2).dump(content)
            else:
                pickle.dump(content, file, kind)
    with pytest.raises(FitError, match=r"is a pickle.*--trust-pickles"):
        read_recordings(tmp_path)
    same(read_recordings(tmp_path, trust_pickles=True), data)


class Bomb:
    def __reduce__(self):
        return (open, ("/tmp/never-made-by-a-pickle", "w"))


HOSTILE = {
    "code": pickle.dumps({"region_data": Bomb()}),
    "code in an array": pickle.dumps({"a": np.array([Bomb()])}),
    "cut": pickle.dumps({"a": np.arange(1000.0)})[:200],
    "no pickle": b"region_data",
    "a list": pickle.dumps([1, 2]),
    "empty": b"",
    "itself": pickle.dumps((lambda d: d.update(a=d) or d)({})),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pickles_run_nothing(kind, tmp_path):
    for name in ("train", "test"):
        (tmp_path / f"{name}.pickle").write_bytes(HOSTILE[kind])
    with pytest.raises(InsilicoError, match=r"train\.pickle was not loaded") as told:
        read_recordings(tmp_path, trust_pickles=True)
    assert "\n" not in str(told.value)


def changed(data, path, value):
    """The published dictionaries with a value at a path of the training data."""
    train, test = published(data)
    *inside, last = path
    target = train
    for key in inside:
        target = target[key]
    if value is None:
        del target[last]
    else:
        target[last] = value(target.get(last)) if callable(value) else value
    return train, test


def first_to(value):
    def change(array):
        array = np.array(array, float)
        array.flat[0] = value
        return array

    return change


CP = ("region_data", "left-CP")
BROKEN = {
    "no index": (("region_index",), None, "no 'region_index'"),
    "numbers": (("region_index", "left-CP"), 5, "does not number its regions"),
    "no behaviour": (("all_beh",), None, "no 'all_beh'"),
    "missing": ((*CP, "spike_trial_num"), None, "left-CP has no 'spike_trial_num'"),
    "width": (
        (*CP, "stim_hist"),
        lambda a: a[:, :7],
        r"shape \[15, 7\], and \[15, 8\]",
    ),
    "length": ((*CP, "stim_to_spike"), lambda a: a[:-1], "fits its other arrays"),
    "infinite scale": ((*CP, "trial_end_times"), first_to(0), "scale is infinite"),
    "nan": ((*CP, "stim_to_spike"), first_to(np.nan), "not finite"),
    "before": ((*CP, "stim_to_spike"), first_to(-0.1), "a spike before the stimulus"),
    "stray": ((*CP, "spike_trial_num"), first_to(99), "a spike in trial 99"),
    "fraction": ((*CP, "trial_num"), first_to(0.5), "fractions in 'trial_num'"),
    "twice": ((*CP, "trial_num"), first_to(1), "the trial 1 twice"),
    "unknown trial": (("all_beh",), lambda b: cut(b), "no behaviour is known"),
    "response": (("all_beh", "resp_time_left"), first_to(0.0), "a response at 0 s"),
    "total": (("total_trial_num",), 16, "says that it has 16 trials"),
    "region": (("region_index",), lambda i: one_more(i), "no trials of 'left-ACA'"),
    "not in index": (("region_index",), lambda i: one_less(i), "is not in the index"),
    "objects": ((*CP, "stim_to_spike"), np.array(["a"]), "no array of numbers"),
}


def cut(behaviour):
    return {name: array[1:] for name, array in behaviour.items()}


def one_more(index):
    return {**index, "left-ACA": len(index)}


def one_less(index):
    return {name: k for name, k in index.items() if k < len(index) - 1}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_data_are_told_in_a_sentence(kind, data, tmp_path):
    path, value, says = BROKEN[kind]
    train, test = changed(data, path, value)
    if kind == "unknown trial":
        train["total_trial_num"] = 14
    for name, content in (("train", train), ("test", test)):
        (tmp_path / f"{name}.pickle").write_bytes(pickle.dumps(content))
    with pytest.raises(FitError, match=says) as told:
        read_recordings(tmp_path, trust_pickles=True)
    assert "\n" not in str(told.value)


def test_widths_of_train_and_test(data, golden_synthetic):
    other = wimmer.split_of_simulations(nnpoisson.simulations(golden_synthetic))
    with pytest.raises(FitError, match="has 3 columns and that of the training data 8"):
        recordings(data.train, other, data.region_index, 0.4)
    with pytest.raises(FitError, match="time limit is 0"):
        recordings(data.train, data.test, data.region_index, 0.0)


def test_folders_without_data(tmp_path):
    with pytest.raises(FitError, match="no folder of data"):
        read_recordings(tmp_path / "none")
    with pytest.raises(FitError, match="holds no data to fit"):
        read_recordings(tmp_path)
    for name in ("train", "test"):
        (tmp_path / f"{name}.npz").write_bytes(b"PK")
    with pytest.raises(FitError, match=r"train\.npz cannot be read"):
        read_recordings(tmp_path)


def test_a_trial_of_no_region_has_a_finite_scale(data):
    behaviour = data.test.behaviour
    part = {
        name: region for name, region in data.test.regions.items() if name == "nothing"
    }
    ends = end_times(behaviour, type(data.test)(part, behaviour, 7), 0.4)
    answered = np.maximum(behaviour.resp_time_left, behaviour.resp_time_right)
    np.testing.assert_array_equal(ends, np.where(answered > 0, answered, 0.4))
