"""The page of a film: what stays the same is drawn once, the rest for every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.drawing.colors import CATEGORIES, category_colors
from insilico_gui.drawing.layouts import point_size
from insilico_gui.drawing.palettes import EVEN_HUES, even_hues
from insilico_gui.drawing.scales import scale_of_column, scale_of_responses
from insilico_gui.experiment.viewing import RESPONSE
from insilico_gui.films.dots import Dots
from insilico_gui.films.material import response_limits
from insilico_gui.plot.figures import (
    SMALL,
    bar,
    colormap,
    line_colors,
    mpl,
    name_categories,
    plain,
)
from insilico_gui.plot.map_axes import attrs_of, dress
from insilico_gui.plot.rasters import mark_trials
from insilico_gui.units.columns import facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_gui.drawing.scales import ColorScale
    from insilico_gui.films.material import Material

    Picture = NDArray[np.uint8]
    Box = tuple[int, int, int, int]

DARK, LIGHT = ("#11151b", "#d5dae1"), ("#ffffff", "#1c2128")
"""Colours of the page, and of what is written on it."""

HEIGHT_OF_TEXT = 720
"""Pixels of a page on which text has its usual size of 100 dots per inch."""

MAP, MAP_ALONE = (0.06, 0.37, 0.49, 0.55), (0.06, 0.37, 0.78, 0.55)
STIMULUS, TRACES = (0.665, 0.37, 0.315, 0.55), (0.06, 0.09, 0.82, 0.19)
"""Left, bottom, width and height of the parts, of the page."""

CLOCK = 0.036
"""Height of the line with the time, of the page; the stimulus is named below it."""

BELOW = 0.35
"""Brightness of the stimulus below units, as a part of its own."""

SMALLEST, LARGEST, LARGER = 5.0, 22.0, 1.35
"""Diameters of discs in pixels of a page of usual size; selected ones are larger."""

RIMS = np.array([(90, 96, 104), (255, 255, 255)], np.uint8)
RIMS_ON_WHITE = np.array([(150, 154, 160), (0, 0, 0)], np.uint8)
"""Of units, and of those that are selected."""

PLAYHEAD = (255, 136, 0)

MOST_NAMES = 8
"""Units that are named beside their traces."""


class Page:
    """Draws the frames of a film; each page is used by one thread.

    Parameters
    ----------
    material : Material

    Attributes
    ----------
    centres : float64 array [U, 2]
        Column and row of each unit on the page; NaN of those without a place.
    scale : ColorScale

    Raises
    ------
    AnalysisError
        If matplotlib is not installed.
    """

    def __init__(self, material: Material) -> None:
        film = material.film
        self._material = material
        self._dpi = 100 * film.height / HEIGHT_OF_TEXT
        self._ground, self._ink = DARK if film.dark else LIGHT
        figure = self._new_figure(film.width, film.height)
        self.scale, self._values = _scale(material)
        self._weights = None
        if material.weights is not None:
            self._weights = material.weights.to_numpy(float)
        frames = material.shown.frames
        ax = figure.add_axes(MAP_ALONE if frames is None else MAP)
        self._draw_map(ax)
        self._draw_legend(ax)
        beside = None if frames is None else figure.add_axes(STIMULUS)
        if beside is not None and frames is not None:
            self._frame_axes(beside, frames.frame_shape)
        below = figure.add_axes(TRACES)
        self._draw_traces(below)
        title = plain(material.title)
        figure.text(0.06, 0.969, title, fontsize=11, weight="bold", va="center")
        self._page = self._rendered(figure)
        self._map_box, self._map_axes = self._box(ax), ax
        self._stimulus_box = None if beside is None else self._box(beside)
        self._trace_box, self._trace_axes = self._box(below), below
        self._place_dots()
        self._clock = self._new_figure(film.width // 3, round(CLOCK * film.height))
        self._words = self._clock.text(
            1.0, 0.5, "", ha="right", va="center", fontsize=10, color=self._ink
        )

    # -- what stays --------------------------------------------------------------------

    def _new_figure(self, width: int, height: int) -> Any:
        figure = mpl("matplotlib.figure").Figure(
            figsize=(width / self._dpi, height / self._dpi), dpi=self._dpi
        )
        mpl("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
        figure.set_facecolor(self._ground)
        return figure

    def _draw_map(self, ax: Any) -> None:
        material, places = self._material, self._material.places
        known = np.isfinite(places).all(axis=1)
        low, high = places[known, 1:].min(axis=0), places[known, 1:].max(axis=0)
        margin = 0.04 * float(max((high - low).max(), 1.0))
        ax.set_xlim(low[1] - margin, high[1] + margin)
        ax.set_ylim(high[0] + margin, low[0] - margin)
        session = material.session
        shape = session.frame_shape
        if min(shape) <= 0:
            shape = (1, 1)
        attrs = attrs_of(session, session)
        dress(ax, material.layout, material.table, shape, session, attrs)
        ax.set_anchor("NW")

    def _draw_legend(self, ax: Any) -> None:
        """A bar of colours beside the map, or the names of colours."""
        scale = self.scale
        label = facts(scale.column).label
        if scale.categories is not None:
            name_categories(ax, scale.categories, facts(scale.column).title)
            return
        if scale.column == RESPONSE:
            label = str(getattr(self._material.session, "response_label", RESPONSE))
        elif scale.weight:
            label += f"\npaler: lower {facts(scale.weight).title}"
        colors = mpl("matplotlib.colors")
        shown = mpl("matplotlib.cm").ScalarMappable(
            colors.Normalize(*scale.limits), colors.ListedColormap(scale.table)
        )
        bar(ax, shown, label, "" if scale.column == RESPONSE else scale.column)

    def _frame_axes(self, ax: Any, shape: tuple[int, int]) -> None:
        ax.set_xlim(-0.5, shape[1] - 0.5)
        ax.set_ylim(shape[0] - 0.5, -0.5)
        ax.set_aspect("equal", anchor="N")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_title("stimulus", fontsize=10)

    def _draw_traces(self, ax: Any) -> None:
        material = self._material
        times = np.arange(material.first, material.stop) / material.rate
        ids = material.table["unit_id"].to_numpy()[material.encoded.indices]
        columns, n = material.columns, len(material.columns)
        if n <= len(CATEGORIES):
            colors: Any = CATEGORIES if material.film.dark else line_colors(n)
        else:
            colors = category_colors(n) if material.film.dark else line_colors(n)
        if material.responses.dims[0] == "time":
            mark_trials(ax, material.responses)
        for k, values in enumerate(material.traces().T):
            name = f"unit {plain(ids[columns[k]])}" if n <= MOST_NAMES else None
            ax.plot(times, values, color=colors[k], linewidth=1.1, label=name)
        end = material.stop / material.rate
        ax.set_xlim(times[0], end)
        ax.set_xlabel("time (s)")
        ax.set_ylabel("response")
        ax.spines[["top", "right"]].set_visible(False)
        if 0 < n <= MOST_NAMES:
            ax.legend(
                fontsize=SMALL + 1,
                frameon=False,
                loc="upper left",
                bbox_to_anchor=(1.0, 1.08),
                handlelength=1.2,
            )

    def _rendered(self, figure: Any) -> Picture:
        """A figure as a picture, in the colours of the page."""
        for text in figure.findobj(mpl("matplotlib.text").Text):
            text.set_color(self._ink)
        for axes in figure.findobj(mpl("matplotlib.axes").Axes):
            axes.set_facecolor(self._ground)
            axes.tick_params(which="both", color=self._ink, labelcolor=self._ink)
            for side in axes.spines.values():
                side.set_color(self._ink)
        for line in figure.axes[0].lines:  # a head, where there is one
            line.set_color(self._ink)
        return self._pixels(figure)

    @staticmethod
    def _pixels(figure: Any) -> Picture:
        figure.canvas.draw()
        drawn: Picture = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()
        return drawn

    def _box(self, ax: Any) -> Box:
        """Rows and columns of the inside of axes: top, bottom, left, right."""
        whole = ax.get_window_extent()
        height = self._page.shape[0]
        rows = round(height - whole.y1), round(height - whole.y0)
        return *rows, round(whole.x0), round(whole.x1)

    def _place_dots(self) -> None:
        material, (top, bottom, left, right) = self._material, self._map_box
        places, height = material.places, self._page.shape[0]
        known = np.isfinite(places).all(axis=1)
        self.centres = np.full((len(places), 2), np.nan)
        spots = self._map_axes.transData.transform(places[known][:, :0:-1])
        self.centres[known] = np.column_stack([spots[:, 0], height - spots[:, 1]])
        low, high = self._map_axes.get_xlim()
        per_unit = (right - left) / abs(high - low)
        usual = self._dpi / 100
        size = np.clip(
            1.15 * point_size(places[known]) * per_unit,
            SMALLEST * usual,
            LARGEST * usual,
        )
        chosen = material.chosen if not material.chosen.all() else ~material.chosen
        sizes = np.where(chosen, LARGER, 1.0) * size
        rims = (RIMS if material.film.dark else RIMS_ON_WHITE)[chosen.astype(int)]
        self._dots = Dots(
            self.centres - (left, top),
            sizes,
            chosen.astype(np.uint16),
            rims,
            (bottom - top, right - left),
        )
        fine = self._dots.fine
        inside = self._page[top:bottom, left:right]
        self._map_ground = inside.repeat(fine, axis=0).repeat(fine, axis=1)

    # -- for every frame ---------------------------------------------------------------

    def colors(self, moment: int) -> Picture:
        """Colours of all units at a moment, uint8 [U, 3]."""
        found = self.scale.colors(self._values_at(moment), self._weights)
        ground = np.array(mpl("matplotlib.colors").to_rgb(self._ground))
        solid = found[:, :3] * found[:, 3:] + ground * (1 - found[:, 3:])
        return np.round(solid * 255).astype(np.uint8)

    def _values_at(self, moment: int) -> NDArray[np.floating]:
        """What units are coloured by at a moment, [U]."""
        return (
            self._material.responses_at(moment)
            if self._values is None
            else self._values
        )

    def frame(self, moment: int, stimulus: Picture | None) -> Picture:
        """One frame of the film, uint8 [height, width, 3].

        Parameters
        ----------
        moment : int
        stimulus : uint8 array [H, W] or [H, W, 3], or None
            What is shown at that moment.
        """
        page = self._page.copy()
        top, bottom, left, right = self._map_box
        ground = self._map_ground.copy()
        if stimulus is not None and self._material.layout == "retinotopic":
            picture = _resized(stimulus, ground.shape[:2])
            ground[:] = (picture * np.float32(BELOW)).astype(np.uint8)
        page[top:bottom, left:right] = self._dots.draw(
            ground,
            self.colors(moment),
            self.scale.strength(self._values_at(moment), self._weights),
        )
        if stimulus is not None and self._stimulus_box is not None:
            top, bottom, left, right = self._stimulus_box
            page[top:bottom, left:right] = _resized(
                stimulus, (bottom - top, right - left)
            )
        self._draw_time(page, moment)
        return page

    def _draw_time(self, page: Picture, moment: int) -> None:
        material = self._material
        time_s = moment / material.rate
        top, bottom, *_ = self._trace_box
        across, _ = self._trace_axes.transData.transform((time_s, 0.0))
        at = min(round(across), page.shape[1] - 2)
        page[top:bottom, at : at + 2] = PLAYHEAD
        words = material.shown.words(moment)
        told = (
            f"{time_s:.2f} s   frame {moment + 1} of {material.encoded.moments.n_done}"
        )
        self._words.set_text(words or told)
        clock = self._pixels(self._clock)
        height, width = clock.shape[:2]
        margin = round(0.02 * page.shape[1])
        end = page.shape[1] - margin
        above = round(0.013 * page.shape[0])
        page[above : above + height, end - width : end] = clock


def _scale(material: Material) -> tuple[ColorScale, NDArray[np.float64] | None]:
    """The scale of colours, and what it is of where that does not change."""
    film, chosen = material.film, material.film.scale
    if material.column is None:
        scale = scale_of_responses(
            RESPONSE,
            response_limits(material),
            film.limits,
            _table,
            over_stimulus=material.layout == "retinotopic",
            colormap=chosen.colormap,
        )
        return scale, None
    return scale_of_column(
        material.column,
        film.limits,
        _table,
        colormap=chosen.colormap,
        phase=chosen.phase,
        weights=material.weights,
    )


def _table(name: str, _kind: str) -> NDArray[np.float32]:
    """Colours of a colour map, float32 [256, 4]."""
    if name == EVEN_HUES:
        return np.column_stack([even_hues(), np.ones(256)]).astype(np.float32)
    return np.asarray(colormap(name)(np.linspace(0, 1, 256)), np.float32)


def _resized(picture: Picture, shape: tuple[int, int]) -> Picture:
    """A picture in another size, in colour; pixels stay squares when they grow."""
    height, width = shape
    rows = (np.arange(height) + 0.5) * picture.shape[0] / height
    columns = (np.arange(width) + 0.5) * picture.shape[1] / width
    taken = picture[rows.astype(int)][:, columns.astype(int)]
    return taken if taken.ndim == 3 else np.repeat(taken[:, :, None], 3, axis=2)
