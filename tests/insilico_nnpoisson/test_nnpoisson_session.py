"""Sessions: units, conditions, intensities, choices in both readings, simulated spikes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from insilico_nnpoisson import load_model
from insilico_nnpoisson.region_centers import CENTERS, REGIONS, positions
from insilico_nnpoisson.stimulus_code import stimulus_code
from scipy import stats
from support import nnpoisson

import insilico_gui as ig
from insilico_gui.conditions import (
    ChoosingSession,
    ConditionSession,
    SpikingSession,
    check_conditions,
)
from insilico_gui.errors import EncodingError, InsilicoError
from insilico_gui.units.columns import known_facts

ABOUT = (
    '{"time_limit": 0.4, "n_neurons": {"left-CP": 4.4, "left-MOs": 8, "left-VISp": 2}}'
)


@pytest.fixture
def session(tmp_path):
    folder = nnpoisson.session_folder(tmp_path / "m", about=ABOUT)
    return ig.open_session("nnpoisson/m", directory=folder, device="cpu")


def table(session, rows):
    made = ig.stimuli.ConditionTable(rows)
    return check_conditions(session.parameters, made, session.id)


def test_units_and_conditions(session):
    assert session.input_kind == "conditions"
    for protocol in (ConditionSession, ChoosingSession, SpikingSession):
        assert isinstance(session, protocol)
    units = session.units
    assert units.index.tolist() == [
        "left-CP",
        "left-MOs",
        "left-VISp",
        "left",
        "right",
    ]
    assert units["kind"].tolist() == ["region"] * 3 + ["action"] * 2
    assert (units["x"][:3] < 0).all() and units["x"][3:].isna().all()
    assert session.attrs["axes"] == "RAS"
    assert "to about 500 um" in session.attrs["positions"]
    names = [parameter.name for parameter in session.parameters]
    assert names == ["contrast_left", "contrast_right", "trial_length"]
    assert session.parameters[0].values == (0.0, 0.25, 0.5, 1.0)
    assert session.parameters[2].default == 0.4
    assert session.times[[0, -1]].tolist() == [0, 0.4]


def test_every_column_has_a_title(session):
    for name in [*session.units, "condition_modulation", "best_contrast_left"]:
        found = known_facts(name)
        assert found is not None and found.title, name
    assert known_facts("largest_difference_s").unit == "s"


def test_every_published_region_has_a_place():
    assert len(REGIONS) == 42
    found = positions(REGIONS)
    assert found.notna().all(axis=None) and (found["x"] < 0).all()
    mirrored = positions([r.replace("left", "right") for r in REGIONS])
    np.testing.assert_array_equal(mirrored["x"], -found["x"])
    np.testing.assert_array_equal(mirrored[["y", "z"]], found[["y", "z"]])
    assert set(CENTERS) == {region.removeprefix("left-") for region in REGIONS}
    assert positions(["DE1s"]) is None


def test_responses_are_the_intensities_of_the_model(session):
    rows = pd.DataFrame(
        {"contrast_left": [0, 1.0, 0.25], "contrast_right": [0.5, 0.0, 1.0]}
    )
    responses = ig.encode(session, rows.assign(trial_length=[0.4, 0.1, 0.3]))
    assert responses.dims == ("trial", "time", "unit")
    model = load_model(nnpoisson.MODEL)
    stimulus = np.zeros((3, 8))
    stimulus[[0, 1, 2], [0, 3, 1]] = 1
    stimulus[[0, 1, 2], [6, 4, 7]] = 1
    for trial, length in enumerate((0.4, 0.1, 0.3)):
        known = session.times <= length
        n = int(known.sum())
        left, right, neural = model.intensities(
            np.tile(stimulus[trial], (n, 1)), session.times[known], [0.4 / length] * n
        )
        found = responses.to_numpy()[trial]
        np.testing.assert_allclose(found[known, :3], neural, 1e-5)
        np.testing.assert_allclose(found[known, 3], left, 1e-5)
        np.testing.assert_allclose(found[known, 4], right, 1e-5)
        assert np.isnan(found[~known]).all()
    some = ig.encode(session, rows, unit_ids=["right", "left-MOs"])
    whole = ig.encode(session, rows)
    np.testing.assert_array_equal(some, whole.isel(unit=[1, 4]))


def test_defaults_and_cells_that_there_are_not(session):
    both = ig.encode(session, [{"contrast_left": 0.5}])
    assert both["contrast_right"].item() == 0
    for rows, says in (
        ({"contrast_left": [0.3]}, "0, 0.25, 0.5, 1"),
        ({"contrast_left": [1], "trial_length": [0.0]}, "to 0.4 s"),
        ({"contrast_left": [1], "trial_length": [0.5]}, "to 0.4 s"),
        ({"coherence": [1]}, "no parameter 'coherence'"),
    ):
        with pytest.raises(InsilicoError, match=says):
            ig.encode(session, rows)


def test_stimulus_columns():
    code = stimulus_code(8)
    rows = np.zeros((2, 8))
    rows[0, [1, 7]] = 1
    found = code.of_rows(rows)
    assert found["contrast_left"][0] == 0.25 and found["contrast_right"][0] == 1.0
    assert np.isnan(found["contrast_left"][1])
    assert [p.name for p in stimulus_code(3).parameters(2.0)] == [
        "coherence",
        "trial_length",
    ]
    assert stimulus_code(3).parameters(2.0)[0].values == (0.0, 0.5, 0.8)
    other = stimulus_code(5)
    assert other.assumed and other.parameters(1.0)[0].values == (0, 1, 2, 3, 4)
    own = stimulus_code(2, ["tone=1", "tone=2"])
    assert not own.assumed
    assert own.rows(pd.DataFrame({"tone": [2.0, 1.0]})).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((np.zeros((2, 7)), [0, 0], [1, 1]), r"shape \[2, 7\].*8 columns"),
        ((np.zeros((2, 8)), [0], [1, 1]), r"times have the shape \[1\]"),
        ((np.zeros((2, 8)), [0, 0], [1, np.inf]), "infinite scale"),
        ((np.zeros((2, 8)), [0, np.nan], [1, 1]), "not finite"),
        ((np.zeros((2, 8)), [0, 0], [1, 0]), "not positive"),
        ((["a"], [0], [1]), "as an array of numbers"),
    ],
)
def test_wrong_inputs_of_the_model(arguments, says):
    model = load_model(nnpoisson.MODEL)
    with pytest.raises(EncodingError, match=says):
        model.expected_counts(*arguments)
    with pytest.raises(EncodingError, match=says):
        model.intensities(*arguments)
    with pytest.raises(EncodingError, match="no method"):
        model.intensities(np.zeros((1, 8)), [0], [1], method="numeric")
    with pytest.raises(EncodingError, match="no precision"):
        load_model(nnpoisson.MODEL, dtype="float16")


def test_both_ways_to_intensities_and_blocks_agree(monkeypatch):
    model = load_model(nnpoisson.MODEL)
    generator = np.random.default_rng(0)
    rows = generator.integers(0, 2, (500, 8)).astype(float)
    times, scale = generator.uniform(0, 0.4, 500), generator.uniform(1, 4, 500)
    closed = model.intensities(rows, times, scale)
    auto = model.intensities(rows, times, scale, method="autodiff")
    for one, other in zip(closed, auto, strict=True):
        np.testing.assert_allclose(one, other, 1e-5)
    courses = model.courses(rows[:7], times[:5], scale[:7])
    monkeypatch.setattr("insilico_nnpoisson.model.BLOCK_NUMBERS", 60)
    for one, other in zip(model.intensities(rows, times, scale), closed, strict=True):
        np.testing.assert_allclose(one, other, 1e-6)
    again = model.courses(rows[:7], times[:5], scale[:7])
    for one, other in zip(courses, again, strict=True):
        np.testing.assert_allclose(one, other, 1e-6)


# -- choices ---------------------------------------------------------------------------

ROWS = {"contrast_left": [0, 1.0, 0.5, 0.25], "trial_length": [0.4, 0.4, 0.2, 0.05]}


def test_probabilities_of_both_readings(session):
    found = {r: session.choices(table(session, ROWS), r) for r in session.readings}
    total = found["B"]["probability"].sum("choice")
    np.testing.assert_allclose(total, 1, 0, 1e-6)
    exact = load_model(nnpoisson.MODEL, dtype="float64")
    stimulus = session.code.rows(table(session, ROWS))
    length = np.array(ROWS["trial_length"])
    late = exact.expected_counts(stimulus, length, 0.4 / length)
    early = exact.expected_counts(stimulus, 0 * length, 0.4 / length)
    first = found["A"]["probability"].to_numpy()
    for k in (0, 1):
        np.testing.assert_allclose(first[:, k], late[k] - early[k], 1e-12)
    np.testing.assert_allclose(first.sum(axis=1), 1)
    assert found["A"].sizes == {"trial": 4, "choice": 3, "action": 2, "time": 401}
    assert found["A"]["choice"].values.tolist() == ["left", "right", "none"]


@pytest.mark.parametrize("reading", ["A", "B"])
def test_densities_integrate_to_one(session, reading):
    found = session.choices(table(session, ROWS), reading)
    area = np.trapezoid(found["density"], session.times, axis=-1)
    np.testing.assert_allclose(area[:3], 1, 0, 0.01)  # up to the end of a trial
    late = session.times > 0.2
    assert not found["density"].values[2][:, late].any()


def test_the_warning_is_there_unless_the_fit_allows_a_density(session, tmp_path):
    rows = table(session, ROWS)
    for reading in ("A", "B"):
        assert "extrapolation" in session.choices(rows, reading).attrs["warning"]
    about = '{"behaviour_scale": "none"}'
    folder = nnpoisson.session_folder(tmp_path / "n", about=about)
    other = ig.open_session("nnpoisson/n", directory=folder)
    assert "warning" not in other.choices(rows, "A").attrs
    assert "reading A" in other.choices(rows, "B").attrs["warning"]
    with pytest.raises(InsilicoError, match="no reading 'C'"):
        session.choices(rows, "C")


# -- simulated trials ------------------------------------------------------------------


def test_spikes_are_drawn_from_the_intensities(session):
    rows = table(session, {"contrast_left": [1.0] * 40})
    spikes = session.simulate(rows, seed=3, n_neurons=60)
    assert list(spikes) == ["trial", "unit_id", "neuron", "time"]
    keys = spikes[["trial", "neuron", "time"]].to_numpy()
    exact = load_model(nnpoisson.MODEL, dtype="float64")
    grid = np.linspace(0, 0.4, 2001)
    counts = exact.courses(session.code.rows(rows)[:1], grid, np.ones(1))[0][0]
    for k, region in enumerate(session.regions):
        mine = spikes["unit_id"] == region
        expected = 40 * 60 * (counts[-1, k] - counts[0, k])
        assert abs(mine.sum() - expected) < 4 * np.sqrt(expected)
        cumulative = (counts[:, k] - counts[0, k]) / (counts[-1, k] - counts[0, k])
        uniform = np.interp(keys[mine.to_numpy(), 2], grid, cumulative)
        assert stats.kstest(uniform, "uniform").pvalue > 0.001
        numbers = np.bincount(keys[mine.to_numpy(), 1].astype(int), minlength=60)
        assert stats.chisquare(numbers).pvalue > 0.001


def test_a_seed_gives_the_same_spikes_row_by_row(session):
    rows = table(session, ROWS)
    spikes = session.simulate(rows, seed=1)
    pd.testing.assert_frame_equal(spikes, session.simulate(rows, seed=1))
    first = session.simulate(rows.iloc[:2], seed=1)
    pd.testing.assert_frame_equal(first, spikes[spikes["trial"] < 2])
    assert len(session.simulate(rows, seed=2)) != len(spikes)
    many = session.simulate(table(session, {"contrast_left": [1.0] * 60}), seed=1)
    neurons = many.groupby("unit_id")["neuron"].max()
    assert neurons.to_dict() == {"left-CP": 3, "left-MOs": 7, "left-VISp": 1}
    lengths = np.array(ROWS["trial_length"])
    assert (spikes["time"] <= lengths[spikes["trial"]]).all()
    order = spikes.assign(
        region=spikes["unit_id"].map(list(session.regions).index)
    ).sort_values(["trial", "region", "neuron", "time"], kind="stable")
    assert order.index.tolist() == spikes.index.tolist()
    for n in (0, 10**9):
        with pytest.raises(InsilicoError, match="cannot be drawn"):
            session.simulate(rows, 0, n)
