"""Generated data, and simulations of the synthetic set in files."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_nnpoisson import make_synthetic_hierarchy, make_synthetic_steinmetz
from insilico_nnpoisson.data import wimmer
from insilico_nnpoisson.data.files import of_sessions, read_recordings
from insilico_nnpoisson.data.hierarchy import read_simulations, write_simulations
from support import nnpoisson

from insilico_gui.errors import FitError, InsilicoError


class Bomb:
    def __reduce__(self):
        return (open, ("/tmp/never-made-by-a-pickle", "w"))


def test_generated_sessions_hold_every_case():
    made = make_synthetic_steinmetz(3, n_sessions=3, n_trials=40, n_neurons=4)
    again = make_synthetic_steinmetz(3, n_sessions=3, n_trials=40, n_neurons=4)
    for one, other in zip(made.train, again.train, strict=True):
        np.testing.assert_array_equal(one.events, other.events)
    assert [len(s.regions) for s in made.train] == [4, 3, 3]
    late = early = none = second = 0
    for session in made.train:
        times, rows = session.events[0], session.events
        onsets = times[rows[6:].sum(axis=0) > 0]
        for k, onset in enumerate(onsets):
            stop = onsets[k + 1] if k + 1 < len(onsets) else np.inf
            inside = (times >= onset) & (times < stop)
            moved = times[inside & (rows[2:4].sum(axis=0) > 0)]
            cue = times[inside & (rows[1] > 0)]
            none += len(moved) == 0
            second += len(moved) > 1
            late += len(moved) > 0 and moved[0] - onset > 0.4
            early += len(moved) > 0 and (len(cue) == 0 or moved[0] < cue[0])
    assert min(late, early, none, second) > 0
    data = of_sessions(made.train, made.test, 0.4)
    assert data.region_index == made.regions
    assert data.train.n_trials == 3 * 39
    rates = {
        name: len(r.stim_to_spike) / (r.n_neurons * r.trial_end_times).sum()
        for name, r in data.train.regions.items()
    }
    assert all(6 < rate < 24 for rate in rates.values()), rates


def test_generated_simulations(tmp_path):
    made = make_synthetic_hierarchy(0, 60, 20)
    assert [s.coherence for s in made[:4]] == [0.0, 0.5, 0.8, 0.0]
    split = wimmer.split_of_simulations(made)
    response = np.maximum(
        split.behaviour.resp_time_left, split.behaviour.resp_time_right
    )
    coherence = np.array([s.coherence for s in made])
    answered = response > 0
    assert (~answered[coherence == 0]).any() and answered[coherence == 0.8].all()
    means = [response[answered & (coherence == c)].mean() for c in (0, 0.5, 0.8)]
    assert means[0] > means[1] > means[2] > 0.05
    assert 0.2 < (split.behaviour.resp_time_left > 0).mean() < 0.8
    write_simulations(tmp_path, made)
    again = read_simulations(tmp_path)
    for one, other in zip(made, again, strict=True):
        assert one.coherence == other.coherence
        for name in wimmer.POPULATIONS:
            for a, b in zip(one.spikes[name], other.spikes[name], strict=True):
                np.testing.assert_array_equal(a, b)


def test_simulations_of_files(golden_synthetic, tmp_path):
    simulations = nnpoisson.simulations(golden_synthetic)
    for name in ("train", "test"):
        write_simulations(tmp_path / name, simulations)
    with pytest.raises(FitError, match=r"cohs\.npy is a pickle"):
        read_recordings(tmp_path)
    found = read_recordings(tmp_path, trust_pickles=True)
    assert found.region_index == wimmer.POPULATIONS
    assert found.synthetic and found.time_limit == 2.0
    key = "read.train.DE1s.stim_to_spike"
    spikes = found.train.regions["DE1s"].stim_to_spike
    np.testing.assert_array_equal(spikes, golden_synthetic[key])


SIMULATIONS = {
    "coherence": ("cohs.npy", {0: 0.3, 1: 0.5}, "has the coherence 0.3"),
    "text": ("cohs.npy", {0: "much", 1: 0.5}, "something else than numbers"),
    "fewer": ("S_DE1s.npy", {0: {0: np.zeros(1)}}, "has 1 simulations and cohs.npy 2"),
    "no neurons": ("S_SE1s.npy", {0: {}, 1: {}}, "no neurons of SE1s"),
    "no dictionary": ("S_SE1s.npy", {0: [1], 1: [2]}, "no dictionary of neurons"),
    "names": ("cohs.npy", {"a": 0.5, "b": 0.5}, "not whole numbers"),
    "nan": ("S_SE2s.npy", {k: {0: np.array([np.nan])} for k in (0, 1)}, "not finite"),
    "code": ("S_SE2s.npy", {0: Bomb(), 1: Bomb()}, "was not loaded"),
}


@pytest.mark.parametrize("kind", SIMULATIONS)
def test_simulations_that_cannot_be(kind, tmp_path):
    spikes = {name: [np.array([0.6, 1.0])] for name in wimmer.POPULATIONS}
    write_simulations(tmp_path, [wimmer.Simulation(c, spikes) for c in (0.5, 0.5)])
    name, content, says = SIMULATIONS[kind]
    np.save(tmp_path / name, np.array(content, dtype=object))
    with pytest.raises(InsilicoError, match=says):
        wimmer.split_of_simulations(read_simulations(tmp_path))


def test_windows_count_both_ends():
    neurons = [np.array([0.5, 0.55]), np.array([0.7])]
    rates = wimmer.window_rates(neurons)
    assert rates.shape == (2951,)
    assert rates[500] == 2 / (2 * 0.05)  # [500, 550] ms holds both of the first
    assert rates[450] == 1 / (2 * 0.05)  # and [450, 500] the first alone
    assert wimmer.crossing(neurons, 15.0) == pytest.approx(0.05)
    assert wimmer.crossing(neurons, 40.0) == np.inf


def test_a_tie_goes_to_the_left():
    fast = [np.sort(np.concatenate([np.full(20, 1.0 + k * 1e-4) for k in range(3)]))]
    quiet = [np.array([0.1])]
    spikes = {"DE1s": fast, "DE2s": fast, "SE1s": quiet, "SE2s": quiet}
    split = wimmer.split_of_simulations([wimmer.Simulation(0.5, spikes)])
    assert split.behaviour.resp_time_left[0] > 0
    assert split.behaviour.resp_time_right[0] == -1
