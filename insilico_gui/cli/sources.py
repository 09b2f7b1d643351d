"""What a command analyses: responses from a file, or to a stimulus that is shown now."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
import inspect
import os
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
from insilico_gui.cli.analyses.analysis_options import (
    Part,
    Responses,
    Settings,
    Shown,
    Trials,
)
from insilico_gui.cli.named_stimuli import named_stimulus, parse_settings
from insilico_gui.cli.options import (
    AnyOf,
    Areas,
    Behavior,
    Device,
    Directory,
    Fields,
    Where,
)
from insilico_gui.cli.steps import choose, encode_with_bar, select
from insilico_gui.cli.tables import read_table, write_table
from insilico_gui.cli.terminal.batches import (
    NAME,
    Job,
    distinct,
    named,
    open_session,
    run_jobs,
)
from insilico_gui.cli.terminal.inputs import behaviors, contents, files, sessions
from insilico_gui.encoding.behavior_file import read_behavior
from insilico_gui.errors import AnalysisError, StimulusError
from insilico_gui.experiment.analyses import Analysis, Result, RunData, find_analysis
from insilico_gui.export import load_suffixes, suffix_of
from insilico_gui.opening import twins
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
        self, output: Path | None, columns: pd.DataFrame | None = None, **more: Any
    ) -> pd.DataFrame:
        """Write and return the unit table with the columns; see :func:`.write_table`."""
        columns = self.columns if columns is None else columns
        return write_table(output, self.units, columns, self.provenance, **more)


@dataclass(frozen=True)
class Source:
    """A file of responses, or a session and a stimulus to encode.

    The fields are the options that the analysis commands share; see :func:`of_source`,
    which makes one for each of several inputs.
    """

    session: str
    stimulus: str | None = None
    behavior: str | None = None
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
            session = open_session(self.session, self.directory, self.device)
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
        if self.behavior is not None:
            settings.append("--behavior")
        if self.stimulus is not None and not declared.sees_frames:
            settings = ["--stimulus"]
        if settings:
            raise AnalysisError(
                f"{self.session} holds responses to a stimulus already; leave out "
                f"{', '.join(settings)}, or name a session."
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
        session = open_session(self.session, self.directory, self.device)
        behavior = None
        shown: ig.Stimulus | ImageSet
        if is_video_session(session):
            shown = self._shown(shows, given)
            frames = convert(
                shown,
                session.frame_shape,
                session.frame_rate,
                grey=grey_wanted(session),
            )
            if self.behavior is not None:
                behavior = read_behavior(session, self.behavior, frames.n_frames)
            silent = silent_responses(frames)
        elif is_image_session(session):
            declared.refuse_misfit(run_data(silent_image_responses(session, [])))
            if self.behavior is not None:
                read_behavior(session, self.behavior)
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
        traces: dict[str, Any] = {} if behavior is None else {"behavior": behavior}
        responses = encode_with_bar(session, shown, selection, **traces)
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


SEVERAL = {"session": Responses, "stimulus": Shown, "behavior": Behavior}
"""Options that may be given several times, each of which is another input."""
SUFFIXES = {"arrays": ".npz", "maps": ".npz", "matrix": ".npy"}
"""Ends of the names of outputs in a folder, beside those of --output."""


def of_source(
    command: Callable[..., None], suffix: str = ".csv"
) -> Callable[..., None]:
    """Give a command the fields of :class:`Source` as options, in place of `source`.

    With several inputs it runs for each; in a folder its outputs end in `suffix`.
    """
    shared = inspect.signature(Source).parameters
    own = inspect.signature(command).parameters
    both = [
        p.replace(
            annotation=SEVERAL.get(name, p.annotation),
            kind=inspect.Parameter.KEYWORD_ONLY,
        )
        for name, p in {**shared, **own}.items()
        if name != "source"
    ]

    @functools.wraps(command)
    def run(**options: Any) -> None:
        given = {name: options.pop(name) for name in shared}
        typed = [*given["session"], *(given["stimulus"] or ())]
        inputs = _inputs(given)
        words = [tuple(filter(None, (s, shown))) for s, shown, _ in inputs]
        names = distinct(words)
        many = len(inputs) > 1 or any(word not in typed for word in words[0])
        ends = {"output": suffix, **SUFFIXES}
        outputs = {
            name: named(options[name], names, end, many=many)
            for name, end in ends.items()
            if name in options
        }
        jobs = []
        for k, (session, stimulus, behavior) in enumerate(inputs):
            traces = None if behavior is None else behavior.replace(NAME, names[k])
            parts = {"session": session, "stimulus": stimulus, "behavior": traces}
            ready = {
                "source": Source(**{**given, **parts}),
                **options,
                **{name: each[k] for name, each in outputs.items()},
            }
            jobs.append(Job(" ".join(words[k]), functools.partial(command, **ready)))
        run_jobs(jobs)

    run.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
    return run


def _inputs(given: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Each session or file with each stimulus, and the behaviour that goes with it."""
    ends = load_suffixes()
    sources: list[str] = []
    for word in given["session"]:
        # A fit is a folder too: twin/run is a session, and ./twin/run is a folder
        is_folder = os.path.isdir(word) and word.split("/")[0] not in twins()
        is_path = suffix_of(word, ends) or is_folder
        found = contents([word], ends, "responses") if is_path else None
        sources += found or sessions(word, given["directory"])
    shown: list[str | None] = [*files(given["stimulus"] or ())] or [None]
    traces = behaviors(given["behavior"], len(shown))
    return [
        (source, stimulus, trace)
        for source in sources
        for stimulus, trace in zip(shown, traces, strict=True)
    ]
