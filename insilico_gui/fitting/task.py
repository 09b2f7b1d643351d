"""What a twin implements to be fitted: its data, and a task of rounds and steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from insilico_gui.fitting.checkpoint import FILE

Writers = Mapping[str, Callable[[Path], object]]
"""Files by name relative to the folder of the fit, each with what writes it to a path."""


@runtime_checkable
class FitData(Protocol):
    """What a fit learns from: in memory, mapped from a folder, or drawn as it goes."""

    @property
    def fingerprint(self) -> str:
        """Hash of all that the fit reads; a fit is not resumed on other data."""
        ...

    def summary(self) -> Mapping[str, Any]:
        """What is in it, JSON-able, for people: numbers of trials, units, seconds."""
        ...


@dataclass(frozen=True)
class Step:
    """One step of the optimiser.

    Attributes
    ----------
    done, total : int
        Steps of this round. A step that takes long may be told of several times.
    losses : mapping of str to float
        Before the step; may be empty.
    """

    done: int
    total: int
    losses: Mapping[str, float]


class FitTask(ABC):
    """A fit as rounds of steps, which :class:`.FitLoop` runs.

    A round is what is done again after a kill: an epoch, or a part of a long one. A fit in
    several stages is several tasks, each with a folder of its own. A task keeps all that
    changes (weights, state of the optimiser, random generators) in :meth:`state`; two
    tasks with equal settings, data and state go on alike to the last digit.

    Attributes
    ----------
    name : str
        Of the fit, such as that of its twin.
    settings : mapping of str to Any
        JSON-able. A fit is not resumed with others, but for those of `extendable`.
    extendable : frozenset of str
        Settings that may differ when a fit is resumed, such as the number of rounds.
    data : FitData
    n_rounds : int
    saves_within_rounds : bool
        Whether :meth:`train` goes on within a round after :meth:`restore`, so that
        checkpoints are written between steps, too.
    device : str
    checkpoint : str
        Name of its file; of another one where fits of several kinds share a folder.
    """

    name: str
    settings: Mapping[str, Any]
    extendable: frozenset[str] = frozenset()
    data: FitData
    n_rounds: int
    saves_within_rounds: bool = False
    device: str = "cpu"
    checkpoint: str = FILE

    def prepare(self, folder: Path, resume: bool) -> None:  # noqa: B027 - may be empty
        """Read what an earlier fit left in the folder; called before all else.

        Settings, data and rounds have to be known after it.

        Parameters
        ----------
        folder : Path
        resume : bool
            Whether the fit goes on from a checkpoint, if there is one.

        Raises
        ------
        InsilicoError
            If something is missing there, or would be overwritten.
        """

    def notices(self) -> Sequence[str]:
        """Sentences to show before the fit starts: what it takes, in time and memory."""
        return ()

    @abstractmethod
    def train(self, round_number: int) -> Iterator[Step]:
        """Do the steps of a round, yielding after each one.

        Raises
        ------
        FitError
            If it cannot go on.
        """

    @abstractmethod
    def row(self, round_number: int) -> Mapping[str, float]:
        """What is known at the end of a round: a row of the curves.

        A value that is not finite ends the fit with an error.
        """

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """All that changes: mappings and lists of arrays, numbers and texts.

        See :mod:`.checkpoint` for what may be in it.
        """

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to what :meth:`state` returned; tensors come as numpy arrays."""

    def score(self, row: Mapping[str, float]) -> float | None:
        """How good a round was, lower is better; None if no best one is kept."""
        return None

    def files_before(self, round_number: int) -> Writers:
        """Files to write before a round, such as a model every 20 rounds."""
        return {}

    def files_after(self, round_number: int, curves: pd.DataFrame) -> Writers:
        """Files to write after a round; `curves` has a row for each round so far."""
        return {}

    def files_of_best(self, round_number: int) -> Writers:
        """Files of the best round so far, by :meth:`score`."""
        return {}

    def files_of_result(self, curves: pd.DataFrame) -> Writers:
        """Files at the end: what is opened as a session."""
        return {}
