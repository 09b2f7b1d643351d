"""The file of an experiment: its document as YAML, and arrays in a folder beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydantic

from insilico_gui.errors import ExperimentError, InsilicoError, quoted
from insilico_gui.experiment.document import FORMAT, VERSION, ExperimentDocument
from insilico_gui.experiment.live import array_hash
from insilico_gui.files import claim, refuse_folder, settle
from insilico_gui.stimuli.spec.plain_yaml import YamlError, read_yaml, write_yaml
from insilico_gui.untrusted.door import open_input
from insilico_gui.untrusted.limits import refuse_above
from insilico_gui.untrusted.plain_arrays import read_npy
from insilico_gui.untrusted.text import read_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIX = ".insilico.yaml"
HEADING = "# An experiment of insilico-gui; open it with: insilico-gui FILE\n"

_PACKAGES = ("insilico-gui", "numpy", "torch", "xarray")

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By the version of a document, what makes one of the next version of it."""


def save(
    document: ExperimentDocument,
    arrays: Mapping[str, NDArray[Any]],
    path: str | os.PathLike[str],
) -> Path:
    """Write a document and the arrays that it names; all or nothing.

    Raises
    ------
    ExperimentError
        If the name does not end in ``.insilico.yaml`` or it cannot be written.
    """
    target = Path(path).expanduser()
    if not target.name.endswith(SUFFIX) or target.name == SUFFIX:
        raise ExperimentError(
            f"{quoted(target.name)} is no name for an experiment; end it in {SUFFIX}."
        )
    settle(target.parent)
    refuse_folder(target, ExperimentError)
    _refuse_foreign(target)
    document = document.replace(versions=_versions())
    wanted = {name: arrays[name] for name in _arrays_of(document) if name in arrays}
    files = {f"{array_folder(target).name}/{name}.npy": a for name, a in wanted.items()}
    text = HEADING + write_yaml(as_plain(document))
    if files:
        array_folder(target).mkdir(exist_ok=True)
    missing = [n for n in files if not (target.parent / n).exists()]
    with claim(target.parent, [target.name, *missing], ExperimentError) as held:
        (held.new / target.name).write_text(text, encoding="utf-8")
        for name in missing:
            place = held.new / name
            place.parent.mkdir(exist_ok=True)
            np.save(place, files[name], allow_pickle=False)
        held.publish([target.name, *missing])
    return target


def as_plain(document: ExperimentDocument) -> dict[str, Any]:
    """The document as plain data, without what has its default."""
    values = document.model_dump(mode="json", exclude_defaults=True)
    stimuli = {
        name: {"kind": document.stimuli[name].kind, **entry}
        for name, entry in values.pop("stimuli", {}).items()
    }
    return {"format": FORMAT, "version": VERSION, "stimuli": stimuli, **values}


def _refuse_foreign(target: Path) -> None:
    """Refuse to replace a file that is no experiment."""
    if not os.path.lexists(target):
        return
    with open_input(target, ExperimentError) as content:
        ours = content.read(len(HEADING) + 200).decode(errors="replace")
    if FORMAT not in ours:
        raise ExperimentError(
            f"{quoted(target.name)} exists and is no experiment; choose another name."
        )


def load(
    path: str | os.PathLike[str],
) -> tuple[ExperimentDocument, dict[str, NDArray[Any]]]:
    """Read a document and the arrays that it names.

    Raises
    ------
    ExperimentError
        If it is no experiment, damaged, of a newer version, or too large.
    """
    source = Path(path).expanduser()
    name = quoted(source.name, marks="")
    settle(source.parent)
    document = parse(_read(source, name), name)
    arrays = {}
    for key in _arrays_of(document):
        place = array_path(source, key)
        if place.exists():
            values = read_npy(place, quoted(place.name, marks=""), ExperimentError)
            if array_hash(values) != key:
                raise ExperimentError(
                    f"The array {quoted(place.name)} beside {name} is damaged: its "
                    "content is not what its name says; restore it from a copy."
                )
            arrays[key] = values
    return document, arrays


def _read(source: Path, name: str) -> Any:
    try:
        text = read_text(source, ExperimentError, limit="spec_bytes")
        refuse_above("spec_lines", text.count("\n"), name, ExperimentError)
        return read_yaml(text)
    except (YamlError, ValueError) as error:
        raise ExperimentError(
            f"{name} cannot be read as YAML, {error}; compare it with a file that this "
            "program saved."
        ) from error


def parse(values: Any, name: str) -> ExperimentDocument:
    """A document from plain data, migrated if it is of an older version.

    Raises
    ------
    ExperimentError
        If it is none.
    """
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ExperimentError(
            f"{name} is no experiment of insilico-gui; it has no format {FORMAT!r}."
        )
    found = values.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ExperimentError(f"{name} does not say of which version it is.")
    if found > VERSION:
        raise ExperimentError(
            f"{name} was saved by a newer insilico-gui (version {quoted(found, '')} of "
            f"the format, and this one reads {VERSION}); update insilico-gui to open it."
        )
    while found < VERSION:
        values = {**MIGRATIONS[found](values), "version": found + 1}
        found += 1
    try:
        return ExperimentDocument.model_validate(values)
    except (pydantic.ValidationError, InsilicoError) as error:
        raise ExperimentError(f"{name}: {sentence(error)}") from error


def sentence(error: Exception) -> str:
    """One sentence of what is wrong with a value."""
    if not isinstance(error, pydantic.ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    text = str(first["msg"]).removeprefix("Value error, ")
    where = f"{quoted(place, '')}: " if place else ""
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}{quoted(text, '')}{more}."


def array_folder(path: Path) -> Path:
    """Folder of the arrays of an experiment file."""
    return path.with_name(path.name.removesuffix(SUFFIX) + ".insilico.arrays")


def array_path(path: Path | None, name: str) -> Path:
    """File of an array of an experiment.

    Raises
    ------
    ExperimentError
        If the experiment has no file.
    """
    if path is None:
        raise ExperimentError(
            "The experiment holds arrays, which are files once it is saved; save it "
            "first."
        )
    return array_folder(Path(path)) / f"{name}.npy"


def _arrays_of(document: ExperimentDocument) -> list[str]:
    """Hashes of the arrays that a document names."""
    stimuli = [s.sha256 for s in document.stimuli.values() if s.kind == "array"]
    traces = [key for run in document.runs for key in run.behavior.values()]
    return sorted({*stimuli, *traces})


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
