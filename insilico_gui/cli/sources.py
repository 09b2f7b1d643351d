"""What a command analyses: responses from a file, or to a stimulus that is shown now."""

# Without "from __future__ import annotations": typer needs the types themselves

import functools
import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import insilico_gui as ig
from insilico_gui.analysis.trials.blocks import are_to_images, check_layout
from insilico_gui.analysis.trials.dry_run import rehearse, silent_responses
from insilico_gui.analysis.trials.sequence_parts import part_name, take_part
from insilico_gui.analysis.tuning.image_tuning import silent_image_responses
from insilico_gui.cli.analysis_options import Part, Responses, Settings, Shown, Trials
from insilico_gui.cli.named_stimuli import named_stimulus, parse_settings
from insilico_gui.cli.options import AnyOf, Areas, Device, Directory, Fields, Where
from insilico_gui.cli.steps import choose, encode_with_bar, select
from insilico_gui.cli.tables import read_table
from insilico_gui.errors import AnalysisError, StimulusError
from insilico_gui.export import load_suffixes, suffix_of
from insilico_gui.responses import unit_table
from insilico_gui.session import is_image_session, is_video_session
from insilico_gui.stimuli import convert
from insilico_gui.stimuli.readers.images import open_images

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import xarray as xr

    from insilico_gui.session import ImageSession, VideoSession
    from insilico_gui.stimuli.readers.images import ImageSet


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

    def without_stimulus(self) -> "Source":
        """The same, with no stimulus named."""
        return replace(self, stimulus=None)

    def shown(
        self, default: str, given: "Mapping[str, Any] | None" = None
    ) -> ig.Stimulus:
        """The stimulus that is named, or the family `default`."""
        settings = {**(given or {}), **parse_settings(self.settings or ())}
        return named_stimulus(self.stimulus or default, settings)

    def units(self) -> "tuple[pd.DataFrame, dict[str, Any]]":
        """Unit table of the selected units, and its provenance; nothing is encoded."""
        if self.is_file:
            loaded = self._loaded()
            return unit_table(loaded), dict(loaded.attrs)
        session = self._session()
        selection = self._select(session)
        units = session.units.iloc[selection.indices].reset_index(drop=True)
        return units, {
            **session.attrs,
            "session": session.id,
            "selection": dict(selection.rule),
        }

    def responses(
        self,
        default: str,
        given: "Mapping[str, Any] | None" = None,
        *,
        check: "Callable[[xr.DataArray], object]",
        images_too: bool = False,
    ) -> "xr.DataArray":
        """Responses of the selected units, read or encoded, with the trial table.

        `default` is the stimulus family if none is named, `given` are parameters that
        have options of their own. `check` is called with responses of zeros before
        anything is encoded, and raises the errors of the analysis. `images_too` admits
        responses to single images.
        """
        if self.is_file:
            settings = [*(given or ()), *parse_settings(self.settings or ())]
            if self.stimulus is not None or settings:
                raise AnalysisError(
                    f"{self.session} holds responses to a stimulus already; leave out "
                    f"{'--stimulus' if self.stimulus else ', '.join(settings)}, or "
                    "name a session."
                )
            return self._prepared(self._loaded(images_too))
        session = self._session(images_too)
        shown: ig.Stimulus | ImageSet
        if is_image_session(session):
            shown = self._images(session)
            silent = silent_image_responses(session, shown.labels)
        else:
            shown = self.shown(default, given)
            frames = convert(shown, session.frame_shape, session.frame_rate)
            silent = silent_responses(frames)
        selection = self._select(session)
        rehearse(check, self._prepared(silent))
        return self._prepared(encode_with_bar(session, shown, selection))

    def _prepared(self, responses: "xr.DataArray") -> "xr.DataArray":
        """Responses with the trial table of --trials, cut to the part of --part."""
        if self.trials is not None:
            if are_to_images(responses):
                raise AnalysisError(
                    f"{self.session} answers single images, which have no trials in "
                    "time; leave out --trials."
                )
            table = read_table(self.trials)
            responses = responses.assign_attrs(trials=table.to_dict("list"))
        if self.part is not None:
            responses = take_part(responses, part_name(responses, self.part))
        return responses

    def _images(self, session: "ImageSession") -> "ImageSet":
        """The images of --stimulus."""
        if self.stimulus is None or self.settings:
            raise StimulusError(
                f"{session.id} answers single images; name a folder of them with "
                "--stimulus, and leave out --set."
            )
        return open_images(self.stimulus)

    def _select(self, session: "VideoSession | ImageSession") -> ig.Selection:
        return select(session, self.areas, self.fields, self.any_of, self.where)

    def _loaded(self, images_too: bool = False) -> "xr.DataArray":
        """Responses of the selected units of a file."""
        loaded = ig.load_responses(self.session)
        if not (images_too and are_to_images(loaded)):
            check_layout(loaded)
        return choose(
            loaded, self.session, self.areas, self.fields, self.any_of, self.where
        )

    def _session(self, images_too: bool = False) -> "VideoSession | ImageSession":
        """The session, driven by video unless the analysis takes images too."""
        session = ig.open_session(self.session, self.directory, self.device)
        if images_too and is_image_session(session):
            return session
        if not is_video_session(session):
            raise AnalysisError(
                f"{session.id} answers single images; this analysis needs a session "
                "driven by video."
            )
        return session


def of_source(command: "Callable[..., None]") -> "Callable[..., None]":
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
