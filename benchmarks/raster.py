"""How long the raster of all units takes: building, sorting, redrawing, the playhead.

``python benchmarks/raster.py [units] [frames]``, default 10000 and 1800. The first lines
need no screen; the last moves the playhead of a plot of 1600 x 200 pixels and paints it.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.analysis.population.raster import Raster, Window, Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIZE = 1600, 200


class Store:
    """Complete responses [T, U]."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self._values = values
        self.shape: tuple[int, ...] = values.shape
        self.n_done = len(values)

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Rows `start` to `stop`."""
        return self._values[start:stop]


def responses(n_units: int, n_frames: int) -> NDArray[np.float32]:
    """Units that respond one after the other, with noise; float32 [T, U]."""
    rng = np.random.default_rng(0)
    values = rng.gamma(2.0, size=(n_frames, n_units)).astype(np.float32)
    peak = rng.integers(0, n_frames, n_units)
    values[peak, np.arange(n_units)] += 20
    return values


def seconds(action: Callable[[], object]) -> float:
    """Wall time of one call (s)."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def build(raster: Raster) -> tuple[float, float]:
    """Total time, and the longest piece between two moments at which it can stop (s)."""
    pieces, last = [], time.perf_counter()
    for _ in raster.update():
        now = time.perf_counter()
        pieces.append(now - last)
        last = now
    pieces.append(time.perf_counter() - last)
    return sum(pieces), max(pieces)


def main(n_units: int = 10_000, n_frames: int = 1_800) -> None:
    """Print all times."""
    store = Store(responses(n_units, n_frames))
    print(f"{n_units:,} units x {n_frames:,} frames")
    raster = Raster(store, Wish(sort="table order"))
    total, longest = build(raster)
    print(f"built, z-score              {total:7.2f} s (longest piece {longest:.2f} s)")
    for sort in ("peak time", "first component"):
        raster.wish = Wish(sort=sort)
        print(f"sorted by {sort:17} {build(raster)[0]:7.2f} s")
    raster.wish = Wish(sort="table order", scale="percentile")
    print(f"percentiles                 {build(raster)[0]:7.2f} s")
    window = Window((0, n_units), (0, raster.n_bins), SIZE[1], SIZE[0])
    times = [seconds(lambda: raster.picture(window)) for _ in range(5)]
    print(
        f"brought to {SIZE[0]} x {SIZE[1]} pixels {1000 * statistics.median(times):7.1f} ms"
    )
    playhead(raster, window)


def playhead(raster: Raster, window: Window) -> None:
    """Move the playhead over a drawn raster, and paint each step."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qtpy.QtWidgets import QApplication

    from insilico_gui.app.panels.strip.raster_drawing import Drawn
    from insilico_gui.app.panels.strip.raster_plot import RasterPlot
    from insilico_gui.app.panels.strip.time_axis import TimeAxis

    app = QApplication.instance() or QApplication([])
    plot = RasterPlot(lambda: None)
    plot.resize(*SIZE)
    axis = TimeAxis("time (s)", raster.n_bins * raster.width, 30.0)
    plot.show_axis(axis, with_burn_in=False)
    plot.show_rows(len(raster.order))
    drawn = Drawn(
        raster.order,
        raster.limits,
        raster.picture(window),
        "",
        raster.n_bins,
        raster.n_done,
        raster.width,
        raster.wish,
    )
    image = seconds(lambda: plot.show_image(drawn, axis))
    plot.show()
    app.processEvents()
    print(f"image handed to the plot    {1000 * image:7.1f} ms")
    moved, painted = [], []
    for frame in range(0, axis.n_moments, 7):
        time_s = frame / axis.rate
        moved.append(seconds(lambda time_s=time_s: plot.playhead.setValue(time_s)))
        painted.append(seconds(app.processEvents))
    for name, times in (("moved", moved), ("painted", painted)):
        print(f"playhead {name:18} {1000 * statistics.median(times):7.2f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
