"""What a command analyses: responses from a file, or to a stimulus that is shown now."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import insilico_gui as ig
from insilico_gui.analysis.trials.blocks import are_to_images, check_layout
from insilico_gui.analysis.trials.dry_run import rehearse, silent_responses
from insilico_gui.analysis.tuning.image_tuning import silent_image_responses
from insilico_gui.cli.analysis_options import Part, Responses, Settings, Shown, Trials
from insilico_gui.cli.named_stimuli import named_stimulus, parse_settings
from insilico_gui.cli.options import AnyOf, Areas, Device, Directory, Fields, Where
from insilico_gui.cli.steps import choose, encode_with_bar, select
from insilico_gui.cli.tables import read_table, write_table
from insilico_gui.errors import AnalysisError, StimulusError
from insilico_gui.experiment.analyses import Analysis, Result, RunData, find_analysis
from insilico_gui.export import load_suffixes, suffix_of
from insilico_gui.progress import analysis_bar
from insilico_gui.session import (
    ImageSession,
    Session,
    is_image_session,
    is_video_session,
)
from insilico_gui.stimuli import convert
from insilico_gui.stimuli.core.conversion import grey_wanted
from insilico_gui.stimuli.readers.images import ImageSet, open_images

Given = Mapping[str, Any] | Callable[[RunData], Mapping[str, Any]]
"""Parameters of an analysis, or how they follow from what is analysed."""


@dataclass(frozen=True)
class Analysed:
    """What was analysed, how, and what was found."""

    data: RunData
    parameters: Mapping[str, Any]
    result: Result
    provenance: Mapping[str, Any]

    @property
    def units(self) -> pd.DataFrame:
        """Unit table of what was analysed."""
        return self.data.units

    @property
    def columns(self) -> pd.DataFrame:
        """Columns for it; none if the analysis has none."""
        found = self.result.columns
        return pd.DataFrame(index=self.units.index) if found is None else found

    def write(
        self, output: Path, columns: pd.DataFrame | None = None, **more: Any
    ) -> pd.DataFrame:
        """Write and return the unit table with the columns; see :func:`.write_table`."""
        columns = self.columns if columns is None else columns
        return write_table(output, self.units, columns, self.provenance, **more)


@dataclass(frozen=True)
class Source:
    """A file of responses, or a session and a stimulus to encode.

    The fields are the options that the analysis commands share; see :func:`of_source`.
    """

    session: Responses
    stimulus: Shown = None
    settings: Settings = None
    trials: Trials = None
    part: Part = None
    directory: Directory = None
    device: Device = "auto"
    areas: Areas = None
    fields: Fields = None
    any_of: AnyOf = False
    where: Where = None

    @property
    def is_file(self) -> bool:
        """Whether the responses are in a file."""
        return suffix_of(self.session) in load_suffixes()

    def analyse(
        self,
        name: str,
        parameters: Given,
        *,
        shows: str | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> Analysed:
        """Run an analysis of the registry on the selected units.

        What it refuses is refused before anything is encoded.

        Parameters
        ----------
        name : str
        parameters : mapping or callable(RunData) -> mapping
            Of the analysis, apart from --part.
        shows : str, optional
            Family of stimuli that is shown if none is named; default that of the
            analysis.
        given : mapping, optional
            Parameters of the stimulus that have options of their own.
        """
        declared = find_analysis(name)
        of_part = {} if self.part is None else {"part": self.part}

        def checked(data: RunData) -> Mapping[str, Any]:
            declared.refuse_misfit(data)
            more = parameters(data) if callable(parameters) else parameters
            return declared.check({**more, **of_part})

        if not callable(parameters) and not declared.needs_run(parameters):
            return self.analyse_units(name, declared.check({**parameters, **of_part}))
        if self.is_file:
            data = self._of_file(declared, shows or declared.shows, given or {})
        else:
            data = self._encoded(
                declared, shows or declared.shows, given or {}, checked
            )
        return analysed(name, data, checked(data), data.responses.attrs)

    def analyse_units(self, name: str, parameters: Mapping[str, Any]) -> Analysed:
        """Run an analysis of the unit table alone; nothing is encoded."""
        if self.is_file:
            data = run_data(self._loaded())
            about = data.responses.attrs
        else:
            session = ig.open_session(self.session, self.directory, self.device)
            chosen = self._select(session)
            data = RunData(session, chosen.indices, None, _other, _known)
            about = {
                **session.attrs,
                "session": session.id,
                "selection": dict(chosen.rule),
            }
        return analysed(name, data, parameters, about)

    def _of_file(
        self, declared: Analysis, shows: str, given: Mapping[str, Any]
    ) -> RunData:
        """Responses of a file; a stimulus may be named for an analysis of its frames."""
        settings = [*given, *parse_settings(self.settings or ())]
        named = None if declared.sees_frames else self.stimulus
        if named is not None or settings:
            raise AnalysisError(
                f"{self.session} holds responses to a stimulus already; leave out "
                f"{'--stimulus' if named else ', '.join(settings)}, or name a session."
            )
        responses = self._with_trials(self._loaded())
        # A parametric stimulus is made again from what the responses say of it; a movie
        # must be named
        shown = None if self.stimulus is None else self._shown(shows, {})
        return run_data(responses, stimulus=shown)

    def _encoded(
        self,
        declared: Analysis,
        shows: str,
        given: Mapping[str, Any],
        checked: Callable[[RunData], Mapping[str, Any]],
    ) -> RunData:
        """Responses to what is shown, if the analysis will take them."""
        session = ig.open_session(self.session, self.directory, self.device)
        shown: ig.Stimulus | ImageSet
        if is_video_session(session):
            shown = self._shown(shows, given)
            frames = convert(
                shown,
                session.frame_shape,
                session.frame_rate,
                grey=grey_wanted(session),
            )
            silent = silent_responses(frames)
        elif is_image_session(session):
            declared.refuse_misfit(run_data(silent_image_responses(session, [])))
            shown = self._images(session)
            silent = silent_image_responses(session, shown.labels)
        else:
            raise AnalysisError(
                f"{session.id} is driven by {session.input_kind}, which this command "
                "cannot show; encode them, and name the file of responses."
            )
        selection = self._select(session)
        tried = run_data(self._with_trials(silent), session, shown)
        rehearse(lambda _: declared.rehearse(tried, checked(tried)), silent)
        responses = encode_with_bar(session, shown, selection)
        return run_data(self._with_trials(responses), session, shown)

    def _shown(self, default: str, given: Mapping[str, Any]) -> ig.Stimulus:
        """The stimulus that is named, or the family `default`."""
        settings = {**given, **parse_settings(self.settings or ())}
        return named_stimulus(self.stimulus or default, settings)

    def _with_trials(self, responses: xr.DataArray) -> xr.DataArray:
        """Responses with the trial table of --trials."""
        if self.trials is None:
            return responses
        if are_to_images(responses):
            raise AnalysisError(
                f"{self.session} answers single images, which have no trials in time; "
                "leave out --trials."
            )
        table = read_table(self.trials)
        return responses.assign_attrs(trials=table.to_dict("list"))

    def _images(self, session: ImageSession) -> ImageSet:
        """The images of --stimulus."""
        if self.stimulus is None or self.settings:
            raise StimulusError(
                f"{session.id} answers single images; name a folder of them with "
                "--stimulus, and leave out --set."
            )
        return open_images(self.stimulus)

    def _select(self, session: Session) -> ig.Selection:
        return select(session, self.areas, self.fields, self.any_of, self.where)

    def _loaded(self) -> xr.DataArray:
        """Responses of the selected units of a file."""
        loaded = ig.load_responses(self.session)
        if not are_to_images(loaded):
            check_layout(loaded)
        return choose(
            loaded, self.session, self.areas, self.fields, self.any_of, self.where
        )


def analysed(
    name: str,
    data: RunData,
    parameters: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> Analysed:
    """Run an analysis of the registry."""
    declared = find_analysis(name)
    given = declared.check(parameters)
    with analysis_bar(declared.name.capitalize()) as show:
        result = declared.run(data, show, given)
    return Analysed(data, given, result, provenance)


def run_data(
    responses: xr.DataArray,
    session: Session | None = None,
    stimulus: ig.Stimulus | ImageSet | None = None,
) -> RunData:
    """What an analysis of responses may use."""
    rows = np.arange(responses["unit_id"].size)
    return RunData(session, rows, (responses, stimulus), _other, _known)


def _other(session: str, stimulus: str) -> xr.DataArray:
    raise AnalysisError(
        f"A command analyses one run and does not know {session} and {stimulus}; name a "
        "file of responses, or compare in an experiment."
    )


def _known(analysis: str, parameters: Mapping[str, Any]) -> None:
    """No other results are at hand."""


def of_source(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the fields of :class:`Source` as options, in place of `source`."""
    shared = inspect.signature(Source).parameters
    own = inspect.signature(command).parameters
    both = [*shared.values(), *(p for name, p in own.items() if name != "source")]

    @functools.wraps(command)
    def run(**options: Any) -> None:
        source = Source(**{name: options.pop(name) for name in shared})
        command(source=source, **options)

    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in both]
    )
    return run
