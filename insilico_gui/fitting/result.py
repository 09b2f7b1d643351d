"""The result of a fit as a session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from insilico_gui.errors import FitError, quoted
from insilico_gui.opening import open_session, session_infos

if TYPE_CHECKING:
    from insilico_gui.session import Session


def open_result(folder: str | os.PathLike[str], device: str = "auto") -> Session:
    """Open the first session that a folder of a fit adds to those that need none.

    Parameters
    ----------
    folder : path
        Of the result of a fit.
    device : str
        See :func:`insilico_gui.open_session`.

    Raises
    ------
    FitError
        If there is none.
    """
    place = Path(folder)
    elsewhere = {info.id for info in session_infos()}
    own = [info.id for info in session_infos(place) if info.id not in elsewhere]
    if not own:
        raise FitError(
            f"{quoted(place.name)} holds no model yet; let the fit end a round."
        )
    return open_session(own[0], place, device)
