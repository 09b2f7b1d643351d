"""Dot mapping finds fields where they are, by the definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from make_dots import (
    DISPLAY,
    LATENCY_S,
    WINDOW_S,
    dot_trials,
    places,
    rates,
    responses_to,
)

from insilico_gui.analysis import dot_masks, dot_receptive_fields, rf_columns
from insilico_gui.analysis.fields import image_sums
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import Display

SHAPE = (18, 32)
WINDOW = {"latency_s": LATENCY_S, "window_s": WINDOW_S}


def field_map(trials, values, masks=None, **changes):
    if masks is None:
        masks = dot_masks(trials, SHAPE, sigma_deg=8)
    return dot_receptive_fields(
        responses_to(trials, values), masks, **{**WINDOW, **changes}
    )


@pytest.fixture(scope="module")
def trials():
    return dot_trials()


def test_it_is_the_weighted_mean_of_the_definition(trials):
    rng = np.random.default_rng(0)
    values, masks = rng.random((len(trials), 3)), rng.random((len(trials), 4, 6))
    dataset = field_map(trials, values, masks)
    values = values.astype(np.float32)
    for name, chosen in (
        ("on", trials["polarity"] > 0),
        ("off", trials["polarity"] < 0),
        ("on+off", trials["polarity"] != 0),
    ):
        m, r = masks[chosen], values[chosen]
        density = m.sum(axis=0)
        expected = np.einsum("khw,ku->uhw", m, r) / density
        found = dataset.sel(polarity=name)
        np.testing.assert_allclose(found["rf"], expected, rtol=1e-5)
        np.testing.assert_allclose(found["density"], density, rtol=1e-5)


def test_known_centres_are_found_within_one_step(trials):
    azimuth, elevation = places()
    rng = np.random.default_rng(1)
    centres = np.stack([rng.uniform(-85, 85, 60), rng.uniform(-40, 40, 60)], axis=1)
    dataset = field_map(trials, rates(trials, centres, sigma=12))
    columns = rf_columns(dataset, angles="flat")
    error = columns[["rf_azimuth_deg", "rf_elevation_deg"]].to_numpy() - centres
    assert np.abs(error[:, 0]).max() < (azimuth[1] - azimuth[0]) / 2
    assert np.abs(error[:, 1]).max() < (elevation[0] - elevation[1]) / 2
    assert np.median(np.hypot(*error.T)) < 2


def test_up_is_up_and_right_is_right(trials):
    """Without any fit: the largest cell of a unit that looks up and to the right."""
    dataset = field_map(trials, rates(trials, [[60, 30]], sigma=10))
    best = dataset["rf"].sel(polarity="on")[0]
    best = best.isel(best.argmax(["row", "column"]))
    assert best["column"] > 128 + 50
    assert best["row"] < 72 - 20
    assert best["stimulus_x"] > 0.3
    assert best["stimulus_y"] > 0.3
    assert best["elevation_deg"] > 10


def test_on_and_off_are_told_apart(trials):
    values = np.concatenate(
        [
            rates(trials, [[0, 0]], sigma=10, on=1, off=0),
            rates(trials, [[0, 0]], sigma=10, on=0, off=1),
        ],
        axis=1,
    )
    peaks = field_map(trials, values)["rf"].max(["row", "column"])
    on, off = peaks.sel(polarity="on"), peaks.sel(polarity="off")
    np.testing.assert_allclose(on[1], 0.1, rtol=1e-5)
    np.testing.assert_allclose(off[0], 0.1, rtol=1e-5)
    assert on[0] > 0.7
    assert off[1] > 0.7
    named = trials.assign(polarity=trials["polarity"].map({1: "on", -1: "off"}))
    again = field_map(named, values)["rf"].max(["row", "column"])
    xr.testing.assert_equal(peaks, again)


def test_unseen_places_are_nan(trials):
    """Small dots leave gaps; those have no density and no value."""
    masks = dot_masks(trials, SHAPE, sigma_deg=2)
    dataset = field_map(trials, rates(trials, [[0, 0]], 10), masks)
    unseen = masks.sum(axis=0) == 0
    assert 0 < unseen.sum() < unseen.size
    np.testing.assert_array_equal(
        dataset["density"].sel(polarity="on+off") == 0, unseen
    )
    found = np.isnan(dataset["rf"].sel(polarity="on+off")[0])
    np.testing.assert_array_equal(found, unseen)
    only_on = trials.assign(polarity=1)
    off = field_map(only_on, rates(trials, [[0, 0]], 10)).sel(polarity="off")
    assert np.isnan(off["rf"]).all()
    assert np.isnan(off["SSI"]).all()


@given(st.integers(-2, 2), st.integers(-1, 1))
@settings(max_examples=12, deadline=None)
def test_shifting_the_stimulus_shifts_the_field(right, up):
    """The same responses to dots that were elsewhere: the field is elsewhere."""
    trials = dot_trials()
    azimuth, elevation = places()
    values = rates(trials, [[0, 0], [12, -7]], sigma=10)
    moved = trials.assign(
        azimuth_deg=trials["azimuth_deg"] + right * (azimuth[1] - azimuth[0]),
        elevation_deg=trials["elevation_deg"] + up * (elevation[0] - elevation[1]),
    )
    here = rf_columns(field_map(trials, values), angles="flat")
    there = rf_columns(field_map(moved, values), angles="flat")
    shift = there.astype(float) - here.astype(float)
    np.testing.assert_allclose(
        shift["rf_azimuth_deg"], right * (azimuth[1] - azimuth[0]), atol=0.5
    )
    np.testing.assert_allclose(
        shift["rf_elevation_deg"], up * (elevation[0] - elevation[1]), atol=0.5
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_the_order_of_trials_does_not_matter(seed):
    """Neither the order of rows nor the order in time."""
    centres = [[30, 10], [-50, -20]]
    first = dot_trials(seed=0)
    shuffled = dot_trials(seed=seed)
    rows = shuffled.sample(frac=1, random_state=seed)
    maps = [
        field_map(trials, rates(trials, centres, sigma=10))
        for trials in (first, shuffled)
    ]
    responses = responses_to(shuffled, rates(shuffled, centres, sigma=10))
    masks = dot_masks(rows, SHAPE, sigma_deg=8)
    maps.append(dot_receptive_fields(responses, masks, rows, **WINDOW))
    for other in maps[1:]:
        np.testing.assert_allclose(other["rf"], maps[0]["rf"], rtol=2e-5)


def test_a_function_gives_masks_one_by_one(trials, monkeypatch):
    masks = dot_masks(trials, SHAPE, sigma_deg=8)
    values = rates(trials, [[0, 0]], 10)
    whole = field_map(trials, values, masks)
    monkeypatch.setattr(image_sums, "IMAGES_AT_ONCE", 7)
    single = field_map(trials, values, lambda k: masks[k])
    np.testing.assert_allclose(whole["rf"], single["rf"], rtol=1e-5)
    listed = field_map(trials, values, masks.tolist())
    np.testing.assert_allclose(whole["rf"], listed["rf"], rtol=1e-5)


def test_fine_masks_are_averaged_over_cells(trials):
    masks = dot_masks(trials, (36, 64), sigma_deg=8)
    values = rates(trials, [[0, 0]], 10)
    means = masks.reshape(-1, 18, 2, 32, 2).mean(axis=(2, 4))
    coarse = field_map(trials, values, means)
    for form in (masks, lambda k: masks[k]):
        found = field_map(trials, values, form, shape=SHAPE)
        np.testing.assert_allclose(found["rf"], coarse["rf"], rtol=1e-5)
        np.testing.assert_array_equal(found["row"], coarse["row"])
    with pytest.raises(AnalysisError, match="36 x 64 pixels"):
        field_map(trials, values, masks, shape=(72, 128))


def test_trials_without_response_are_left_out(trials):
    """All units miss the first trials, one unit misses another."""
    values = rates(trials, [[0, 0], [20, 10]], 10)
    masks = dot_masks(trials, SHAPE, sigma_deg=8)
    responses = responses_to(trials, values)
    gap = responses.copy()
    gap[round(trials["onset"][50] * 30) + 4, 1] = np.nan
    dataset = dot_receptive_fields(gap, masks, **WINDOW, burn_in_frames=60)
    lost = int((trials["onset"] + LATENCY_S + WINDOW_S < 2).sum())
    assert lost > 3
    counted = dataset.attrs["analysis"]
    assert counted["n_on"] + counted["n_off"] == len(trials) - lost
    used = np.arange(len(trials)) >= lost
    np.testing.assert_allclose(
        dataset["density"].sel(polarity="on+off")[0], masks[used].sum(axis=0), rtol=1e-5
    )
    used[50] = False
    density = masks[used].sum(axis=0)
    expected = np.einsum("khw,k->hw", masks[used], values[used, 1]) / density
    found = dataset.sel(polarity="on+off").isel(unit=1)
    np.testing.assert_allclose(found["density"], density, rtol=1e-5)
    np.testing.assert_allclose(found["rf"], expected, rtol=1e-5)


def test_the_unit_table_and_the_parameters_come_along(trials):
    dataset = field_map(trials, rates(trials, [[0, 0]], 10))
    assert dataset["unit_id"].item() == 50
    assert "x" in dataset.coords
    analysis = dataset.attrs["analysis"]
    assert analysis["variant"] == "dots"
    assert analysis["latency_s"] == LATENCY_S
    assert analysis["burn_in_frames"] == 10
    assert Display.from_dict(analysis["display"]) == DISPLAY
    assert "trials" not in dataset.attrs


def test_masks_follow_the_display_and_the_degrees():
    table = pd.DataFrame({"azimuth_deg": [50.0, np.nan], "elevation_deg": [20.0, 0]})
    flat = dot_masks(table, (144, 256), sigma_deg=6)[0]
    row, column = np.unravel_index(flat.argmax(), flat.shape)
    step = DISPLAY.degrees_per_pixel[0]
    assert abs(column - (127.5 + 50 / step)) <= 0.5
    assert abs(row - (71.5 - 20 / step)) <= 0.5
    width = np.sqrt(flat.sum() / 2 / np.pi) * step
    assert width == pytest.approx(6, rel=0.02)
    exact = dot_masks(table, (144, 256), sigma_deg=6, angles="exact")[0]
    row, column = np.unravel_index(exact.argmax(), exact.shape)
    azimuth, elevation = DISPLAY.pixel_degrees(angles="per axis")
    assert azimuth[column] == pytest.approx(50, abs=0.4)
    assert elevation[row] == pytest.approx(20, abs=0.5)
    assert exact.sum() > 1.5 * flat.sum()  # degrees are larger towards the edges
    coordinates = pd.DataFrame({"x": [0.5], "y": [-0.5]})
    by_place = dot_masks(coordinates, (144, 256), sigma_deg=6)[0]
    row, column = np.unravel_index(by_place.argmax(), by_place.shape)
    assert (row, column) == (107, 191)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"masks": np.zeros((3, 18, 32))}, "one mask"),
        ({"masks": np.full((210, 4, 4), 2.0)}, "0 to 1"),
        ({"masks": lambda k: np.zeros((4, 4 + k))}, "must be the same"),
        ({"masks": lambda _: np.zeros(4)}, r"\[h, w\]"),
        ({"masks": np.zeros((210, 1, 4))}, "1, 4"),
    ],
)
def test_wrong_masks(trials, change, message):
    with pytest.raises(AnalysisError, match=message):
        field_map(trials, rates(trials, [[0, 0]], 10), **change)


def test_too_many_maps(trials, monkeypatch):
    monkeypatch.setattr(image_sums, "LARGEST_BYTES", 4 * 18 * 32 * 2)
    field_map(trials, rates(trials, [[0, 0]], 10))
    with pytest.raises(AnalysisError, match="take fewer cells or units"):
        field_map(trials, rates(trials, [[0, 0], [0, 0]], 10))


def test_wrong_trials(trials):
    values = rates(trials, [[0, 0]], 10)
    masks = dot_masks(trials, SHAPE, sigma_deg=8)
    with pytest.raises(AnalysisError, match="no column 'polarity'"):
        field_map(trials.drop(columns="polarity"), values, masks)
    with pytest.raises(AnalysisError, match="brighter"):
        field_map(trials.assign(polarity="green"), values, masks)
    with pytest.raises(AnalysisError, match="None of the 0 dots"):
        field_map(trials.assign(polarity=np.nan), values, masks)
    with pytest.raises(AnalysisError, match="no rows"):
        dot_receptive_fields(responses_to(trials, values), masks[:0], trials[:0])
    with pytest.raises(AnalysisError, match="no column 'azimuth_deg'"):
        dot_masks(trials.drop(columns="azimuth_deg"), sigma_deg=5)
    with pytest.raises(AnalysisError, match="sigma_deg"):
        dot_masks(trials, sigma_deg=0)
    with pytest.raises(AnalysisError, match="angles"):
        dot_masks(trials, sigma_deg=5, angles="round")
    with pytest.raises(AnalysisError, match="300"):
        dot_masks(trials, (300, 20), sigma_deg=5)
