"""Colours of plots, previews and icons: those that go with the viewer's theme, live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtCore import QObject
from qtpy.QtGui import QColor, QGuiApplication
from qtpy.QtWidgets import QWidget

from insilico_gui.drawing.colors import BRIGHTEST_ON_LIGHT, ON_LIGHT_AND_DARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import napari

    RGB = tuple[int, int, int]


@dataclass(frozen=True)
class PlotColors:
    """Colours that are told apart on one background, each red, green, blue in 0..255.

    Attributes
    ----------
    background, text : of the theme
    line : what marks the time, and outlines over a plot
    guide : circles, zero lines and diagonals
    mean, trials, fit, points : what is drawn in plots, by what it means
    """

    background: RGB
    text: RGB
    line: RGB
    guide: RGB
    mean: RGB
    trials: RGB
    fit: RGB
    points: RGB

    @property
    def is_light(self) -> bool:
        """Whether dark is written on light."""
        return sum(self.background) > sum(self.text)

    @property
    def darkest(self) -> int:
        """Lowest channel (red, green or blue) of colours that are made from places."""
        return 0 if self.is_light else 60

    @property
    def brightest(self) -> int:
        """Highest channel (red, green or blue) of colours that are made from places."""
        return BRIGHTEST_ON_LIGHT if self.is_light else 255


ON_PAPER = PlotColors(
    (255, 255, 255),
    (20, 20, 20),
    **{name: pair[0] for name, pair in ON_LIGHT_AND_DARK.items()},
)
"""Of pictures that are saved or copied, whatever the theme."""


def colors_for(theme: str) -> PlotColors:
    """The colours for a theme of napari, by its name; "system" is what the system has."""
    chosen = get_theme(theme)
    background, text = _rgb(chosen.background.as_hex()), _rgb(chosen.text.as_hex())
    is_dark = sum(background) <= sum(text)
    drawn = {name: pair[is_dark] for name, pair in ON_LIGHT_AND_DARK.items()}
    return PlotColors(background, text, **drawn)


def current_colors() -> PlotColors:
    """The colours for the theme of napari's settings, until a viewer tells another."""
    return colors_for(get_settings().appearance.theme)


class Themed:
    """What is drawn in colours of its own and not by the viewer's style sheet.

    A subclass draws with :attr:`plot_colors` and overrides :meth:`use_plot_colors`.
    """

    plot_colors: PlotColors

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw in these colours from now on."""
        self.plot_colors = plot_colors


class ThemeFollower(QObject):
    """Hands the colours of a viewer's theme to panels, now and whenever it changes.

    Parameters
    ----------
    viewer : napari.Viewer
    panels : callable() -> iterable of QWidget
        Those that there are; they and whatever in them is :class:`Themed`.
    parent : QObject
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        panels: Callable[[], Iterable[QWidget]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._panels = panels
        viewer.events.theme.connect(self._apply)
        hints = QGuiApplication.styleHints()
        if hasattr(hints, "colorSchemeChanged"):
            hints.colorSchemeChanged.connect(self._apply)
        self._apply()

    def _apply(self, *_: object) -> None:
        for panel in self._panels():
            self.apply(panel)

    def apply(self, panel: QWidget) -> None:
        """Hand a panel the colours of the theme."""
        plot_colors = colors_for(self._viewer.theme)
        for widget in (*panel.findChildren(QWidget), panel):  # the panel last
            if isinstance(widget, Themed):
                widget.use_plot_colors(plot_colors)


def _rgb(name: str) -> RGB:
    color = QColor(name)
    return color.red(), color.green(), color.blue()
