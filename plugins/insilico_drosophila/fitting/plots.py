"""Pictures of a fit, as the published program makes them; they need matplotlib."""

from __future__ import annotations

import logging
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Draw = Callable[[], Figure]

_MOST_BARS = 10
_MOST_SERIES = 6
_POINTS = 20_000
_TRUTH, _FOUND = "0.4", "tab:red"

logger = logging.getLogger(__name__)


def pictures(draws: Mapping[str, Draw]) -> dict[str, Callable[[Path], None]]:
    """What writes pictures, by name; nothing without matplotlib, which the log says."""
    if find_spec("matplotlib") is None:
        names = ", ".join(draws)
        logger.warning("%s: not drawn, since matplotlib is not installed.", names)
        return {}
    return {name: partial(_write, draw) for name, draw in draws.items()}


def _write(draw: Draw, path: Path) -> None:
    draw().savefig(path, dpi=100, format="png")


def batch_bars(
    rates_hz: NDArray[np.float32],
    target_hz: NDArray[np.float32],
    neuropils: Sequence[str],
) -> Draw:
    """Bars of up to 10 elements of a batch [B, P], recorded and simulated."""

    def draw() -> Figure:
        n = min(_MOST_BARS, len(rates_hz))
        figure, axes = _figure(n, 1, (8, 1.6 * n + 1))
        for axis, found, truth in zip(axes, rates_hz, target_hz, strict=False):
            _bars(axis, truth, found)
        axes[0].legend(frameon=False, fontsize=8)
        _neuropil_ticks(axes[-1], neuropils)
        return figure

    return draw


def evaluation_plots(
    rates_hz: NDArray[np.float32],
    truth_hz: NDArray[np.float32],
    neuropils: Sequence[str],
) -> dict[str, Draw]:
    """Pictures by name, of rates and the recorded ones [T, P] that they are about."""
    given = (rates_hz, truth_hz, neuropils)
    kinds = {
        "heatmaps": _heatmaps,
        "time_series": _time_series,
        "scatter": _scatter,
        "bars": _three_bars,
        "errors": _errors,
    }
    return {name: _deferred(kind, given) for name, kind in kinds.items()}


def _deferred(kind: Callable[..., Figure], given: tuple[Any, ...]) -> Draw:
    return lambda: kind(*given)


def _heatmaps(
    rates: NDArray[np.float32], truth: NDArray[np.float32], neuropils: Sequence[str]
) -> Figure:
    figure, axes = _figure(1, 2, (11, 5))
    top = max(float(truth.max()), float(rates.max()), 1e-6)
    for axis, values, title in zip(
        axes, (truth, rates), ("recorded", "simulated"), strict=True
    ):
        image = axis.imshow(values.T, aspect="auto", vmin=0, vmax=top)
        axis.set(title=title, xlabel="frame", yticks=range(len(neuropils)))
        axis.set_yticklabels(neuropils, fontsize=6)
    figure.colorbar(image, ax=list(axes), label="rate (Hz)")
    return figure


def _time_series(
    rates: NDArray[np.float32], truth: NDArray[np.float32], neuropils: Sequence[str]
) -> Figure:
    most = np.argsort(-truth.var(axis=0))[:_MOST_SERIES]
    figure, axes = _figure(len(most), 1, (9, 1.6 * len(most) + 1))
    for axis, k in zip(axes, most, strict=True):
        axis.plot(truth[:, k], color=_TRUTH, label="recorded")
        axis.plot(rates[:, k], color=_FOUND, label="simulated")
        axis.set(ylabel=f"{neuropils[k]} (Hz)")
    axes[0].legend(frameon=False, fontsize=8)
    axes[-1].set(xlabel="frame")
    return figure


def _scatter(
    rates: NDArray[np.float32], truth: NDArray[np.float32], _: Sequence[str]
) -> Figure:
    from insilico_drosophila.fitting.frames import correlation

    figure, axes = _figure(1, 1, (5, 5))
    step = max(1, rates.size // _POINTS)
    x, y = truth.reshape(-1)[::step], rates.reshape(-1)[::step]
    axes[0].scatter(x, y, s=4, alpha=0.4)
    top = max(float(x.max()), float(y.max()), 1e-6)
    axes[0].plot([0, top], [0, top], color=_TRUTH, lw=1)
    r = correlation(rates.reshape(-1), truth.reshape(-1))
    axes[0].set(
        xlabel="recorded (Hz)", ylabel="simulated (Hz)", title=f"Pearson r = {r:.3f}"
    )
    return figure


def _three_bars(
    rates: NDArray[np.float32], truth: NDArray[np.float32], neuropils: Sequence[str]
) -> Figure:
    figure, axes = _figure(3, 1, (9, 6))
    n_frames = len(truth)
    for axis, frame in zip(
        axes, (n_frames // 4, n_frames // 2, 3 * n_frames // 4), strict=True
    ):
        _bars(axis, truth[frame], rates[frame])
        axis.set(title=f"frame {frame}")
    axes[0].legend(frameon=False, fontsize=8)
    _neuropil_ticks(axes[-1], neuropils)
    return figure


def _errors(
    rates: NDArray[np.float32], truth: NDArray[np.float32], neuropils: Sequence[str]
) -> Figure:
    error = np.abs(rates - truth)
    figure, axes = _figure(2, 2, (11, 7))
    image = axes[0].imshow(error.T, aspect="auto")
    axes[0].set(title="absolute error (Hz)", xlabel="frame", ylabel="neuropil")
    figure.colorbar(image, ax=axes[0])
    axes[1].hist((error / (truth + 1e-8)).reshape(-1), bins=50, log=True)
    axes[1].set(xlabel="absolute error / recorded rate", ylabel="count")
    axes[2].bar(range(len(neuropils)), error.mean(axis=0))
    axes[2].set(ylabel="mean error (Hz)")
    _neuropil_ticks(axes[2], neuropils)
    axes[3].plot(error.mean(axis=1))
    axes[3].set(xlabel="frame", ylabel="mean error (Hz)")
    return figure


def _figure(
    rows: int, columns: int, size: tuple[float, float]
) -> tuple[Figure, NDArray[Any]]:
    # Without pyplot, which keeps figures and chooses a window system
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, np.atleast_1d(figure.subplots(rows, columns)).reshape(-1)


def _bars(axis: Any, truth: NDArray[np.float32], found: NDArray[np.float32]) -> None:
    at = np.arange(len(truth))
    axis.bar(at - 0.2, truth, 0.4, color=_TRUTH, label="recorded")
    axis.bar(at + 0.2, found, 0.4, color=_FOUND, label="simulated")
    axis.set(ylabel="Hz", xticks=[])


def _neuropil_ticks(axis: Any, neuropils: Sequence[str]) -> None:
    axis.set_xticks(range(len(neuropils)))
    axis.set_xticklabels(neuropils, rotation=90, fontsize=6)
