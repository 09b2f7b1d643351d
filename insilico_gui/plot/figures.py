"""Axes, colours and colour bars of all plots; matplotlib is imported here alone."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.colors import (
    BRIGHTEST_ON_LIGHT,
    DIVERGING,
    DIVERGING_STOPS,
    ON_LIGHT_AND_DARK,
    UNKNOWN,
    category_colors,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap
    from numpy.typing import NDArray

    from insilico_gui.drawing.colors import ColumnColors

SMALL = 7
"""Size of the letters of legends and notes, in points."""

BAND_ALPHA = 0.27
"""Opacity of the band of a standard error, as in the window."""

UNKNOWN_NAME = "unknown"

NOTHING = (0.0, 0.0, 0.0, 0.0)
"""Colour of what is not to be drawn."""


def mpl(module: str) -> Any:
    """A module of matplotlib.

    Raises
    ------
    AnalysisError
        If matplotlib is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise AnalysisError(
            "Plots need matplotlib, which is not installed; install it with "
            "pip install 'insilico-gui[plot]'."
        ) from error


def axes_for(
    ax: Axes | None,
    size_inches: tuple[float, float] = (4.2, 3.2),
    *,
    polar: bool = False,
) -> Axes:
    """The axes to draw into: those given, or those of a new figure."""
    if ax is None:  # else not even imported: it is for the main thread
        _, ax = mpl("matplotlib.pyplot").subplots(
            figsize=size_inches,
            layout="constrained",
            subplot_kw={"projection": "polar"} if polar else {},
        )
    elif not hasattr(ax, "get_figure"):
        raise AnalysisError(
            f"ax is a {type(ax).__name__}; give axes of matplotlib, such as those of "
            "matplotlib.pyplot.subplots."
        )
    elif polar and ax.name != "polar":
        raise AnalysisError(
            "A polar plot needs polar axes; make them with subplot_kw={'projection': "
            "'polar'}, or leave ax out."
        )
    return ax


def ink(name: str) -> tuple[float, float, float]:
    """A colour of the window for lines and points, by what it means; on white."""
    red, green, blue = ON_LIGHT_AND_DARK[name][0]
    return red / 255, green / 255, blue / 255


def line_colors(n: int) -> NDArray[np.float32]:
    """Colours of n lines on white, as dark as the window draws them there; [n, 4]."""
    colors = category_colors(n)
    colors[:, :3] *= BRIGHTEST_ON_LIGHT / 255
    return colors


def colormap(name: str, bad: tuple[float, ...] | None = None) -> Colormap:
    """A colour map of the window by its name; `bad` is of what is not known."""
    if name == DIVERGING:
        made = mpl("matplotlib.colors").LinearSegmentedColormap.from_list(
            name, DIVERGING_STOPS, 256
        )
    else:
        made = mpl("matplotlib").colormaps[name]
    return made.with_extremes(bad=UNKNOWN if bad is None else bad)  # type: ignore[no-any-return]


def category_colormap(n: int) -> Colormap:
    """Colours of n categories, for limits -0.5 to n - 0.5."""
    made = mpl("matplotlib.colors").ListedColormap(category_colors(n))
    return made.with_extremes(bad=UNKNOWN)  # type: ignore[no-any-return]


def map_of(found: ColumnColors) -> Colormap:
    """The colour map of a column."""
    if found.categories is not None:
        return category_colormap(len(found.categories))
    return colormap(found.colormap)


def bar(ax: Axes, drawn: ScalarMappable, label: str, column: str = "") -> None:
    """A colour bar beside axes; of a cyclic `column`, with ticks at quarters of a turn.

    It stands in the margin, so that axes that are given keep their place.
    """
    left = 1.25 if ax.name == "polar" else 1.03
    beside = ax.inset_axes((left, 0.05, 0.03, 0.9))
    figure = ax.get_figure()
    assert figure is not None  # noqa: S101 - axes that are drawn into have one
    made = figure.colorbar(drawn, cax=beside, label=label)
    made.outline.set_visible(False)
    beside.tick_params(labelsize=SMALL + 1)
    ticks = facts(column).ticks if column else None
    if ticks is not None:
        made.set_ticks([at for at, _ in ticks], labels=[text for _, text in ticks])


def name_categories(
    ax: Axes, names: Sequence[str], title: str, *, unknown: bool = False
) -> None:
    """A legend of categories beside axes, each in its colour."""
    patch = mpl("matplotlib.patches").Patch
    colors = [*category_colors(len(names))[: len(names)]]
    shown = [plain(name) for name in names]
    if unknown:
        colors.append(UNKNOWN)
        shown.append(UNKNOWN_NAME)
    handles = [patch(color=c, label=n) for c, n in zip(colors, shown, strict=True)]
    ax.legend(
        handles=handles,
        title=title,
        fontsize=SMALL + 1,
        title_fontsize=SMALL + 1,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        handlelength=1.0,
        ncols=1 + len(names) // 18,
    )


def explain_colors(
    ax: Axes, drawn: ScalarMappable, found: ColumnColors, column: str
) -> None:
    """The legend of a column: its categories, or a colour bar with title and unit."""
    unknown = bool(np.isnan(found.values).any())
    if found.categories is not None:
        name_categories(ax, found.categories, facts(column).title, unknown=unknown)
        return
    bar(ax, drawn, facts(column).label, column)


def plain(text: object) -> str:
    """Text of a file as letters: matplotlib reads what is between dollar signs."""
    return str(text).replace("$", r"\$")


def bare(ax: Axes) -> None:
    """Leave out the frame at the top and to the right."""
    ax.spines[["top", "right"]].set_visible(False)


@contextmanager
def small_legend(ax: Axes, **options: Any) -> Iterator[None]:
    """Draw, then a small legend of what was drawn."""
    yield
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize=SMALL, frameon=False, handlelength=1.4, **options)


def column_ticks(ax: Axes, column: str, axis: str = "x") -> None:
    """Quarters of a turn at an axis of an angle."""
    ticks = facts(column).ticks
    if ticks is None:
        return
    places, names = zip(*ticks, strict=True)
    {"x": ax.set_xticks, "y": ax.set_yticks}[axis](places, names)


def edges(centres: NDArray[np.floating]) -> tuple[float, float]:
    """Outer edges of evenly spaced places."""
    places = np.asarray(centres, float)
    half = (places[1] - places[0]) / 2 if len(places) > 1 else 0.5
    return float(places[0] - half), float(places[-1] + half)
