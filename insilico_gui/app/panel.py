"""What the panels of the window have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from insilico_gui.app.jobs import Jobs
    from insilico_gui.experiment import Experiment


class Panel(QWidget):
    """One dock's content: a view of an experiment that can start jobs.

    Subclasses set :attr:`title`, fill :attr:`body` and connect to the experiment.
    """

    title = ""

    def __init__(self, experiment: Experiment, jobs: Jobs) -> None:
        super().__init__()
        self.experiment = experiment
        self.jobs = jobs
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(8, 8, 8, 8)

    def scrolled(self) -> QScrollArea:
        """The panel in a scroll area, so that it never forces the window to grow."""
        area = QScrollArea()
        area.setWidget(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumSize(120, 60)
        return area


def text_label(text: str = "") -> QLabel:
    """A label that wraps and whose text can be copied."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(40)
    return label
