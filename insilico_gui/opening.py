"""Finding installed twins, and listing and opening their sessions."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pandas as pd

from insilico_gui.drawing.sessions import show_itself
from insilico_gui.errors import InsilicoError, SessionError, nearest, quoted
from insilico_gui.files import settle
from insilico_gui.session import FLOAT32, Session, SessionInfo, check_units
from insilico_gui.streaming import is_out_of_memory
from insilico_gui.twin import PropertiesTwin, ReducingTwin, Twin
from insilico_gui.units.identity import indexed_by_id
from insilico_gui.untrusted.door import reason

ENTRY_POINT_GROUP = "insilico_gui.twins"

logger = logging.getLogger(__name__)


class InstalledTwins(Mapping[str, "Twin"]):
    """Twins by entry-point name, each imported at its first use.

    The names are listed without an import, so an unused package costs no time, and a
    broken package affects its own sessions only.
    """

    def __init__(self) -> None:
        points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name)
        self._points: dict[str, EntryPoint] = {point.name: point for point in points}

    def __getitem__(self, name: str) -> Twin:
        """Import a twin.

        Raises
        ------
        KeyError
            If no twin of this name is installed.
        SessionError
            If its package cannot be imported.
        """
        point = self._points[name]
        try:
            twin: Twin = point.load()
        except Exception as error:
            logger.debug("The twin %r failed to load", name, exc_info=True)
            raise SessionError(
                f"The package of the twin {name!r} ({point.value}) cannot be imported: "
                f"{type(error).__name__} {quoted(error)}; install it again, or remove it."
            ) from error
        return twin

    def __contains__(self, name: object) -> bool:
        return name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


def twins() -> Mapping[str, Twin]:
    """All registered twins by entry-point name, each imported at its first use."""
    return InstalledTwins()


def session_infos(directory: str | os.PathLike[str] | None = None) -> list[SessionInfo]:
    """Describe every session that can be opened here.

    Parameters
    ----------
    directory : path, optional
        Folder with weights; by default only sessions without weights are listed.

    Returns
    -------
    list of SessionInfo
        Their descriptions; no weights are loaded.

    Raises
    ------
    SessionError
        If `directory` is not a folder.
    """
    folder = _folder(directory)
    infos: list[SessionInfo] = []
    known = twins()
    for name in known:
        try:
            infos.extend(known[name].sessions(folder))
        except InsilicoError as error:
            # A folder of one family may look half-right to another family's scanner,
            # and a broken package must not take the other twins with it.
            logger.warning("%s: %s", name, error)
        except Exception:
            # One twin's scanner must not hide the sessions of the others.
            logger.exception("The twin %r could not look into %s", name, folder)
    return infos


def list_sessions(directory: str | os.PathLike[str] | None = None) -> list[str]:
    """Ids of the sessions that can be opened here; see :func:`session_infos`."""
    return [info.id for info in session_infos(directory)]


def open_session(
    session_id: str,
    directory: str | os.PathLike[str] | None = None,
    device: str = "auto",
    precision: str = FLOAT32,
) -> Session:
    """Load a session.

    Parameters
    ----------
    session_id : str
        E.g. ``"demo"``; see :func:`list_sessions`.
    directory : path, optional
        Folder with the weights.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    precision : str
        ``"float32"``, or one of :func:`precisions`, which is faster and less exact.

    Returns
    -------
    Session
        Ready to encode on the device. Its unit table is indexed by ``unit_id``, so that
        tables of results are joined by the ids of the units.

    Raises
    ------
    SessionError
        If the session does not exist, its files are wrong, it does not support the
        precision, or the memory does not suffice.
    DeviceError
        If there is no such device.
    """
    twin = _twin_of(session_id)
    offered = (FLOAT32,) if precision == FLOAT32 else precisions(session_id, device)
    if precision not in offered:
        raise SessionError(
            f"{quoted(session_id, '')} does not compute in {quoted(precision)} on the "
            f"device {quoted(device)}, "
            f"but in {' or '.join(offered)}; choose "
            f"{'that' if len(offered) == 1 else 'one of those'}."
        )
    folder = _folder(directory)
    try:
        if precision != FLOAT32 and isinstance(twin, ReducingTwin):
            session = twin.open(session_id, folder, device, precision)
        else:
            session = twin.open(session_id, folder, device)
    except InsilicoError as error:
        meant = "" if type(error) is not SessionError else _meant(session_id, folder)
        if meant:
            raise SessionError(f"{str(error).rstrip('.')}{meant}.") from error
        raise
    except Exception as error:  # a plugin, or what it reads, can raise anything
        if is_out_of_memory(error):
            raise SessionError(
                f"{quoted(session_id, '')} does not fit into the memory that is free on "
                f"the device {quoted(device)}; close other sessions and programs, or "
                "choose another device."
            ) from error
        logger.info("Opening %r failed", session_id, exc_info=error)
        raise SessionError(
            f"{quoted(session_id, '')} cannot be opened: {reason(error)}; check that its "
            "files are complete and of one version."
        ) from error
    check_units(session.units, session.id)
    session.units = indexed_by_id(session.units)
    show_itself(session)
    return session


def open_properties(
    directory: str | os.PathLike[str], *, weights: bool = True
) -> pd.DataFrame:
    """All published properties of units in one table.

    Tables are joined by session, scan and unit id, never by row.

    Parameters
    ----------
    directory : path
        Folder that holds the property folders, as ``insilico-gui fetch NAME-properties``
        downloads them.
    weights : bool
        Whether the weights of the readout are columns too, if they are there.

    Returns
    -------
    pandas.DataFrame
        A row for each unit, with the columns under their published names; NaN where a
        table lacks the unit. ``attrs["missing"]`` lists folders that are not there, and
        ``attrs["notes"]`` says what else was left out.

    Raises
    ------
    SessionError
        If no installed twin knows the folder, or its tables do not fit together.
    """
    folder = _folder(directory)
    known = twins()
    for name in known:
        try:
            twin = known[name]
        except (
            SessionError
        ) as error:  # a broken package must not take the others with it
            logger.warning("%s", error)
            continue
        if isinstance(twin, PropertiesTwin) and folder is not None:
            table = twin.open_properties(folder, weights)
            if table is not None:
                return table
    raise SessionError(
        f"{quoted(directory)} holds no properties of units that are known; give the "
        "folder that `insilico-gui fetch NAME-properties` made."
    )


def precisions(session_id: str, device: str = "auto") -> tuple[str, ...]:
    """Precisions in which a session can compute on a device, ``"float32"`` first.

    Raises
    ------
    SessionError
        If no twin has such a session.
    DeviceError
        If there is no such device.
    """
    twin = _twin_of(session_id)
    if isinstance(twin, ReducingTwin):
        return twin.precisions(session_id, device)
    return (FLOAT32,)


def _meant(session_id: str, folder: Path | None) -> str:
    """What session may be meant by an id that none has."""
    try:
        known = [info.id for info in twins()[session_id.split("/")[0]].sessions(folder)]
    except Exception:  # what is wrong has been said
        return ""
    return "" if session_id in known else nearest(session_id, known)


def _twin_of(session_id: str) -> Twin:
    if not isinstance(session_id, str):
        raise SessionError(
            f"A {type(session_id).__name__} is not the id of a session; give text such "
            "as 'demo' (see insilico_gui.list_sessions)."
        )
    family = session_id.split("/", 1)[0]
    known = twins()
    if family not in known:
        raise SessionError(
            f"No installed twin has a session {quoted(session_id)}"
            f"{nearest(family, known)} (twins installed: "
            f"{', '.join(known) or 'none'}); list what can be opened with "
            "`insilico-gui sessions`."
        )
    return known[family]


def _folder(directory: str | os.PathLike[str] | None) -> Path | None:
    if directory is None:
        return None
    path = Path(os.path.expanduser(directory))
    if not os.path.isdir(path):
        raise SessionError(
            f"{quoted(path)} is not a folder; choose the folder that holds the weights."
        )
    settle(path)  # a fetch that was killed
    return path
