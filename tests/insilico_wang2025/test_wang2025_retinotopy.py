"""Where units look, checked by looking."""

from __future__ import annotations

import copy
import logging

import numpy as np
import pytest
import torch
from insilico_wang2025 import twin
from insilico_wang2025.retinotopy import derived_centers, map_positions, retinotopy
from support import wang2025_synthetic as synthetic
from support.wang2025_tables import truth, write_properties

from insilico_gui.errors import UntrustedFileError, WeightsError

SHAPE = (144, 256)


@pytest.fixture(scope="module")
def network():
    return synthetic.network(101, 64)


@pytest.fixture(scope="module")
def derived(network) -> np.ndarray:
    return derived_centers(network, SHAPE)


def test_a_dot_where_a_unit_looks_falls_on_its_point_of_the_retina(network, derived):
    """The map covers the retina edge to edge, so both have the same coordinates."""
    height, width = SHAPE
    points = map_positions(network).numpy()
    inside = np.flatnonzero(np.abs(derived).max(axis=1) < 0.95)
    assert len(inside) > 20
    for unit in inside[:20]:
        x, y = derived[unit]
        row, column = (1 - y) / 2 * (height - 1), (x + 1) / 2 * (width - 1)
        dot = np.hypot(
            np.arange(height)[:, None] - row, np.arange(width)[None, :] - column
        )
        grey = torch.from_numpy(np.clip(1.5 - dot / 6, 0, 1)).float()
        with torch.inference_mode():
            still = torch.zeros(1, 1, 2)
            seen = network.perspective(grey[None, None], still)[0, 0, 0].numpy()
            blank = network.perspective(0 * grey[None, None], still)[0, 0, 0].numpy()
        weight = (seen - blank).clip(0) ** 4
        weight /= weight.sum()
        retina_x = (2 * np.arange(192) + 1) / 192 - 1
        retina_y = (2 * np.arange(128) + 1) / 128 - 1
        found = [weight.sum(0) @ retina_x, weight.sum(1) @ retina_y]
        np.testing.assert_allclose(found, points[unit], atol=0.03)


def test_units_that_look_past_the_monitor_have_no_centre(network, derived):
    off = np.isnan(derived)
    assert (off[:, 0] == off[:, 1]).all()
    assert 0 < off[:, 0].sum() < len(derived)
    assert np.nanmax(np.abs(derived)) <= 1
    turned = copy.deepcopy(network)
    with torch.no_grad():
        turned.perspective.monitor.angle[1] += np.pi  # the monitor is behind
    assert np.isnan(derived_centers(turned, SHAPE)).all()


def test_without_publication_positions_are_derived(network, derived):
    found = retinotopy(network, SHAPE, None)
    np.testing.assert_array_equal(found.centers, derived)
    assert found.source == "derived from weights"
    assert found.note == ""


def published(derived: np.ndarray) -> np.ndarray:
    """Like the derived positions, but not the same, and known for every unit."""
    jitter = np.random.default_rng(0).normal(0, 0.05, derived.shape)
    return np.clip(np.nan_to_num(derived) + jitter, -1, 1)


def test_published_positions_count(network, derived):
    known = published(derived)
    found = retinotopy(network, SHAPE, known)
    np.testing.assert_array_equal(found.centers, known)
    assert (found.source, found.note) == ("readout_locations", "")


def test_published_positions_upside_down_are_turned_round(network, derived, caplog):
    known = published(derived)
    with caplog.at_level(logging.WARNING):
        found = retinotopy(network, SHAPE, known * [1, -1])
    np.testing.assert_array_equal(found.centers, known)
    assert found.source == "readout_locations"
    assert "turned round" in found.note
    assert "turned round" in caplog.text


def test_positions_on_the_map_are_set_aside(network, derived, caplog):
    on_map = torch.tanh(network.readout.position.mu).double().numpy()
    for y in (1, -1):
        with caplog.at_level(logging.WARNING):
            found = retinotopy(network, SHAPE, on_map * [1, y])
        np.testing.assert_array_equal(found.centers, derived)
        assert found.source == "derived from weights"
        assert "core's map" in caplog.text


def test_positions_of_other_units_are_set_aside(network, derived, caplog):
    shuffled = np.random.default_rng(0).permutation(published(derived))
    with caplog.at_level(logging.WARNING):
        found = retinotopy(network, SHAPE, shuffled)
    np.testing.assert_array_equal(found.centers, derived)
    assert "do not agree" in caplog.text


def test_positions_out_of_range_are_refused(network, derived):
    with pytest.raises(WeightsError, match=r"outside -1\.\.1"):
        retinotopy(network, SHAPE, published(derived) * 2)


@pytest.fixture
def folder(tmp_path, weights_folder):
    """Scan 8-5 alone, to put properties beside."""
    made = tmp_path / "weights"
    made.mkdir()
    for name in ("params_core.pt", "params_8_5.pt", "units.csv", "scans.csv"):
        (made / name).symlink_to(weights_folder / name)
    return made


def test_a_session_takes_published_positions(folder, derived):
    known = published(derived)
    write_properties(folder, truth(64), known)
    session = twin.open("wang2025/session-8_scan-5", folder, "cpu")
    assert session.attrs["rf_source"] == "readout_locations"
    np.testing.assert_allclose(session.units[["rf_x", "rf_y"]], known)


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.zeros((5, 2)), WeightsError, "128 rows"),
        (np.zeros((128, 2), object), UntrustedFileError, "holds Python objects"),
    ],
)
def test_positions_that_do_not_fit_their_table(folder, array, error, message):
    write_properties(folder, truth(64))
    np.save(folder / "readout" / "readout_locations.npy", array)
    with pytest.raises(error, match=message):
        twin.open("wang2025/session-8_scan-5", folder, "cpu")
