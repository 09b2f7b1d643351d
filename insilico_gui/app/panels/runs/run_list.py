"""The list of runs: a small picture, name, state and progress of each; or icons alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from qtpy.QtGui import QColor, QFont, QImage, QPainter, QPen
from qtpy.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from insilico_gui.app.widgets.theme import Themed, current_colors

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QKeyEvent, QMouseEvent

    from insilico_gui.app.panels.runs.glances import Glance
    from insilico_gui.app.widgets.theme import RGB, PlotColors

    Row = tuple[str | None, str | None]
    """Session and stimulus; a row without a stimulus is that of a session."""

    Index = QModelIndex | QPersistentModelIndex

LINE = Qt.ItemDataRole.UserRole
"""What is drawn of an item: a :class:`Line`."""

PICTURE = QSize(48, 30)
SMALL_PICTURE = QSize(38, 24)
PIN = 18
"""Pixels of the letters A and B."""

HEAD, RUN, SMALL_RUN = 24, 50, 36
"""Heights of rows: of a session, of a run, and of a run as an icon."""

STATES: dict[str, tuple[RGB, RGB]] = {
    "done": ((0, 110, 50), (120, 220, 150)),
    "encoding": ((160, 80, 0), (255, 180, 80)),
    "stale": ((140, 90, 0), (235, 190, 90)),
    "failed": ((180, 30, 30), (255, 130, 120)),
}
"""Colours of states on light and on dark; others have that of the text, fainter."""


@dataclass(frozen=True)
class Line:
    """One row as it is drawn.

    Attributes
    ----------
    name : str
    is_session : bool
    state : str
        In words; "" for none.
    part : float or None
        How much has been encoded, 0 to 1.
    pin : {"", "A", "B"}
        A is the run on show, B the one that it is compared with.
    may_pin : bool
        Whether a click makes it B, or not B any more.
    glance : Glance or None
    """

    name: str
    is_session: bool
    state: str = ""
    part: float | None = None
    pin: str = ""
    may_pin: bool = False
    glance: Glance | None = None


class RunList(QTreeWidget, Themed):
    """Sessions with what they take below; as icons where there is no room for words.

    Parameters
    ----------
    chosen : callable()
        Another row is current, by mouse or keys.
    pinned : callable(Row)
        The letter of a row was clicked, or its key was pressed.

    Attributes
    ----------
    items : dict of Row to QTreeWidgetItem
    is_small : bool
        Whether runs are icons; their tool tips say the rest.
    """

    def __init__(
        self, chosen: Callable[[], object], pinned: Callable[[Row], object]
    ) -> None:
        super().__init__()
        self.plot_colors = current_colors()
        self.items: dict[Row, QTreeWidgetItem] = {}
        self.is_small = False
        self._pinned = pinned
        self.setHeaderLabels(["Stimulus", "Responses"])
        self.setHeaderHidden(True)
        self.setColumnHidden(1, True)
        header = self.header()
        header.setMinimumSectionSize(20)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setMinimumSize(48, 120)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName("Runs")
        self.setItemDelegate(_Drawn(self))
        self.currentItemChanged.connect(lambda *_: chosen())

    @property
    def row(self) -> Row:
        """Session and stimulus of the row that is chosen."""
        current = self.currentItem()
        return next(
            (row for row, item in self.items.items() if item is current), (None, None)
        )

    def list_rows(self, rows: list[Row], no_session: tuple[str, str]) -> None:
        """Make the items; `no_session` is the name and tool tip of what none takes."""
        self.items = {}
        self.clear()
        parent = self.invisibleRootItem()
        for row in rows:
            session, stimulus = row
            if stimulus is None:
                parent = QTreeWidgetItem(self, [session or no_session[0], ""])
                parent.setToolTip(0, session or no_session[1])
                parent.setExpanded(True)
                self.items[row] = parent
            else:
                self.items[row] = QTreeWidgetItem(parent, [stimulus, ""])

    def show_line(self, row: Row, line: Line, tip: str) -> None:
        """Draw a row; the item's texts are what screen readers say."""
        item = self.items[row]
        item.setText(1, line.state)
        item.setData(0, LINE, line)
        item.setToolTip(0, tip)
        said = ", ".join(part for part in (line.name, line.state, line.pin) if part)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, said)

    def use_small(self, small: bool) -> None:
        """Show icons, or pictures with words."""
        if small != self.is_small:
            self.is_small = small
            self.scheduleDelayedItemsLayout()

    def use_plot_colors(self, plot_colors: PlotColors) -> None:
        """Draw in the colours of a theme."""
        super().use_plot_colors(plot_colors)
        self.viewport().update()

    def pin_rect(self, rect: QRect) -> QRect:
        """Where the letter of a row with this rectangle is."""
        if self.is_small:
            return QRect(rect.right() - PIN - 1, rect.top() + 1, PIN, PIN - 4)
        return QRect(rect.right() - PIN - 3, rect.top() + 5, PIN, PIN)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """See Qt: a click on the letter of a run pins it and does not show the run."""
        point = event.position().toPoint()
        item = self.itemAt(point)
        line = None if item is None else item.data(0, LINE)
        if (
            item is not None
            and event.button() == Qt.MouseButton.LeftButton
            and isinstance(line, Line)
            and line.may_pin
            and self.pin_rect(self.visualItemRect(item)).contains(point)
        ):
            self._pin(item)
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt: B pins the run that is current."""
        item = self.currentItem()
        if event.key() == Qt.Key.Key_B and not event.modifiers() and item is not None:
            self._pin(item)
            return
        super().keyPressEvent(event)

    def _pin(self, item: QTreeWidgetItem) -> None:
        self._pinned(next(row for row, own in self.items.items() if own is item))


class _Drawn(QStyledItemDelegate):
    """Draws a row of the list."""

    def __init__(self, runs: RunList) -> None:
        super().__init__(runs)

    @property
    def _list(self) -> RunList:
        return cast("RunList", self.parent())

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """See Qt."""
        line = index.data(LINE)
        is_run = isinstance(line, Line) and not line.is_session
        high = HEAD if not is_run else SMALL_RUN if self._list.is_small else RUN
        return QSize(40, high)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """See Qt."""
        line = index.data(LINE)
        if not isinstance(line, Line):
            super().paint(painter, option, index)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.is_session:
            self._session(painter, option, line)
        elif self._list.is_small:
            self._icon(painter, option, line)
        else:
            self._run(painter, option, line)
        painter.restore()

    # -- rows --------------------------------------------------------------------------

    def _session(
        self, painter: QPainter, option: QStyleOptionViewItem, line: Line
    ) -> None:
        self._ground(painter, option)
        margin = 2 if self._list.is_small else 6
        rect = option.rect.adjusted(margin, 4, -2, 0)
        self._write(painter, option, rect, line.name, faint=True, small=True)

    def _run(self, painter: QPainter, option: QStyleOptionViewItem, line: Line) -> None:
        self._ground(painter, option)
        rect = option.rect
        place = QRect(
            rect.left() + 6, rect.top() + 7, PICTURE.width(), PICTURE.height()
        )
        self._picture(painter, place, line)
        left = place.right() + 8
        # The letter takes room from the name where there is one
        right = self._list.pin_rect(rect).left() - 2 if line.pin else rect.right() - 4
        half = QRect(left, rect.top() + 5, max(right - left, 1), 18)
        self._write(painter, option, half, line.name, bold=True)
        extent = "" if line.glance is None else line.glance.extent
        said = " · ".join(text for text in (extent, line.state) if text)
        half = QRect(left, rect.top() + 23, max(rect.right() - left - 4, 1), 16)
        self._write(painter, option, half, said, small=True, state=line.state)
        bar = QRect(rect.left() + 6, rect.bottom() - 6, rect.width() - 12, 3)
        self._progress(painter, bar, line)
        self._letter(painter, option, line)

    def _icon(
        self, painter: QPainter, option: QStyleOptionViewItem, line: Line
    ) -> None:
        self._ground(painter, option)
        rect, size = option.rect, SMALL_PICTURE
        left = rect.left() + max((rect.width() - size.width()) // 2, 1)
        place = QRect(left, rect.top() + 4, size.width(), size.height())
        self._picture(painter, place, line)
        color = self._state_color(line.state)
        if color is not None and line.part is None:
            painter.setPen(QPen(QColor(*self._list.plot_colors.background), 1.5))
            painter.setBrush(color)
            painter.drawEllipse(place.right() - 6, place.bottom() - 5, 9, 9)
        bar = QRect(place.left(), place.bottom() + 3, place.width(), 3)
        self._progress(painter, bar, line)
        self._letter(painter, option, line)

    # -- parts -------------------------------------------------------------------------

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not chosen and not hovered:
            return
        color = QColor(*self._list.plot_colors.points)
        color.setAlpha(60 if chosen else 25)
        edge = QColor(*self._list.plot_colors.points)
        has_focus = chosen and self._list.hasFocus()
        painter.setPen(
            QPen(edge, 2 if has_focus else 1) if chosen else Qt.PenStyle.NoPen
        )
        painter.setBrush(color)
        painter.drawRoundedRect(option.rect.adjusted(1, 1, -2, -2), 5, 5)

    @staticmethod
    def _picture(painter: QPainter, place: QRect, line: Line) -> None:
        if line.glance is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(127, 127, 127, 70))
            painter.drawRoundedRect(place, 3, 3)
            return
        pixels = line.glance.picture
        high, wide = pixels.shape[:2]
        kind = QImage.Format.Format_RGB888
        image = QImage(pixels.tobytes(), wide, high, 3 * wide, kind)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)
        painter.setPen(QPen(QColor(127, 127, 127, 130), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)

    def _write(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRect,
        text: str,
        *,
        bold: bool = False,
        small: bool = False,
        faint: bool = False,
        state: str = "",
    ) -> None:
        font = QFont(option.font)
        font.setBold(bold)
        if small and font.pointSizeF() > 0:
            font.setPointSizeF(0.88 * font.pointSizeF())
        painter.setFont(font)
        ink = QColor(*self._list.plot_colors.text)
        ink.setAlpha(190 if faint or small else 255)
        painter.setPen(self._state_color(state) or ink)
        elided = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideMiddle, rect.width()
        )
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, elided)

    def _progress(self, painter: QPainter, bar: QRect, line: Line) -> None:
        if line.part is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(127, 127, 127, 90))
        painter.drawRect(bar)
        painter.setBrush(self._state_color("encoding") or Qt.GlobalColor.gray)
        painter.drawRect(
            bar.left(), bar.top(), round(bar.width() * line.part), bar.height()
        )

    def _letter(
        self, painter: QPainter, option: QStyleOptionViewItem, line: Line
    ) -> None:
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        offered = line.may_pin and hovered and not line.pin
        if not line.pin and not offered:
            return
        rect = self._list.pin_rect(option.rect)
        color = QColor(*self._list.plot_colors.mean)
        color.setAlpha(110 if offered else 255)
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        if self._list.is_small:
            ground = QColor(*self._list.plot_colors.background)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, 3, 3)
        painter.setPen(color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, line.pin or "B")

    def _state_color(self, state: str) -> QColor | None:
        """Colour of a state in words; None for that of the text."""
        pair = STATES.get(state.partition(" ")[0])
        if pair is None:
            return None
        return QColor(*pair[not self._list.plot_colors.is_light])
