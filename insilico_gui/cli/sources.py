"""What a command analyses: responses from a file, or to a stimulus that is shown now."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import insilico_gui as ig
from insilico_gui.analysis.beforehand import rehearse, silent_responses
from insilico_gui.analysis.blocks import check_layout
from insilico_gui.cli.steps import choose, encode_with_bar, select
from insilico_gui.cli.tables import read_table
from insilico_gui.errors import AnalysisError, StimulusError
from insilico_gui.export import SUFFIXES
from insilico_gui.responses import unit_table
from insilico_gui.session import is_video_session
from insilico_gui.stimuli import convert
from insilico_gui.stimuli.families import FAMILIES
from insilico_gui.stimuli.spec_files import SPEC_SUFFIXES, load_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    import xarray as xr

    from insilico_gui.session import VideoSession


@dataclass(frozen=True)
class Source:
    """Where responses come from: options that the commands of analyses share."""

    name: str
    stimulus: str | None
    settings: Sequence[str] | None
    trials: Path | None
    directory: Path | None
    device: str
    areas: list[str] | None
    fields: list[int] | None
    any_of: bool

    @property
    def is_file(self) -> bool:
        """Whether the responses were encoded before."""
        return Path(self.name).suffix.lower() in SUFFIXES

    def without_stimulus(self) -> Source:
        """The same, with no stimulus named."""
        return replace(self, stimulus=None)

    def shown(
        self, default: str, given: Mapping[str, Any] | None = None
    ) -> ig.Stimulus:
        """The stimulus that is named, or the family `default`."""
        settings = {**(given or {}), **parse_settings(self.settings or ())}
        return named_stimulus(self.stimulus or default, settings)

    def units(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Unit table of the chosen units, and where it is from; nothing is encoded."""
        if self.is_file:
            loaded = self._loaded()
            return unit_table(loaded), dict(loaded.attrs)
        session = self._session()
        selection = select(session, self.areas, self.fields, self.any_of)
        units = session.units.iloc[selection.indices].reset_index(drop=True)
        return units, {
            **session.attrs,
            "session": session.id,
            "selection": dict(selection.rule),
        }

    def responses(
        self,
        default: str,
        given: Mapping[str, Any] | None = None,
        check: Callable[[xr.DataArray], object] | None = None,
    ) -> xr.DataArray:
        """Read the responses, or encode.

        Parameters
        ----------
        default : str
            Family to show if none is named.
        given : mapping, optional
            Parameters of the family that have options of their own.
        check : callable(responses), optional
            Called before anything is encoded, with responses of a silent unit; raises
            what will be wrong with the analysis.

        Returns
        -------
        xarray.DataArray
            Of the chosen units, with the trial table that is named.

        Raises
        ------
        InsilicoError
            If something is wrong with the file, the stimulus or the session.
        """
        if self.is_file:
            settings = [*(given or ()), *parse_settings(self.settings or ())]
            if self.stimulus is not None or settings:
                raise AnalysisError(
                    f"{self.name} holds responses to a stimulus already; leave out "
                    f"{'--stimulus' if self.stimulus else ', '.join(settings)}, or "
                    "name a session."
                )
            return self._with_trials(self._loaded())
        session = self._session()
        shown = self.shown(default, given)
        selection = select(session, self.areas, self.fields, self.any_of)
        if check is not None:
            frames = convert(shown, session.frame_shape, session.frame_rate)
            rehearse(check, self._with_trials(silent_responses(frames)))
        return self._with_trials(encode_with_bar(session, shown, selection))

    def _with_trials(self, responses: xr.DataArray) -> xr.DataArray:
        """Responses with the trial table that is named."""
        if self.trials is None:
            return responses
        table = read_table(self.trials)
        return responses.assign_attrs(trials=table.to_dict("list"))

    def _loaded(self) -> xr.DataArray:
        """The chosen units of a file."""
        loaded = ig.load_responses(self.name)
        check_layout(loaded)
        return choose(loaded, self.name, self.areas, self.fields, self.any_of)

    def _session(self) -> VideoSession:
        """The session, which must be one of video: the analyses are of its frames."""
        session = ig.open_session(self.name, self.directory, self.device)
        if not is_video_session(session):
            raise AnalysisError(
                f"{session.id} answers single images; this analysis needs a session "
                "driven by video."
            )
        return session


def named_stimulus(name: str, settings: Mapping[str, Any]) -> ig.Stimulus:
    """A family by its name, a specification from its file, or a stimulus from a file.

    Raises
    ------
    StimulusError
        If there is no such thing, or a parameter is wrong.
    """
    family = FAMILIES.get(name.lower().replace("-", " ").replace("_", " "))
    if family is not None:
        known = list(inspect.signature(family).parameters)
        unknown = [key for key in settings if key not in known]
        if unknown:
            raise StimulusError(
                f"{name} has no parameter {unknown[0]!r}; it has {', '.join(known)}."
            )
        try:
            return family(**settings)
        except TypeError as error:
            raise StimulusError(
                f"A parameter of {name} has a value of the wrong kind: {error}."
            ) from error
    path = Path(name)
    if not path.exists() and not path.suffix:
        raise StimulusError(
            f"There is no stimulus {name!r}; name a file or one of "
            f"{', '.join(family_names())}."
        )
    if settings:
        raise StimulusError(
            f"{name} is a file, which has no parameters to set; leave out "
            f"{', '.join(settings)}."
        )
    if path.suffix.lower() in SPEC_SUFFIXES:
        return load_spec(path).stimulus()
    return ig.open_stimulus(path)


def family_names() -> list[str]:
    """Names of the families as they are typed."""
    return [name.replace(" ", "-") for name in FAMILIES]


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """``["repeats=4", "size_deg=5,10"]`` as values: numbers, lists, true, text.

    Raises
    ------
    StimulusError
        If one has no name or no value.
    """
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not (name.strip() and equals and text.strip()):
            raise StimulusError(
                f"{setting!r} sets no parameter; write name=value, such as repeats=4."
            )
        values[name.strip().replace("-", "_")] = _value(text.strip())
    return values


def _value(text: str) -> Any:
    if "," in text and not text.startswith(("[", "{", '"')):
        return [_value(part.strip()) for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return text
