"""What a command changed."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("sessions", "stimuli", "selections", "runs", "analyses", "view")
"""Parts of the document that a change is told for."""


@dataclass(frozen=True)
class ChangeSet:
    """The parts of an experiment that one command changed.

    Attributes
    ----------
    parts : frozenset of str
        Of :data:`PARTS`; ``"results"`` for responses or results that were computed, and
        ``"state"`` for the state of a run.
    command : str
        Name of the command, such as ``"add_session"``.
    """

    parts: frozenset[str]
    command: str

    def __contains__(self, part: str) -> bool:
        return part in self.parts
