"""Dropping files on a window as the system would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from pathlib import Path


def drop(widget, *paths: Path) -> QDropEvent:
    """Drop files on the middle of a widget; returns the drop event."""
    return _drop(widget, [QUrl.fromLocalFile(str(path)) for path in paths])


def drop_url(widget, *addresses: str) -> QDropEvent:
    """Drop links, as a browser would."""
    return _drop(widget, [QUrl(address) for address in addresses])


def _drop(widget, urls) -> QDropEvent:
    mime = QMimeData()
    mime.setUrls(urls)
    buttons = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    middle = widget.rect().center()
    enter = QDragEnterEvent(middle, Qt.DropAction.CopyAction, mime, *buttons)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(middle), Qt.DropAction.CopyAction, mime, *buttons)
    QApplication.sendEvent(widget, event)
    return event
