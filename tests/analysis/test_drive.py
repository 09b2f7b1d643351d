"""Images ranked by how they drive units."""

from __future__ import annotations

import numpy as np

from insilico_gui.analysis.population import image_ranking as module
from insilico_gui.analysis.population.image_ranking import ImageDrive


class Growing:
    """Rows of which more and more are known."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape
        self.n_done = 0

    def rows(self, start, stop):
        assert stop <= self.n_done
        return self.values[start:stop]


def update(drive):
    for _ in drive.update():
        pass


def test_without_time_the_mean_of_the_units(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_VALUES", 10)
    store = Growing(np.random.default_rng(0).standard_normal((7, 4)).astype(np.float32))
    drive = ImageDrive(store, np.array([0, 2]))
    store.n_done = 3
    update(drive)
    assert drive.n_done == 3
    assert np.isnan(drive.values[3:]).all()
    store.n_done = 7
    update(drive)
    np.testing.assert_allclose(
        drive.values, store.values[:, [0, 2]].mean(axis=1), rtol=1e-6
    )


def test_with_time_the_rms_from_onset_on():
    responses = np.random.default_rng(0).standard_normal((5, 4, 3)).astype(np.float32)
    store = Growing(responses.reshape(20, 3))
    store.n_done = 18  # the last image is not complete
    drive = ImageDrive(store, np.array([1, 2]), np.array([-0.1, 0.0, 0.1, 0.2]))
    update(drive)
    assert drive.n_done == 4
    expected = np.sqrt((responses[:4, 1:, 1:] ** 2).mean(axis=(1, 2)))
    np.testing.assert_allclose(drive.values[:4], expected, rtol=1e-6)


def test_all_before_onset_counts_what_there_is():
    store = Growing(np.ones((4, 2), np.float32))
    store.n_done = 4
    drive = ImageDrive(store, np.array([0]), np.array([-0.2, -0.1]))
    update(drive)
    np.testing.assert_allclose(drive.values, 1.0)
