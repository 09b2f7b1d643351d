"""One command for several inputs: each has an output, and one that fails ends no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import insilico_gui as ig
from insilico_gui.cli.outputs import keeping_outputs
from insilico_gui.cli.terminal.exit_codes import SomeFailed
from insilico_gui.cli.terminal.telling import (
    STANDARD_OUTPUT,
    part_of_report,
    say,
    tell,
)
from insilico_gui.errors import ExportError, InsilicoError, listed, quoted
from insilico_gui.files import writing
from insilico_gui.log_file import unexpected

NAME = "{name}"
"""What stands for the name of an input in the name of an output."""
COMPOUND = (".nii.gz", ".func.gii", ".zarr", ".insilico.yaml")


@dataclass(frozen=True)
class Job:
    """One of several inputs.

    Attributes
    ----------
    given : str
        The input as it was typed.
    run : callable() -> None
        What is done.
    """

    given: str
    run: Callable[[], None]


def run_jobs(jobs: Sequence[Job]) -> None:
    """Run one job, or each of several.

    Raises
    ------
    SomeFailed
        If some of several fail, after the last one; each was said.
    """
    if len(jobs) == 1:
        with _sharing_sessions():
            jobs[0].run()
        return
    results, failed = [], []
    with _sharing_sessions():
        for job in jobs:
            with part_of_report() as part:
                tell(input=job.given)
                sentence = _attempt(job)
            if sentence is not None:
                failed.append(job)
                part.facts["error"] = sentence
                typer.echo(f"Error: {quoted(job.given, '')}: {sentence}", err=True)
            results.append(part.facts)
    tell(results=results, n_done=len(jobs) - len(failed), n_failed=len(failed))
    say(f"Done: {len(jobs) - len(failed)} of {len(jobs)} inputs.")
    if failed:
        raise SomeFailed(
            f"{len(failed)} of {len(jobs)} inputs failed: "
            f"{listed(job.given for job in failed)}"
            f"{'' if len(failed) == len(jobs) else '; the others are done'}."
        )


def _attempt(job: Job) -> str | None:
    """Run a job; the sentence of its error, if it fails."""
    try:
        keeping_outputs(job.run)()
    except InsilicoError as error:
        return str(error)
    except BrokenPipeError:
        raise
    except Exception as error:  # must not end the others
        return unexpected(error)
    return None


def name_of(given: str) -> str:
    """An input as a part of a file's name: ``films/a.mp4`` is ``a``."""
    is_path = os.path.lexists(given) or os.path.splitext(given)[1] != ""
    if not is_path:
        return given.replace("/", "_")  # a session, a family of stimuli
    name = os.path.basename(os.path.normpath(given))
    for suffix in COMPOUND:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return os.path.splitext(name)[0]


def distinct(given: Sequence[tuple[str, ...]]) -> list[str]:
    """Names for the outputs of several inputs, each one or more words that were typed.

    What is the same in all is left out of the names.

    Raises
    ------
    ExportError
        If two would have the same.
    """
    vary = [len(set(words)) > 1 for words in zip(*given, strict=True)]
    if not any(vary):
        vary[-1:] = [True]
    names: dict[str, str] = {}
    for words in given:
        used = [word for word, varies in zip(words, vary, strict=True) if varies]
        name = "_".join(map(name_of, used))
        if name in names:
            raise ExportError(
                f"{quoted(names[name], '')} and {quoted(' '.join(used), '')} would have "
                f"outputs of the same name, {quoted(name, '')}; rename one, or run them "
                "one by one."
            )
        names[name] = " ".join(used)
    return list(names)


def named(
    output: Path | None, names: Sequence[str], suffix: str, *, many: bool
) -> Sequence[Path | None]:
    """An output for each of the inputs of these names.

    It is in the folder `output` as ``NAME`` and the `suffix`, or ``{name}`` in `output`
    is replaced; folders that are not there are made. If there are not `many` inputs, and
    `output` is no such thing, it is `output`.

    Raises
    ------
    ExportError
        If all would have the same output.
    """
    text = str(output)
    if output is None or (not many and NAME not in text and not _is_folder(output)):
        return [output] * len(names)
    if NAME in text:
        places = [Path(text.replace(NAME, name)) for name in names]
        _make_folders({place.parent for place in places})
        return places
    if output == STANDARD_OUTPUT or (output.suffix and not _is_folder(output)):
        advice = output.with_name(f"{NAME}{output.suffix or suffix}")
        raise ExportError(
            f"{quoted(output.name, '')} is one output, and there are several inputs; name "
            f"a folder, or put {NAME} into the name, such as {quoted(advice.name, '')}."
        )
    _make_folders({output})
    return [output / f"{name}{suffix}" for name in names]


def _make_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        with writing(folder, ExportError):
            folder.mkdir(parents=True, exist_ok=True)


def _is_folder(output: Path) -> bool:
    return os.path.isdir(output) and output.suffix.lower() != ".zarr"


_opened: ContextVar[dict[Any, ig.Session] | None] = ContextVar("opened", default=None)


@contextmanager
def _sharing_sessions() -> Iterator[None]:
    """Inside, :func:`open_session` keeps the session that was opened last."""
    token = _opened.set({})
    try:
        yield
    finally:
        _opened.reset(token)


def open_session(*opening: Any) -> ig.Session:
    """:func:`insilico_gui.open_session`, once for all stimuli that one is shown."""
    kept = _opened.get()
    if kept is None:
        return ig.open_session(*opening)
    if opening not in kept:
        kept.clear()  # before the next one takes memory
        kept[opening] = ig.open_session(*opening)
    return kept[opening]
