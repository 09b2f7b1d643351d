"""Which analyses there are: those of this folder, and those of other packages."""

from __future__ import annotations

import logging
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from insilico_gui.errors import quoted
from insilico_gui.experiment import analyses

ENTRY_POINT_GROUP = "insilico_gui.analyses"
"""Group of entry points; each names a module, or a function, that registers analyses."""

logger = logging.getLogger(__name__)


@cache
def find_declarations() -> None:
    """Import what declares analyses; importing registers them."""
    package = import_module(__package__)
    for info in pkgutil.iter_modules(package.__path__, f"{__package__}."):
        import_module(info.name)
    points = entry_points(group=ENTRY_POINT_GROUP)
    for point in sorted(points, key=lambda point: point.name):
        try:
            with analyses.all_or_nothing():
                point.load()
        except Exception as error:  # a broken package must not take the others with it
            logger.warning(
                "The analyses %r (%s) cannot be used (%s %s); install the package again, "
                "or remove it.",
                point.name,
                point.value,
                type(error).__name__,
                quoted(error),
            )
