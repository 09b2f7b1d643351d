"""Pictures that are kept, to be shown again without painting them again."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

Picture = TypeVar("Picture", bound="NDArray[Any]")

MIB = 2**20
_BUDGET = 32 * MIB  # 900 pictures of 256 x 144 pixels, 16 of 1920 x 1080
_FEWEST = 4


def remember(
    make: Callable[..., Picture], picture_bytes: int, budget: int = _BUDGET
) -> Callable[..., Picture]:
    """Return `make` with a memory of its latest pictures.

    Parameters
    ----------
    make : callable
        Makes an array of arguments that can be hashed; always the same from the same.
    picture_bytes : int
        Size of one array.
    budget : int
        Bytes of all of them; four are kept in any case.

    Returns
    -------
    callable
        Returns arrays that are read-only, as others may be given the same; any thread
        may call it if it may call `make`.
    """

    @lru_cache(maxsize=max(_FEWEST, budget // picture_bytes))
    def remembered(*arguments: Hashable) -> Picture:
        picture = make(*arguments)
        picture.setflags(write=False)
        return picture

    return remembered
