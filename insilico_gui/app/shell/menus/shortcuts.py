"""The page of keyboard shortcuts, made from what is bound."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QMenu

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qtpy.QtWidgets import QMainWindow

    from insilico_gui.app.shell.keys import WindowKey

TIME, ELSEWHERE = "Time", "Where the focus is"


def shortcuts_of(
    window: QMainWindow, keys: Sequence[WindowKey]
) -> dict[str, list[tuple[str, str]]]:
    """Keys and what they do, as they are bound now, by menu.

    Parameters
    ----------
    window : QMainWindow
    keys : sequence of WindowKey
        Those that are no action of a menu.
    """
    found = {TIME: [(key.name, key.does) for key in keys]}
    listed: set[int] = set()
    for top in window.menuBar().actions():
        menu = top.menu()
        if isinstance(menu, QMenu):
            _add(found, _plain(top.text()), _in_menu(menu), listed)
    _add(found, ELSEWHERE, window.findChildren(QAction), listed)
    return found


def shortcut_page(window: QMainWindow, keys: Sequence[WindowKey]) -> str:
    """The page as HTML."""
    parts = []
    for title, lines in shortcuts_of(window, keys).items():
        rows = "".join(
            f"<tr><td><b>{escape(key)}</b>&nbsp;&nbsp;</td><td>{escape(does)}</td></tr>"
            for key, does in lines
        )
        parts.append(f"<h3>{escape(title)}</h3><table>{rows}</table>")
    return "".join(parts)


def _in_menu(menu: QMenu) -> Iterable[QAction]:
    for action in menu.actions():
        below = action.menu()
        if isinstance(below, QMenu):
            yield from _in_menu(below)
        else:
            yield action


def _add(
    found: dict[str, list[tuple[str, str]]],
    title: str,
    actions: Iterable[QAction],
    listed: set[int],
) -> None:
    """Add the actions that have keys, each once."""
    for action in actions:
        keys = [
            key.toString(QKeySequence.SequenceFormat.NativeText)
            for key in action.shortcuts()
            if not key.isEmpty()
        ]
        line = (" or ".join(keys), _plain(action.text()))
        if not keys or id(action) in listed or line in found.get(title, ()):
            continue
        listed.add(id(action))
        found.setdefault(title, []).append(line)


def _plain(text: str) -> str:
    return text.replace("&", "")
