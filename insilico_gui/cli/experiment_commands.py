"""``insilico-gui run`` and ``library``: experiments from files, and their responses."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
from pathlib import Path
from typing import Annotated

import typer

from insilico_gui.cli.terminal.batches import Job, distinct, named, run_jobs
from insilico_gui.cli.terminal.inputs import files
from insilico_gui.cli.terminal.telling import report, say, show, tell, written
from insilico_gui.experiment.library import Library, summary, used_at
from insilico_gui.experiment.rerun import rerun


def run(
    experiments: Annotated[
        list[str],
        typer.Argument(
            metavar="EXPERIMENT",
            help="File of an experiment, NAME.insilico.yaml; several, or a pattern, are "
            "computed one after the other.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder to make for the results; for several experiments it holds a "
            "folder for each, or has {name} in its name."
        ),
    ],
    search: Annotated[
        Path | None,
        typer.Option(help="Folder in which stimulus files that have moved are found."),
    ] = None,
    use_library: Annotated[
        bool,
        typer.Option(
            "--library", help="Take responses from the library instead of computing."
        ),
    ] = False,
) -> None:
    """Compute all runs and analyses of an experiment file again.

    Writes responses, results of analyses, unit tables and report.json, and says of each
    run whether its responses equal those of the file bit by bit.
    """
    given = files(experiments)
    names = distinct([(one,) for one in given])
    many = len(given) > 1 or given[0] not in experiments
    folders = named(out, names, "", many=many)
    kept = Library() if use_library else None
    run_jobs(
        [
            Job(
                one,
                functools.partial(_run, Path(one), folder or out, search, kept),
            )
            for one, folder in zip(given, folders, strict=True)
        ]
    )


VERDICTS = {True: "equal", False: "different", None: "nothing to compare with"}


def _run(
    experiment: Path, out: Path, search: Path | None, library: Library | None
) -> None:
    """Compute one experiment again."""
    found = rerun(experiment, out, search=search, library=library, say=_progress)
    for done in found.runs:
        say(
            f"{done.session} to {done.stimulus}: {VERDICTS[done.equal]}"
            + (f" ({done.note})" if done.note else "")
        )
    tell(
        runs=[
            {
                "session": done.session,
                "stimulus": done.stimulus,
                "equal": done.equal,
                "note": done.note,
            }
            for done in found.runs
        ],
        n_analyses=len(found.analyses),
    )
    written(out, f"{len(found.runs)} runs, {len(found.analyses)} analyses")


def _progress(text: str) -> None:
    if not report().quiet:
        typer.echo(text, err=True)


def library(
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all responses from the library.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Folder of the library; default the user's.")
    ] = None,
) -> None:
    """List the responses that are kept in the library, or remove them."""
    kept = Library(folder)
    entries = kept.entries()
    if clear:
        size = sum(entry.n_bytes for entry in entries) / 1e9
        n = kept.clear()
        tell(removed=n, folder=str(kept.folder))
        say(f"Removed: {n} entries, {size:.2f} GB, from {kept.folder}")
        return
    tell(
        folder=str(kept.folder),
        entries=[
            {
                "key": entry.key,
                "n_bytes": entry.n_bytes,
                "used": used_at(entry),
                "session": entry.session,
                "stimulus": entry.stimulus,
            }
            for entry in entries
        ],
    )
    for entry in entries:
        show(
            f"{entry.key[:12]}\t{entry.n_bytes / 1e6:.1f} MB\t{used_at(entry)}\t"
            f"{entry.session}\t{entry.stimulus}"
        )
    show(f"{summary(kept, entries)}, in {kept.folder}")
