"""What may be given in place of a numpy array, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import StimulusError, quoted
from insilico_gui.untrusted.door import reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ADVICE = "give a plain numpy array [time, height, width]"


def is_array(source: object) -> bool:
    """Whether this is an array of numpy, or of a library that makes one of it."""
    # A class is none, though it has the method that its arrays have; nor is a table,
    # whose columns would become the columns of a picture
    is_table = type(source).__module__.split(".")[0] in ("pandas", "pyarrow")
    return (
        hasattr(source, "__array__") and not isinstance(source, type) and not is_table
    )


def plain_array(source: object, name: str = "array") -> NDArray[Any]:
    """An array of numpy, torch, xarray and the like as a plain array.

    Raises
    ------
    StimulusError
        If it is no array, cannot be copied from where it is, or parts of it are masked:
        what is shown there would be invented.
    """
    if not is_array(source):
        raise StimulusError(
            f"An object of the type {_kind(source)} is not a stimulus; "
            "give a file, a folder, or a numpy array [time, height, width]."
        )
    if isinstance(source, np.ma.MaskedArray):
        n = int(np.count_nonzero(np.ma.getmaskarray(source)))
        if n:
            raise StimulusError(
                f"{name} has {n:,} masked values, which have no level; fill them first, "
                "such as array.filled(128) for mean grey."
            )
        source = source.data
    with reading(f"The {_kind(source)}", StimulusError, _ADVICE):
        return np.asarray(source)


def _kind(source: object) -> str:
    return quoted(type(source).__name__, marks="")
