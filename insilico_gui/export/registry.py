"""Which formats there are: the classes of this folder, and those of other packages."""

from __future__ import annotations

import logging
import os
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from insilico_gui.errors import quoted
from insilico_gui.export.exporter import Exporter

ENTRY_POINT_GROUP = "insilico_gui.exporters"

logger = logging.getLogger(__name__)


@cache
def exporters() -> dict[str, Exporter]:
    """The formats by suffix, in order of rank; found at the first call."""
    found: dict[str, Exporter] = {}
    for exporter in sorted((*_of_this_folder(), *_of_other_packages()), key=_rank):
        for suffix in exporter.suffixes:
            # Of two formats of one suffix, that of this folder, or the first, counts
            found.setdefault(suffix, exporter)
    return found


def export_suffixes() -> tuple[str, ...]:
    """File types that :func:`.export` writes; some take responses of one kind only."""
    return tuple(exporters())


def load_suffixes() -> tuple[str, ...]:
    """File types that :func:`.export` writes and :func:`.load_responses` reads."""
    return tuple(suffix for suffix, form in exporters().items() if form.is_complete)


def suffix_of(
    path: str | os.PathLike[str], suffixes: Sequence[str] | None = None
) -> str:
    """The longest suffix that a path ends in, in lower case; "" if it has none."""
    name = Path(path).name.lower()
    known = export_suffixes() if suffixes is None else suffixes
    ends = [s for s in known if name.endswith(s) and name != s]
    return max(ends, key=len, default="")


def _rank(exporter: Exporter) -> tuple[bool, int]:
    return not _is_own(type(exporter)), exporter.rank


def _is_own(form: type[Exporter]) -> bool:
    return form.__module__.startswith(f"{__package__}.")


def _of_this_folder() -> Iterator[Exporter]:
    package = import_module(__package__)
    for info in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{__package__}.{info.name}")
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, Exporter):
                # Neither a base class nor one that the module imports
                if form.suffixes and form.__module__ == module.__name__:
                    yield form()


def _of_other_packages() -> Iterator[Exporter]:
    points = entry_points(group=ENTRY_POINT_GROUP)
    for point in sorted(points, key=lambda point: point.name):
        try:
            form = point.load()
            if not (isinstance(form, type) and issubclass(form, Exporter)):
                raise TypeError("it is no subclass of insilico_gui.export.Exporter")
            suffixes = form.suffixes
            if not suffixes or any(
                s != s.lower() or s[:1] not in ".-" for s in suffixes
            ):
                raise ValueError(f"its suffixes are {suffixes!r}")
            exporter = form()
        except Exception as error:  # a broken package must not take the others with it
            logger.warning(
                "The exporter %r (%s) cannot be used (%s %s); install its package "
                "again, or remove it.",
                point.name,
                point.value,
                type(error).__name__,
                quoted(error),
            )
        else:
            yield exporter
