"""Responses that stay on disk until they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from insilico_gui.errors import ExportError
from insilico_gui.files import shown
from insilico_gui.untrusted.door import reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class Stored(BackendArray):  # type: ignore[misc, unused-ignore]
    """Values of a zarr array; a chunk that cannot be read is an ExportError."""

    def __init__(self, array: Any, path: Path) -> None:
        self._array, self._path = array, path
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> NDArray[Any]:
        try:
            values: NDArray[Any] = self._array.oindex[key]
        except MemoryError:
            raise
        except Exception as cause:  # codecs raise anything
            raise ExportError(
                f"The responses in {shown(self._path)} cannot be read, since a part of "
                f"them is damaged ({reason(cause)}); encode the stimulus again, or "
                "take the file from a backup."
            ) from cause
        return values


def lazily(array: Any, path: Path, dims: Sequence[str]) -> xr.Variable:
    """The values of a zarr array, read when they are used and then kept in memory."""
    lazy = indexing.LazilyIndexedArray(Stored(array, path))
    protected: Any = indexing.CopyOnWriteArray(cast("Any", lazy))
    cached: Any = cast("Any", indexing).MemoryCachedArray(protected)
    return xr.Variable(dims, cached)
