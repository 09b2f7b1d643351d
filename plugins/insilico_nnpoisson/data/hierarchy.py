"""Generated simulations of a sensory and an integration circuit, without a simulator.

Rates follow equations of a few lines, spikes are drawn from them: the data have the
structure of the published synthetic set, with choices, feedback and noise correlation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError
from insilico_gui.files import claim
from insilico_gui.untrusted.npy import read_npy_dict
from insilico_nnpoisson.data.wimmer import (
    BEFORE_S,
    POPULATIONS,
    STIMULUS_S,
    Simulation,
)

STEP_S = 1e-3
N_STEPS = round((BEFORE_S + STIMULUS_S) / STEP_S)
COHERENCES = (0.0, 0.5, 0.8)
PREFERRED, OTHER = 0.5, -0.3
GAIN_SD = 0.1
SENSORY_HZ, SPONTANEOUS_HZ = 12.0, 2.0
NOISE_TAU_S, NOISE_HZ = 0.02, 3.0
FEEDBACK = 0.1
INTEGRATION_TAU_S = 0.06
LOWEST_HZ, HIGHEST_HZ = 3.0, 55.0

# The integration units: excitation of each by itself, inhibition of the other, weight of
# the sensory difference, drive by the stimulus, noise. Chosen so that weak evidence leaves
# some trials below 40 Hz.
SELF, MUTUAL, EVIDENCE, DRIVE, NOISE = 1.0, 0.75, 0.45, 5.5, 3.0
MIDDLE, SLOPE = 24.0, 6.0

Floats = NDArray[np.float64]


def make_synthetic_hierarchy(
    seed: int = 0, n_trials: int = 600, n_neurons: int = 25
) -> list[Simulation]:
    """Simulations of trials with coherence 0, 0.5 and 0.8 in turn.

    Parameters
    ----------
    seed : int
        The same seed gives the same simulations.
    n_trials : int
    n_neurons : int
        Of each of the four populations.

    Returns
    -------
    list of Simulation
    """
    if n_trials < 1 or n_neurons < 1:
        raise FitError("A simulation needs at least a trial and a neuron.")
    generator = np.random.default_rng(seed)
    coherence = np.resize(COHERENCES, n_trials)
    direction = generator.integers(0, 2, n_trials)
    rates = _rates(generator, coherence, direction)
    found = []
    for trial in range(n_trials):
        spikes = {}
        for name in POPULATIONS:
            chance = rates[name][trial] * STEP_S
            fired = generator.random((n_neurons, N_STEPS)) < chance
            # within the millisecond, so that no two spikes are at the same time
            within = generator.random((n_neurons, N_STEPS))
            times = (np.arange(N_STEPS) + within) * STEP_S
            spikes[name] = [
                times[k, fired[k]].astype(np.float64) for k in range(n_neurons)
            ]
        found.append(Simulation(float(coherence[trial]), spikes))
    return found


def _rates(
    generator: np.random.Generator, coherence: Floats, direction: NDArray[np.int64]
) -> dict[str, Floats]:
    """Rates (Hz) of the populations, [n, steps]."""
    n = len(coherence)
    gain = np.exp(GAIN_SD * generator.standard_normal(n))
    signs = np.where(direction[:, None] == np.arange(2), PREFERRED, OTHER)
    mean = SENSORY_HZ * gain[:, None] * (1 + signs * coherence[:, None])
    noise = np.zeros((n, 2))
    integration = np.full((n, 2), LOWEST_HZ)
    courses = np.empty((4, n, N_STEPS))
    decay = np.exp(-STEP_S / NOISE_TAU_S)
    spread = NOISE_HZ * np.sqrt(1 - decay**2)
    for step in range(N_STEPS):
        on = step * STEP_S >= BEFORE_S
        noise = decay * noise + spread * generator.standard_normal((n, 2))
        sensory = mean + noise if on else np.full((n, 2), SPONTANEOUS_HZ)
        sensory = np.maximum(0, sensory + FEEDBACK * integration)
        evidence = EVIDENCE * (sensory - sensory[:, ::-1])
        drive = (
            SELF * integration
            - MUTUAL * integration[:, ::-1]
            + (evidence + DRIVE * gain[:, None] if on else 0.0)
            + NOISE * generator.standard_normal((n, 2))
        )
        steady = LOWEST_HZ + (HIGHEST_HZ - LOWEST_HZ) / (
            1 + np.exp(-(drive - MIDDLE) / SLOPE)
        )
        integration = integration + STEP_S / INTEGRATION_TAU_S * (steady - integration)
        courses[:2, :, step] = integration.T
        courses[2:, :, step] = sensory.T
    return dict(zip(POPULATIONS, courses, strict=True))


def write_simulations(folder: Path, simulations: list[Simulation]) -> None:
    """Write simulations in the published layout: dictionaries in ``.npy``, all or none."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, dict[int, Any]] = {
        "cohs.npy": {k: s.coherence for k, s in enumerate(simulations)}
    }
    for name in POPULATIONS:
        contents[f"S_{name}.npy"] = {
            k: dict(enumerate(s.spikes[name])) for k, s in enumerate(simulations)
        }
    with claim(folder, list(contents), FitError) as held:
        for name, content in contents.items():
            np.save(held.new / name, np.array(content, dtype=object))
        held.publish(list(contents))


def read_simulations(folder: Path) -> list[Simulation]:
    """Simulations in the published layout; of pickles, plain data only are read.

    Raises
    ------
    InsilicoError
        If a file is missing, damaged, or holds anything but plain data.
    """
    coherences = _by_number(folder / "cohs.npy")
    populations = {name: _by_number(folder / f"S_{name}.npy") for name in POPULATIONS}
    for name, found in populations.items():
        if set(found) != set(coherences):
            raise FitError(
                f"S_{name}.npy has {len(found)} simulations and cohs.npy "
                f"{len(coherences)}; they belong to different runs."
            )
    return [
        Simulation(
            _number(coherences[k], "cohs.npy"),
            {name: _neurons(found[k], name, k) for name, found in populations.items()},
        )
        for k in sorted(coherences)
    ]


def _by_number(path: Path) -> dict[int, Any]:
    """A dictionary keyed by the number of the simulation."""
    content = read_npy_dict(path, numbered=True)
    found = {}
    for key, value in content.items():
        if not isinstance(key, int) or isinstance(key, bool):
            raise FitError(f"{path.name} has an entry that is no simulation's number.")
        found[key] = value
    return found


def _number(value: Any, what: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise FitError(f"{what} holds something else than numbers.") from error


def _neurons(value: Any, name: str, k: int) -> list[Floats]:
    """Spike times of each neuron, by ascending number."""
    what = f"Simulation {k} of S_{name}.npy"
    if not isinstance(value, dict) or not all(isinstance(n, int) for n in value):
        raise FitError(f"{what} is no dictionary of neurons; prepare it again.")
    found = []
    for n in sorted(value):
        try:
            times = np.asarray(value[n], dtype=np.float64).ravel()
        except (TypeError, ValueError) as error:
            raise FitError(f"{what} has spikes that are no numbers.") from error
        if not np.isfinite(times).all():
            raise FitError(f"{what} has a spike that is not finite; leave it out.")
        found.append(times)
    return found
