"""``insilico-gui sessions`` and ``fetch``: list sessions, download weights."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import insilico_gui as ig
from insilico_gui.cli.options import Directory
from insilico_gui.cli.terminal.inputs import sessions as matching
from insilico_gui.cli.terminal.telling import say, show, tell
from insilico_gui.errors import SessionError, nearest, quoted
from insilico_gui.opening import twins
from insilico_gui.progress import progress_bar
from insilico_gui.twin import FetchingTwin, PublishingTwin


def sessions(
    pattern: Annotated[
        str | None,
        typer.Argument(help="Only sessions like this, such as 'NAME/*'; default all."),
    ] = None,
    directory: Directory = None,
) -> None:
    """List the sessions that can be opened, with their units and areas."""
    infos = ig.session_infos(directory)
    if pattern is not None:
        wanted = matching(pattern, directory)
        infos = [info for info in infos if info.id in wanted]
    rows = [
        {
            "id": info.id,
            "title": info.title,
            "n_units": info.n_units,
            "areas": dict(info.areas),
            "fields": {str(k): v for k, v in info.fields.items()},
            "input_kind": info.input_kind,
        }
        for info in infos
    ]
    tell(sessions=rows)
    for info in infos:
        areas = ", ".join(f"{area} {n}" for area, n in info.areas.items())
        units = f"{info.n_units} units" if info.n_units else "units not known"
        show(f"{info.id}\t{units}\t{areas or 'areas not known'}")


def fetch(
    twin: Annotated[
        str,
        typer.Argument(
            help="Twin whose weights are downloaded, or TWIN-properties for what is "
            "published on its units."
        ),
    ],
    directory: Annotated[Path, typer.Argument(help="Folder to download into.")],
) -> None:
    """Download the published weights of a twin, or properties of its units."""
    fetching = _fetching(twin)
    with progress_bar(f"Fetching {twin}", unit="B", unit_scale=True) as show:
        fetching(directory, on_progress=show)
    tell(fetched=twin, folder=str(directory))
    say(f"Fetched into {directory}")


def _fetching(name: str) -> Callable[..., None]:
    """What downloads by this name; no twin but the one that it names is imported."""
    known = twins()
    found = known[name] if name in known else None
    if isinstance(found, FetchingTwin):
        return found.fetch
    for other in known:
        what = name.removeprefix(f"{other}-")
        more = known[other] if what != name else None
        if isinstance(more, PublishingTwin) and what in more.published:
            return functools.partial(more.fetch_published, what)
    names = [other for other in known if isinstance(known[other], FetchingTwin)]
    names += [
        f"{other}-{what}"
        for other in known
        if isinstance(more := known[other], PublishingTwin)
        for what in more.published
    ]
    raise SessionError(
        f"There is nothing to download for {quoted(name)}{nearest(name, names)}; there "
        f"is something for: {', '.join(names) or 'no installed twin'}."
    )
