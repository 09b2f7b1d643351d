"""How a session shows itself: in a line, and in a notebook.

A session is an object of its twin's own class. Opening it gives that class a ``__repr__``
and a ``_repr_html_``, unless it has its own; nothing else of the class is touched, so that
sessions satisfy their protocol as before and a twin need not know of it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from insilico_gui.drawing.thumbnails import unit_picture
from insilico_gui.errors import quoted
from insilico_gui.notebook import card, count_of, picture

if TYPE_CHECKING:
    from insilico_gui.session import Session

logger = logging.getLogger(__name__)


def show_itself(session: Session) -> None:
    """Give the class of a session what shows it, as far as it has nothing of its own."""
    kind = type(session)
    try:
        if kind.__repr__ is object.__repr__:
            kind.__repr__ = session_line  # type: ignore[assignment, method-assign]
        if not hasattr(kind, "_repr_html_"):
            kind._repr_html_ = session_html  # type: ignore[attr-defined]
    except (AttributeError, TypeError):  # a class that cannot be added to
        logger.debug("%s keeps its own repr", kind, exc_info=True)


def session_line(session: Session) -> str:
    """A session in a line."""
    try:
        shown = ", ".join(part for part in (_units(session), _takes(session)) if part)
        return f"<session {quoted(session.id, '')}: {shown}, on {session.device}>"
    except Exception:  # a repr never fails, whatever a twin did to its object
        return f"<{type(session).__name__}>"


def session_html(session: Session) -> str:
    """A session in a notebook, with a picture of its units."""
    units = session.units
    rows: dict[str, Any] = {
        "takes": _takes(session),
        "units": f"{len(units):,}",
        "areas": _areas(session),
        "device": session.device,
        "precision": getattr(session, "precision", "float32"),
        "columns": ", ".join(map(str, units.columns)),
    }
    try:
        pixels = unit_picture(session, units)
    except Exception:
        logger.debug("No picture of %s", session.id, exc_info=True)
        pixels = None
    drawn = "" if pixels is None else picture(pixels, "units")
    return card(f"session {session.id}", rows, pictures=drawn)


def _units(session: Session) -> str:
    areas = _areas(session)
    return f"{len(session.units):,} units" + (f" ({areas})" if areas else "")


def _areas(session: Session) -> str:
    """Units by area, in words."""
    if "area" not in session.units:
        return ""
    named = session.units["area"].astype(str).replace("", "no area")
    return count_of(named.value_counts().to_dict())


def _takes(session: Session) -> str:
    """What the session is shown."""
    height, width = session.frame_shape
    size = f" {width} x {height}" if height and width else ""
    rate = getattr(session, "frame_rate", None)
    return f"{session.input_kind}{size}" + (f" at {rate:g} Hz" if rate else "")
