"""Versions of what runs, and a report for those who look for a fault.

The report names no place on the computer: of a path only the name of the file is kept.
"""

from __future__ import annotations

import logging
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import qtpy
from qtpy.QtCore import QLocale, QSysInfo, qVersion

from insilico_gui.app.shell.gl_context import use_context
from insilico_gui.device import available_devices
from insilico_gui.errors import InsilicoError
from insilico_gui.log_file import ENTRY, log_file
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    import napari

PACKAGES = (
    *("insilico-gui", "napari", "vispy", "PySide6-Essentials", "pyqtgraph", "torch"),
    *("numpy", "scipy", "pandas", "xarray", "zarr", "av"),
)
"""Distributions whose versions are told."""

MAX_ERRORS, MAX_BYTES = 5, 2**16
"""Errors of the log that a report has, the last ones, and how much of it is read."""

_QUOTED = re.compile(r"""(["'])(?:[A-Za-z]:)?[^"'\n]*[\\/]([^"'\\/\n]*)\1""")
_FOLDER = r"""[^\s"'\n:,;()\\/](?:[^"'\n:,;()\\/]*[^\s"'\n:,;()\\/])?[\\/]"""
_BARE = re.compile(rf"""(?<![\w<])(?:[A-Za-z]:|~)?[\\/](?:{_FOLDER})+""")

logger = logging.getLogger(__name__)


def versions() -> dict[str, str]:
    """Versions of the packages that matter, by name."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def system() -> dict[str, str]:
    """What the program runs on."""
    return {
        "Python": platform.python_version(),
        "System": f"{QSysInfo.prettyProductName()} ({platform.machine()})",
        "Kernel": platform.release(),
        "Qt": f"{qVersion()} by {qtpy.API_NAME}",
        "Language": QLocale.system().name(),
    }


def graphics_of(viewer: napari.Viewer) -> str:
    """What draws the map of a viewer."""
    from vispy.gloo import gl  # type: ignore[import-untyped]

    try:
        use_context(viewer)
        names = (gl.GL_VENDOR, gl.GL_RENDERER, gl.GL_VERSION)
        return ", ".join(str(gl.glGetParameter(name)) for name in names)
    except Exception:  # a driver may fail in any way, which the report tells
        logger.debug("OpenGL does not tell what it is", exc_info=True)
        return "not known"


def about_text() -> str:
    """Versions as a page."""
    rows = "".join(
        f"<tr><td>{name}&nbsp;&nbsp;</td><td>{value}</td></tr>"
        for name, value in {**versions(), **system()}.items()
    )
    return (
        "<h2>insilico_gui</h2><p>In silico experiments with digital twins of the "
        f"brain.</p><table>{rows}</table>"
    )


def report(graphics: str) -> str:
    """The report; slow, as devices are looked for.

    Parameters
    ----------
    graphics : str
        See :func:`graphics_of`.
    """
    facts = {
        **versions(),
        **system(),
        "OpenGL": graphics,
        "Devices": ", ".join(available_devices()),
    }
    lines = [f"{name}: {value}" for name, value in facts.items()]
    errors = [without_places(entry) for entry in last_errors(MAX_ERRORS)]
    lines += ["", f"Last errors: {len(errors)}", *errors]
    return "\n".join(lines) + "\n"


def last_errors(count: int) -> list[str]:
    """The last errors in the log, at most so many, the latest last."""
    try:
        with open_input(log_file(), InsilicoError) as file:
            file.seek(max(0, file.seek(0, 2) - MAX_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except (InsilicoError, OSError):  # there is none
        return []
    begins = [match.start() for match in ENTRY.finditer(text)]
    ends = [*begins[1:], len(text)]
    entries = [text[a:b].strip() for a, b in zip(begins, ends, strict=True)]
    return entries[-count:]


def without_places(text: str) -> str:
    """A text with the bare names of files in place of paths."""
    return _BARE.sub("", _QUOTED.sub(r"\1\2\1", text))
