"""Constants of the model that follow from the units' parameters.

A Gabor function with a round Gaussian envelope is, written as a complex number (even
part + i odd part), the product of a function of x and a function of y. All filters are
kept in that form: two thin matrices in place of one patch a unit. Pixels outside the
screen are not in the sums, which is the same as mean grey beyond its edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from insilico_demo.population import null_share
from insilico_demo.screen import (
    DEG_PER_PIXEL,
    FRAME_RATE,
    FRAME_SHAPE,
    block_centres,
    pixel_column,
    pixel_row,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_demo.population import Population

CONTRAST_BLOCK = 2  # pixels averaged before the motion-energy filters
ENERGY_BLOCK = 4  # pixels averaged after squaring, before the contrast windows
ORIENTATION_BLOCK = 8  # pixels over which orientation is averaged, for the pools


@dataclass(frozen=True)
class Filters:
    """Filters and constants; U units, of which M have motion-energy filters.

    Attributes
    ----------
    tuned : bool, [U]
        Units with motion-energy filters.
    gabor_x, gabor_y : complex128, [M, 128], [M, 72]
        Factors of the spatial filters on the block-averaged contrast image. Scaled so
        that the optimal grating of contrast 1 gives a signal of modulus 1.
    centre_x, centre_y : float64, [U, 64], [U, 36]
        Factors of the windows in which units measure contrast, whatever its direction.
    pool_x, pool_y : float64, [U, 64], [U, 36]
        Factors of the normalisation pools.
    wide_x, wide_y : float64, [U, 32], [U, 18]
        The same on coarser blocks, for orientation in the pool.
    pool_cos, pool_sin : float64, [U]
        Weights of the two components of that orientation, next to 1 for the contrast.
    frequency : float64, [U]
        Preferred temporal frequency in radians per frame; 0 for units without one.
    rate : float64, [U]
        Share of the way that a low-pass stage goes to its input in one frame.
    null_weight : float64, [U]
        Weight w of the opposite direction's energy in E+ - w E-.
    selective, unselective : float64, [U]
        Weights of [E+ - w E-]+ and of local contrast in the drive D.
    half_exponent : float64, [U]
        n / 2: D and the pool are squares of contrast.
    simple : float64, [U]
        1 for simple cells, whose drive the phase of their filter gates, otherwise 0.
    phase : complex128, [U]
        exp(i phase) of the gate.
    delay : complex128, [U]
        exp(i angle) that turns the carrier of the gate's temporal filter so that its
        response to a standing pattern is largest.
    gain, semisaturation, baseline : float64, [U]
        A, c50^n and r0 of the response r0 + A D^(n/2) / (c50^n + pool^(n/2)).
    gate : float64, [U]
        Mean over a cycle of what the gate of simple cells lets through.
    share : float64, [U]
        1 / (peak - r0).
    fatigue, fatigue_rate : float64, [U]
        alpha = a / (1 - a) and the share of the way that adaptation goes in a frame.
    """

    tuned: NDArray[np.bool_]
    gabor_x: NDArray[np.complex128]
    gabor_y: NDArray[np.complex128]
    centre_x: NDArray[np.float64]
    centre_y: NDArray[np.float64]
    pool_x: NDArray[np.float64]
    pool_y: NDArray[np.float64]
    frequency: NDArray[np.float64]
    rate: NDArray[np.float64]
    wide_x: NDArray[np.float64]
    wide_y: NDArray[np.float64]
    pool_cos: NDArray[np.float64]
    pool_sin: NDArray[np.float64]
    null_weight: NDArray[np.float64]
    selective: NDArray[np.float64]
    unselective: NDArray[np.float64]
    half_exponent: NDArray[np.float64]
    simple: NDArray[np.float64]
    phase: NDArray[np.complex128]
    delay: NDArray[np.complex128]
    gain: NDArray[np.float64]
    semisaturation: NDArray[np.float64]
    baseline: NDArray[np.float64]
    gate: NDArray[np.float64]
    share: NDArray[np.float64]
    fatigue: NDArray[np.float64]
    fatigue_rate: NDArray[np.float64]

    def take(self, units: NDArray[np.int64]) -> Filters:
        """Those of the given units, [K] -> K units in this order."""
        # place of a unit among the tuned
        place = self.tuned.cumsum() - 1
        gabors = place[units[self.tuned[units]]]
        of_tuned = ("gabor_x", "gabor_y")
        return Filters(
            **{
                f.name: getattr(self, f.name)[gabors if f.name in of_tuned else units]
                for f in fields(self)
            }
        )


def build_filters(population: Population) -> Filters:
    """Work out all filters; see ``docs/explanation/demo_twin.md`` for the equations."""
    tuned, n = population.tuned, population.exponent
    gabor_x, gabor_y = _gabors(population)
    optimum = np.abs(
        _transfer(population, gabor_x, gabor_y, population.direction[tuned])
    )
    centre_x, centre_y = _windows(population, population.sigma)
    wide = population.sigma * population.surround
    pool_x, pool_y = _windows(population, wide)
    wide_x, wide_y = _windows(population, wide, ORIENTATION_BLOCK)

    frequency = np.where(tuned, 2 * np.pi * population.tf / FRAME_RATE, 0.0)
    decay = np.exp(-1 / (FRAME_RATE * population.tau))
    # Energy of the opposite direction that gets through two low-pass stages; units
    # without a direction have one signal, and E+ alone.
    leak = np.where(tuned, np.abs(opposite_gain(frequency, decay)) ** 2, 0.0)
    null = np.where(tuned, null_energy(population), 0.0)
    null_weight = np.where(tuned, (leak - null) / (1 - null * leak), 0.0)
    standing = ((1 - decay) / (1 - decay * np.exp(-1j * frequency))) ** 2
    twice = 2j * np.deg2rad(np.where(tuned, population.direction, 0.0))
    tuning = population.surround_tuning * np.exp(twice)
    evoked = population.peak - population.baseline
    gate = np.where(population.simple, half_wave_mean(n), 1.0)  # mean over phases
    return Filters(
        tuned=tuned,
        gabor_x=gabor_x / optimum[:, None],
        gabor_y=gabor_y,
        centre_x=centre_x,
        centre_y=centre_y,
        pool_x=pool_x,
        pool_y=pool_y,
        wide_x=wide_x,
        wide_y=wide_y,
        pool_cos=tuning.real,
        pool_sin=tuning.imag,
        frequency=frequency,
        rate=1 - decay,
        null_weight=null_weight,
        selective=(1 - population.unselective) / (1 - null_weight * leak),
        unselective=population.unselective,
        half_exponent=n / 2,
        simple=population.simple.astype(np.float64),
        phase=np.exp(1j * np.deg2rad(np.nan_to_num(population.phase))),
        delay=np.conj(standing) / np.abs(standing),
        gain=evoked * (1 + population.c50**n) / gate,
        semisaturation=population.c50**n,
        baseline=population.baseline,
        gate=gate,
        share=1 / evoked,
        fatigue=population.adaptation / (1 - population.adaptation),
        fatigue_rate=1 - np.exp(-1 / (FRAME_RATE * population.adaptation_tau)),
    )


def opposite_gain(
    frequency: NDArray[np.float64], decay: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """What two low-pass stages pass of a carrier at twice its frequency, [U]."""
    passed: NDArray[np.complex128] = (
        (1 - decay) / (1 - decay * np.exp(-2j * frequency))
    ) ** 2
    return passed


def null_response_share(population: Population) -> NDArray[np.float64]:
    """Evoked response to the opposite direction over that to the preferred one, [U]."""
    return null_share(population.dsi, population.baseline / population.peak)


def null_energy(population: Population) -> NDArray[np.float64]:
    """Motion energy of the opposite direction over that of the preferred one, [U].

    The exponent is taken out of the responses, and then what contrast evokes in any
    direction.
    """
    drive = null_response_share(population) ** (2 / population.exponent)
    rest = population.unselective
    return (drive - rest) / (1 - rest)


def half_wave_mean(exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of max(0, cos)^n over a period, [U]: G((n+1)/2) / (2 sqrt(pi) G(n/2+1))."""
    logs = np.array(
        [math.lgamma((n + 1) / 2) - math.lgamma(n / 2 + 1) for n in exponent.tolist()]
    )
    return np.asarray(np.exp(logs) / (2 * np.sqrt(np.pi)))


def grating_transfer(
    population: Population, filters: Filters, direction: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Signal that a full-screen grating of contrast 1 leaves in z, without its turning.

    Parameters
    ----------
    direction : float64 array, [M]
        Directions (degrees) of gratings at each unit's preferred spatial frequency, with
        a bright bar on its centre.

    Returns
    -------
    complex128 array, [M]
        In the unit of z; of the part that turns as the preferred direction does.
    """
    return _transfer(population, filters.gabor_x, filters.gabor_y, direction)


def _gabors(
    population: Population,
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    tuned = population.tuned
    sigma = population.sigma[tuned]
    envelope_x, envelope_y = _windows(population, population.sigma, CONTRAST_BLOCK)
    dx, dy = _offsets(population, CONTRAST_BLOCK)
    # Averaging blocks of b pixels favours low frequencies as a Gaussian of variance
    # (b^2 - 1) / 12 would; a carrier raised by this factor peaks where it should.
    block_variance = (CONTRAST_BLOCK**2 - 1) / 12 * DEG_PER_PIXEL**2
    kx, ky = _wave_vector(
        population.sf[tuned] * (1 + block_variance / sigma**2),
        population.direction[tuned],
    )
    return (
        envelope_x[tuned] * np.exp(-1j * kx[:, None] * dx[tuned]),
        envelope_y[tuned] * np.exp(-1j * ky[:, None] * dy[tuned]),
    )


def _transfer(
    population: Population,
    gabor_x: NDArray[np.complex128],
    gabor_y: NDArray[np.complex128],
    direction: NDArray[np.float64],
) -> NDArray[np.complex128]:
    tuned = population.tuned
    dx, dy = _offsets(population, CONTRAST_BLOCK)
    kx, ky = _wave_vector(population.sf[tuned], direction)
    along_x = (gabor_x * np.exp(1j * kx[:, None] * dx[tuned])).sum(1)
    along_y = (gabor_y * np.exp(1j * ky[:, None] * dy[tuned])).sum(1)
    # the mean of the two pixels of a block, half a pixel either side of its middle
    block = np.cos(kx * DEG_PER_PIXEL / 2) * np.cos(ky * DEG_PER_PIXEL / 2)
    # a cosine has half its amplitude at either sign of the wave vector
    transfer: NDArray[np.complex128] = along_x * along_y * block / 2
    return transfer


def _wave_vector(
    sf: NDArray[np.float64], direction: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radians per degree along columns and along rows (which run **down**)."""
    theta = np.deg2rad(direction)
    return 2 * np.pi * sf * np.cos(theta), -2 * np.pi * sf * np.sin(theta)


def _windows(
    population: Population, sigma: NDArray[np.float64], block: int = ENERGY_BLOCK
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gaussian windows about the receptive fields, of sum 1 over the screen."""
    windows = [
        np.exp(-0.5 * (offset / sigma[:, None]) ** 2)
        for offset in _offsets(population, block)
    ]
    x, y = (window / window.sum(1, keepdims=True) for window in windows)
    return x, y


def _offsets(
    population: Population, block: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees from each centre to the middles of blocks: [U, 256/b], [U, 144/b]."""
    height, width = FRAME_SHAPE
    columns = block_centres(width, block) - pixel_column(population.rf_x)[:, None]
    rows = block_centres(height, block) - pixel_row(population.rf_y)[:, None]
    return columns * DEG_PER_PIXEL, rows * DEG_PER_PIXEL
