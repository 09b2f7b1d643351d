"""Flies as sessions of the host: finding and opening them. Imports no torch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from insilico_drosophila.files.folder import (
    find_folder,
    fitted_fly,
    found_sessions,
)
from insilico_drosophila.files.rates import read_rates
from insilico_gui.errors import InsilicoError, SessionError, quoted
from insilico_gui.session import SessionInfo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from insilico_drosophila.session import FlySession

NAME = "drosophila"
CHECKPOINT = "first-round-checkpoint.msgpack"

_ID = re.compile(rf"{NAME}/(\d+)_(.+)")
_UNTRAINED = f"Without {CHECKPOINT} in the folder the network is untrained."


class DrosophilaTwin:
    """Connectomes and recordings in a folder; see :class:`insilico_gui.twin.Twin`."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """One session for each complete release and each recording that is read."""
        if directory is None:
            return []
        try:
            fitted = fitted_fly(directory)
        except InsilicoError:
            return []  # opening it will say what is wrong
        results, found = None, found_sessions(directory)
        if fitted is not None:
            results, directory = directory, fitted.data
            found = [(fitted.version, fitted.recording)]
        infos = []
        for version, recording in found:
            try:
                infos.append(self._info(directory, version, recording, results))
            except InsilicoError:
                continue  # opening it will say what is wrong
        return infos

    def open(self, session_id: str, directory: Path | None, device: str) -> FlySession:
        """Open a fly, with the checkpoint of the spiking network if there is one."""
        match = _ID.fullmatch(session_id)
        if match is None:
            raise SessionError(
                f"{quoted(session_id)} is no fly; ids are {NAME}/VERSION_RECORDING, such "
                f"as {NAME}/630_2017-10-26_1."
            )
        if directory is None:
            raise SessionError(
                f"{session_id} needs its tables; give the folder that holds them."
            )
        from insilico_drosophila.fly import MAX_FIRING_RATE_HZ  # imports torch
        from insilico_drosophila.opening import open_fly
        from insilico_drosophila.session import FlySession

        fitted, results = fitted_fly(directory), None
        if fitted is not None:
            if (fitted.version, fitted.recording) != (match[1], match[2]):
                raise SessionError(
                    f"The folder holds a fit of {NAME}/{fitted.version}_"
                    f"{fitted.recording}, not of {quoted(session_id)}; open that one."
                )
            results, directory = directory, fitted.data
        folder = find_folder(directory, match[1], match[2])
        checkpoint = _checkpoint(folder.path if results is None else results)
        rate = MAX_FIRING_RATE_HZ if fitted is None else fitted.max_firing_rate
        fly = open_fly(
            *(directory, match[1], match[2], checkpoint, device), max_firing_rate=rate
        )
        return FlySession(fly, results)

    def _info(
        self, directory: Path, version: str, recording: str, results: Path | None
    ) -> SessionInfo:
        folder = find_folder(directory, version, recording)
        recorded = read_rates(folder.rates(recording))
        return SessionInfo(
            f"{NAME}/{version}_{recording}",
            f"Whole brain of Drosophila, FlyWire {version}, recording {recording}",
            len(recorded.neuropils),
            input_kind="drive",
            notes="" if _checkpoint(results or folder.path) else _UNTRAINED,
        )


def _checkpoint(folder: Path) -> Path | None:
    path = folder / CHECKPOINT
    return path if path.is_file() else None


twin = DrosophilaTwin()
