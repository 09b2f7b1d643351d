"""Random numbers that can be looked up: a key and a place give the same ones, always.

Philox 4x64-10 (Salmon et al. 2011, SC '11) is a function of a key and a counter. The
key is the seed of a stimulus; the counter says which stream of numbers, which part of
the stimulus and which step in it is meant, so that any frame can be rendered without
those before it. Only raw 64-bit words are used: unlike the distributions of a numpy
Generator, they are the same in every version and on every machine.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_mine = threading.local()  # a generator for each thread


def random_words(
    seed: int, n: int, *, stream: int = 0, part: int = 0, step: int = 0
) -> NDArray[np.uint64]:
    """`n` uniform 64-bit words of a place in a stream; uint64 [n]."""
    # A new generator would ask the system for entropy first, though it has a key
    philox = getattr(_mine, "philox", None)
    if philox is None:
        philox = _mine.philox = np.random.Philox(key=0)
    philox.state = {
        "bit_generator": "Philox",
        "state": {
            "counter": np.array([0, step, part, stream], np.uint64),
            "key": np.array([seed, 0], np.uint64),
        },
        "buffer": np.zeros(4, np.uint64),
        "buffer_pos": 4,  # all used up
        "has_uint32": 0,
        "uinteger": 0,
    }
    words: NDArray[np.uint64] = philox.random_raw(n)
    return words


def random_bytes(
    seed: int, n: int, *, stream: int = 0, part: int = 0, step: int = 0
) -> NDArray[np.uint8]:
    """`n` uniform bytes of a place in a stream; uint8 [n]."""
    words = random_words(seed, -(-n // 8), stream=stream, part=part, step=step)
    return words.astype("<u8", copy=False).view(np.uint8)[:n]


def random_order(
    seed: int, n: int, *, stream: int = 0, part: int = 0, step: int = 0
) -> NDArray[np.int64]:
    """A permutation of 0..n-1; int64 [n]."""
    words = random_words(seed, n, stream=stream, part=part, step=step)
    order: NDArray[np.int64] = np.argsort(words, kind="stable").astype(np.int64)
    return order
