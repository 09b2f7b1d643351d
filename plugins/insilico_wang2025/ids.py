"""Names of scans: ``wang2025/session-8_scan-5``."""

from __future__ import annotations

import re
from typing import NamedTuple

from insilico_gui.errors import SessionError, echoed

FAMILY = "wang2025"

_SCAN = re.compile(r"session-?(\d+)_scan-?(\d+)", re.IGNORECASE)


class ScanKey(NamedTuple):
    """One recording: the experimental session and the scan within it."""

    session: int
    scan_idx: int

    @property
    def name(self) -> str:
        """E.g. ``session-8_scan-5``."""
        return f"session-{self.session}_scan-{self.scan_idx}"

    @property
    def id(self) -> str:
        """Full session id, e.g. ``wang2025/session-8_scan-5``."""
        return f"{FAMILY}/{self.name}"


def parse(session_id: str) -> ScanKey:
    """Read a session id, in either spelling of the scan and any case.

    Raises
    ------
    SessionError
        If it does not name a scan.
    """
    family, _, scan = session_id.strip().partition("/")
    found = _SCAN.fullmatch(scan.strip())
    if family.lower() != FAMILY or found is None:
        raise SessionError(
            f"{echoed(session_id)} does not name a scan; write it like "
            f"{ScanKey(8, 5).id!r}."
        )
    return ScanKey(int(found[1]), int(found[2]))
