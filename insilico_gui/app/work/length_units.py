"""napari's register of physical units, read before the first layer needs it.

Reading its definitions takes half a second, which napari does when the first layer is
made: when a session opens, and the window would stand still. It is begun as soon as there
is a window, in a thread of its own; layers of the app wait for its end.
"""

from __future__ import annotations

import threading

_reading: threading.Thread | None = None


def begin_reading() -> None:
    """Begin to read the definitions, unless that was done."""
    global _reading  # there is one register in a process
    if _reading is None:
        _reading = threading.Thread(target=_read, name="length units", daemon=True)
        _reading.start()


def wait_until_read() -> None:
    """Wait for what was begun: the register must not be used half-read."""
    if _reading is not None:
        _reading.join()


def _read() -> None:
    import pint

    pint.get_application_registry().parse_units("pixel")
