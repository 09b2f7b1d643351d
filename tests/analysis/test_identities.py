"""The identities that pin what the numbers mean, each once and in one place.

First those that hold for any curve, then what must hold for the whole way from a
stimulus through a session to the number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from make_curves import angle_between, directions, formula, random_parameters

import insilico_gui as ig
from insilico_gui.analysis import (
    compare_with_released,
    direction_tuning,
    dot_masks,
    dot_receptive_fields,
    dsi,
    fit_von_mises,
    gdsi,
    gosi,
    osi,
    receptive_field_fit,
    reliability,
    rf_columns,
)
from insilico_gui.analysis.agreement.published import report
from insilico_gui.stimuli import Stimulus


def cosine(n, harmonic, depth, at=0.0):
    return 1 + depth * np.cos(harmonic * np.radians(directions(n) - at))


# -- indices and fits of known curves --------------------------------------------------


@pytest.mark.parametrize("n", [8, 12, 16])
@pytest.mark.parametrize("a", [0.0, 0.3, 1.0])
def test_gosi_of_one_plus_a_cos_two_theta_is_half_a_and_osi_is_a(n, a):
    curve = cosine(n, 2, a)
    assert gosi(curve, directions(n)) == pytest.approx(a / 2)
    assert osi(curve, directions(n), "raw") == pytest.approx(a)
    assert osi(curve, directions(n), "folded") == pytest.approx(a)
    assert gdsi(curve, directions(n)) == pytest.approx(0)
    assert dsi(curve, directions(n), "raw") == pytest.approx(0)


@pytest.mark.parametrize("n", [4, 8, 12, 16])
def test_gdsi_of_one_plus_b_cos_theta_is_half_b_and_dsi_is_b(n):
    curve = cosine(n, 1, 0.6)
    assert gdsi(curve, directions(n)) == pytest.approx(0.3)
    assert dsi(curve, directions(n), "raw") == pytest.approx(0.6)
    assert gosi(curve, directions(n)) == pytest.approx(0)


@pytest.mark.parametrize("n", [8, 12, 16])
def test_fit_recovers_mu_kappa_and_phi_of_noiseless_curves(n):
    true = random_parameters(np.random.default_rng(n), 200)
    fit = fit_von_mises(formula(directions(n), **true), directions(n))
    assert fit.success.all()
    # A broad peak on a high floor is nearly b + A' cos, which A and kappa share.
    sharp = true["kappa"] > 1
    assert angle_between(fit.mu, true["mu"]).max() < 0.01
    np.testing.assert_allclose(fit.kappa[sharp], true["kappa"][sharp], rtol=1e-3)
    np.testing.assert_allclose(fit.phi[sharp], true["phi"][sharp], atol=1e-3)
    np.testing.assert_allclose(
        fit.amplitude[sharp], true["amplitude"][sharp], rtol=1e-3
    )
    assert (fit.mse < 1e-10).all()


@pytest.mark.parametrize("n", [8, 12, 16])
def test_rotating_a_curve_by_one_step_rotates_pref_dir_by_that_step(n):
    true = random_parameters(np.random.default_rng(n), 50)
    curve = formula(directions(n), **true)
    before = fit_von_mises(curve, directions(n)).mu
    after = fit_von_mises(np.roll(curve, 1, axis=0), directions(n)).mu
    assert angle_between(after, before + 360 / n).max() < 1e-3


def test_cc_norm_of_a_perfect_model_tends_to_one():
    rng = np.random.default_rng(4)
    away = []
    for n_samples in (100, 1_000, 10_000):
        signal = rng.normal(size=(40, n_samples))
        noise = 2 * rng.normal(size=(40, 8, n_samples))
        cc_norm = reliability(signal, signal[:, None] + noise).cc_norm
        away.append(np.median(np.abs(cc_norm - 1)))
        assert (cc_norm > 1).any()  # it is not clipped
    assert away[0] > 2 * away[1] > 4 * away[2]
    assert away[2] < 0.01


# -- from a stimulus through the demo session ------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def directed(demo):
    """Some of the direction-selective units."""
    return np.flatnonzero((demo.units["true_class"] == "direction").to_numpy())[::12]


def gratings(demo, units, **changes):
    shown = ig.stimuli.drifting_gratings(
        **{"directions": 8, "duration_s": 0.8, "blank_s": 0.4, **changes}
    )
    return ig.encode(demo, shown, indices=units)


def preferred(responses, trials=None):
    return direction_tuning(responses, trials, latency_s=0.2, window_s=0.6)[
        "pref_dir"
    ].to_numpy()


@pytest.fixture(scope="module")
def upright(demo, directed):
    responses = gratings(demo, directed)
    return responses, preferred(responses)


def test_preferred_directions_are_the_true_ones(demo, directed, upright):
    truth = demo.units["true_direction"].to_numpy()[directed]
    away = angle_between(upright[1], truth)
    assert np.median(away) < 3
    assert (away <= 22.5).mean() >= 0.95


@given(turn=st.integers(1, 359))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_rotating_the_stimulus_rotates_the_preference(demo, directed, upright, turn):
    """Gratings turned on the screen, and a table that does not know of it."""
    turned = gratings(demo, directed, directions=tuple(directions(8) + turn))
    table = pd.DataFrame(turned.attrs["trials"])
    unaware = table.assign(direction=(table["direction"] - turn) % 360)
    found = preferred(turned, unaware)
    away = angle_between(found, upright[1] - turn)
    assert np.median(away) < 3
    assert (away <= 22.5).mean() >= 0.95


@given(order=st.integers(0, 2**31))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_permuting_the_order_of_trials_changes_nothing(demo, directed, upright, order):
    """Neither that of the rows of the table, nor that in which they are shown."""
    responses, before = upright
    table = pd.DataFrame(responses.attrs["trials"])
    shuffled = table.sample(frac=1, random_state=order)
    np.testing.assert_allclose(preferred(responses, shuffled), before, rtol=1e-9)
    shown = gratings(demo, directed, blank_s=1.0, seed=order)
    assert angle_between(preferred(shown), before).max() < 3


class Shifted(Stimulus):
    """A stimulus moved on the screen by whole pixels, with grey where nothing came."""

    def __init__(self, source, right, down):
        self.source, self.right, self.down = source, right, down
        self.name, self.frame_shape = "shifted", source.frame_shape
        self.frame_rate, self.n_frames = source.frame_rate, source.n_frames
        self.trials, self.attrs = source.trials, {"kind": "shifted"}

    def frames(self, start, stop):
        grey = np.pad(
            self.source.frames(start, stop),
            [(0, 0), (abs(self.down),) * 2, (abs(self.right),) * 2],
            constant_values=128,
        )
        height, width = self.frame_shape
        top, left = abs(self.down) - self.down, abs(self.right) - self.right
        return grey[:, top : top + height, left : left + width]


@pytest.fixture(scope="module")
def dots():
    return ig.stimuli.gaussian_dots(
        n_columns=12,
        n_rows=7,
        sigma_deg=8,
        polarity=("on",),
        duration_s=0.3,
        blank_s=0.1,
    )


@pytest.fixture(scope="module")
def central(demo):
    units = demo.units
    near = (units["rf_x"].abs() < 0.5) & (units["rf_y"].abs() < 0.35)
    return np.flatnonzero(near & (units["true_class"] != "untuned"))[::6]


def mapped(demo, stimulus, units):
    responses = ig.encode(demo, stimulus, indices=units)
    masks = dot_masks(stimulus.trials, sigma_deg=8)
    return dot_receptive_fields(responses, masks, latency_s=0.2, window_s=0.2)


@pytest.fixture(scope="module")
def unshifted(demo, dots, central):
    return mapped(demo, dots, central)


def test_a_known_field_is_found_within_one_grid_step(demo, central, unshifted):
    columns = rf_columns(unshifted)
    truth = demo.units.iloc[central]
    right = np.abs(columns["rf_x_fit"].to_numpy() - truth["true_rf_x"].to_numpy())
    up = np.abs(columns["rf_y_fit"].to_numpy() - truth["true_rf_y"].to_numpy())
    assert (right <= 2 / 12).mean() >= 0.95
    assert (up <= 2 / 7).mean() >= 0.95
    assert max(np.median(right), np.median(up)) < 0.05


@given(right=st.integers(-20, 20), down=st.integers(-14, 14))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_shifting_the_stimulus_shifts_the_field(
    demo, dots, central, unshifted, right, down
):
    """Dots moved on the screen, and a table that does not know of it."""
    before = receptive_field_fit(unshifted)
    after = receptive_field_fit(mapped(demo, Shifted(dots, right, down), central))
    both = before.on_screen & after.on_screen
    assert both.mean() > 0.9
    moved = np.stack([after.x0 - before.x0, after.y0 - before.y0])[:, both]
    # where a dot is said to be, relative to the unit, went the other way
    assert abs(np.median(moved[0]) + right) < 2  # pixels
    assert abs(np.median(moved[1]) + down) < 2
    away = np.hypot(moved[0] + right, moved[1] + down)
    assert (away <= 256 / 12).mean() >= 0.95


# -- released columns ------------------------------------------------------------------


@pytest.fixture
def released(demo, directed, upright, tmp_path):
    """A table as it is released, of which one index is off and one unit is missing."""
    tuning = direction_tuning(upright[0], latency_s=0.2, window_s=0.6)
    names = demo.units[["session", "scan_idx", "unit_id"]].iloc[directed]
    names = names.reset_index(drop=True)
    indices = ("gOSI", "gDSI", "pref_dir", "pref_ori", "OSI_fit", "DSI_fit")
    measured = names.assign(**{name: tuning[name].to_numpy() for name in indices})
    table = measured.rename(columns={"OSI_fit": "OSI", "DSI_fit": "DSI"})
    table["gDSI"] += 0.2
    path = tmp_path / "units.csv"
    table.iloc[1:].sample(frac=1, random_state=0).to_csv(path, index=False)
    return measured, pd.read_csv(path)


def test_released_rows_are_reproduced_within_the_tolerance(released):
    table = compare_with_released(*released)
    same = table.drop(index="gDSI")
    assert same["reproduced"].all()
    assert (same["p95_difference"] < 1e-6).all()
    assert (table["n"] == len(released[0]) - 1).all()
    assert (table["n_missing"] == 1).all()


def test_a_mismatch_with_released_rows_is_reported(released):
    table = compare_with_released(*released)
    assert not table.loc["gDSI", "reproduced"]
    assert table.loc["gDSI", "median_difference"] == pytest.approx(0.2)
    (sentence,) = [line for line in report(table) if line.startswith("gDSI ")]
    assert "does not reproduce the released gDSI" in sentence
    assert "0.2" in sentence
