"""``insilico-gui run`` and ``library``: experiments from files, and their responses."""

# Without "from __future__ import annotations": typer needs the types themselves

from pathlib import Path
from typing import Annotated

import typer

from insilico_gui.experiment.library import Library, summary, used_at
from insilico_gui.experiment.rerun import rerun


def run(
    experiment: Annotated[
        Path, typer.Argument(help="File of an experiment, NAME.insilico.yaml.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to make for the results.")],
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
    library = Library() if use_library else None
    report = rerun(
        experiment,
        out,
        search=search,
        library=library,
        say=lambda text: typer.echo(text, err=True),
    )
    for done in report.runs:
        verdict = {True: "equal", False: "different", None: "nothing to compare with"}
        typer.echo(
            f"{done.session} to {done.stimulus}: {verdict[done.equal]}"
            + (f" ({done.note})" if done.note else "")
        )
    typer.echo(
        f"Written: {out} ({len(report.runs)} runs, {len(report.analyses)} analyses)"
    )


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
        typer.echo(
            f"Removed: {kept.clear()} entries, {size:.2f} GB, from {kept.folder}"
        )
        return
    for entry in entries:
        typer.echo(
            f"{entry.key[:12]}\t{entry.n_bytes / 1e6:.1f} MB\t{used_at(entry)}\t"
            f"{entry.session}\t{entry.stimulus}"
        )
    typer.echo(f"{summary(kept, entries)}, in {kept.folder}")
