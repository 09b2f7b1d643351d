"""Weights from which training starts."""

from __future__ import annotations

import math

import numpy as np

from insilico_drosophila.files.checkpoints import NetworkWeights

RANK = 20


def initial_weights(
    n_neurons: int, n_neuropils: int, rank: int = RANK, seed: int = 0
) -> NetworkWeights:
    """Weights of an untrained network.

    The low-rank addition is 0, since its first factor is. Entries of the input layer have
    the variance sqrt(2) / P, in mV^2, as the initialiser of the published program makes
    them: its argument sqrt(2) is the variance's numerator, and no gain.

    Parameters
    ----------
    n_neurons, n_neuropils : int
        N and P.
    rank : int
        Of the low-rank addition, r.
    seed : int
    """
    rng = np.random.default_rng((seed, 1))
    a = rng.normal(0, math.sqrt(1 / rank), (rank, n_neurons))
    spread = math.sqrt(math.sqrt(2) / n_neuropils)
    weight = rng.normal(0, spread, (n_neuropils, n_neurons))
    return NetworkWeights(
        a.astype(np.float32),
        np.zeros((n_neurons, rank), np.float32),
        weight.astype(np.float32),
        np.zeros(n_neurons, np.float32),
    )
