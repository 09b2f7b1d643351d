"""The demo's model in torch: motion energy, normalisation, adaptation, smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import avg_pool2d

from insilico_demo.filters import CONTRAST_BLOCK, ENERGY_BLOCK, ORIENTATION_BLOCK
from insilico_demo.screen import CALCIUM_TAU, FRAME_RATE, HALF_RANGE, MEAN_GREY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from insilico_demo.filters import Filters

FRAMES_AT_ONCE = 16  # per spatial step; its intermediates then take about 20 MB
ADAPTED_FROM = 0.75  # slow mean response over the peak from which on a unit adapts
FLAT = 1e-5  # gradient (squared, per pixel) over contrast that counts as none
TINY = 1e-12  # keeps 0 / 0 out


@dataclass(frozen=True)
class Memory:
    """What is carried from frame to frame, for N videos and U units.

    Attributes
    ----------
    n_frames : int
        Frames seen so far; the phase of the temporal filters follows from it.
    first, second : float32, [6, N, U]
        The two low-pass stages of each channel; see :meth:`MotionEnergy._demodulate`.
    fatigue : float32, [N, U]
        Slow mean of the response above baseline over that to the optimal grating, 1 at
        most; what is above :data:`ADAPTED_FROM` adapts the unit.
    calcium : float32, [N, U]
        Last response.
    """

    n_frames: int
    first: torch.Tensor
    second: torch.Tensor
    fatigue: torch.Tensor
    calcium: torch.Tensor


class MotionEnergy:
    """Responses of U units to N videos, a few frames at a time.

    Parameters
    ----------
    filters : Filters
        Of the U units to compute, M of them with motion-energy filters.
    device : str
        ``"cpu"`` or ``"cuda:N"``.
    """

    def __init__(self, filters: Filters, device: str) -> None:
        def tensor(values: NDArray[np.float64]) -> torch.Tensor:
            single = np.ascontiguousarray(values, dtype=np.float32)
            return torch.from_numpy(single).to(device)

        self.device = device
        self.n_units = filters.tuned.size
        self.tuned = torch.from_numpy(np.flatnonzero(filters.tuned)).to(device)
        self.untuned = torch.from_numpy(np.flatnonzero(~filters.tuned)).to(device)
        # z = (a + i b)(p + i q): a adds (p, q) to (re z, im z), and b adds (-q, p)
        x, y = filters.gabor_x, filters.gabor_y
        self.gabor_x = tensor(np.concatenate([x.real, x.imag]))  # [2 M, w]
        self.gabor_y = tensor(  # [2 M, h, 2]
            np.concatenate(
                [np.stack([y.real, y.imag], -1), np.stack([-y.imag, y.real], -1)]
            )
        )
        # units whose drive takes local contrast in, and of those the untuned ones
        sees = ~filters.tuned | (filters.unselective > 0)
        self.sees = torch.from_numpy(np.flatnonzero(sees)).to(device)
        untuned_seen = np.flatnonzero(~filters.tuned[sees])
        self.untuned_seen = torch.from_numpy(untuned_seen).to(device)
        self.centre = tensor(filters.centre_x[sees]), tensor(filters.centre_y[sees])
        self.pool = tensor(filters.pool_x), tensor(filters.pool_y)
        self.wide = tensor(filters.wide_x), tensor(filters.wide_y)
        self.pool_cos, self.pool_sin = (
            tensor(filters.pool_cos),
            tensor(filters.pool_sin),
        )
        self.pool_share = 2 / (1 + tensor(np.hypot(filters.pool_cos, filters.pool_sin)))
        self.frequency = torch.from_numpy(filters.frequency).to(device)  # float64
        self.rate = tensor(filters.rate)
        self.null_weight = tensor(filters.null_weight)
        self.selective = tensor(filters.selective)
        self.unselective = tensor(filters.unselective)
        self.half_exponent = tensor(filters.half_exponent)
        simple = np.flatnonzero(filters.simple)
        self.simple = torch.from_numpy(simple).to(device)
        self.phase = (
            tensor(filters.phase.real[simple]),
            tensor(filters.phase.imag[simple]),
        )
        self.delay = (
            tensor(filters.delay.real[simple]),
            tensor(filters.delay.imag[simple]),
        )
        self.gain = tensor(filters.gain)
        self.semisaturation = tensor(filters.semisaturation)
        self.baseline = tensor(filters.baseline)
        self.fatigue = tensor(filters.fatigue)
        self.share = tensor(filters.share)
        self.fatigue_rate = tensor(filters.fatigue_rate)
        self.calcium_rate = 1 - float(np.exp(-1 / (FRAME_RATE * CALCIUM_TAU)))

    def rest(self, n_videos: int) -> Memory:
        """State after a long time of mean grey."""
        zeros = torch.zeros(6, n_videos, self.n_units, device=self.device)
        return Memory(0, zeros, zeros, zeros[0], self.baseline.expand(n_videos, -1))

    def advance(
        self,
        memory: Memory,
        frames: torch.Tensor,
        disturb: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, Memory]:
        """Responses to the next frames, and the state after them.

        Parameters
        ----------
        memory : Memory
            Not changed.
        frames : uint8, [N, n, H, W]
        disturb : function, optional
            Puts noise on the responses [n, N, U] before calcium smooths them.

        Returns
        -------
        responses : float32, [N, n, U]
        memory : Memory
        """
        n_videos, n_frames = frames.shape[:2]
        signal, pool, local = self._look(frames.transpose(0, 1).flatten(0, 1))
        shape = (n_frames, n_videos, self.n_units)
        turn = self._turn(memory.n_frames, n_frames)
        channels = self._demodulate(
            signal.view(2, *shape), pool.view(shape), local.view(shape), turn
        )
        first, second = memory.first, memory.second
        for t in range(n_frames):
            first = torch.lerp(first, channels[t], self.rate)
            second = torch.lerp(second, first, self.rate)
            channels[t] = second  # from here on: the filtered channels

        drive = self._drive(channels, turn).pow_(self.half_exponent)
        pool = channels[:, 4].clamp_min(0).pow_(self.half_exponent)
        responses = self.gain * drive / (self.semisaturation + pool)
        fatigue = memory.fatigue
        lasting = (responses * self.share).clamp_max_(1)
        for t in range(n_frames):
            fatigue = torch.lerp(fatigue, lasting[t], self.fatigue_rate)
            lasting[t] = fatigue
        lasting = (lasting - ADAPTED_FROM).clamp_min_(0) / (1 - ADAPTED_FROM)
        responses /= lasting.mul_(self.fatigue).add_(1)
        responses += self.baseline
        if disturb is not None:
            responses = disturb(responses)
        calcium = memory.calcium
        for t in range(n_frames):
            calcium = torch.lerp(calcium, responses[t], self.calcium_rate)
            responses[t] = calcium
        return responses.transpose(0, 1), Memory(
            memory.n_frames + n_frames, first, second, fatigue, calcium
        )

    def _drive(
        self, channels: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """D of n frames, [n, N, U], from the filtered channels [n, 6, N, U]."""
        even, odd = channels[:, 0], channels[:, 1]
        preferred = even**2 + odd**2
        null = channels[:, 2] ** 2 + channels[:, 3] ** 2
        drive = torch.relu(preferred - self.null_weight * null)
        drive = self.selective * drive + self.unselective * channels[:, 5]
        # simple cells: in the phase of the signal, filtered alike for both directions
        cells = self.simple
        cos, sin = (part.index_select(-1, cells) for part in turn)
        early, late = self.delay
        cos, sin = cos * early + sin * late, sin * early - cos * late
        picked = channels[:, :4].index_select(-1, cells).unbind(1)
        real = (picked[0] + picked[2]) * cos + (picked[1] - picked[3]) * sin
        imaginary = (picked[1] + picked[3]) * cos - (picked[0] - picked[2]) * sin
        linear = torch.relu(self.phase[0] * real - self.phase[1] * imaginary)
        gate = linear.square_() / real.square_().add_(imaginary.square_()).add_(TINY)
        drive.index_copy_(-1, cells, drive.index_select(-1, cells) * gate)
        return drive

    def _look(
        self, frames: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Complex signals [2, T, U], pools and local contrast [T, U] of T frames."""
        n = len(frames)
        signal = torch.zeros(2, n, self.n_units, device=self.device)
        pool = torch.empty(n, self.n_units, device=self.device)
        local = torch.zeros(n, self.n_units, device=self.device)
        for start in range(0, n, FRAMES_AT_ONCE):
            now = slice(start, min(n, start + FRAMES_AT_ONCE))
            contrast = (frames[now].float() - MEAN_GREY) / HALF_RANGE
            energy = _block_means(contrast.square(), ENERGY_BLOCK)
            gabor = self._gabor_signal(_block_means(contrast, CONTRAST_BLOCK))
            signal[:, now].index_copy_(2, self.tuned, gabor)
            # twice the mean square of a full-screen grating is its contrast squared
            seen = 2 * _windowed(energy, *self.centre)
            untuned = seen.index_select(1, self.untuned_seen).clamp_min_(0).sqrt_()
            signal[0, now].index_copy_(1, self.untuned, untuned)
            local[now].index_copy_(1, self.sees, seen)
            along, across = _oriented(contrast, energy)
            tuned = self.pool_cos * _windowed(along, *self.wide)
            tuned += self.pool_sin * _windowed(across, *self.wide)
            plain = 2 * _windowed(energy, *self.pool)
            pool[now] = self.pool_share * (plain / 2 + tuned)
            # both alike, or contrast alone would prefer what suppresses less
            local[now] *= pool[now].clamp_min(0) / (plain + TINY)
        return signal, pool, local

    def _gabor_signal(self, image: torch.Tensor) -> torch.Tensor:
        """Even and odd Gabor responses to T images [T, h, w]; returns [2, T, M]."""
        n, height, width = image.shape
        along_x = self.gabor_x @ image.reshape(-1, width).t()  # [2 M, T h]
        both = torch.bmm(along_x.view(-1, n, height), self.gabor_y)  # [2 M, T, 2]
        return both.view(2, -1, n, 2).sum(0).permute(2, 1, 0)

    def _turn(self, n_before: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosine and sine of the carriers' phase in n frames, [n, 1, U]."""
        times = torch.arange(n_before, n_before + n, device=self.device)
        phase = torch.outer(times.double(), self.frequency)
        return phase.cos().float()[:, None], phase.sin().float()[:, None]

    def _demodulate(
        self,
        signal: torch.Tensor,
        pool: torch.Tensor,
        local: torch.Tensor,
        turn: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Shift the preferred temporal frequency, of either sign, to zero.

        A low-pass filter of the shifted signal is a quadrature pair of band-pass
        filters of the signal itself, up to a phase that the energy does not see.

        Parameters
        ----------
        signal : float32, [2, n, N, U]
            Real and imaginary part; a grating moving in the preferred direction makes
            it turn as exp(-i frequency t).
        pool, local : float32, [n, N, U]
        turn : float32, [n, 1, U], twice
            From :meth:`_turn`.

        Returns
        -------
        float32, [n, 6, N, U]
            Real and imaginary part for the preferred direction, the same for the
            opposite one, the pool and the local contrast.
        """
        cos, sin = turn
        re, im = signal
        parts = (re * cos, im * sin, im * cos, re * sin)
        return torch.stack(
            [
                parts[0] - parts[1],
                parts[2] + parts[3],
                parts[0] + parts[1],
                parts[2] - parts[3],
                pool,
                local,
            ],
            dim=1,
        )


def _oriented(
    contrast: torch.Tensor, energy: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Contrast energy x cosine and sine of twice its direction, [T, 18, 32] each.

    The direction is that of the gradient (the structure tensor; Bigun & Granlund 1987)
    in blocks of 8 x 8 pixels. It is independent of contrast, and where there is no
    gradient both are 0.

    Parameters
    ----------
    contrast : float32, [T, 144, 256]
    energy : float32, [T, 36, 64]
        Mean square of the contrast.
    """
    one, two = contrast[:, ::2, ::2], contrast[:, ::2, 1::2]
    three, four = contrast[:, 1::2, ::2], contrast[:, 1::2, 1::2]
    falling, rising = four - one, two - three  # along both diagonals
    # the gradient is (rising + falling) / 2 to the right, (rising - falling) / 2 up
    size = ORIENTATION_BLOCK // CONTRAST_BLOCK
    product = _block_means(rising * falling, size)
    up_diagonal, down_diagonal = (
        _block_means(part.square(), size) for part in (rising, falling)
    )
    mean = _block_means(energy, ORIENTATION_BLOCK // ENERGY_BLOCK)
    total = up_diagonal + down_diagonal + FLAT * mean + TINY
    scaled = mean / total
    return scaled * (2 * product), scaled * (up_diagonal - down_diagonal)


def _block_means(image: torch.Tensor, block: int) -> torch.Tensor:
    """Means over square blocks of images [T, H, W]."""
    return avg_pool2d(image[:, None], block)[:, 0]


def _windowed(image: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Sums of T images [T, h, w] in K separable windows [K, w], [K, h]: [T, K]."""
    n, height, width = image.shape
    along_x = (x @ image.reshape(-1, width).t()).view(-1, n, height)  # [K, T, h]
    return torch.bmm(along_x, y[:, :, None])[:, :, 0].t()
