"""Errors of the drop-in interface, under the names that scripts for BERG catch.

They are errors of this project too, so ``except InsilicoError`` catches them all. What
the first generation (NEST) raised as built-in errors, ``ValueError`` and ``TypeError``
catch as well.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from insilico_gui import errors as host
from insilico_gui.streaming import is_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Iterator


class BERGError(host.InsilicoError):
    """Base of the errors of this interface."""


class ModelNotFoundError(BERGError):
    """There is no model of this id."""


class ModelLoadError(BERGError):
    """Files of a model are missing, damaged, or do not fit together."""


class InvalidParameterError(BERGError, ValueError):
    """An argument is missing or has a value that the model does not know."""


class ParameterTypeError(InvalidParameterError, TypeError):
    """An argument is missing or of another type."""


class ValidationError(InvalidParameterError):
    """A selection has a value that the model does not know.

    In the published code it is no BERGError; here both ways of catching it work.
    """


class StimulusError(BERGError, host.StimulusError, ValueError):
    """A stimulus is not of the shape or in the range that the model takes."""


class StimulusTypeError(StimulusError, TypeError):
    """A stimulus is no array."""


class ResourceError(BERGError):
    """Memory ran out."""


class BERGWarning(UserWarning):
    """Something was done that may not be what was meant."""


@contextmanager
def while_loading() -> Iterator[None]:
    """Raise errors of this project, and those of reading files, as they are called here.

    Raises
    ------
    ModelLoadError, ResourceError
        In place of what was raised, with the same sentence.
    """
    try:
        yield
    except BERGError:
        raise
    except host.InsilicoError as error:
        raise ModelLoadError(str(error)) from error
    except OSError as error:
        raise ModelLoadError(
            f"{error.filename} could not be read ({error.strerror}); check the file and "
            "the permission to read it."
        ) from error
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise ResourceError(
            "Memory ran out while the model was loaded; close other models or programs, "
            "or choose the device 'cpu'."
        ) from error


@contextmanager
def while_encoding() -> Iterator[None]:
    """The same while a stimulus is encoded.

    Raises
    ------
    StimulusError, ResourceError, ModelLoadError
        In place of what was raised, with the same sentence.
    """
    try:
        yield
    except BERGError:
        raise
    except host.StimulusError as error:
        raise StimulusError(str(error)) from error
    except host.EncodingMemoryError as error:
        raise ResourceError(str(error)) from error
    except host.WeightsError as error:
        # Weights are read as they are used: some damage shows only then.
        raise ModelLoadError(str(error)) from error
