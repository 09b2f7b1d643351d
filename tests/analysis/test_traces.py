"""Traces, means over groups, and trials: the numbers that the time strip draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, zscore

from insilico_gui.analysis.trials import traces as module
from insilico_gui.analysis.trials.aligned import align
from insilico_gui.analysis.trials.traces import TraceSummary


class Growing:
    def __init__(self, values, n_done=None):
        self.values = np.asarray(values, np.float32)
        self.shape = self.values.shape
        self.n_done = len(values) if n_done is None else n_done

    def rows(self, start, stop):
        assert stop <= self.n_done
        return self.values[start:stop]


@pytest.fixture
def values():
    return np.random.default_rng(0).gamma(2.0, size=(50, 9)).astype(np.float32)


GROUPS = [np.arange(9), np.array([1, 4, 8]), np.array([3])]
SINGLES = np.array([4, 0, 7])


def transformed(values, scale):
    if scale == "z-score":
        return zscore(values.astype(float), axis=0)
    if scale == "percentile":
        return 100 * (rankdata(values, axis=0) - 0.5) / len(values)
    return values.astype(float)


@pytest.mark.parametrize("chunk", [2**24, 100])
@pytest.mark.parametrize("scale", ["response", "z-score", "percentile"])
def test_traces_and_means_on_every_scale(values, scale, chunk, monkeypatch):
    monkeypatch.setattr(module, "SCALED_VALUES", chunk)
    store = Growing(values, 20)
    summary = TraceSummary(store, GROUPS, SINGLES, scale)
    for n in (20, 21, 50):  # one row more is worth no other scale
        store.n_done = n
        for _ in summary.update():
            pass
        done = summary.n_done
        assert done == (n if scale == "response" or n != 21 else 20)
        expected = transformed(values[:done], scale)
        np.testing.assert_allclose(
            summary.traces[:done], expected[:, SINGLES], atol=1e-4
        )
        for k, group in enumerate(GROUPS):
            own = expected[:, group]
            np.testing.assert_allclose(summary.means[k, :done], own.mean(1), atol=1e-6)
            if len(group) > 1:
                sem = own.std(axis=1, ddof=1) / np.sqrt(len(group))
                np.testing.assert_allclose(summary.sems[k, :done], sem, atol=1e-6)
            else:
                assert np.isnan(summary.sems[k]).all()
        assert np.isnan(summary.means[:, done:]).all()


def test_trials_are_cut_at_onsets_and_averaged():
    rate, trace = 10.0, np.arange(100.0) ** 2
    trace[90:] = np.nan  # still coming
    onsets = np.array([0.0, 2.0, 4.04, 8.9, 6.0])
    group = np.array([0, 1, 0, 1, -1])
    found = align(trace, rate, onsets, group, 2, (-0.2, 0.3), first=1)
    np.testing.assert_allclose(found.times, [-0.2, -0.1, 0, 0.1, 0.2, 0.3])
    np.testing.assert_array_equal(found.trials[1], trace[18:24])
    np.testing.assert_array_equal(found.trials[2], trace[38:44])
    assert np.isnan(found.trials[0, :3]).all()  # before the start, and burn-in
    np.testing.assert_array_equal(found.trials[0, 3:], trace[1:4])
    np.testing.assert_array_equal(found.trials[3, :3], trace[87:90])
    assert np.isnan(found.trials[3, 3:]).all()
    np.testing.assert_allclose(found.mean[0, 3:], (trace[1:4] + trace[41:44]) / 2)
    np.testing.assert_allclose(found.mean[0, :3], trace[38:41])
    np.testing.assert_allclose(
        found.sem[1, :3], np.std([trace[18:21], trace[87:90]], axis=0, ddof=1) / 2**0.5
    )
    assert np.isnan(found.sem[1, 3:]).all() and np.isnan(found.sem[0, :3]).all()
