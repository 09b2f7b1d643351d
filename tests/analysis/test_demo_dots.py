"""Receptive fields of a whole session from rendered dots, against the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dot_movie import DotMovie

import insilico_gui as ig
from insilico_gui.analysis import (
    dot_masks,
    dot_receptive_fields,
    retinotopy_columns,
    retinotopy_maps,
    rf_columns,
)

DOT_SIGMA_DEG = 6.0


@pytest.fixture(scope="module")
def session():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def chosen(session):
    return np.arange(0, len(session.units), 4)


@pytest.fixture(scope="module")
def mapped(session, chosen):
    """105 places, bright and dark dots for 0.2 s, one every 0.5 s."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        movie = DotMovie(15, 7, shown=6, gap=9, sigma_deg=DOT_SIGMA_DEG)
        responses = ig.encode(session, movie, indices=chosen)
    finally:
        torch.set_num_threads(threads)
    masks = dot_masks(movie.trials, sigma_deg=DOT_SIGMA_DEG)
    # the responses lag by 0.15 s and more; the last window ends with the movie
    dataset = dot_receptive_fields(responses, masks, latency_s=0.15, window_s=0.3)
    return movie, dataset


def test_centres_are_found_within_one_dot_spacing(session, chosen, mapped):
    movie, dataset = mapped
    truth = session.units.iloc[chosen]
    x, y = movie.display.to_degrees(truth["rf_x"], truth["rf_y"], angles="flat")
    right, up = movie.display.to_degrees(1, 1, angles="flat")
    margin = np.minimum(right - np.abs(x), up - np.abs(y))
    inside = (margin > 2 * truth["true_sigma"]).to_numpy()
    columns = rf_columns(dataset, angles="flat")
    error = np.hypot(columns["rf_azimuth_deg"] - x, columns["rf_elevation_deg"] - y)
    error = error[inside].fillna(np.inf)
    assert len(error) > 400
    assert (error <= movie.spacing_deg).mean() >= 0.95
    assert error.median() < 2.5  # degrees, of a spacing of 14
    assert error.quantile(0.95) < 7
    assert columns["rf_r2"][inside].median() > 0.9
    assert dataset.attrs["analysis"]["cut_off"] == 0


def test_centres_at_the_edge_are_not_further_out(session, chosen, mapped):
    movie, dataset = mapped
    truth, columns = session.units.iloc[chosen], rf_columns(dataset)
    azimuth, elevation = movie.display.to_degrees(truth["rf_x"], truth["rf_y"])
    for place, true, found in (
        (truth["rf_x"], azimuth, columns["rf_azimuth_deg"]),
        (truth["rf_y"], elevation, columns["rf_elevation_deg"]),
    ):
        outward = (found.to_numpy() - true) * np.sign(place.to_numpy())
        edge = (np.abs(place) > 0.65).to_numpy()
        assert edge.sum() > 80
        assert np.isfinite(outward[edge]).mean() > 0.95
        assert abs(np.nanmedian(outward[edge])) < 0.5
        assert np.nanmedian(np.abs(outward[~edge])) < 1
    left = np.minimum(
        128 * (1 - np.abs(truth["rf_x"])), 72 * (1 - np.abs(truth["rf_y"]))
    ).to_numpy()
    flagged = columns["rf_at_edge"].to_numpy()
    assert not flagged[left > 30].any()  # pixels
    assert 0 < flagged.mean() < 0.2


def test_bright_and_dark_dots_find_the_same_field(mapped):
    """An energy model has both in one place."""
    _, dataset = mapped
    on, off = (rf_columns(dataset, polarity=p) for p in ("on", "off"))
    apart = np.hypot(on["rf_x_fit"] - off["rf_x_fit"], on["rf_y_fit"] - off["rf_y_fit"])
    assert np.nanmedian(apart) < 0.02


def test_measured_centres_give_the_field_signs(session, chosen, mapped):
    _, dataset = mapped
    columns = rf_columns(dataset)
    units = session.units.iloc[chosen]
    maps = retinotopy_maps(
        units["x"],
        units["y"],
        columns["rf_azimuth_deg"],
        columns["rf_elevation_deg"],
        min_weight=3,
    )
    signs = retinotopy_columns(maps, units["x"], units["y"], units)
    for area, sign in {"V1": -1, "LM": 1, "RL": 1, "AL": -1}.items():
        found = np.sign(signs["field_sign"][units["area"] == area])
        assert (found == sign).mean() > 0.8
    assert sorted(maps["patch_sign"].to_numpy()) == [-1, -1, 1, 1]


def test_subfields_of_units_without_a_polarity_are_alike(mapped):
    columns = rf_columns(mapped[1])
    assert columns["rf_on_off_index"].abs().median() < 0.02
    apart = np.hypot(
        columns["rf_x_on"] - columns["rf_x_off"],
        columns["rf_y_on"] - columns["rf_y_off"],
    )
    assert apart.median() < 0.02
