"""Responses on a slow disk that can be seen being read."""

from __future__ import annotations

from xarray.backends import BackendArray
from xarray.core import indexing


class Watched(BackendArray):
    """Values on a slow disk: counts what is read at once, and may fail on the way."""

    def __init__(self, values, fail_at=None, error=KeyboardInterrupt):
        self.values, self.shape, self.dtype = values, values.shape, values.dtype
        self.fail_at, self.error, self.reads = fail_at, error, []

    def __getitem__(self, key):
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key):
        if self.fail_at is not None and len(self.reads) >= self.fail_at:
            raise self.error
        part = self.values[key]
        self.reads.append(part.size)
        return part


def watched(responses, **arguments):
    source = Watched(responses.to_numpy(), **arguments)
    lazy = responses.copy(data=responses.to_numpy())
    lazy.variable._data = indexing.LazilyIndexedArray(source)
    return lazy, source
