"""Draw the distributions of the demo's parameters, per area, for its docs page.

.venv/bin/python scripts/demo_distributions.py [PICTURE]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

import insilico_gui as ig

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "demo_distributions.png"
COLORS = {"V1": "#4053d3", "LM": "#ddb310", "AL": "#b51d14", "RL": "#00beff"}
SHOWN = {
    "true_gOSI": ("gOSI, steady state", 0.0, 0.7),
    "gOSI": ("gOSI, reference battery", 0.0, 0.7),
    "true_OSI": ("OSI, steady state", 0.0, 1.0),
    "true_dsi": ("DSI at the optimum", 0.0, 0.8),
    "half_width": ("half-width at half height (deg)", 10.0, 60.0),
    "true_contrast_exponent": ("contrast exponent", 1.0, 4.0),
    "true_c50": ("half-saturation contrast", 0.05, 0.4),
    "true_f1_f0": ("F1/F0 of responses", 0.0, 1.6),
    "true_sf": ("spatial frequency (cycles/deg)", 0.02, 0.12),
    "true_tf": ("temporal frequency (Hz)", 1.0, 6.0),
    "true_size": ("preferred size (deg)", 5.0, 80.0),
    "true_surround_tuning": ("orientation tuning of the surround", 0.0, 0.35),
}


def half_width(units: pd.DataFrame) -> pd.Series:
    """Half-width at half height (degrees) of the selective drive to directions."""
    k = 8 * np.pi**2 * (units["true_sigma"] * units["true_sf"]) ** 2
    k = k * units["true_contrast_exponent"] / 2
    return np.rad2deg(np.arccos((1 - np.log(2) / k).clip(-1, 1)))


def draw(units: pd.DataFrame) -> plt.Figure:
    """Cumulative distributions of the tuned units, a line an area, median in the key."""
    tuned = units[units["true_class"] != "untuned"]
    tuned = tuned.assign(half_width=half_width(tuned))
    figure, axes = plt.subplots(3, 4, figsize=(13, 8.5), layout="constrained")
    for axis, (name, (title, low, high)) in zip(axes.flat, SHOWN.items(), strict=True):
        for area, color in COLORS.items():
            values = np.sort(tuned.loc[tuned["area"] == area, name].to_numpy(float))
            share = np.arange(1, len(values) + 1) / len(values)
            label = f"{area} {np.median(values):.3g}"
            axis.step(values, share, where="post", color=color, label=label)
        if name in ("true_sf", "true_tf", "true_size"):
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
            axis.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
            axis.set_xticks([t for t in TICKS if low <= t <= high])
        axis.set(xlabel=title, xlim=(low, high), ylim=(0, 1))
        axis.spines[["top", "right"]].set_visible(False)
        place = "upper left" if name == "true_OSI" else "lower right"
        axis.legend(title="median", frameon=False, fontsize=8, loc=place)
    for axis in axes[:, 0]:
        axis.set_ylabel("share of the tuned units")
    return figure


TICKS = (0.02, 0.04, 0.08, 1, 2, 4, 5, 10, 20, 40, 80)


def main() -> None:
    """Write the picture."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    draw(ig.open_session("demo", device="cpu").units).savefig(target, dpi=80)
    print(target)


if __name__ == "__main__":
    main()
