"""Keeping the C library from returning memory that is asked for again at once.

Between two operations torch frees and allocates arrays of megabytes. By default glibc
gives such memory back to the system, which then has to clear every page anew: about a
tenth of the time of an encoding, more in a thread.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

# names and numbers of mallopt(3)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 2**28  # bytes that a process may hold on to: 256 MB
_MAPPED = 2**26  # bytes from which a block is mapped by itself


@cache
def keep_freed_memory() -> bool:
    """Have glibc keep up to 256 MB of freed memory; once for the whole process.

    Does nothing with another C library, or if the environment has settings for glibc.

    Returns
    -------
    bool
        Whether it was done.
    """
    chosen = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
    if platform.libc_ver()[0] != "glibc" or chosen:
        return False
    mallopt = ctypes.CDLL(None).mallopt
    options = {
        _TRIM_THRESHOLD: _KEPT,
        _MMAP_THRESHOLD: _MAPPED,
        # a thread's own arena is made of small pieces, which are given back all the same
        _ARENA_MAX: 1,
    }
    done = [mallopt(option, value) for option, value in options.items()]
    return all(done)
