"""Doing everything again that the file of an experiment says, and telling what differs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import ExperimentError, InsilicoError
from insilico_gui.experiment.experiment import Experiment
from insilico_gui.experiment.runs import platform_of, responses_hash
from insilico_gui.export import export
from insilico_gui.files import claim, settle, shown, writing
from insilico_gui.files.formulas import write_csv

if TYPE_CHECKING:
    from insilico_gui.experiment.document import AnalysisEntry, RunEntry
    from insilico_gui.experiment.library import Library

REPORT = "report.json"

Say = Callable[[str], object]


@dataclass(frozen=True)
class RunReport:
    """What became of one run.

    Attributes
    ----------
    session, stimulus : str
    file : str
        Of the responses, relative to the folder of the report.
    equal : bool or None
        Whether the values are those of the file, bit by bit; None if the file holds
        none to compare with.
    note : str
        Why they differ, if they do.
    """

    session: str
    stimulus: str
    file: str
    equal: bool | None
    note: str = ""


@dataclass(frozen=True)
class Report:
    """What became of an experiment that was done again.

    Attributes
    ----------
    experiment : str
        Name of its file.
    runs : list of RunReport
    analyses : list of dict
        ``analysis``, ``session``, ``stimulus``, ``parameters`` and ``file``.
    units : dict of str to str
        File of the unit table of each session.
    """

    experiment: str
    runs: list[RunReport] = field(default_factory=list)
    analyses: list[dict[str, Any]] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)


def rerun(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    search: str | os.PathLike[str] | None = None,
    library: Library | str | os.PathLike[str] | None = None,
    say: Say = lambda text: None,
) -> Report:
    """Compute all runs and analyses of a file, and write them to a new folder.

    Parameters
    ----------
    path : path
        A file that :meth:`insilico_gui.Experiment.save` wrote.
    out : path
        Folder to make: ``responses/`` (``.zarr``), ``analyses/`` (``.npz``), ``units/``
        (``.csv``) and ``report.json``.
    search : path, optional
        Folder in which files that have moved are looked for.
    library : Library, path or None, optional
        Where responses may be taken from; default None: all are computed.
    say : callable(str), optional
        Is told what is done.

    Returns
    -------
    Report

    Raises
    ------
    InsilicoError
        If the file is wrong, something it names is not there, or the folder exists; then
        nothing is written.
    """
    target = Path(out).expanduser()
    settle(target.parent)
    if os.path.lexists(target):
        raise ExperimentError(
            f"{shown(target)} exists already; name a folder that does not, and it is made."
        )
    experiment = Experiment.open(path, search=search, library=library)
    report = Report(Path(path).name)
    with claim(target.parent, [target.name], ExperimentError) as held:
        folder = held.new / target.name
        folder.mkdir()
        pairs = experiment.document.runs or [
            entry
            for pair in experiment.pairs()
            for entry in [experiment.add_run(*pair)]
        ]
        for k, run in enumerate(pairs):
            say(f"Encoding {run.stimulus} for {run.session} ({k + 1} of {len(pairs)})")
            report.runs.append(_do_run(experiment, run, folder))
        for k, analysis in enumerate(experiment.document.analyses):
            say(f"{analysis.analysis} of {analysis.session} to {analysis.stimulus}")
            report.analyses.append(_do_analysis(experiment, analysis, folder, k))
        for name in experiment.document.sessions:
            report.units[name] = _write_units(experiment, name, folder)
        with writing(target, ExperimentError):
            text = json.dumps(asdict(report), indent=2, ensure_ascii=False)
            (folder / REPORT).write_text(text + "\n", encoding="utf-8")
        held.publish([target.name])
    return report


def _do_run(experiment: Experiment, run: RunEntry, folder: Path) -> RunReport:
    experiment.encode(run.session, run.stimulus)
    responses = experiment.responses(run.session, run.stimulus)
    place = folder / "responses" / f"{_file_name(run.session, run.stimulus)}.zarr"
    place.parent.mkdir(exist_ok=True)
    export(responses, place)
    equal: bool | None = None
    note = ""
    if run.responses_hash is not None:
        equal = responses_hash(responses) == run.responses_hash
        if not equal:
            note = _why(run, experiment)
    return RunReport(
        run.session, run.stimulus, place.relative_to(folder).as_posix(), equal, note
    )


def _why(run: RunEntry, experiment: Experiment) -> str:
    """What may make the last digits of responses others than before."""
    platform = platform_of(experiment.session(run.session))
    now = ", ".join(f"{name} {value}" for name, value in platform.items())
    if run.computed_on is not None and run.computed_on != now:
        return f"computed with {run.computed_on} before, and with {now} now"
    return (
        "the same versions and device gave other values: the model, its files or the "
        "machine are not the same"
    )


def _do_analysis(
    experiment: Experiment, entry: AnalysisEntry, folder: Path, number: int
) -> dict[str, Any]:
    dataset = experiment.compute(entry).dataset
    name = f"{number + 1:02d} {entry.analysis} {entry.session} {entry.stimulus}"
    place = folder / "analyses" / f"{_file_name(name)}.npz"
    place.parent.mkdir(exist_ok=True)
    arrays: dict[str, Any] = {}
    for key, values in dataset.variables.items():
        array = values.to_numpy()
        arrays[str(key)] = array.astype(str) if array.dtype.kind in "OT" else array
    np.savez_compressed(place, **arrays)
    return {
        "analysis": entry.analysis,
        "session": entry.session,
        "stimulus": entry.stimulus,
        "parameters": dict(entry.parameters),
        "file": place.relative_to(folder).as_posix(),
    }


def _write_units(experiment: Experiment, name: str, folder: Path) -> str:
    place = folder / "units" / f"{_file_name(name)}.csv"
    place.parent.mkdir(exist_ok=True)
    try:
        table = experiment.units(name)
    except InsilicoError as error:
        raise ExperimentError(f"The unit table of {name}: {error}") from error
    write_csv(table.reset_index(drop=True), place)
    return place.relative_to(folder).as_posix()


def _file_name(*parts: str) -> str:
    """A file name of names in the document."""
    return "--".join(re.sub(r"[^\w.()-]+", "_", part) for part in parts)
