"""What a panel may ask of the window it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from weakref import ref

from insilico_gui.app.work.jobs import sentence
from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.app.map.unit_map import UnitMap
    from insilico_gui.app.work.jobs import Jobs
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.resolved import Resolved


class Queue(Protocol):
    """Runs that are encoded one after the other.

    Attributes
    ----------
    waiting : list of (str, str)
        Sessions and stimuli to be encoded next.
    """

    waiting: list[tuple[str, str]]

    @property
    def pair(self) -> tuple[str, str] | None:
        """Session and stimulus that are being encoded."""

    @property
    def part(self) -> float:
        """How much of it is done, 0 to 1."""

    def stop(self, pair: tuple[str, str], /) -> None:
        """Do not encode a run that waits or is under way."""


class Window(Protocol):
    """The parts of a window that panels reach."""

    now: Resolved
    map: UnitMap
    encoding: Queue

    def say(
        self,
        text: str,
        *,
        problem: bool = False,
        undo: Callable[[], object] | None = None,
    ) -> None:
        """Show one sentence until the next; with `undo`, a button that calls it."""

    def encode(self, pairs: Sequence[tuple[str, str]] | None = None) -> None:
        """Encode runs, default the one on show, in the background."""

    def cancel(self) -> None:
        """Stop what runs in the background."""

    def open_stimuli(self, given: Sequence[Any], **options: Any) -> None:
        """Open paths, or take stimuli that are open; each is added and shown."""

    def open_reference(self, path: Path) -> None:
        """Compare with the responses in a file."""

    def save_selections(self, names: Sequence[str] = ()) -> None:
        """Ask for a file, and save selections of the session; by default all."""

    def load_selections(self) -> None:
        """Ask for a file of selections, and take them."""

    def analyse(self, analysis: str, parameters: dict[str, Any]) -> None:
        """Run an analysis of the run on show in the background."""

    def film(self) -> None:
        """Ask which film of the run on show to write."""

    def arm_lasso(self, on: bool) -> None:
        """Let the user draw around units on the map, or not any more."""

    def stay(self) -> None:
        """The user moved in time: do not follow responses that come in."""

    def peek(self, frame: int) -> NDArray[np.uint8] | None:
        """A frame on show, uint8 [H, W] or [H, W, 3], if it has been made."""

    def show_panel(self, title: str) -> None:
        """Bring a panel to the front."""

    def show_first_panel(self) -> None:
        """Bring the panel to the front that is needed first for what is on show."""


class Desk:
    """Hands panels the experiment, and their wishes to the window.

    Panels hold this and no window: a cycle of widgets would be taken apart in an order
    that Qt does not survive.

    Attributes
    ----------
    experiment : Experiment
    jobs : Jobs
        Work in the background.
    """

    def __init__(self, experiment: Experiment, jobs: Jobs, window: Window) -> None:
        self.experiment = experiment
        self.jobs = jobs
        self._window = ref(window)

    @property
    def window(self) -> Window:
        """The window.

        Raises
        ------
        InsilicoError
            If it is gone.
        """
        window = self._window()
        if window is None:
            raise InsilicoError("The window has been closed; open another one.")
        return window

    @property
    def now(self) -> Resolved:
        """What is on show."""
        return self.window.now

    def attempt(self, command: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Carry out a command for the user; a failure becomes a sentence."""
        try:
            command(*args, **kwargs)
        except InsilicoError as error:
            self.window.say(sentence(error), problem=True)
            return False
        return True
