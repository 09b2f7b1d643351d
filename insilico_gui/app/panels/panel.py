"""What the panels of the window have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.widgets.theme import PlotColors, Themed, current_colors
from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QResizeEvent

    from insilico_gui.app.work.jobs import Jobs
    from insilico_gui.experiment.window_state import WindowState


LEAST_TEXT = 260
"""Width of a text above plots: with less of it a panel scrolls."""


class Panel(QWidget, Themed):
    """One dock's content: a view of an experiment that can start jobs.

    Subclasses set :attr:`title`, fill :attr:`body` and connect to the experiment.

    Signals
    -------
    problem(str)
        A command could not be carried out; one sentence.
    """

    title = ""
    problem = Signal(str)

    def __init__(self, experiment: WindowState, jobs: Jobs) -> None:
        super().__init__()
        self.experiment = experiment
        self.jobs = jobs
        self.plot_colors = current_colors()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(8, 8, 8, 8)

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw what is drawn by hand in these colours; the parts have them already."""
        super().use_plot_colors(plot_colors)
        self.recolor()

    def recolor(self) -> None:
        """Draw in :attr:`plot_colors` what does not take them up by itself."""

    def attempt(self, command: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Carry out a command for the user; a failure becomes a sentence."""
        try:
            command(*args, **kwargs)
        except InsilicoError as error:
            self.problem.emit(sentence(error))
            return False
        return True

    def scrolled(self) -> QScrollArea:
        """The panel in a scroll area, so that it never forces the window to grow."""
        area = QScrollArea()
        area.setWidget(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setMinimumSize(120, 60)
        return area


def breakable(text: str) -> str:
    """Text whose longest words, such as file names, may be broken between lines."""
    return re.sub(r"(\S{24})(?=\S)", "\\1\u200b", text)


def text_label(text: str = "") -> QLabel:
    """A label that wraps and whose text can be copied."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(40)
    return label


class NarrowText(QLabel):
    """Text above plots, as many lines as it needs; the plots below shrink to the dock.

    Qt's own labels that wrap make a scroll area ask for the preferred height of all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(LEAST_TEXT)

    def hasHeightForWidth(self) -> bool:
        """See Qt: the height is given by :meth:`setText` and with the width."""
        return False

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self._use_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._use_height()

    def _use_height(self) -> None:
        needed = self.heightForWidth(max(self.width(), LEAST_TEXT))
        self.setFixedHeight(max(needed, self.fontMetrics().height()))


def fill_box(box: QComboBox, names: Sequence[str], current: str | None = None) -> None:
    """Offer other names in a box without a signal; keeps what was chosen, if it can."""
    chosen = box.currentText() if current is None else current
    box.blockSignals(True)
    box.clear()
    box.addItems(list(names))
    if chosen in names:
        box.setCurrentText(chosen)
    box.blockSignals(False)
