"""Preparing items ahead of their use in a background thread."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

Item = TypeVar("Item")

_END = object()


def ahead(items: Iterable[Item], n: int = 2) -> Generator[Item, None, None]:
    """Yield `items` in order, of which up to `n` are prepared while the latest is in use.

    The thread, which alone uses `items`, starts with the first item and ends with this
    generator. An error is raised at the place of the item that failed. Closing waits for
    the item that is being prepared.
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
