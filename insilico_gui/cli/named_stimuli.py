"""Stimuli as they are named on the command line, and the parameters that go with them."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import insilico_gui as ig
from insilico_gui.cli.terminal.completing import family_names
from insilico_gui.errors import StimulusError, listed, nearest, quoted
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.spec.files import SPEC_SUFFIXES, load_spec
from insilico_gui.untrusted.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
                f"{name} has no parameter {quoted(unknown[0])}"
                f"{nearest(unknown[0], known)}; it has {', '.join(known)}."
            )
        try:
            return family(**settings)
        except TypeError as error:
            raise StimulusError(
                f"A parameter of {name} has a value of the wrong kind: "
                f"{quoted(error, '')}."
            ) from error
    path = Path(name)
    if not os.path.exists(path) and not path.suffix:
        raise StimulusError(
            f"There is no stimulus {quoted(name)}{nearest(name, family_names())}; name a "
            f"file or one of {', '.join(family_names())}."
        )
    if settings:
        raise StimulusError(
            f"{quoted(name, '')} is a file, which has no parameters to set; leave out "
            f"{listed(settings)}."
        )
    if path.suffix.lower() in SPEC_SUFFIXES:
        return load_spec(path).stimulus()
    return ig.open_stimulus(path)


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
                f"{quoted(setting)} sets no parameter; write name=value, such as repeats=4."
            )
        values[name.strip().replace("-", "_")] = _value(text.strip())
    return values


def _value(text: str) -> Any:
    if "," in text and not text.startswith(("[", "{", '"')):
        return [_value(part.strip()) for part in text.split(",") if part.strip()]
    try:
        return parse_json(text, "A parameter", StimulusError, entries="spec_entries")
    except ValueError:
        return text
