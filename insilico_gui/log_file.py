"""Where errors that nobody foresaw are kept: a file with their tracebacks.

A user is told one sentence and the name of this file; who looks for the cause finds the
rest in it.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from insilico_gui.errors import InsilicoError, quoted

MAX_BYTES = 2**20
"""A longer file is begun anew; what it held stays beside it as ``.old``."""

ENTRY = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ", re.MULTILINE)
"""How each error in the file begins: with the time."""

logger = logging.getLogger(__name__)


def log_file() -> Path:
    """The file: ``INSILICO_LOG``, or in the place for logs of this system."""
    chosen = os.environ.get("INSILICO_LOG")
    if chosen:
        return Path(chosen)
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", home))
    elif sys.platform == "darwin":
        folder = home / "Library" / "Logs"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME", home / ".local" / "state"))
    return folder / "insilico_gui" / "errors.log"


def unexpected(error: BaseException) -> str:
    """One sentence on an error that nobody foresaw; the file gets its traceback."""
    cause = quoted(f"{type(error).__name__}: {_said(error)}", marks="")
    logger.debug("Unexpected error", exc_info=error)
    return f"Something unexpected went wrong ({cause}); {keep(error)}."


def keep(error: BaseException) -> str:
    """Write the traceback to the file; says where that is, as a part of a sentence."""
    text = "".join(traceback.format_exception(error))
    for path in (log_file(), Path(tempfile.gettempdir()) / "insilico_gui.log"):
        try:
            _append(path, text)
        except OSError:
            continue
        return f"the log is at {path}"
    return "no log could be written"


class OneLineFormatter(logging.Formatter):
    """Messages of the log as a user sees them: one line, and the traceback in the file."""

    def format(self, record: logging.LogRecord) -> str:
        """See :class:`logging.Formatter`."""
        bare = logging.makeLogRecord(record.__dict__)
        bare.exc_info = bare.exc_text = bare.stack_info = None
        text = str(InsilicoError(super().format(bare)))
        error = record.exc_info[1] if record.exc_info else None
        return text if error is None else f"{text} ({keep(error)})"


def _said(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception:  # an error whose own text fails
        return "without a message"


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MAX_BYTES:
        path.replace(path.with_name(f"{path.name}.old"))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    # What a terminal could not show, a log may hold
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{now} {' '.join(sys.argv[:1])}\n{text}\n")
