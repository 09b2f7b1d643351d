"""Import of calcium recordings."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.calcium import calcium_rates, deconvolved, import_calcium
from scipy.optimize import nnls

from insilico_gui import InsilicoError


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sparseness", [0.0, 0.01, 0.5])
def test_deconvolution_is_the_minimum(seed, sparseness):
    rng = np.random.default_rng(seed)
    y = rng.normal(0.1 * (seed - 2), 0.5, 80)
    step = np.subtract.outer(np.arange(80), np.arange(80))
    decay = np.where(step >= 0, np.exp(-np.maximum(step, 0) / 0.96), 0)
    # |D s - y|^2 + l sum(s) is |D s - z|^2 and a constant, with D^T z = D^T y - l / 2
    z = np.linalg.solve(decay.T, decay.T @ y - sparseness / 2)
    want, _ = nnls(decay, z)
    np.testing.assert_allclose(deconvolved(y, 0.96, sparseness), want, atol=1e-8)


def test_events_come_back_from_the_fluorescence_that_they_make():
    rng = np.random.default_rng(1)
    events = (rng.random((3, 600)) < 0.03) * rng.uniform(0.3, 1, (3, 600))
    decay = np.exp(-np.arange(12) / 0.96)
    traces = 100 * (1 + np.array([np.convolve(e, decay)[:600] for e in events]))
    change, rates = calcium_rates(traces)
    assert change.shape == rates.shape == (3, 500)
    assert (rates >= 0).all()
    smooth = np.array([np.convolve(e, np.ones(9) / 9, "same") for e in events[:, 100:]])
    found = np.array([np.convolve(r, np.ones(9) / 9, "same") for r in rates])
    assert np.corrcoef(found.ravel(), smooth.ravel())[0, 1] > 0.7


def test_an_imported_recording_is_opened(tmp_path):
    folder = make_synthetic_fly(tmp_path / "fly", 1, 50, 4)
    rng = np.random.default_rng(0)
    names = ["background", "EB", "FB", "AL_L"]
    traces = 500 + 30 * rng.random((4, 160))
    np.savez(tmp_path / "a.npz", areas=np.array(names), traces=traces)
    path = import_calcium(tmp_path / "a.npz", folder, "mine_1", frames=(110, 150))
    assert path.name == "ito_mine_1_spike_rate.npz"
    fly = open_fly(folder, recording="mine_1")
    assert fly.neuropils == ("EB", "FB", "AL_L") and fly.rates_hz.shape == (40, 3)
    header = ",".join(names)
    np.savetxt(tmp_path / "a.csv", traces.T, delimiter=",", header=header, comments="")
    import_calcium(tmp_path / "a.csv", folder, "mine_2", frames=(110, 150))
    other = open_fly(folder, recording="mine_2")
    np.testing.assert_allclose(other.rates_hz, fly.rates_hz, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("traces", "frames"),
    [
        (np.full((2, 200), np.nan), None),
        (np.zeros((2, 200)), None),
        (np.ones((2, 90)), None),
        (np.ones((2, 200)), (50, 40)),
        (np.ones((2, 200)), (-1, 40)),
        (np.ones((3, 200)), None),
        (np.ones(200), None),
        (np.full((2, 200), "a"), None),
    ],
)
def test_fluorescence_that_cannot_be_used(tmp_path, traces, frames):
    np.savez(tmp_path / "a.npz", areas=np.array(["background", "EB"]), traces=traces)
    with pytest.raises(InsilicoError) as caught:
        import_calcium(tmp_path / "a.npz", tmp_path, "x", frames)
    assert str(caught.value).endswith(".")
    with pytest.raises(InsilicoError):
        import_calcium(tmp_path / "none.csv", tmp_path, "x")
