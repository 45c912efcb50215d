"""The gap map painted by hand: symbols at the left, months on top, a tile a day, and a rectangle that is selected."""

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from monitor.ui.data.looks import Pitch, compose
from monitor.ui.data.model import Area, Cell, GapMap
from monitor.ui.data.phrases import tip
from monitor.ui.panel import named
from monitor.ui.theme import Theme, data_font

_WIDE, _NARROWEST, _WIDEST = 11, 3, 24
_SYMBOL, _PERCENT, _MARGIN = 88, 44, 10
_LEFT = _MARGIN + _SYMBOL + _PERCENT + _MARGIN
_FEWEST_ROWS, _SCROLL_BAR = 4, 10
#: Days that Ctrl with an arrow goes: about a month.
_FAR = 21
_TEXT = Qt.AlignmentFlag.AlignVCenter
_EVERYWHERE = 1 << 20


class GapMapCanvas(QAbstractScrollArea):
    """Shows a GapMap. What is selected keeps its symbols and days when rows are filtered or days are added."""

    selection_changed = Signal()
    symbol_chosen = Signal(str)
    deletion_wanted = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, gap_map: GapMap, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map, self._theme = gap_map, theme
        self._anchor: Cell | None = None
        self._lead: Cell | None = None
        self._across = _WIDE
        self._by_rows = False  # the mouse was pressed on a symbol
        named(self, "gapMap").setAccessibleName("Gap map: symbols by trading days")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(data_font())
        self.viewport().setFont(data_font())
        self.setMinimumHeight(round(self._head + _FEWEST_ROWS * self.pitch.down) + _SCROLL_BAR)
        theme.changed.connect(self.viewport().update)

    # ------------------------------------------------------------------------------------------ what it is told

    def show_map(self) -> None:
        """The map has other rows or columns. Who looked at the newest day goes on doing so."""
        bar = self.horizontalScrollBar()
        newest = bar.value() >= bar.maximum()
        self._fit()
        if newest:
            bar.setValue(bar.maximum())
        self.viewport().update()
        self.selection_changed.emit()

    def clear_selection(self) -> None:
        self._select(None, None)

    def select_all(self) -> None:
        """Every day of every row that is shown."""
        if self._map.symbols and self._map.days:
            self._select(self._map.at(0, 0), self._map.at(len(self._map.symbols) - 1, len(self._map.days) - 1))

    # ------------------------------------------------------------------------------------------ what can be asked

    @property
    def area(self) -> Area | None:
        """The selected rectangle, as far as it is shown."""
        if self._anchor is None or self._lead is None:
            return None
        ends = self._map.place(self._anchor), self._map.place(self._lead)
        if ends[0] is None or ends[1] is None:
            return None
        rows, columns = zip(*(end for end in ends if end), strict=True)
        return Area(min(rows), min(columns), max(rows), max(columns))

    @property
    def pitch(self) -> Pitch:
        scale = self.devicePixelRatioF()
        return Pitch(round(self._across * scale), round((QFontMetrics(self.font()).height() + 2) * scale), scale)

    def rect_of(self, row: int, column: int) -> QRect:
        """Where a cell is, in the viewport."""
        pitch = self.pitch
        left = _LEFT + column * pitch.across - self.horizontalScrollBar().value()
        top = self._head + row * pitch.down - self.verticalScrollBar().value()
        return QRectF(left, top, pitch.across, pitch.down).toAlignedRect()

    def tip_at(self, at: QPoint) -> str:
        """What is known of the day, or of the symbol, at a place of the viewport."""
        row, column = self._row_at(at.y()), self._column_at(at.x())
        if not 0 <= row < len(self._map.symbols) or at.y() < self._head:
            return ""
        if at.x() < _LEFT:
            symbol, percent = self._map.symbols[row], self._map.percents[row]
            about = "nothing to be had" if percent is None else f"{percent} % of the days that Schwab has are complete"
            return f"{symbol}: {about}"
        return self._words(row, column) if 0 <= column < len(self._map.days) else ""

    def _words(self, row: int, column: int) -> str:
        cell = self._map.cell(row, column)
        symbol, day = self._map.at(row, column)
        return tip(symbol, day, cell, self._map.code(row, column), self._map.interval)

    @property
    def _head(self) -> int:
        return QFontMetrics(self.font()).height() + 3

    def _row_at(self, y: int) -> int:
        return int((y - self._head + self.verticalScrollBar().value()) // self.pitch.down)

    def _column_at(self, x: int) -> int:
        return int((x - _LEFT + self.horizontalScrollBar().value()) // self.pitch.across)

    # ------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  Qt's signature
        painter, colours = QPainter(self.viewport()), self._theme.colours
        painter.setFont(self.font())
        room = self.viewport().rect()
        painter.fillRect(room, colours.colour("panel"))
        if not self._map.symbols or not self._map.days:
            return
        pitch = self.pitch
        first, top = max(0, self._column_at(_LEFT)), max(0, self._row_at(self._head))
        last, bottom = self._column_at(room.width()) + 1, self._row_at(room.height()) + 1
        codes = self._map.codes[top:bottom, first:last]
        inner = room.adjusted(_LEFT, self._head, 0, 0)
        painter.setClipRect(inner)
        painter.drawImage(self.rect_of(top, first).topLeft(), compose(codes, pitch, colours))
        self._paint_selection(painter)
        painter.setClipRect(room.adjusted(0, self._head, 0, 0))
        self._paint_symbols(painter, top, min(bottom, len(self._map.symbols)))
        painter.setClipRect(room.adjusted(_LEFT, 0, 0, 0))
        self._paint_months(painter, first, min(last, len(self._map.days)))
        painter.setClipping(False)
        self._paint_heads(painter)
        if self.hasFocus():
            painter.fillRect(0, 0, 2, room.height(), colours.colour("accent"))

    def _paint_selection(self, painter: QPainter) -> None:
        area = self.area
        if area is None:
            return
        colours = self._theme.colours
        whole = self.rect_of(area.top, area.left).united(self.rect_of(area.bottom, area.right))
        painter.setPen(QPen(colours.colour("accent"), 2))
        painter.drawRect(whole.adjusted(0, 1, 0, 0))
        place = self._map.place(self._lead) if self._lead else None
        if place is not None and self.hasFocus():
            painter.setPen(QPen(colours.colour("text"), 1))
            painter.drawRect(self.rect_of(*place).adjusted(1, 2, -2, -2))

    def _paint_symbols(self, painter: QPainter, top: int, bottom: int) -> None:
        colours, area, percents = self._theme.colours, self.area, self._map.percents
        metrics = painter.fontMetrics()
        for row in range(top, bottom):
            line = self.rect_of(row, 0)
            line.setLeft(0)
            line.setWidth(_LEFT)
            if area is not None and area.top <= row <= area.bottom:
                painter.fillRect(line.adjusted(2, 0, -_MARGIN // 2, 0), colours.colour("selection"))
            symbol = metrics.elidedText(self._map.symbols[row], Qt.TextElideMode.ElideRight, _SYMBOL)
            painter.setPen(colours.colour("text"))
            painter.drawText(line.adjusted(_MARGIN, 0, 0, 0), _TEXT, symbol)
            percent = percents[row]
            painter.setPen(colours.colour("dim" if percent in (None, 100) else "amber"))
            words = "–" if percent is None else f"{percent} %"
            painter.drawText(line.adjusted(0, 0, -_MARGIN, 0), _TEXT | Qt.AlignmentFlag.AlignRight, words)

    def _paint_months(self, painter: QPainter, first: int, last: int) -> None:
        """The months on top, and a thin line where each begins; one that began before the view stands at its left."""
        colours, days, metrics = self._theme.colours, self._map.days, painter.fontMetrics()
        free, foot = _EVERYWHERE, self.rect_of(len(self._map.symbols), 0).top()
        for column in range(last - 1, first - 1, -1):
            day = days[column]
            begins = column == 0 or days[column - 1].month != day.month
            if not begins and column != first:
                continue
            left = max(self.rect_of(0, column).left(), _LEFT)
            if begins and column:
                painter.fillRect(left - 1, 2, 1, foot - 2, colours.colour("line"))
            name = f"{day:%b %Y}" if day.month == 1 or column == first else f"{day:%b}"
            for words in (name, f"{day:%b}"):
                if left + metrics.horizontalAdvance(words) + 8 <= free:
                    painter.setPen(colours.colour("dim"))
                    painter.drawText(QRect(left + 3, 0, 80, self._head), _TEXT, words)
                    break
            free = left

    def _paint_heads(self, painter: QPainter) -> None:
        colours = self._theme.colours
        heads = QRect(0, 0, _LEFT, self._head)
        painter.fillRect(heads, colours.colour("panel"))
        painter.setPen(colours.colour("dim"))
        painter.drawText(heads.adjusted(_MARGIN, 0, 0, 0), _TEXT, "Symbol")
        painter.drawText(heads.adjusted(0, 0, -_MARGIN, 0), _TEXT | Qt.AlignmentFlag.AlignRight, "Complete")
        painter.fillRect(0, self._head - 1, self.viewport().width(), 1, colours.colour("line"))

    # ------------------------------------------------------------------------------------------ selecting

    def _select(self, anchor: Cell | None, lead: Cell | None) -> None:
        if (anchor, lead) == (self._anchor, self._lead):
            return
        self._anchor, self._lead = anchor, lead
        self.viewport().update()
        place = self._map.place(lead) if lead else None
        self.setAccessibleDescription(self._words(*place) if place else "")
        self.selection_changed.emit()

    def _reach(self, row: int, column: int, extend: bool) -> None:
        """Select a cell, or from where the selection began to that cell, and bring it into view."""
        row = min(max(row, 0), len(self._map.symbols) - 1)
        column = min(max(column, 0), len(self._map.days) - 1)
        cell = self._map.at(row, column)
        self._select(self._anchor if extend and self._anchor and self.area else cell, cell)
        self._show(self.rect_of(row, column))

    def _show(self, rect: QRect) -> None:
        room = self.viewport().rect().adjusted(_LEFT, self._head, 0, 0)
        for bar, near, far in (
            (self.horizontalScrollBar(), rect.left() - room.left(), rect.right() - room.right()),
            (self.verticalScrollBar(), rect.top() - room.top(), rect.bottom() - room.bottom()),
        ):
            bar.setValue(bar.value() + (near if near < 0 else max(far, 0)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if not self._map.symbols or not self._map.days or event.button() is Qt.MouseButton.MiddleButton:
            return
        area = self.area
        row, column = self._row_at(at.y()), self._column_at(at.x())
        if event.button() is Qt.MouseButton.RightButton and area and _holds(area, row, column) and at.x() >= _LEFT:
            return  # the menu is about what is selected
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if at.y() < self._head:
            self._select_month(column) if at.x() >= _LEFT else self.select_all()
            return
        self._by_rows = at.x() < _LEFT
        if row >= len(self._map.symbols) or (column >= len(self._map.days) and not self._by_rows):
            self.clear_selection()
            return
        self._drag(at, extend)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            self._drag(event.position().toPoint(), extend=True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        row = self._row_at(at.y())
        if at.y() >= self._head and row < len(self._map.symbols):
            self.symbol_chosen.emit(self._map.symbols[row])

    def _drag(self, at: QPoint, extend: bool) -> None:
        row, column = self._row_at(at.y()), self._column_at(at.x())
        if not self._by_rows:
            self._reach(row, column, extend)
            return
        row = min(max(row, 0), len(self._map.symbols) - 1)
        start = self._map.at(row, 0)
        anchor = self._anchor._replace(day=start.day) if extend and self._anchor else start
        self._select(anchor, self._map.at(row, len(self._map.days) - 1))

    def _select_month(self, column: int) -> None:
        days = self._map.days
        if not 0 <= column < len(days):
            return
        month = [n for n, day in enumerate(days) if (day.year, day.month) == (days[column].year, days[column].month)]
        self._select(self._map.at(0, month[0]), self._map.at(len(self._map.symbols) - 1, month[-1]))

    # ------------------------------------------------------------------------------------------ keys, wheel, tips

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() == Qt.Key.Key_Escape and self._lead is not None:
            self.clear_selection()
        elif event.key() == Qt.Key.Key_Delete and self.area is not None:
            self.deletion_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._lead is not None:
            self.symbol_chosen.emit(self._lead.symbol)
        elif not self._move(event):
            event.ignore()

    def _move(self, event: QKeyEvent) -> bool:
        """Follow the arrows; False for any other key."""
        far = _FAR if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
        page = max(1, int((self.viewport().height() - self._head) // self.pitch.down))
        steps: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Left: (0, -far),
            Qt.Key.Key_Right: (0, far),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_PageUp: (-page, 0),
            Qt.Key.Key_PageDown: (page, 0),
            Qt.Key.Key_Home: (0, -_EVERYWHERE),
            Qt.Key.Key_End: (0, _EVERYWHERE),
        }
        step = steps.get(event.key())
        if step is None or not self._map.symbols or not self._map.days:
            return False
        place = self._map.place(self._lead) if self._lead else None
        if place is None:  # the newest day of the first row is where everybody begins
            self._reach(0, len(self._map.days) - 1, extend=False)
        else:
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._reach(place[0] + step[0], place[1] + step[1], extend)
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Up and down through the rows; along the days with Shift, or where all rows are in view; Ctrl zooms."""
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom(turn.y())
        else:
            sideways = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            bar = self.verticalScrollBar()
            if turn.x() or sideways or not bar.maximum():
                bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - round((turn.x() or turn.y()) / 120 * bar.singleStep() * 3))
        event.accept()

    def _zoom(self, turn: int) -> None:
        """Narrower or wider days; the newest in view stays where it is."""
        across = min(max(self._across + (1 if turn > 0 else -1), _NARROWEST), _WIDEST)
        right = self.viewport().width()
        newest = (right - _LEFT + self.horizontalScrollBar().value()) / self.pitch.across
        self._across = across
        self._fit()
        self.horizontalScrollBar().setValue(round(newest * self.pitch.across) - right + _LEFT)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self.viewport())
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()
        super().focusOutEvent(event)

    # ------------------------------------------------------------------------------------------ scrolling

    def resizeEvent(self, event: QResizeEvent) -> None:
        bar = self.horizontalScrollBar()
        newest = bar.value() >= bar.maximum()
        super().resizeEvent(event)
        self._fit()
        if newest:
            bar.setValue(bar.maximum())

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewport().update()

    def _fit(self) -> None:
        """Give the scroll bars what does not fit."""
        room, pitch = self.viewport().size(), self.pitch
        for bar, size, inside, step in (
            (self.horizontalScrollBar(), room.width() - _LEFT, len(self._map.days) * pitch.across, pitch.across),
            (self.verticalScrollBar(), room.height() - self._head, len(self._map.symbols) * pitch.down, pitch.down),
        ):
            bar.setRange(0, max(0, round(inside - size)))
            bar.setPageStep(max(size, 1))
            bar.setSingleStep(max(1, round(step)))


def _holds(area: Area, row: int, column: int) -> bool:
    return area.top <= row <= area.bottom and area.left <= column <= area.right
