"""Pictures of a judgement, drawn into axes of matplotlib; and what they are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.fitting.judging.raster_order import sorted_units, z_scored
from insilico_gui.fitting.recordings.layout import FRAME_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from insilico_gui.fitting.judging.judgement import JudgedClip, Judgement

RECORDED, PREDICTED = "0.25", "#d1495b"
_PALETTE = ("#2e86ab", "#e07a2f", "#3a9e5c", "#8e5ea2", "#c2a83e", "#6b6b6b")
_BINS = np.linspace(-0.25, 1.25, 31)
_MOST_GROUPS = 8
_MOST_ROWS = 1500
_FAR = 3.0
EXAMPLES = (0.98, 0.75, 0.5)
"""Quantiles of CC_norm whose units are shown, among those of at least median CC_max."""


def groups(table: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """Units by a column, the largest groups first; all of them if it is not known."""
    if column not in table:
        return {"all": table}
    sizes = table[column].value_counts()
    names = sorted(sizes.index[:_MOST_GROUPS], key=lambda name: (str(type(name)), name))
    prefix = "field " if column == "field" else ""
    return {
        f"{prefix}{name if name != '' else 'no area'}": table[table[column] == name]
        for name in names
    }


def by_group(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Medians for each area or field, and for all units, a row each."""
    parts = groups(table, column)
    if len(parts) > 1 or "all" not in parts:
        parts["all"] = table
    rows = {}
    for name, part in parts.items():
        norm = part["cc_norm"]
        low, high = norm.quantile([0.25, 0.75])
        rows[name] = {
            "units": len(part),
            "without CC_norm": int(norm.isna().sum()),
            "CC_abs": part["cc_abs"].median(),
            "CC_max": part["cc_max"].median(),
            "CC_norm": norm.median(),
            "CC_norm, middle half": f"{low:.2f} to {high:.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def histogram(axes: Axes, table: pd.DataFrame, column: str) -> None:
    """CC_norm of the units of each area or field, as the share of its units."""
    parts = groups(table, column)
    for k, (name, part) in enumerate(parts.items()):
        values = part["cc_norm"].dropna().clip(_BINS[0], _BINS[-1])
        if values.empty:
            continue
        color = _color(k, len(parts))
        weights = np.full(len(values), 100 / len(values))
        axes.hist(values, list(_BINS), weights=weights, histtype="step", color=color)
        axes.axvline(float(values.median()), color=color, linewidth=0.8, linestyle=":")
        axes.plot([], [], color=color, label=f"{name} ({len(values)})")
    axes.set(xlabel="CC_norm (dotted: median)", ylabel="units (%)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=6, loc="upper left")


def scatter(axes: Axes, table: pd.DataFrame) -> None:
    """CC_abs of each unit against the highest that its noise allows."""
    for k, (name, part) in enumerate(groups(table, "area").items()):
        color = _color(k, 0)
        axes.plot(
            part["cc_max"], part["cc_abs"], ".", markersize=2, alpha=0.5, color=color
        )
        axes.plot([], [], ".", color=color, label=name)
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    axes.set(xlabel="CC_max", ylabel="CC_abs", xlim=(0, 1.02))
    axes.legend(frameon=False, fontsize=6)


def example_units(table: pd.DataFrame) -> list[int]:
    """Rows of a well, a fairly and a middling predicted unit, of reliable ones."""
    known = table[["cc_norm", "cc_max"]].dropna()
    reliable = known[known["cc_max"] >= known["cc_max"].median()].sort_values("cc_norm")
    if reliable.empty:
        return []
    rows = [round(q * (len(reliable) - 1)) for q in EXAMPLES]
    return [int(reliable.index[k]) for k in dict.fromkeys(rows)]


def traces(axes: Axes, clip: JudgedClip, table: pd.DataFrame, row: int) -> None:
    """Recorded repeats and their mean, and the prediction, of one unit."""
    seconds = np.arange(len(clip.predicted)) / FRAME_RATE
    axes.plot(
        seconds, clip.recorded[:, :, row].T, color="0.75", linewidth=0.5, zorder=1
    )
    axes.plot(seconds, clip.mean[:, row], color=RECORDED, linewidth=1.1, zorder=2)
    predicted, said = _in_scale(clip.predicted[:, row], clip.mean[:, row])
    axes.plot(seconds, predicted, color=PREDICTED, linewidth=1.1, zorder=3)
    unit = table.loc[row]
    where = f", {unit['area']}" if unit.get("area") else ""
    axes.set_title(
        f"unit {unit['unit_id']}{where}: CC_norm {unit['cc_norm']:.2f} "
        f"(CC_abs {unit['cc_abs']:.2f}, CC_max {unit['cc_max']:.2f}){said}",
        fontsize=7,
        loc="left",
    )
    axes.set(xlim=(0, seconds[-1]), ylabel="response")


def _in_scale(
    predicted: NDArray[np.float32], recorded: NDArray[np.float64]
) -> tuple[NDArray[Any], str]:
    """A prediction [T] that can be seen beside the recording, and whether it was scaled.

    Correlations do not depend on the scale, and models that were not fitted to these
    recordings may have another one.
    """
    spread, wanted = float(predicted.std()), float(np.nanstd(recorded))
    if not spread or not wanted or 1 / _FAR < spread / wanted < _FAR:
        return predicted, ""
    moved = (predicted - predicted.mean()) * (wanted / spread) + np.nanmean(recorded)
    return moved, f"; the prediction is scaled by {wanted / spread:.2g}"


def rasters(pair: Sequence[Axes], judgement: Judgement) -> tuple[Any, str]:
    """Recorded and predicted means of all clips, units sorted alike by the recorded ones.

    Returns
    -------
    image
        For a scale of colours.
    by : str
        By what units are sorted.
    """
    start = judgement.burn_in_frames
    rows = _shown_rows(judgement.table)
    recorded = np.concatenate([c.mean[start:, rows] for c in judgement.clips]).T
    predicted = np.concatenate([c.predicted[start:, rows] for c in judgement.clips]).T
    order = sorted_units(recorded)
    ends = np.cumsum([len(c.predicted) - start for c in judgement.clips]) / FRAME_RATE
    for axes, values, title in zip(
        pair, (recorded, predicted), ("recorded", "predicted"), strict=True
    ):
        image = axes.imshow(
            z_scored(values)[order.rows],
            aspect="auto",
            cmap="gray_r",
            vmin=0,
            vmax=3,
            extent=(0, float(ends[-1]), len(rows), 0),
            interpolation="antialiased",
        )
        for end in ends[:-1]:
            axes.axvline(end, color="#2e86ab", linewidth=0.5)
        axes.set(title=f"{title}, mean of repeats", xlabel="time in the clips (s)")
    pair[0].set_ylabel(f"{len(rows)} units, sorted")
    pair[1].set_yticks([])
    return image, order.by


def _shown_rows(table: pd.DataFrame) -> NDArray[np.int64]:
    """Rows of units with a CC_norm, evenly taken where they are many; of all if few."""
    known = np.flatnonzero(table["cc_norm"].notna())
    rows = known if len(known) > 1 else np.arange(len(table))
    step = max(1, -(-len(rows) // _MOST_ROWS))
    return np.asarray(rows[::step], np.int64)


def _color(k: int, n: int) -> Any:
    """The color of group `k`; of many, along a scale."""
    if n <= len(_PALETTE):
        return _PALETTE[k % len(_PALETTE)]
    from matplotlib import colormaps

    return colormaps["viridis"](k / (n - 1) * 0.9)
