"""Figures of ``learn_demo.py``."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")
from matplotlib import pyplot as plt


def draw_figures(
    out: Path,
    table: pd.DataFrame,
    curves: pd.DataFrame,
    tuning: tuple[np.ndarray, np.ndarray],
) -> None:
    """Write ``learning.png`` and ``tuning.png``."""
    _learning(out, table, curves)
    _tuning(out, table, *tuning)


def _learning(out: Path, table: pd.DataFrame, curves: pd.DataFrame) -> None:
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.6))
    for name in ("training_objective", "validation_objective"):
        if name in curves:
            left.plot(curves["epoch"], curves[name], label=name.split("_")[0])
    left.set(xlabel="epoch", ylabel="mean Poisson loss", title="Objective")
    left.legend(frameon=False)
    for kind, rows in table.groupby("true_class"):
        middle.hist(rows["cc_norm"], np.linspace(-0.2, 1.2, 36), alpha=0.6, label=kind)
    middle.set(xlabel="cc_norm on held-out clips", ylabel="units", title="Accuracy")
    middle.legend(frameon=False)
    right.plot(table["true_rf_x"], table["rf_x"], ".", ms=3, label="x")
    right.plot(table["true_rf_y"], table["rf_y"], ".", ms=3, label="y")
    right.set(xlabel="true centre", ylabel="learned centre", title="Receptive fields")
    right.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(out / "learning.png", dpi=120)
    plt.close(figure)


def _tuning(
    out: Path, table: pd.DataFrame, learned: np.ndarray, real: np.ndarray
) -> None:
    figure, axes = plt.subplots(2, 4, figsize=(12, 6))
    chosen = table[table["true_class"] == "direction"]
    rows = chosen.sort_values("cc_norm", ascending=False).index[:60:10]
    angles = np.arange(learned.shape[1]) * 360 / learned.shape[1]
    for axis, row in zip(axes.flat[2:], rows, strict=False):
        axis.plot(angles, real[row] / real[row].max(), "k", label="demo")
        axis.plot(angles, learned[row] / learned[row].max(), "C1", label="learned")
        axis.axvline(table["true_direction"][row], color="0.7", lw=1)
        axis.set_title(f"cc_norm {table['cc_norm'][row]:.2f}", fontsize=9)
    axes.flat[2].legend(frameon=False)
    scatter, bars = axes.flat[:2]
    well = chosen[chosen["cc_norm"] >= 0.7]
    scatter.plot(chosen["true_direction"], chosen["pref_dir"], ".", color="0.8", ms=4)
    scatter.plot(well["true_direction"], well["pref_dir"], "C0.", ms=4)
    scatter.set(xlabel="true direction (deg)", ylabel="on gratings (deg)")
    bars.hist(chosen["direction_error"], np.arange(0, 181, 11.25), color="0.8")
    bars.hist(well["direction_error"], np.arange(0, 181, 11.25), color="C0")
    bars.set(xlabel="error of preferred direction (deg)", ylabel="units")
    figure.tight_layout()
    figure.savefig(out / "tuning.png", dpi=120)
    plt.close(figure)
