"""Items made ahead of their use, in a thread of its own."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

Item = TypeVar("Item")

_END = object()


def ahead(items: Iterable[Item], n: int = 2) -> Generator[Item, None, None]:
    """Yield `items`, of which up to `n` are made while the latest is in use.

    The thread starts with the first item that is asked for, and has ended when this
    generator has: exhausted, closed, or after an error, which is raised at the place of
    the item that could not be made. Closing waits for the item in the making.

    Parameters
    ----------
    items : iterable
        Used by that thread only.
    n : int
        At least 1.

    Yields
    ------
    object
        The items, in their order.
    """
    iterator = iter(items)

    def make() -> Any:
        return next(iterator, _END)

    # One thread, since the items of a video come in order from one decoder
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        pending = deque(thread.submit(make) for _ in range(n))
        try:
            while (item := pending.popleft().result()) is not _END:
                # Before the yield, so that n items are in the making during the use
                pending.append(thread.submit(make))
                yield cast("Item", item)
        finally:
            for future in pending:
                future.cancel()
