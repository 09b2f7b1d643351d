"""What the panels of the window have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from insilico_gui.app.jobs import sentence
from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from insilico_gui.app.jobs import Jobs
    from insilico_gui.experiment import Experiment


class Panel(QWidget):
    """One dock's content: a view of an experiment that can start jobs.

    Subclasses set :attr:`title`, fill :attr:`body` and connect to the experiment.

    Signals
    -------
    problem(str)
        A command could not be carried out; one sentence.
    """

    title = ""
    problem = Signal(str)

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__()
        self.experiment = experiment
        self.jobs = jobs
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(8, 8, 8, 8)

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


def background() -> str:
    """Colour of the viewer's theme, for plots that are part of it."""
    return get_theme(get_settings().appearance.theme).background.as_hex()


class ThemedPlot(pg.PlotWidget):
    """An empty plot in the viewer's colours, without pyqtgraph's menus."""

    def __init__(self) -> None:
        super().__init__(background=background())
        self.setMenuEnabled(False)
        self.hideButtons()
        for side in ("left", "bottom"):
            self.getAxis(side).enableAutoSIPrefix(False)
        # pyqtgraph puts the labels of axes some pixels too far out
        self.plotItem.layout.setContentsMargins(4, 4, 4, 6)

    def setLabel(self, side: str, text: str) -> None:
        """Write at an axis, in its middle."""
        axis = self.getAxis(side)
        axis.setLabel(text)
        axis.resizeEvent()  # or it stays where a label of another length was


def text_label(text: str = "") -> QLabel:
    """A label that wraps and whose text can be copied."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(40)
    return label


def fill_box(box: QComboBox, names: Sequence[str], current: str | None = None) -> None:
    """Offer other names in a box without a signal; keeps what was chosen, if it can."""
    chosen = box.currentText() if current is None else current
    box.blockSignals(True)
    box.clear()
    box.addItems(list(names))
    if chosen in names:
        box.setCurrentText(chosen)
    box.blockSignals(False)
