"""The report of a fit: settings, data, results and time, for people and programs."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from insilico_gui.errors import FitError
from insilico_gui.files import claim
from insilico_gui.files.formulas import write_csv
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.text import read_json

if TYPE_CHECKING:
    from insilico_gui.fitting.task import FitTask
    from insilico_gui.session import Session

REPORT = "report.json"
CURVES = "curves.csv"

_PACKAGES = ("insilico-gui", "numpy", "torch")


@dataclass(frozen=True)
class FitReport:
    """What a fit has come to.

    Attributes
    ----------
    task : str
    folder : Path
        Where its files are.
    settings, data : dict
        Settings of the task, and what is in its data.
    n_rounds, rounds_done : int
    best_round : int or None
    last, best : dict
        Rows of the curves.
    elapsed_s : float
        Of all parts of the fit.
    n_steps : int
    steps_per_s : float
    device : str
    versions : dict
    curves : pandas.DataFrame
        A row for each round.
    """

    task: str
    folder: Path
    settings: dict[str, Any]
    data: dict[str, Any]
    n_rounds: int
    rounds_done: int
    best_round: int | None
    last: dict[str, float]
    best: dict[str, float]
    elapsed_s: float
    n_steps: int
    steps_per_s: float
    device: str
    versions: dict[str, str]
    curves: pd.DataFrame = field(compare=False, repr=False)

    def session(self, device: str = "auto") -> Session:
        """Open the model that was fitted, as a session like any other.

        Raises
        ------
        FitError
            If the folder holds none yet.
        """
        from insilico_gui.fitting.result import open_result

        return open_result(self.folder, device)

    @property
    def complete(self) -> bool:
        """Whether all rounds are done."""
        return self.rounds_done >= self.n_rounds

    @classmethod
    def of(
        cls,
        task: FitTask,
        folder: Path,
        *,
        rows: list[dict[str, float]],
        best_round: int | None,
        elapsed_s: float,
        n_steps: int,
    ) -> FitReport:
        """The report of a task with `rows` of the curves."""
        return cls(
            task=task.name,
            folder=folder,
            settings=dict(task.settings),
            data=dict(task.data.summary()),
            n_rounds=task.n_rounds,
            rounds_done=len(rows),
            best_round=best_round,
            last=rows[-1] if rows else {},
            best=rows[best_round] if best_round is not None else {},
            elapsed_s=elapsed_s,
            n_steps=n_steps,
            steps_per_s=n_steps / elapsed_s if elapsed_s > 0 else 0.0,
            device=task.device,
            versions=_versions(),
            curves=pd.DataFrame(rows),
        )

    def sentences(self) -> list[str]:
        """The report in a few sentences."""
        state = "complete" if self.complete else "not complete"
        found = [
            f"{self.task}: {self.rounds_done} of {self.n_rounds} rounds, {state}, "
            f"{self.elapsed_s:.0f} s, {self.steps_per_s:.0f} steps/s on {self.device}."
        ]
        if self.last:
            values = ", ".join(f"{k} {v:.5g}" for k, v in self.last.items())
            found.append(f"Last round: {values}.")
        if self.best_round is not None:
            found.append(f"Best round: {self.best_round}.")
        return found


def write_report(folder: Path, report: FitReport) -> None:
    """Write ``report.json`` and ``curves.csv`` of a fit."""
    values = asdict(report)
    values.pop("curves")
    values["folder"] = folder.name
    with claim(folder, [REPORT, CURVES], FitError) as held:
        text = json.dumps(values, indent=2, ensure_ascii=False)
        (held.new / REPORT).write_text(text + "\n", encoding="utf-8")
        write_csv(report.curves, held.new / CURVES)
        held.publish([REPORT, CURVES])


def read_report(folder: Path) -> Mapping[str, Any]:
    """The content of ``report.json`` of a fit.

    Raises
    ------
    FitError
        If there is none, or it is damaged.
    """
    with reading(REPORT, FitError, "run the fit again"):
        values = read_json(Path(folder) / REPORT, REPORT, FitError)
    if not isinstance(values, dict):
        raise FitError(f"{REPORT} is no report of a fit; run the fit again.")
    return values


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        if package != "torch" or "torch" in sys.modules:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                continue
    return found
