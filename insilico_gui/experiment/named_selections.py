"""Selections that are kept under names of the user's, beside the one worked with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from insilico_gui.errors import ExperimentError, quoted
from insilico_gui.experiment.document import SelectionEntry
from insilico_gui.experiment.picking import Picking
from insilico_gui.experiment.unit_tables import COLORS
from insilico_gui.units.selection import Selection

Combination = Literal["union", "intersection", "difference"]
"""What becomes of the units that are selected and those of another selection."""


class NamedSelections(Picking):
    """Selections that are kept: what is picked later does not change them."""

    def use_selection(self, name: str | None) -> Selection:
        """Work with a selection of the session on show; None for all units.

        Raises
        ------
        InsilicoError
            If there is none of that name, or it is of another session.
        """
        session = self._session_on_show()
        if name is not None:
            self._of_session(name, session)
        view = self.document.view.model_copy(
            update={"session": session, "selection": name, "unit_id": None}
        )
        # Of the selections nothing changes, but it is a command that can be undone
        self._replace("use_selection", {"selections", "view"}, view=view)
        return self.picked()

    def keep_selection(
        self, name: str, color: str | None = None, *, replace: bool = False
    ) -> Selection:
        """Keep the selection that is worked with under a name, and work with that.

        Parameters
        ----------
        name : str
        color : str, optional
            ``#rrggbb``; default that of the one replaced, or one that is not in use.
        replace : bool
            Whether a selection of that name may be replaced.

        Raises
        ------
        InsilicoError
            If the name is taken or the colour is none.
        """
        session = self._session_on_show()
        present, name = self.document.selections, name.strip()
        known = present.get(name)
        if known is not None and not (replace and known.session == session):
            raise ExperimentError(
                f"There is a selection {quoted(name)} already; choose another name."
            )
        if color is None:
            color = self._free_color() if known is None else known.color
        now = present.get(self.document.view.selection or "")
        rule, drawn = ({}, None) if now is None else (now.rule, now.lasso)
        entry = self._entry(
            SelectionEntry, session=session, rule=rule, color=color, lasso=drawn
        )
        view = self._view_on(session=session)
        self._replace(
            "keep_selection",
            {"selections", "view"},
            selections={**present, name: entry},
            view=view.model_copy(update={"selection": name}),
        )
        return self.selection(name)

    def color_selection(self, name: str, color: str) -> None:
        """Give a selection another colour, ``#rrggbb``.

        Raises
        ------
        InsilicoError
            If there is none of that name, or the colour is none.
        """
        present = self.document.selections
        self._known("selection", name, present)
        entry = self._entry(SelectionEntry, **{**dict(present[name]), "color": color})
        self._replace(
            "color_selection", {"selections"}, selections={**present, name: entry}
        )

    def combine_with(self, name: str, how: Combination) -> Selection:
        """Select of the selected units and those of a selection those of either or both.

        Parameters
        ----------
        name : str
            Of the other selection, which stays as it is.
        how : {"union", "intersection", "difference"}
            The difference are the selected units that are not in the other one.

        Raises
        ------
        InsilicoError
            If there is none of that name, or it is of another session.
        """
        self._of_session(name, self._session_on_show())
        chosen, other = self.picked().indices, self.selection(name).indices
        ways: dict[str, Callable[[Any, Any], Any]] = {
            "union": np.union1d,
            "intersection": np.intersect1d,
            "difference": np.setdiff1d,
        }
        if how not in ways:
            raise ExperimentError(
                f"{quoted(how)} is no way to combine selections; use 'union', "
                "'intersection' or 'difference'."
            )
        return self.pick(indices=ways[how](chosen, other))

    def _of_session(self, name: str, session: str) -> None:
        """Refuse a selection that there is not, or of another session."""
        self._known("selection", name, self.document.selections)
        if self.document.selections[name].session != session:
            raise ExperimentError(
                f"The selection {quoted(name)} is of another session; look at that one "
                "first."
            )

    def _free_color(self) -> str:
        """The first colour that no selection has; if all are in use, the next in turn."""
        present = self.document.selections
        used = {entry.color for entry in present.values()}
        free = (color for color in COLORS if color not in used)
        return next(free, COLORS[len(present) % len(COLORS)])
