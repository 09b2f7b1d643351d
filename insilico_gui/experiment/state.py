"""The document of an experiment and the commands that replace it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic
from psygnal import Signal

from insilico_gui.errors import ExperimentError, listed, quoted
from insilico_gui.experiment.analyses import renamed_in
from insilico_gui.experiment.document import (
    AnalysisEntry,
    ExperimentDocument,
    ViewState,
)
from insilico_gui.experiment.saving.file import sentence

KINDS = {"session": "sessions", "stimulus": "stimuli", "selection": "selections"}
"""What has names, and the part of the document that holds them."""


PARTS = ("sessions", "stimuli", "selections", "runs", "analyses", "view")
"""Parts of the document that a change is told for."""


WORKING = ("draft", "encode_at_once", "encode_selected", "only_selected")
"""Of the view, what a user goes on working with when an earlier command is undone."""


OF_THE_VIEW = ("color_units", "draw_map")
"""Commands that change the view alone and are undone nevertheless."""


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


DEPTH = 200
"""How many commands can be undone."""


class History:
    """The documents before and after the present one."""

    def __init__(self) -> None:
        self._before: list[ExperimentDocument] = []
        self._after: list[ExperimentDocument] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier document."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether there is a later document."""
        return bool(self._after)

    def push(self, present: ExperimentDocument) -> None:
        """Remember the present document before a command replaces it."""
        self._before = [*self._before[-DEPTH + 1 :], present]
        self._after = []

    def back(self, present: ExperimentDocument) -> ExperimentDocument:
        """The document before the present one."""
        self._after.append(present)
        return self._before.pop()

    def forward(self, present: ExperimentDocument) -> ExperimentDocument:
        """The document after the present one."""
        self._before.append(present)
        return self._after.pop()


class DocumentState:
    """A document that is replaced whole, with undo, redo and one signal a command."""

    changed = Signal(ChangeSet)

    def __init__(self) -> None:
        self.document = ExperimentDocument()
        self._history = History()
        self._saved: ExperimentDocument | None = self.document

    def _replace(self, command: str, parts: set[str], **changes: Any) -> None:
        """Replace the document by one with these changes; the only way to change it."""
        try:
            document = self.document.replace(**changes)
        except pydantic.ValidationError as error:
            raise ExperimentError(sentence(error)) from error
        if document == self.document:
            return
        if parts != {"view"} or command in OF_THE_VIEW:
            self._history.push(self.document)
        self.document = document
        self._tell(parts, command)

    def _tell(self, parts: set[str], command: str) -> None:
        """Tell of something beside the document."""
        self.changed.emit(ChangeSet(frozenset(parts), command))

    @property
    def can_undo(self) -> bool:
        """Whether there is a command to undo."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone command to do again."""
        return self._history.can_redo

    def undo(self) -> None:
        """Go back to the document before the last command; results come back with it.

        Raises
        ------
        ExperimentError
            If there is nothing to undo.
        """
        if not self.can_undo:
            raise ExperimentError("There is nothing to undo.")
        self._go(self._history.back(self.document), "undo")

    def redo(self) -> None:
        """Do the command again that was undone last.

        Raises
        ------
        ExperimentError
            If there is nothing to redo.
        """
        if not self.can_redo:
            raise ExperimentError("There is nothing to redo.")
        self._go(self._history.forward(self.document), "redo")

    def _go(self, document: ExperimentDocument, command: str) -> None:
        before = self.document
        kept = {name: getattr(before.view, name) for name in WORKING}
        view = document.view.model_copy(update=kept)
        document = self.document = document.model_copy(update={"view": view})
        parts = {
            part for part in PARTS if getattr(before, part) != getattr(document, part)
        }
        self._tell(parts, command)

    def rename(self, kind: str, old: str, new: str) -> None:
        """Rename a session, stimulus or selection, everywhere in the document.

        Parameters
        ----------
        kind : {"session", "stimulus", "selection"}
        old, new : str
        """
        if kind not in KINDS:
            raise ExperimentError(
                f"{quoted(kind)} cannot be renamed; name a session, stimulus or "
                "selection."
            )
        table = getattr(self.document, KINDS[kind])
        self._known(kind, old, table)
        if new != old and new in table:
            raise ExperimentError(f"There is a {kind} {quoted(new)} already.")
        renamed = {new if key == old else key: entry for key, entry in table.items()}

        def named(entry: Any) -> Any:
            update: dict[str, Any] = {}
            if getattr(entry, kind, None) == old:
                update[kind] = new
            if isinstance(entry, AnalysisEntry):
                update["parameters"] = renamed_in(
                    entry.analysis, entry.parameters, kind, old, new
                )
            if isinstance(entry, ViewState) and entry.reference is not None:
                update["reference"] = named(entry.reference)
            if isinstance(entry, ViewState) and kind == "session":
                names = (new if name == old else name for name in entry.map.sessions)
                update["map"] = entry.map.but(sessions=tuple(names))
            return entry.model_copy(update=update) if update else entry

        document = self.document
        changes = {
            "runs": tuple(map(named, document.runs)),
            "analyses": tuple(map(named, document.analyses)),
            "selections": {k: named(v) for k, v in document.selections.items()},
            "view": named(document.view),
        }
        changes[KINDS[kind]] = renamed
        changed = {k for k, v in changes.items() if v != getattr(document, k)}
        self._replace("rename", changed, **changes)

    def look(self, **changes: Any) -> None:
        """Change what is looked at; see :class:`.ViewState`. It has no history."""
        try:
            view = ViewState(**{**dict(self.document.view), **changes})
        except pydantic.ValidationError as error:
            raise ExperimentError(sentence(error)) from error
        self._replace("look", {"view"}, view=view)

    def _entry(self, kind: type[Any], **values: Any) -> Any:
        try:
            return kind(**values)
        except pydantic.ValidationError as error:
            raise ExperimentError(sentence(error)) from error

    def _known(self, kind: str, name: str, table: Mapping[str, object]) -> None:
        if name not in table:
            raise ExperimentError(
                f"There is no {kind} {quoted(name)} in the experiment; there is "
                f"{listed(table, none='none yet')}."
            )

    def _only(self, kind: str, name: str | None, table: Mapping[str, object]) -> str:
        """The name, or that of the only one there is."""
        if name is not None:
            self._known(kind, name, table)
            return name
        if len(table) == 1:
            return next(iter(table))
        if not table:
            raise ExperimentError(f"The experiment has no {kind} yet; add one.")
        raise ExperimentError(
            f"The experiment has {len(table)} of the kind {kind}; name one of "
            f"{listed(table)}."
        )

    def _new_name(
        self, kind: str, given: str | None, wanted: str, table: Mapping[str, object]
    ) -> str:
        """A name that is not taken; refuses one that was given and is."""
        if given is not None:
            if given in table:
                raise ExperimentError(
                    f"There is a {kind} {quoted(given)} already; choose another name."
                )
            return given
        base = re.sub(r"[\x00-\x1f/\\]+", "-", wanted).strip()[:80] or kind
        name, k = base, 2
        while name in table:
            name, k = f"{base} ({k})", k + 1
        return name


def without(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The mapping without one of its names."""
    return {key: entry for key, entry in table.items() if key != name}
