"""What a plot is of: a session, responses, a table of results, or an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import insilico_gui as ig
from insilico_gui.analysis.trials.sequence_parts import part_name, take_part
from insilico_gui.cli.named_stimuli import named_stimulus, parse_settings
from insilico_gui.cli.steps import choose, choose_rows, encode_with_bar, select
from insilico_gui.cli.tables import SUFFIXES, read_table
from insilico_gui.conditions import is_condition_session
from insilico_gui.drive import is_drive_session
from insilico_gui.encoding import open_for
from insilico_gui.errors import AnalysisError, ExportError, InsilicoError, quoted
from insilico_gui.experiment.saving.file import SUFFIX
from insilico_gui.progress import progress_bar
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import open_conditions, open_drive

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from insilico_gui.cli.sources import Source


def is_experiment(source: Source) -> bool:
    """Whether the source is a file of an experiment."""
    return source.session.endswith(SUFFIX)


def opened(source: Source) -> ig.Session | xr.DataArray | pd.DataFrame:
    """The session, the responses of a file, or the table of a file, as chosen."""
    if source.is_file:
        return read(Path(source.session), source)
    session = ig.open_session(source.session, source.directory, source.device)
    if source.areas or source.fields or source.where:
        chosen = select(
            session, source.areas, source.fields, source.any_of, source.where
        )
        return session.units.iloc[chosen.indices]
    return session


def read(path: Path, source: Source | None = None) -> xr.DataArray | pd.DataFrame:
    """Responses, or a table with a row for each unit, of a file.

    Raises
    ------
    AnalysisError
        If it is neither.
    """
    try:
        responses = ig.load_responses(path)
    except ExportError as error:
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            if path.suffix.lower() == ".npz" and path.is_file():
                raise AnalysisError(
                    f"{quoted(path.name, '')} holds no responses; arrays without labels, "
                    "as --maps and --arrays write them, are drawn from the responses or "
                    "the session that they were made of."
                ) from error
            raise
    else:
        if source is None:
            return responses
        how = (source.areas, source.fields, source.any_of, source.where)
        return choose(responses, source.session, *how)
    table = read_table(path)
    if "unit_id" not in table:
        raise AnalysisError(
            f"{quoted(path.name, '')} is neither a file of responses nor a table with a "
            "column unit_id; give one of them."
        )
    if source is None or not (source.areas or source.fields or source.where):
        return table
    how = (source.areas, source.fields, source.any_of, source.where)
    return table.iloc[choose_rows(table, source.session, *how).indices]


def responses_of(source: Source, default: str | None = None) -> xr.DataArray:
    """Responses of a file, or of a session to the stimulus that is named.

    `default` is the stimulus that is shown if none is named.

    Raises
    ------
    AnalysisError
        If the file holds a table, or no stimulus is named.
    """
    if source.is_file:
        found = read(Path(source.session), source)
        if not hasattr(found, "dims"):
            raise AnalysisError(
                f"{quoted(source.session, '')} is a table of units; this plot is of "
                "responses, so give a file of them, or a session with --stimulus."
            )
        return _in_part(cast("xr.DataArray", found), source)
    named = source.stimulus or default
    if named is None:
        raise AnalysisError(
            f"This plot is of responses of {quoted(source.session, '')}; name what is "
            "shown with --stimulus, or give a file of responses."
        )
    session = ig.open_session(source.session, source.directory, source.device)
    chosen = select(session, source.areas, source.fields, source.any_of, source.where)
    responses = encode_with_bar(session, _shown(session, named, source), chosen)
    return _in_part(responses, source)


def _in_part(responses: xr.DataArray, source: Source) -> xr.DataArray:
    """Responses with the trials of --trials, to the --part of a sequence."""
    if source.trials is not None:
        table = read_table(source.trials)
        responses = responses.assign_attrs(trials=table.to_dict("list"))
    if source.part is None:
        return responses
    return take_part(responses, part_name(responses, source.part))


def stimulus_of(source: Source) -> ig.Stimulus | None:
    """The stimulus that is named, for its frames."""
    if source.stimulus is None:
        return None
    return named_stimulus(source.stimulus, parse_settings(source.settings or ()))


def columns_of(path: Path | None) -> pd.DataFrame | None:
    """The table of --columns, with a column unit_id."""
    if path is None:
        return None
    table = read_table(path)
    if "unit_id" not in table:
        raise AnalysisError(
            f"{quoted(path.name, '')} has no column unit_id, by which its columns would "
            "be joined; give a table of results."
        )
    return table


def experiment_of(source: Source, session: str | None) -> ig.Experiment:
    """The experiment of a file, its runs encoded, or taken from the library.

    The analyses of `session` (None: of all) are computed, so that columns can be drawn.
    """
    unused: dict[str, Any] = {"--area": source.areas, "--field": source.fields}
    unused |= {"--where": source.where}
    unused |= {"--trials": source.trials, "--set": source.settings}
    given = [name for name, value in unused.items() if value]
    if given:
        raise AnalysisError(
            f"An experiment has selections and stimuli of its own; leave out "
            f"{', '.join(given)}, and name them with --selection and --stimulus."
        )
    experiment = ig.Experiment.open(source.session, search=source.directory)
    wanted = (session, source.stimulus)
    for pair in experiment.pairs():
        if all(name in (None, mine) for name, mine in zip(wanted, pair, strict=True)):
            with progress_bar(f"Encoding {pair[1]}") as show:
                experiment.encode(*pair, on_progress=show)
    for entry in experiment.document.analyses:
        shown = source.stimulus is None or entry.stimulus in (None, source.stimulus)
        if shown and session in (None, entry.session):
            experiment.compute(entry)
    return experiment


def refuse_names(source: Source, *names: str | None) -> None:
    """Refuse names of an experiment where the source is none."""
    if any(name is not None for name in names):
        raise InsilicoError(
            f"{quoted(source.session, '')} is no file of an experiment "
            f"(NAME{SUFFIX}); leave out --session and --selection."
        )


def _shown(session: Any, named: str, source: Source) -> Any:
    """What is named, in the form that the session takes."""
    if is_condition_session(session):
        return open_conditions(named)
    if is_drive_session(session):
        return open_drive(named)
    if is_image_session(session):
        return open_for(session, named)
    return named_stimulus(named, parse_settings(source.settings or ()))


def responses_or_experiment(
    source: Source, session: str | None, selection: str | None
) -> tuple[Any, dict[str, Any]]:
    """Responses, or the experiment that they are in with their names there."""
    if is_experiment(source):
        names = {
            "session": session,
            "stimulus": source.stimulus,
            "selection": selection,
        }
        return experiment_of(source, session), names
    refuse_names(source, session, selection)
    return responses_of(source), {}
