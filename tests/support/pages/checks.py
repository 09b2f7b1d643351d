"""What must hold after the blocks of a page, by the page's path in the docs.

A check gets the names that the blocks of Python left, and what each block printed; the
current folder is that of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[dict[str, Any], list[str]], None]

CHECKS: dict[str, Check] = {}
