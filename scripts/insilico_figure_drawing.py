"""Drawing of ``insilico_figure.py``: two pictures of four columns, a property each.

Rows: a frame of the stimulus, one unit, the map of all units, and distributions by area,
whose colours are those of the map.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from PIL import Image

import insilico_gui as ig

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap
from matplotlib.patheffects import withStroke

if TYPE_CHECKING:
    from insilico_figure import Measured
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 7
"""Size of all letters."""

DPI = 150
AREAS = ("V1", "LM", "AL", "RL")
MEAN, FIT, LINE = "#c46200", "#008038", "#2462a8"
"""As :func:`insilico_gui.plot.tuning` has them."""

GREY = "#d9d9d9"
N_BINS = 28

SEQUENTIAL = ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.94, 256)))

CIRCULAR = LinearSegmentedColormap.from_list(
    "circular", ["#1c2450", "#c8501e", "#efdc60", "#5fb0e0", "#1c2450"]
)
"""Opposite colours are dark and light, or blue and orange: any colour vision tells them."""


@dataclass(frozen=True)
class Property:
    """A column of a picture.

    Attributes
    ----------
    stimulus : str
        Name in :class:`.Measured`.
    title, shown : str
        What is varied, and over what range.
    column : str
        Of the unit table.
    label : str
        Of the axis of its values.
    ends : (float, float)
        Of the axis and of the colours.
    ticks : tuple of float
    scale : {"linear", "octaves", "circular"}
    levels : tuple of float
        Ticks of the axis of what is varied, where they are not chosen automatically.
    level : (str, float) or None
        Column of the trials and its value: of a trial like it is the frame that is drawn.
    moment_s : float
        Of that frame, after the onset of that trial or in all.
    least : (str, float) or None
        Units whose value in a column is smaller have no value here.
    shape : str or None
        Column of the shape of a curve; units of another than ``"band-pass"``, whose
        preference may lie beyond the range that was shown, have no value here.
    """

    stimulus: str
    title: str
    shown: str
    column: str
    label: str
    ends: tuple[float, float]
    ticks: tuple[float, ...]
    scale: str = "linear"
    levels: tuple[float, ...] = ()
    level: tuple[str, float] | None = None
    moment_s: float = 0.5
    least: tuple[str, float] | None = None
    shape: str | None = None

    def values(self, units: pd.DataFrame) -> Floats:
        """Of the units, NaN where there is none."""
        found = units[self.column].to_numpy(float)
        if self.least is not None:
            found = np.where(units[self.least[0]] >= self.least[1], found, np.nan)
        if self.shape is not None:
            found = np.where(units[self.shape] == "band-pass", found, np.nan)
        return found

    def colors(self) -> Colormap:
        """The colour map."""
        return CIRCULAR if self.scale == "circular" else SEQUENTIAL

    def place(self, values: Floats) -> Floats:
        """Places of values between the ends, 0 to 1."""
        low, high = self.ends
        if self.scale == "octaves":
            values, low, high = np.log2(values), np.log2(low), np.log2(high)
        return np.asarray((values - low) / (high - low))


FIGURES = {
    "insilico_gratings": (
        Property(
            "direction",
            "Direction",
            "16 directions",
            "pref_dir_measured",
            "preferred direction (deg)",
            (0.0, 360.0),
            (0, 90, 180, 270, 360),
            "circular",
            levels=(0, 90, 180, 270, 360),
            level=("direction", 45.0),
            least=("gDSI_measured", 0.1),
        ),
        Property(
            "fields",
            "Receptive field",
            "dots, bright and dark",
            "rf_azimuth_deg",
            "azimuth of the centre (deg)",
            (-62.0, 62.0),
            (-60, -30, 0, 30, 60),
            moment_s=7.0,
        ),
        Property(
            "sf",
            "Spatial frequency",
            "0.01 to 0.16 cycles/deg",
            "pref_sf_fit",
            "preferred SF (cycles/deg)",
            (0.01, 0.16),
            (0.01, 0.02, 0.04, 0.08, 0.16),
            "octaves",
            levels=(0.01, 0.02, 0.04, 0.08, 0.16),
            level=("spatial_frequency", 0.08),
            shape="sf_shape_fit",
        ),
        Property(
            "tf",
            "Temporal frequency",
            "0.5 to 8 Hz",
            "pref_tf_fit",
            "preferred TF (Hz)",
            (0.5, 8.0),
            (0.5, 1, 2, 4, 8),
            "octaves",
            levels=(0.5, 1, 2, 4, 8),
            level=("temporal_frequency", 2.0),
            shape="tf_shape_fit",
        ),
    ),
    "insilico_size_contrast_dots": (
        Property(
            "size",
            "Size",
            "4 to 80 deg",
            "summation_size_fit",
            "summation size (deg)",
            (5.0, 80.0),
            (5, 10, 20, 40, 80),
            "octaves",
            levels=(0, 20, 40, 60, 80),
            level=("size_deg", 38.0),
        ),
        Property(
            "contrast",
            "Contrast",
            "0.02 to 1",
            "c50_fit",
            "half-saturation contrast",
            (0.0, 0.4),
            (0, 0.1, 0.2, 0.3, 0.4),
            levels=(0, 0.5, 1),
            level=("contrast", 0.2),
        ),
        Property(
            "dots",
            "Random dots",
            "coherence 0.06 to 1",
            "neurometric_threshold",
            "threshold coherence",
            (0.0625, 1.0),
            (0.0625, 0.125, 0.25, 0.5, 1),
            "octaves",
            level=("coherence", 1.0),
        ),
        Property(
            "clips",
            "Natural clips",
            "20 clips of 3 s",
            "lifetime_sparseness_vinje_gallant",
            "lifetime sparseness",
            (0.0, 0.6),
            (0, 0.2, 0.4, 0.6),
        ),
    ),
}


def draw_figures(measured: Measured, out: Path) -> Iterator[Path]:
    """Write the pictures, and tell their paths."""
    example = _example(measured)
    with mpl.rc_context(
        {
            "font.size": POINTS,
            "axes.titlesize": POINTS,
            "axes.labelsize": POINTS,
            "xtick.labelsize": POINTS,
            "ytick.labelsize": POINTS,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.6,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.major.size": 2.5,
            "ytick.major.size": 2.5,
        }
    ):
        for name, columns in FIGURES.items():
            figure = _draw(measured, columns, example)
            path = out / f"{name}.png"
            _save(figure, path)
            plt.close(figure)
            yield path


def _save(figure: Figure, path: Path) -> None:
    """Write a picture of 256 colours, a third of the size of one of all colours."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=DPI)
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def _example(measured: Measured) -> int:
    """The unit that is drawn: one of V1 in the middle of the screen.

    Of those that prefer a direction, the one that tells directions of dots best.
    """
    units = measured.units
    near = np.isin(units["unit_id"], measured.tunings["size"]["unit_id"])
    wanted = near & (units["area"] == "V1") & (units["gDSI_measured"] > 0.2)
    among = units[wanted if wanted.any() else near]
    return int(among["unit_id"].iloc[int(np.nanargmax(among["neurometric_area"]))])


def _draw(measured: Measured, columns: tuple[Property, ...], example: int) -> Figure:
    figure, axes = plt.subplots(
        4,
        len(columns),
        figsize=(7.4, 6.9),
        height_ratios=(0.62, 0.8, 1.05, 1.2),
        layout="constrained",
    )
    figure.get_layout_engine().set(w_pad=0.05, h_pad=0.05, wspace=0.03, hspace=0.02)
    for k, one in enumerate(columns):
        frame, unit, units, areas = axes[:, k]
        _frame(frame, measured, one)
        _unit(unit, measured, one, example)
        _map(units, measured.units, one, first=k == 0)
        _areas(areas, measured.units, one, first=k == 0)
    axes[1, 0].set_ylabel("response")
    for letter, ax in zip("abcd", axes[:, 0], strict=True):
        ax.annotate(
            letter,
            (0, 1),
            xytext=(-30, 3),
            xycoords="axes fraction",
            textcoords="offset points",
            weight="bold",
            annotation_clip=False,
        )
    figure.align_ylabels(axes[:, 0])
    return figure


def _frame(ax: Axes, measured: Measured, one: Property) -> None:
    stimulus = measured.stimuli[one.stimulus]
    moment = one.moment_s
    if one.level is not None:
        trials = stimulus.trials
        column, wanted = one.level
        row = (trials[column] - wanted).abs().to_numpy().argmin()
        moment += float(trials["onset"].iloc[row])
    index = int(moment * stimulus.frame_rate)
    ax.imshow(stimulus.frames(index, index + 1)[0], cmap="gray", vmin=0, vmax=255)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.set_title(f"$\\bf{{{one.title.replace(' ', '~')}}}$\n{one.shown}")


def _unit(ax: Axes, measured: Measured, one: Property, example: int) -> None:
    tuning = measured.tunings.get(one.stimulus)
    if one.stimulus == "fields":
        _field(ax, tuning.sel(polarity="on+off"), example)
        return
    if one.stimulus == "clips":
        shown = measured.clips[: 12 * 30]
        row = int(np.flatnonzero(shown["unit_id"].to_numpy() == example)[0])
        ax.plot(shown["time"], shown[:, row], color=LINE, lw=0.8)
        ax.set(xlabel="time (s)", xticks=range(0, 13, 3), xlim=(0, 12))
    elif one.stimulus == "dots":
        row = int(np.flatnonzero(tuning["unit_id"].to_numpy() == example)[0])
        ax.plot(tuning["coherence"], tuning["fitted_area"][:, row], color=FIT)
        ax.plot(tuning["coherence"], tuning["area"][:, row], "s", color=MEAN, ms=3)
        ax.set(ylabel="area under ROC", ylim=(0.3, 1.03))
        _octaves(ax, one.ticks, "coherence")
        return
    else:
        ig.plot.tuning(tuning, example, ax=ax)
        ax.set_title("")
        if (legend := ax.get_legend()) is not None:
            legend.remove()
        for line in ax.lines:
            line.set(markersize=3, linewidth=1.2)
        if one.levels:
            ax.set_xticks(one.levels, _written(one.levels))
        ax.set_ylabel("")
    ax.set_ylim(bottom=0)


def _written(ticks: tuple[float, ...]) -> list[str]:
    return [f"{round(tick, 2):g}" for tick in ticks]


def _octaves(ax: Axes, ticks: tuple[float, ...], label: str) -> None:
    ax.set_xscale("log", base=2)
    ax.set_xticks(ticks, _written(ticks))
    ax.minorticks_off()
    ax.set_xlabel(label)


def _field(ax: Axes, fields: object, example: int) -> None:
    row = int(np.flatnonzero(fields["unit_id"].to_numpy() == example)[0])
    ax.imshow(fields["rf"][row], cmap="gray_r", aspect="equal")
    across = fields["azimuth_deg"].to_numpy()
    down = fields["elevation_deg"].to_numpy()
    down = down[:, down.shape[1] // 2] if down.ndim == 2 else down
    at = np.interp([-45, 0, 45], across, np.arange(len(across)))
    ax.set_xticks(at, ["-45", "0", "45"])
    at = np.interp([-30, 0, 30], down[::-1], np.arange(len(down))[::-1])
    ax.set_yticks(at, ["-30", "0", "30"])
    ax.set(xlabel="azimuth (deg)", ylabel="elevation (deg)")
    ax.spines[:].set_visible(True)


def _map(ax: Axes, units: pd.DataFrame, one: Property, *, first: bool) -> None:
    values = one.values(units)
    known = np.isfinite(values)
    x, y = units["x"].to_numpy(), units["y"].to_numpy()
    ax.scatter(x[~known], y[~known], s=1.2, color=GREY, linewidths=0)
    order = np.flatnonzero(known)
    ax.scatter(
        x[order],
        y[order],
        s=4,
        c=one.colors()(np.clip(one.place(values[order]), 0, 1)),
        linewidths=0,
    )
    ax.set(aspect="equal", xlim=(-30, 1230), ylim=(1270, -30))
    ax.set_axis_off()
    for name, rows in units.groupby("area"):
        ax.text(
            rows["x"].mean(),
            rows["y"].mean(),
            name,
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=2, foreground="w")],
        )
    if first:
        ax.plot([0, 200], [1190, 1190], "k", lw=1.5, solid_capstyle="butt")
        ax.text(230, 1190, "200 µm", va="center")
    if one.scale == "circular":
        _wheel(ax)


def _wheel(ax: Axes) -> None:
    """Directions and their colours, as on the screen."""
    wheel = ax.inset_axes((0.79, -0.14, 0.22, 0.22), projection="polar")
    turns = np.linspace(0, 2 * np.pi, 73)
    wheel.bar(
        (turns[1:] + turns[:-1]) / 2,
        0.5,
        np.diff(turns),
        0.5,
        color=CIRCULAR((turns[1:] + turns[:-1]) / 4 / np.pi),
        edgecolor=CIRCULAR((turns[1:] + turns[:-1]) / 4 / np.pi),
        linewidth=0.4,
    )
    wheel.set_axis_off()


def _areas(ax: Axes, units: pd.DataFrame, one: Property, *, first: bool) -> None:
    edges = np.linspace(0, 1, N_BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    colors = one.colors()(middle)
    for k, area in enumerate(AREAS):
        values = one.values(units[units["area"] == area])
        places = one.place(values[np.isfinite(values)])
        counts = np.histogram(np.clip(places, 0, 1), edges)[0]
        floor = len(AREAS) - 1 - k
        height = 0.66 * counts / max(counts.max(), 1)
        ax.bar(middle, height, 1 / N_BINS, floor, color=colors, linewidth=0)
        ax.axhline(floor, color="k", lw=0.6)
        ax.text(1.0, floor + 0.93, f"n = {len(places)}", ha="right", va="top")
        if one.scale != "circular" and len(places):
            ax.plot([np.median(places)] * 2, [floor, floor + 0.72], color="k", lw=1.0)
    ax.set(xlim=(-0.01, 1.01), ylim=(0, len(AREAS)))
    ax.set_xticks(one.place(np.array(one.ticks, float)), _written(one.ticks))
    ax.set_xlabel(one.label)
    floors = np.arange(len(AREAS))[::-1]
    ax.set_yticks(floors + 0.3, AREAS if first else [""] * len(AREAS))
    ax.tick_params("y", length=0)
    ax.spines["left"].set_visible(False)
    if first:
        ax.set_ylabel("units (relative)")


def medians(units: pd.DataFrame) -> str:
    """Median and quartiles of every property in each area, as a table of the docs."""
    rows = ["| property | " + " | ".join(AREAS) + " |", "| --- " * 5 + "|"]
    for columns in FIGURES.values():
        for one in columns:
            cells = []
            for area in AREAS:
                values = one.values(units[units["area"] == area])
                values = values[np.isfinite(values)]
                if not len(values) or one.scale == "circular":
                    cells.append(f"n = {len(values)}")
                    continue
                low, middle, high = np.percentile(values, [25, 50, 75])
                cells.append(f"{middle:.2g} ({low:.2g} to {high:.2g}), {len(values)}")
            rows.append(f"| {one.label} | " + " | ".join(cells) + " |")
    return "\n".join(rows)
