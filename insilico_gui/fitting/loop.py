"""The loop of a fit: rounds, files, checkpoints; paused by not asking for the next step.

The order of a round: files before, steps, row of the curves, files after, checkpoint. A
fit that is killed anywhere goes on from the last checkpoint and writes the same files.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import FitError, listed, quoted
from insilico_gui.files import claim, settle
from insilico_gui.fitting.checkpoint import (
    has_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from insilico_gui.fitting.curves import Curves, refuse_not_finite
from insilico_gui.fitting.report import FitReport, write_report

if TYPE_CHECKING:
    from collections.abc import Generator

    from insilico_gui.fitting.task import FitTask, Writers

RUNNING = "fit"
"""Name that a running fit holds in its folder, so that there is one; no file has it."""

CHECKPOINT_S = 10.0
"""Least seconds between two checkpoints."""


@dataclass(frozen=True)
class FitProgress:
    """How far a fit is, after a step.

    Attributes
    ----------
    round_number, n_rounds : int
        Rounds count from 0.
    step, n_steps : int
        Steps of this round that are done, and all of them.
    losses : mapping of str to float
    elapsed_s : float
        Since the fit began or was resumed.
    end_of_round : bool
        Whether the curves have a new row and the files are written.
    """

    round_number: int
    n_rounds: int
    step: int
    n_steps: int
    losses: Mapping[str, float]
    elapsed_s: float
    end_of_round: bool = False

    @property
    def done(self) -> float:
        """Part of the fit that is done, 0 to 1."""
        part = self.step / self.n_steps if self.n_steps else 0.0
        whole = 1.0 if self.end_of_round else part
        return (self.round_number + whole) / max(1, self.n_rounds)


class FitLoop:
    """Runs a task in a folder.

    Parameters
    ----------
    task : FitTask
    folder : Path
        Made if it does not exist.
    resume : bool
        Go on where the fit in the folder ended, if there is one.
    checkpoint_s : float
        Least seconds between two checkpoints; there is always one at the end.

    Attributes
    ----------
    curves : Curves
        A row for each round that is done; may be read from any thread.
    round_number : int
        The next round.
    best_round : int or None

    Raises
    ------
    FitError
        If the folder holds a fit already and `resume` is not set, or one with other data
        or settings.
    """

    def __init__(
        self,
        task: FitTask,
        folder: Path,
        *,
        resume: bool = False,
        checkpoint_s: float = CHECKPOINT_S,
    ) -> None:
        self.task = task
        self.folder = folder
        self.curves = Curves()
        self.round_number = 0
        self.best_round: int | None = None
        self._best_score: float | None = None
        self._checkpoint_s = checkpoint_s
        self._spent_s = 0.0
        self._n_steps = 0
        self._within = 0  # steps of this round that are done
        self._started = self._last = time.perf_counter()
        self._stopping = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FitError(
                f"The folder {quoted(folder)} cannot be made ({error.strerror}); choose "
                "another one."
            ) from error
        settle(folder)
        task.prepare(folder, resume)
        if has_checkpoint(folder, task.checkpoint):
            if not resume:
                raise FitError(
                    f"{quoted(folder.name)} holds a fit already; resume it, or choose "
                    "another folder."
                )
            self._take(read_checkpoint(folder, task.checkpoint))

    def stop(self) -> None:
        """End the fit after the round that is running; it can be resumed."""
        self._stopping = True

    def run(self) -> Generator[FitProgress, None, FitReport]:
        """Do the rounds that are left, yielding after every step; returns the report.

        Not asking for the next step pauses the fit; closing the generator ends it, and
        resuming does the unfinished round again.

        Raises
        ------
        FitError
            If a value of the curves is not finite, the task cannot go on, or another
            process runs a fit in the folder.
        """
        with claim(self.folder, [RUNNING], FitError):
            report = yield from self._rounds()
        return report

    def _rounds(self) -> Generator[FitProgress, None, FitReport]:
        self._started = self._last = time.perf_counter()
        while self.round_number < self.task.n_rounds and not self._stopping:
            k = self.round_number
            self._write(self.task.files_before(k))
            last = None
            for step in self.task.train(k):
                self._n_steps += step.done - self._within
                self._within = step.done
                last = self._progress(step.done, step.total, step.losses)
                try:
                    yield last
                except GeneratorExit:
                    if self.task.saves_within_rounds:
                        self._save()
                    raise
                if self.task.saves_within_rounds and self._is_due():
                    self._save()
            row = self.task.row(k)
            self.curves.add(row)
            self._write(self.task.files_after(k, self.curves.table()))
            refuse_not_finite(row, self.task.name, k)
            self._keep_best(k, row)
            self.round_number, self._within = k + 1, 0
            if self._is_due():
                self._save()
            n = 0 if last is None else last.n_steps
            yield self._progress(n, n, row, k)
        self._save()
        self._write(self.task.files_of_result(self.curves.table()))
        report = self.report()
        write_report(self.folder, report)
        return report

    def report(self) -> FitReport:
        """What the fit has come to so far."""
        rows = self.curves.rows()
        return FitReport.of(
            self.task,
            self.folder,
            rows=rows,
            best_round=self.best_round,
            elapsed_s=self._spent_s + time.perf_counter() - self._started,
            n_steps=self._n_steps,
        )

    def _progress(
        self,
        done: int,
        total: int,
        losses: Mapping[str, float],
        finished: int | None = None,
    ) -> FitProgress:
        return FitProgress(
            self.round_number if finished is None else finished,
            self.task.n_rounds,
            done,
            total,
            dict(losses),
            time.perf_counter() - self._started,
            finished is not None,
        )

    def _keep_best(self, k: int, row: Mapping[str, float]) -> None:
        score = self.task.score(row)
        if score is None or (
            self._best_score is not None and score >= self._best_score
        ):
            return
        self._best_score, self.best_round = float(score), k
        self._write(self.task.files_of_best(k))

    def _write(self, writers: Writers) -> None:
        """Write files of the task and publish them together."""
        if not writers:
            return
        names = list(writers)
        for name in names:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        with claim(self.folder, names, FitError) as held:
            for name, write in writers.items():
                place = held.new / name
                place.parent.mkdir(parents=True, exist_ok=True)
                write(place)
            held.publish(names)

    def _is_due(self) -> bool:
        return time.perf_counter() - self._last >= self._checkpoint_s

    def _save(self) -> None:
        now = time.perf_counter()
        self._last = now
        write_checkpoint(
            self.folder,
            {
                "task": self.task.name,
                "settings": dict(self.task.settings),
                "data": self.task.data.fingerprint,
                "round": self.round_number,
                "curves": self.curves.rows(),
                "best_round": self.best_round,
                "best_score": self._best_score,
                "elapsed_s": self._spent_s + now - self._started,
                "n_steps": self._n_steps,
                "within": self._within,
                "state": self.task.state(),
            },
            self.task.checkpoint,
        )

    def _take(self, saved: Mapping[str, Any]) -> None:
        """Go back to a checkpoint, if it is of this task."""
        try:
            self._refuse_others(saved)
            self.task.restore(saved["state"])
            self.curves = Curves(saved["curves"])
            self.round_number = int(saved["round"])
            self.best_round = saved["best_round"]
            self._best_score = saved["best_score"]
            self._spent_s = float(saved["elapsed_s"])
            self._n_steps = int(saved["n_steps"])
            self._within = int(saved.get("within", 0))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FitError(
                f"The checkpoint in {quoted(self.folder.name)} is not of this fit "
                f"({quoted(error, '')}); begin it anew in another folder."
            ) from error

    def _refuse_others(self, saved: Mapping[str, Any]) -> None:
        name = quoted(self.folder.name)
        if saved["task"] != self.task.name:
            raise FitError(
                f"{name} holds a fit of {quoted(saved['task'])}, not of "
                f"{self.task.name}; choose another folder."
            )
        if saved["data"] != self.task.data.fingerprint:
            raise FitError(
                f"{name} holds a fit to other data; give those, or choose another folder."
            )
        ours = dict(self.task.settings)
        differing = [
            key
            for key in sorted({*ours, *saved["settings"]})
            if key not in self.task.extendable
            and _plain(ours.get(key)) != saved["settings"].get(key)
        ]
        if differing:
            raise FitError(
                f"{name} holds a fit with another {listed(differing)}; resume it with "
                "the same settings, or choose another folder."
            )


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    return (
        [_plain(item) for item in value] if isinstance(value, list | tuple) else value
    )
