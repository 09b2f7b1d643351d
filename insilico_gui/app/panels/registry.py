"""The panels there are: files of this folder and below, and those of other packages."""

from __future__ import annotations

import logging
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from insilico_gui.app import panels
from insilico_gui.app.panels.panel import Panel

if TYPE_CHECKING:
    from types import ModuleType

ENTRY_POINTS = "insilico_gui.panels"
"""Group of entry points; each names a module or a subclass of Panel."""

logger = logging.getLogger(__name__)


@cache
def panel_classes() -> tuple[type[Panel], ...]:
    """Every panel that has a place in the window, by place and order."""
    found: dict[str, type[Panel]] = {}
    for info in pkgutil.walk_packages(panels.__path__, f"{panels.__name__}."):
        _take(import_module(info.name), found)
    for point in entry_points(group=ENTRY_POINTS):
        try:
            loaded = point.load()
        except Exception:  # another package's mistake must not keep the window shut
            logger.exception("The panel %s cannot be loaded.", point.value)
            continue
        if isinstance(loaded, type) and issubclass(loaded, Panel):
            found[loaded.title] = loaded
        else:
            _take(loaded, found)
    return tuple(sorted(found.values(), key=lambda panel: (panel.place, panel.order)))


def _take(module: ModuleType, found: dict[str, type[Panel]]) -> None:
    """Add the panels that a module defines."""
    for value in vars(module).values():
        is_panel = isinstance(value, type) and issubclass(value, Panel)
        if is_panel and value.__module__ == module.__name__ and value.place:
            found[value.title] = value
