"""Named selections as coloured chips: click, right click, keep another one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QColorDialog, QMenu, QWidget

from insilico_gui.app.panels.parts.chips import DOT, Chip
from insilico_gui.app.panels.strip.traced import ENCODED
from insilico_gui.app.widgets.controls import text_field
from insilico_gui.drawing.colors import CATEGORIES
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.inputs import SELECTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.panels.desk import Desk
    from insilico_gui.experiment.named_selections import Combination
    from insilico_gui.experiment.resolved import Resolved

EDIT_WIDTH = 140

COMBINED: dict[str, Combination] = {
    "Add to the selected units": "union",
    "Keep of the selected units": "intersection",
    "Take out of the selected units": "difference",
}
COLOR_NAMES = (
    *("orange", "sky blue", "green", "yellow"),
    *("blue", "vermilion", "purple", "grey"),
)
"""Of :data:`.CATEGORIES`."""


def is_kept(name: str) -> bool:
    """Whether a selection has a name that the user gave it."""
    others = (ENCODED, f"{SELECTION} of ")
    return name != SELECTION and not name.startswith(others)


class SelectionChips:
    """The selections of the session on show, and one more to keep what is selected.

    Parameters
    ----------
    desk : Desk
    arrange : callable()
        Called when a chip has come or gone.

    Attributes
    ----------
    widgets : list of QWidget
        The chips in their order, and the field in which a name is typed.
    """

    def __init__(self, desk: Desk, arrange: Callable[[], object]) -> None:
        self._desk, self._experiment = desk, desk.experiment
        self._arrange = arrange
        self.widgets: list[QWidget] = []
        self._renamed: str | None = None
        self.edit = text_field(self._named, "Name of the selection, then Enter")
        self.edit.setFixedWidth(EDIT_WIDTH)
        self.edit.setPlaceholderText("name, Enter")
        self.edit.hide()
        self.keep_chip = Chip(
            "+ Name", self._ask_name, "Keep the selected units under a name"
        )

    def chip(self, text: str) -> Chip:
        """The chip of a selection, by its name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for widget in self.widgets:
            if isinstance(widget, Chip) and widget.property("selection") == text:
                return widget
        raise KeyError(text)

    # -- from the state ----------------------------------------------------------------

    def show_state(self, now: Resolved) -> None:
        """A chip for each selection that has a name; those in use stand out."""
        names = [name for name in now.selections if is_kept(name)]
        working = now.view.selection
        unnamed = [
            name for name in now.selections if not is_kept(name) and name != working
        ]
        chips: list[QWidget] = []
        if names:
            chips.append(self._made(now, None, "all", f"all {len(now.units):,}"))
            scratch = [name for name in unnamed if not name.startswith(ENCODED)]
            if scratch:
                chips.append(self._made(now, scratch[0], "unnamed"))
            chips += [self._made(now, name, name) for name in names]
        chosen = now.selection
        self.keep_chip.setVisible(
            chosen is not None
            and not chosen.rule.get("all")
            and len(chosen) > 0
            and (working is None or not is_kept(working))
        )
        self.widgets = [*chips, self.keep_chip, self.edit]

    def _made(
        self, now: Resolved, name: str | None, called: str, text: str = ""
    ) -> Chip:
        """A chip of a selection, or of all units."""
        entry = None if name is None else now.selections[name]
        if name is not None:
            try:
                text = f"{called} \u00b7 {len(self._experiment.selection(name)):,}"
            except InsilicoError:  # a result that it is by is not computed now
                text = called
        fill_menu = None
        tip = "Select all units" if name is None else f"Select these units: {called}"
        if name is not None and is_kept(name):
            fill_menu = partial(self._fill_menu, name)
            tip += "; right click: rename, recolour, combine, save"
        made = Chip(
            text,
            partial(self._desk.attempt, self._experiment.use_selection, name),
            tip,
            color=None if entry is None else entry.color,
            menu=fill_menu,
        )
        made.setProperty("selection", called)
        chosen = now.selection
        is_all = chosen is not None and bool(chosen.rule.get("all"))
        made.in_use = is_all if name is None else name == now.view.selection
        return made

    # -- from the user -----------------------------------------------------------------

    def _fill_menu(self, name: str, menu: QMenu) -> None:
        """What can be done with a selection."""
        do, experiment = self._desk.attempt, self._experiment
        for text, how in COMBINED.items():
            menu.addAction(text, partial(do, experiment.combine_with, name, how))
        menu.addAction(
            "Replace by the selected units",
            partial(do, experiment.keep_selection, name, replace=True),
        )
        menu.addSeparator()
        menu.addAction("Rename\u2026", partial(self._ask_name, name))
        colors = QMenu("Colour", menu)  # or nobody would own it
        menu.addMenu(colors)
        for color, called in zip(CATEGORIES, COLOR_NAMES, strict=True):
            colors.addAction(
                _dot(color),
                called,
                partial(do, experiment.color_selection, name, color),
            )
        colors.addAction("Other\u2026", partial(self._ask_color, name))
        menu.addSeparator()
        window = self._desk.window
        menu.addAction("Save to a file\u2026", partial(window.save_selections, [name]))
        menu.addAction("Save all\u2026", window.save_selections)
        menu.addAction("Load from a file\u2026", window.load_selections)
        menu.addSeparator()
        menu.addAction("Delete", partial(do, experiment.remove_selection, name))

    def _ask_color(self, name: str) -> None:
        known = self._desk.now.selections[name].color
        chosen = QColorDialog.getColor(QColor(known), self.edit, f"Colour of {name}")
        if chosen.isValid():
            self._desk.attempt(self._experiment.color_selection, name, chosen.name())

    def _ask_name(self, renamed: str | None = None) -> None:
        """Ask for a name in the row: of the selected units, or another of a selection."""
        self._renamed = renamed
        self.edit.setText(renamed or "")
        self.edit.selectAll()
        self.edit.show()
        self._arrange()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _named(self) -> None:
        name, old = self.edit.text().strip(), self._renamed
        if not name:
            self.edit.hide()
            self._arrange()
            return
        experiment = self._experiment
        done = (
            self._desk.attempt(experiment.keep_selection, name)
            if old is None
            else self._desk.attempt(experiment.rename, "selection", old, name)
        )
        if done:
            self.edit.hide()
            self._arrange()


def _dot(color: str) -> QIcon:
    """A colour as an icon."""
    picture = QPixmap(DOT, DOT)
    picture.fill(QColor(color))
    return QIcon(picture)
