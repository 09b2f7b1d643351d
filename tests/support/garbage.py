"""Garbage collection in processes that open windows."""

from __future__ import annotations

import gc

MANY_OBJECTS = 80_000
"""Objects of modules, which stay for good. napari collects garbage several times a window,
and would look through all of them each time; what tests make is looked through as ever.
"""


def set_modules_aside() -> None:
    """Leave the objects that there are out of later collections, once there are many."""
    if len(gc.get_objects()) > MANY_OBJECTS:
        gc.collect()
        gc.freeze()
