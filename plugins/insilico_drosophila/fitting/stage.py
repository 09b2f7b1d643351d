"""What the four stages of a fit have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from insilico_gui.errors import SessionError
from insilico_gui.fitting import Step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from insilico_drosophila.fitting.results_folder import ResultsFolder
    from insilico_drosophila.fitting.settings import Settings
    from insilico_drosophila.fly import Fly
    from insilico_gui.fitting import Writers

T = TypeVar("T")


@dataclass(frozen=True)
class Work:
    """What a stage works with.

    Attributes
    ----------
    fly : Fly
        Untrained.
    settings : Settings
    folder : ResultsFolder
        Where earlier stages have left their files.
    """

    fly: Fly
    settings: Settings
    folder: ResultsFolder


class Stage(ABC):
    """One stage, in rounds; see :class:`insilico_gui.fitting.FitTask`.

    Parameters
    ----------
    work : Work

    Attributes
    ----------
    name : str
    n_rounds : int
    """

    name: str
    n_rounds: int

    def __init__(self, work: Work) -> None:
        self.work = work

    @abstractmethod
    def check(self) -> None:
        """Refuse what a run of this stage alone lacks."""

    @abstractmethod
    def begin(self) -> None:
        """Read the files of earlier stages, before the first round or a restored one."""

    @abstractmethod
    def train(self, k: int) -> Iterator[Step]:
        """Do the steps of round `k` of this stage."""

    @abstractmethod
    def row(self) -> Mapping[str, float]:
        """Values of the round that was done."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """All that changes."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a :meth:`state`."""

    @abstractmethod
    def files(self, k: int) -> Writers:
        """Files to write after round `k`."""


def told(
    going: Generator[int, None, T],
    before: int,
    total: int,
    losses: Mapping[str, float],
) -> Generator[Step, None, T]:
    """Run a generator of steps of the network, as steps of a round; gives its result.

    Parameters
    ----------
    going : generator of int
        Yields steps made so far.
    before, total : int
        Steps of the round that were made before, and all of them.
    losses : mapping of str to float
        The last ones that are known.
    """
    while True:
        try:
            made = next(going)
        except StopIteration as end:
            found: T = end.value
            return found
        yield Step(before + made, total, losses)


def required(path: Path, stage: str) -> Path:
    """A file that an earlier stage makes."""
    if not path.is_file():
        raise SessionError(
            f"{path.name} is not in {path.parent.name}; run the stage {stage} first."
        )
    return path
