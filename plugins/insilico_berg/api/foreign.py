"""Models that others registered: constructed, asked and described as they expect it."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from insilico_berg.api.model import EncodingModel
from insilico_berg.errors import InvalidParameterError, ModelLoadError, StimulusError
from insilico_berg.interfaces.base_model import BaseModelInterface
from insilico_gui.errors import InsilicoError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from insilico_berg.core.model_registry import Registered


def is_foreign(model: object) -> bool:
    """Whether a model is of a class that was registered."""
    if isinstance(model, EncodingModel):
        return False
    return isinstance(model, BaseModelInterface) or (
        not isinstance(model, type)
        and callable(getattr(model, "generate_response", None))
        and callable(getattr(model, "get_model_id", None))
    )


def load(
    entry: Registered,
    directory: Path,
    device: str,
    selection: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
) -> Any:
    """Construct a model and load its weights.

    Raises
    ------
    ModelLoadError
        If it raises anything that is no error of this project.
    """
    kind: Any = entry.load_class()
    with _told(f"The model {entry.model_id} could not be loaded", ModelLoadError):
        model = kind(
            berg_dir=str(directory), device=device, selection=selection, **arguments
        )
        model.load_model()
    return model


def respond(model: Any, stimulus: Any, options: Mapping[str, Any]) -> Any:
    """Responses of a model, which is given the options that it takes.

    Raises
    ------
    StimulusError
        If it raises anything that is no error of this project.
    """
    taken = _taken(model.generate_response, options)
    with _told(f"The model {model.get_model_id()} could not answer", StimulusError):
        return model.generate_response(stimulus, **taken)


def metadata(entry: Registered, directory: Path, arguments: Mapping[str, Any]) -> Any:
    """Metadata of a model that is not loaded.

    Raises
    ------
    InvalidParameterError
        If it raises anything that is no error of this project.
    """
    kind = entry.load_class()
    given = {"berg_dir": str(directory)} | dict(arguments)
    what = (
        f"The metadata of {entry.model_id} could not be had (what it takes is in "
        f"BERG.describe({entry.model_id!r}))"
    )
    with _told(what, InvalidParameterError):
        return kind.get_metadata(**_taken(kind.get_metadata, given))


def _taken(function: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a function takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(options)
    names = {p.name for p in parameters if p.kind is not p.POSITIONAL_ONLY}
    return {name: value for name, value in options.items() if name in names}


@contextmanager
def _told(what: str, error: type[InsilicoError]) -> Iterator[None]:
    """Tell in one sentence what code of others raises."""
    try:
        yield
    except InsilicoError:
        raise
    except Exception as cause:
        raise error(f"{what}: {type(cause).__name__} {quoted(cause)}.") from cause
