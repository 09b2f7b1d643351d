"""The demo's responses to full-screen gratings, one step after another.

What the page on the demo says in equations, in numpy and without a screen: what a Gabor
filter makes of a grating is a Gaussian in closed form, and what follows is a loop over
frames. It shares no code with the twin, its filters or the analyses. The screen has no
edge here, so that units at the edge are held against what they would do inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from insilico_demo.population import demo_population
from scipy.special import gamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATE = 30.0
PIXEL_DEG = np.degrees(56.5 / 256 / 15.0)
CALCIUM_S = 0.1
LEVELS = 127 / 127.5  # gratings of contrast 1 end a little before black and white


class GratingModel:
    """Units of the demo under a grating that comes on and goes.

    Parameters
    ----------
    rows : int array [U]
        Rows of the unit table.
    """

    def __init__(self, rows: NDArray[np.int64]) -> None:
        population = demo_population()
        taken: dict[str, Any] = {
            name: np.nan_to_num(getattr(population, name)[rows])
            for name in (
                *("direction", "sf", "tf", "dsi", "sigma", "tau", "peak", "baseline"),
                *("c50", "exponent", "unselective", "phase", "surround_tuning"),
                *("rf_x", "rf_y"),
            )
        }
        self.of = taken
        self.tuned = population.kind[rows] != "untuned"
        self.simple = population.simple[rows]
        self.rho = np.exp(-1 / (RATE * taken["tau"]))
        self.omega = np.where(self.tuned, 2 * np.pi * taken["tf"] / RATE, 0.0)
        optimum = self._gain(taken["sf"], np.radians(taken["direction"]), 1)
        self.optimum = np.where(self.tuned, optimum, 1.0)
        floor = taken["baseline"] / taken["peak"]
        ratio = (1 - taken["dsi"]) / (1 + taken["dsi"])
        share = ((ratio - floor) / (1 - floor)) ** (2 / taken["exponent"])
        rest = taken["unselective"]
        kappa = np.where(self.tuned, (share - rest) / (1 - rest), 0.0)
        turning = 1 + self.rho**2 - 2 * self.rho * np.cos(2 * self.omega)
        leak = np.where(self.tuned, ((1 - self.rho) ** 2 / turning) ** 2, 0.0)
        self.null = (leak - kappa) / (1 - kappa * leak)
        self.scale = 1 / (1 - self.null * leak)

    def _gain(self, sf: Any, theta: Any, sign: int) -> Floats:
        """Modulus of the filter's answer to one half of the carrier, [..., U]."""
        own, k = np.radians(self.of["direction"]), 2 * np.pi * np.asarray(sf)
        sigma = self.of["sigma"]
        raised = 2 * np.pi * self.of["sf"] * (1 + 0.25 * (PIXEL_DEG / sigma) ** 2)
        x = sign * k * np.cos(theta) - raised * np.cos(own)
        y = sign * k * np.sin(theta) - raised * np.sin(own)
        blocks = np.cos(k * np.cos(theta) * PIXEL_DEG / 2) * np.cos(
            k * np.sin(theta) * PIXEL_DEG / 2
        )
        return np.asarray(np.exp(-(sigma**2) * (x**2 + y**2) / 2) * blocks)

    def course(
        self,
        direction: Any,
        sf: Any,
        tf: Any,
        contrast: Any = 1.0,
        *,
        n_on: int,
        n_off: int = 0,
        smoothed: bool = True,
    ) -> Floats:
        """Responses from the first frame of a grating on, [n_on + n_off, ..., U].

        Before it there was grey for a long time, as after it. Parameters of gratings are
        in degrees, cycles per degree and Hz; they broadcast against [U]. Without
        `smoothed`, what calcium has not smoothed yet.
        """
        theta, contrast = np.radians(direction), np.asarray(contrast) * LEVELS
        forth = self._gain(sf, theta, 1) / self.optimum
        back = self._gain(sf, theta, -1) / self.optimum
        k = 2 * np.pi * np.asarray(sf)
        x = self.of["rf_x"] * 127.5 * PIXEL_DEG
        y = self.of["rf_y"] * 71.5 * PIXEL_DEG
        place = k * (x * np.cos(theta) + y * np.sin(theta))
        away = 2 * (theta - np.radians(self.of["direction"]))
        s = self.of["surround_tuning"]
        pool = (1 + s * np.cos(away)) / (1 + s) * np.ones_like(forth)
        low = np.zeros((4, *np.broadcast(forth, contrast).shape, 2), complex)
        calcium = self.of["baseline"] * np.ones(low.shape[1:-1])
        half = self.of["exponent"] / 2
        courses = []
        for t in range(n_on + n_off):
            c = contrast if t < n_on else 0 * contrast
            turn = place - 2 * np.pi * np.asarray(tf) * t / RATE
            z = c * (forth * np.exp(1j * turn) + back * np.exp(-1j * turn))
            z = np.where(self.tuned, z, c)
            own = np.exp(1j * self.omega * t)
            channels = (z * own, z * own.conj(), c**2 * pool, c**2 * pool)
            for channel, now in zip(low, channels, strict=True):
                channel[..., 0] += (1 - self.rho) * (now - channel[..., 0])
                channel[..., 1] += (1 - self.rho) * (channel[..., 0] - channel[..., 1])
            plus, minus, wide, local = low[..., 1]
            drive = np.abs(plus) ** 2 - self.null * np.abs(minus) ** 2
            m = np.where(self.tuned, self.of["unselective"], 0.0)
            drive = (1 - m) * self.scale * np.maximum(drive, 0) + m * local.real
            drive = drive * self._gate(plus, minus, own) ** 2
            with np.errstate(invalid="ignore"):
                evoked = drive**half / (
                    self.of["c50"] ** (2 * half) + np.maximum(wide.real, 0) ** half
                )
            response = self.of["baseline"] + self._amplitude() * evoked
            calcium = calcium + (1 - np.exp(-1 / (RATE * CALCIUM_S))) * (
                response - calcium
            )
            courses.append(calcium if smoothed else response)
        return np.stack(courses)

    def _gate(self, plus: Any, minus: Any, own: Any) -> Any:
        """max(0, cos) of the phase of simple cells, and 1 for all others."""
        standing = ((1 - self.rho) / (1 - self.rho * np.exp(-1j * self.omega))) ** 2
        delay = own.conj() * standing.conj() / np.abs(standing)
        signal = plus * delay + minus * delay.conj()
        phase = np.radians(self.of["phase"])
        cosine = np.maximum(0, np.cos(np.angle(signal) + phase))
        return np.where(self.simple, cosine, 1.0)

    def _amplitude(self) -> Any:
        """Response above baseline to the optimal grating, times 1 + c50^n."""
        n = self.of["exponent"]
        mean = gamma((n + 1) / 2) / (2 * np.sqrt(np.pi) * gamma(n / 2 + 1))
        evoked = (self.of["peak"] - self.of["baseline"]) * (1 + self.of["c50"] ** n)
        return evoked / np.where(self.simple, mean, 1.0)
