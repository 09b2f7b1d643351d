"""An experiment as a script against the public interface."""

from __future__ import annotations

import inspect
from textwrap import indent
from typing import TYPE_CHECKING, Any

from insilico_gui import stimuli
from insilico_gui.experiment.analyses import named_by
from insilico_gui.experiment.document import (
    ArrayStimulus,
    ConditionStimulus,
    DriveStimulus,
    FileStimulus,
    ParametricStimulus,
)
from insilico_gui.stimuli import spec_from_dict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from insilico_gui.experiment.document import (
        AnalysisEntry,
        ExperimentDocument,
        RunEntry,
    )
    from insilico_gui.experiment.live import AnyStimulusEntry


def to_python(document: ExperimentDocument, path: Path | None = None) -> str:
    """A script that makes the experiment and computes everything in it.

    Parameters
    ----------
    document : ExperimentDocument
    path : Path or None
        Of its file, beside which arrays are; needed where the experiment has arrays.
    """
    lines = ["import numpy as np"] if _has_arrays(document) else []
    lines += ["import pandas as pd"] if _has_tables(document) else []
    lines += [""] if lines else []
    lines = [*lines, "import insilico_gui as ig", "", "experiment = ig.Experiment()"]
    for name, session in document.sessions.items():
        given = {
            "directory": session.directory,
            "device": _unless(session.device, "auto"),
            "precision": _unless(session.precision, "float32"),
            "name": _unless(name, session.id),
        }
        lines.append(_call("experiment.add_session", session.id, **given))
    for name, stimulus in document.stimuli.items():
        source, options = _source(stimulus, path)
        given = {**options, "fit": _unless(stimulus.fit, "crop"), "name": name}
        lines.append(_call("experiment.add_stimulus", _Code(source), **given))
    for name, selection in document.selections.items():
        given = {**selection.rule, "session": selection.session, "name": name}
        lines.append(_call("experiment.select", **given, color=selection.color))
    lines += [_run(run, document, path) for run in document.runs]
    for analysis in document.analyses:
        given = {"session": analysis.session, "stimulus": analysis.stimulus}
        lines.append(
            _call(
                "experiment.analyse", analysis.analysis, **given, **analysis.parameters
            )
        )
    return "\n".join(lines) + "\n"


def part_of(
    document: ExperimentDocument, session: str, stimulus: str | None = None
) -> ExperimentDocument:
    """The document with one session alone, or one run, and what these are compared with.

    Selections are those that its runs are restricted to.
    """

    def is_own(entry: RunEntry | AnalysisEntry) -> bool:
        return entry.session == session and (
            stimulus is None or entry.stimulus in (stimulus, None)
        )

    analyses = tuple(filter(is_own, document.analyses))
    named = [named_by(entry.analysis, entry.parameters) for entry in analyses]
    pairs = {
        (other.get("session", session), other.get("stimulus", stimulus))
        for other in named
        if other
    }
    runs = tuple(
        run
        for run in document.runs
        if is_own(run) or (run.session, run.stimulus) in pairs
    )
    sessions = {session, *(run.session for run in runs)}
    stimuli = {run.stimulus for run in runs} | ({stimulus} if stimulus else set())
    selections = {run.selection for run in runs}
    return document.model_copy(
        update={
            "sessions": _of(document.sessions, sessions),
            "stimuli": _of(document.stimuli, stimuli),
            "selections": _of(document.selections, selections),
            "runs": runs,
            "analyses": analyses,
        }
    )


def _of(table: Mapping[str, Any], names: Collection[str | None]) -> dict[str, Any]:
    """Entries of a table with these names, in its order."""
    return {name: entry for name, entry in table.items() if name in names}


class _Code(str):
    """Text that is code already."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _call(function: str, *arguments: Any, **options: Any) -> str:
    """A call, without options that are None."""
    given = [repr(argument) for argument in arguments]
    given += [f"{k}={_plain(v)!r}" for k, v in options.items() if v is not None]
    line = f"{function}({', '.join(given)})"
    if len(line) <= 88:
        return line
    inside = "".join(f"{indent(argument, '    ')},\n" for argument in given)
    return f"{function}(\n{inside})"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) and len(value) != 2 else value


def _unless(value: str, default: str) -> str | None:
    return None if value == default else value


def _source(entry: AnyStimulusEntry, path: Path | None) -> tuple[str, dict[str, Any]]:
    """Code that gives the source of a stimulus, and options of ``add_stimulus``."""
    if isinstance(entry, ConditionStimulus):
        return _conditions(entry), {}
    if isinstance(entry, DriveStimulus):
        return _drive(dict(entry.specification)), {}
    if isinstance(entry, ParametricStimulus):
        return _family(dict(entry.specification)), {}
    if isinstance(entry, FileStimulus):
        paths = list(entry.paths)
        rates = {"frame_rate": entry.frame_rate, "interval_s": entry.interval_s}
        if entry.images and len(paths) == 1:
            # Without a session of images a folder would be opened as a video
            interval = entry.interval_s
            given = "" if interval is None else f", interval_s={interval!r}"
            return f"ig.open_images({paths[0]!r}{given})", {}
        return repr(paths[0] if len(paths) == 1 else paths), rates
    loaded = _array(entry.sha256, path)
    if entry.images:
        return f"ig.open_images({loaded})", {}
    return loaded, {"frame_rate": entry.frame_rate}


def _conditions(entry: ConditionStimulus) -> str:
    """A DataFrame, or where columns have units a table of conditions."""
    columns = {
        name: [row[k] for row in entry.rows] for k, name in enumerate(entry.columns)
    }
    frame = _call("pd.DataFrame", columns)
    if not entry.units:
        return frame
    return _call("ig.stimuli.ConditionTable", _Code(frame), units=dict(entry.units))


def _drive(values: dict[str, Any]) -> str:
    """A drive by its parts."""
    base = dict(values["base"])
    base_code = _call(f"ig.stimuli.{base.pop('type').capitalize()}", **_lists(base))
    options = {k: v for k, v in values.items() if k not in ("kind", "base", "events")}
    events = "".join(
        f"{indent(_event(dict(event)), '    ')},\n"
        for event in values.get("events", ())
    )
    listed = _Code(f"[\n{events}]") if events else None
    given = {"events": listed, **_lists(options)}
    return _call("ig.stimuli.Drive", _Code(base_code), **given)


def _event(values: dict[str, Any]) -> str:
    """An event of a drive."""
    name = values.pop("type").capitalize()
    if "target" in values:
        target = dict(values.pop("target"))
        ids, share = target.pop("ids", None), target.pop("share", None)
        code = _call(
            "ig.stimuli.Target",
            groups=target or None,
            ids=None if ids is None else list(ids),
            share=share,
        )
        values = {"target": _Code(code), **values}
    return _call(f"ig.stimuli.{name}", **values)


def _lists(values: Any) -> Any:
    """Plain data with lists for tuples."""
    if isinstance(values, dict):
        return {name: _lists(value) for name, value in values.items()}
    return [_lists(v) for v in values] if isinstance(values, tuple) else values


def _array(name: str, path: Path | None) -> str:
    from insilico_gui.experiment.saving.file import array_path

    return f"np.load({str(array_path(path, name))!r})"


def _family(values: dict[str, Any]) -> str:
    """A call of the family with what differs from its defaults; else the whole."""
    spec = spec_from_dict(values)
    function = getattr(stimuli, spec.family, None)
    if callable(function):
        defaults = inspect.signature(function).parameters
        given = {
            k: v
            for k, v in values.items()
            if k in defaults and k != "display" and _differs(v, defaults[k].default)
        }
        try:
            if function(**given).spec.hash == spec.hash:
                return _call(f"ig.stimuli.{spec.family}", **given)
        except Exception:  # noqa: S110 - the whole specification says it all
            pass
    return f"ig.stimuli.spec_from_dict({values!r}).stimulus()"


def _differs(value: Any, default: Any) -> bool:
    def listed(one: Any) -> Any:
        return list(one) if isinstance(one, tuple | list) else one

    return bool(listed(value) != listed(default))


def _run(run: RunEntry, document: ExperimentDocument, path: Path | None) -> str:
    traces = {name: _Code(_array(key, path)) for name, key in run.behavior.items()}
    return _call(
        "experiment.encode",
        session=run.session,
        stimulus=run.stimulus,
        selection=run.selection,
        behavior=traces or None,
    )


def _has_tables(document: ExperimentDocument) -> bool:
    return any(isinstance(s, ConditionStimulus) for s in document.stimuli.values())


def _has_arrays(document: ExperimentDocument) -> bool:
    kinds = [isinstance(s, ArrayStimulus) for s in document.stimuli.values()]
    return any(kinds) or any(run.behavior for run in document.runs)
