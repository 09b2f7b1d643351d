"""Exit codes of all commands; the page on the command line has the same table."""

from __future__ import annotations

from insilico_gui.errors import InsilicoError

DONE = 0
REFUSED = 1
"""An input, or what is asked for, is wrong: one sentence says what to do."""
USAGE = 2
"""The words that were typed are wrong: an option, a command, a missing argument."""
SOME_FAILED = 3
"""Of several inputs, some failed; the others are written."""
UNEXPECTED = 70
"""A fault of the program; the log has the traceback."""
INTERRUPTED = 130
"""Ctrl-C, as of every program in a shell."""
CLOSED = 141
"""What read standard output ended before all was written, as ``head`` does."""

MEANINGS = {
    DONE: "done",
    REFUSED: "refused or failed: one sentence says what is wrong and what to do",
    USAGE: "typed wrong: an unknown command or option, or one that is missing",
    SOME_FAILED: "some of several inputs failed; the results of the others are written",
    UNEXPECTED: "a fault of the program; the sentence names the log with the traceback",
    INTERRUPTED: "interrupted with Ctrl-C; no output is left half written",
    CLOSED: "the program that reads standard output ended early, as `head` does",
}


class SomeFailed(InsilicoError):
    """Some of several inputs failed; what each of them said has been said already."""


class Mistyped(InsilicoError):
    """A word that was typed is no command."""


def exit_code(error: BaseException) -> int:
    """The code for an error that ends a command."""
    if isinstance(error, SomeFailed):
        return SOME_FAILED
    if isinstance(error, Mistyped):
        return USAGE
    return REFUSED if isinstance(error, InsilicoError) else UNEXPECTED
