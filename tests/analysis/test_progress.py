"""Every long analysis reports progress in the same way, and can be stopped by it."""

from __future__ import annotations

import numpy as np
import pytest
from make_dots import LATENCY_S, WINDOW_S, dot_trials, rates, responses_to
from make_experiment import experiment

from insilico_gui import analysis
from insilico_gui.analysis.fields.dot_mapping import map_receptive_fields
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.progress import PER_PART, in_blocks, parts

RNG = np.random.default_rng(3)
CURVES = RNG.random((8, 3000)) + 0.1
LEVELS = 0.01 * 2.0 ** np.arange(8)
GRATINGS = experiment(spatial=(0.02, 0.04, 0.08, 0.16))
DOTS = dot_trials(columns=7, rows=4)
DOT_RESPONSES = responses_to(DOTS, rates(DOTS, [[0.0, 0.0], [20.0, 10.0]], 12.0))
RECORDED = RNG.random((3, 40, 500))


class Cancelled(Exception):
    """What a caller may raise to stop."""


def sheet(on_progress=None):
    x, y = RNG.random((2, 400)) * 1000
    return analysis.retinotopy_maps(x, y, x / 20, y / 20, on_progress=on_progress)


ANALYSES = {
    "windows": lambda f: analysis.trial_responses(GRATINGS, on_progress=f),
    "von Mises": lambda f: analysis.fit_von_mises(
        CURVES, np.arange(8) * 45.0, on_progress=f
    ),
    "log-Gaussian": lambda f: analysis.fit_log_gaussian(CURVES, LEVELS, on_progress=f),
    "Naka-Rushton": lambda f: analysis.fit_naka_rushton(CURVES, LEVELS, on_progress=f),
    "size": lambda f: analysis.fit_size(CURVES[:, :50], LEVELS, on_progress=f),
    "speed": lambda f: analysis.fit_speed(
        RNG.random((3, 3, 50)), LEVELS[:3], LEVELS[:3], on_progress=f
    ),
    "direction": lambda f: analysis.direction_tuning(
        GRATINGS, n_permutations=3, on_progress=f
    ),
    "parameter": lambda f: analysis.parameter_tuning(
        GRATINGS, "spatial_frequency", n_permutations=3, on_progress=f
    ),
    "tune direction": lambda f: tune(GRATINGS, "direction", on_progress=f),
    "tune frequency": lambda f: tune(GRATINGS, "spatial_frequency", on_progress=f),
    "dots": lambda f: map_receptive_fields(
        DOT_RESPONSES,
        sigma_deg=7.0,
        latency_s=LATENCY_S,
        window_s=WINDOW_S,
        on_progress=f,
    ),
    "signal correlations": lambda f: analysis.signal_correlations(
        CURVES, on_progress=f
    ),
    "reliability": lambda f: analysis.reliability_columns(
        [RECORDED[:1]], [RECORDED], on_progress=f
    ),
    "comparison": lambda f: analysis.compare(GRATINGS, GRATINGS, on_progress=f),
    "retinotopy": sheet,
}


@pytest.mark.parametrize("name", ANALYSES)
def test_progress_rises_to_the_total(name):
    seen = []
    ANALYSES[name](lambda done, total: seen.append((done, total)))
    done, totals = zip(*seen, strict=True)
    assert len(set(totals)) == 1
    assert list(done) == sorted(done)
    assert done[-1] == totals[0] > 0


@pytest.mark.parametrize("name", ANALYSES)
def test_an_exception_from_the_callback_stops_the_analysis(name):
    calls = []

    def stop(done, total):
        calls.append(done)
        raise Cancelled

    with pytest.raises(Cancelled):
        ANALYSES[name](stop)
    assert len(calls) == 1


def test_progress_changes_no_number():
    quiet = tune(GRATINGS, "direction", n_permutations=5)[1]
    told = tune(GRATINGS, "direction", n_permutations=5, on_progress=divmod)[1]
    assert quiet.equals(told)


def test_blocks_cover_everything_once_and_nothing_has_one_empty_block():
    seen = []
    slices = list(in_blocks(10, 4, lambda *at: seen.append(at)))
    assert [list(range(10))[s] for s in slices] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert seen == [(4, 10), (8, 10), (10, 10)]
    assert list(in_blocks(0, 4)) == [slice(0, 0)]


def test_parts_share_one_scale():
    seen = []
    first, second = parts(lambda *at: seen.append(at), 2)
    first(1, 2)
    first(2, 2)
    second(0, 0)  # a part without work is done at once
    assert seen == [
        (PER_PART // 2, 2 * PER_PART),
        (PER_PART, 2 * PER_PART),
        (2 * PER_PART, 2 * PER_PART),
    ]
    assert parts(None, 3) == [None, None, None]
