"""Files of parametric stimuli: a specification as YAML or JSON, to keep and to edit.

A file holds what :meth:`.parametric.StimulusSpec.to_dict` gives: the family and its
parameters. Parameters that are left out have their default. A file is read as plain
data, and everything in it is checked as if it had been typed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.files import check_target, publishing, refuse_folder, settle
from insilico_gui.stimuli.spec.parametric import StimulusSpec, spec_from_dict
from insilico_gui.stimuli.spec.plain_yaml import YamlError, read_yaml, write_yaml
from insilico_gui.untrusted.limits import refuse_above
from insilico_gui.untrusted.text import PlainDataError, parse_json, read_text

SPEC_SUFFIXES = frozenset({".json", ".yaml", ".yml"})

_HEADING = "# A stimulus of insilico-gui: its family and parameters.\n"


def save_spec(
    spec: StimulusSpec, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a specification to a file; :func:`load_spec` gives an equal one.

    Parameters
    ----------
    spec : StimulusSpec
        Such as ``drifting_gratings().spec``, or a :class:`.sequence.Sequence`.
    path : path
        Ends in .yaml, .yml or .json.
    overwrite : bool
        Whether a file of that name may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StimulusError
        If it cannot be written, or is there already.
    """
    if not isinstance(spec, StimulusSpec):
        raise StimulusError(
            f"A {type(spec).__name__} is no specification; give one, such as "
            "drifting_gratings().spec."
        )
    target = Path(path)
    suffix = _suffix(target)
    check_target(target, overwrite, StimulusError)
    refuse_folder(target, StimulusError)
    text = as_json(spec) if suffix == ".json" else as_yaml(spec)
    with publishing(target, StimulusError) as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def as_yaml(spec: StimulusSpec) -> str:
    """The specification as the text of a YAML file."""
    return _HEADING + write_yaml(spec.to_dict())


def as_json(spec: StimulusSpec) -> str:
    """The specification as the text of a JSON file."""
    return json.dumps(spec.to_dict(), indent=2, allow_nan=False) + "\n"


def load_spec(path: str | os.PathLike[str]) -> StimulusSpec:
    """Read a specification that was saved or written by hand.

    Raises
    ------
    StimulusError
        If the file cannot be read, is not YAML or JSON, or describes no stimulus;
        names the family and the parameter that is wrong.
    """
    source = Path(path)
    name = quoted(source.name, marks="")
    values = read_plain(source)
    if not isinstance(values, dict):
        raise StimulusError(
            f"{name} describes no stimulus; it needs a family and its "
            "parameters, such as family: drifting_gratings."
        )
    if values.get("kind") == "drive":
        raise StimulusError(
            f"{name} is a drive, which has no frames; show it to a session that is driven."
        )
    try:
        return spec_from_dict(values)
    except StimulusError as error:
        raise StimulusError(f"{name}: {error}") from error


def read_plain(path: Path) -> Any:
    """Plain data of a YAML or JSON file.

    Raises
    ------
    StimulusError
        If it has another suffix, or cannot be read.
    """
    suffix = _suffix(path)
    settle(path.parent)
    return _parsed(path, suffix, quoted(path.name, marks=""))


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SPEC_SUFFIXES:
        raise StimulusError(
            f"{quoted(path.name, marks='')} has no format of a specification; end it in "
            f"{', '.join(sorted(SPEC_SUFFIXES))}."
        )
    return suffix


def _parsed(path: Path, suffix: str, name: str) -> Any:
    """Plain data of a file."""
    try:
        text = read_text(path, StimulusError, limit="spec_bytes")
        if suffix == ".json":
            return parse_json(
                text, name, StimulusError, strict=True, entries="spec_entries"
            )
        refuse_above("spec_lines", text.count("\n"), name, StimulusError)
        return read_yaml(text)
    except (PlainDataError, YamlError, ValueError) as error:
        kind = "JSON" if suffix == ".json" else "YAML"
        where = f", {error}" if isinstance(error, PlainDataError | YamlError) else ""
        raise StimulusError(
            f"{name} cannot be read as {kind}{where}; compare it with a file that was "
            "saved by this program."
        ) from error
