"""The Level 2 book painted by hand: bids left, asks right, best on top, depth bars behind the sizes."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from monitor.analysis.doubt import doubt_of_book
from monitor.market.book import Book
from monitor.ui import format as text
from monitor.ui.book.model import Rung, by_price, by_venue, imbalance, mix
from monitor.ui.cells import row_height
from monitor.ui.panel import named
from monitor.ui.theme import LINK_COLOURS, Theme, data_font

#: The first five prices of a side each have a colour of their own, laid on thinly; none is the green or red of up
#: and down.
TIERS = tuple(QColor(LINK_COLOURS[number].replace("#", "#1a")) for number in (1, 2, 4, 6, 8))
_BAR_ALPHA = 80
_OUTER, _INNER = 8, 6
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
_CENTRE = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


def _inset(cell: QRect, bid: bool) -> QRect:
    """Where a cell's text goes: with more room on the panel's outer side than towards the middle."""
    return cell.adjusted(_OUTER, 0, -_INNER, 0) if bid else cell.adjusted(_INNER, 0, -_OUTER, 0)


class BookCanvas(QWidget):
    """Shows one book or, where there is none, a sentence. ``scrolled`` tells that other rows are visible."""

    scrolled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "bookCanvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(220, 4 * row_height())
        self._theme = theme
        self.setFont(data_font())
        self._price_width = 0
        self._venue_width = self.fontMetrics().horizontalAdvance("Venue") + _OUTER
        self._size_width = 0
        self._book = Book("")
        self._sides: tuple[list[Rung], list[Rung]] = ([], [])
        self._sentence = ""
        self._venues, self._cumulative, self._stale = True, False, False
        self._top = 0
        theme.changed.connect(self.update)

    # ------------------------------------------------------------------ what it is told

    def show_book(self, book: Book) -> None:
        """Show this snapshot from now on."""
        if book.symbol != self._book.symbol:
            self._top = self._size_width = 0
        self._book, self._sentence = book, ""
        rows = by_venue if self._venues else by_price
        self._sides = (rows(book.bids), rows(book.asks))
        best = [text.price(levels[0].price) for levels in (book.bids, book.asks) if levels]
        self._price_width = max(map(self.fontMetrics().horizontalAdvance, best), default=0) + _OUTER + _INNER
        # It never shrinks while the symbol is the same, or columns would come and go with one large order.
        largest = text.size(max((rung.size for side in self._sides for rung in side), default=0))
        widths = map(self.fontMetrics().horizontalAdvance, ("Size", "1,000", largest))
        self._size_width = max(self._size_width, _INNER + max(widths))
        self._scroll_to(self._top)
        self.update()

    def show_sentence(self, sentence: str) -> None:
        """Show why there is no book, or what is awaited."""
        self._book, self._sides, self._sentence, self._top = Book(""), ([], []), sentence, 0
        self.setAccessibleDescription(sentence)
        self.update()

    def show_venues(self, venues: bool) -> None:
        """A row for each venue, or one for each price."""
        if venues != self._venues:
            self._venues, self._top = venues, 0
            self.show_book(self._book) if not self._sentence else None

    def show_cumulative(self, cumulative: bool) -> None:
        """Let the bars stand for all shares down to their row, instead of the row's own."""
        self._cumulative = cumulative
        self.update()

    def show_stale(self, stale: bool) -> None:
        """Shade the book because it is old, or show it plainly again."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    # ------------------------------------------------------------------ what can be asked

    @property
    def sentence(self) -> str:
        return self._sentence

    @property
    def visible_rows(self) -> int:
        return max(1, self.height() // row_height() - 1)

    def visible(self) -> tuple[list[Rung], list[Rung]]:
        """The bids and asks that can be seen now."""
        span = slice(self._top, self._top + self.visible_rows)
        return self._sides[0][span], self._sides[1][span]

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  Qt's signature
        painter, colours = QPainter(self), self._theme.colours
        painter.fillRect(self.rect(), colours.colour("panel"))
        if self._sentence:
            painter.setPen(colours.colour("dim"))
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), _CENTRE, self._sentence)
            return
        bids, asks = self.visible()
        self._paint_heads(painter)
        if not doubt_of_book(self._book):
            self._paint_balance(painter, bids, asks)
        widest = self._widest(bids, asks)
        if self._stale:
            painter.setOpacity(0.5)
        self._paint_side(painter, bids, widest, bid=True)
        self._paint_side(painter, asks, widest, bid=False)
        painter.setOpacity(1)
        self._paint_thumb(painter)
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.height(), colours.colour("accent"))

    def _widest(self, bids: Sequence[Rung], asks: Sequence[Rung]) -> float:
        return max((self._measure(rung) for rung in (*bids, *asks)), default=1) or 1

    def _measure(self, rung: Rung) -> float:
        return rung.cumulative if self._cumulative else rung.size

    def _columns(self, bid: bool) -> tuple[QRect, QRect, QRect]:
        """Venue, size and price of one side as rectangles of the first row; mirrored for asks.

        Where there is no room for the venue besides the numbers it has none: numbers are never cut.
        """
        half, height = self.width() // 2, row_height()
        price = max(self._price_width, round(half * 0.32))
        venue = max(self._venue_width, round((half - price) * 0.48))
        if half - price - venue < self._size_width:
            venue = 0
        widths = [venue, half - venue - price, price]
        left = 0
        rects = []
        for width in widths:
            x = left if bid else self.width() - left - width
            rects.append(QRect(x, 0, width, height))
            left += width
        return rects[0], rects[1], rects[2]

    def _paint_heads(self, painter: QPainter) -> None:
        colours = self._theme.colours
        painter.setPen(colours.colour("dim"))
        for bid in (True, False):
            venue, size, price = self._columns(bid)
            outer, inner = (_LEFT, _RIGHT) if bid else (_RIGHT, _LEFT)
            for rect, words, side in (
                (venue, "Venue", outer),
                (size, "Size", inner),
                (price, "Bid" if bid else "Ask", inner),
            ):
                if rect.width():
                    painter.drawText(_inset(rect, bid), side, words)

    def _paint_balance(self, painter: QPainter, bids: Sequence[Rung], asks: Sequence[Rung]) -> None:
        """The line below the heads, shared between bid and ask size as the rows in view are."""
        lean, colours, width = imbalance(bids, asks), self._theme.colours, self.width()
        bid = round(width * (50 + (lean or 0) / 2) / 100)
        painter.fillRect(0, row_height() - 2, bid, 2, colours.colour("up", 170))
        painter.fillRect(bid, row_height() - 2, width - bid, 2, colours.colour("down", 170))

    def _paint_side(self, painter: QPainter, rungs: Sequence[Rung], widest: float, bid: bool) -> None:
        venue, size, price = self._columns(bid)
        ground = venue.united(price)
        outer, inner = (_LEFT, _RIGHT) if bid else (_RIGHT, _LEFT)
        colours, metrics, room = self._theme.colours, painter.fontMetrics(), venue.width() - _OUTER
        dim, plain, tone = colours.colour("dim"), colours.colour("text"), colours.colour("up" if bid else "down")
        for line, rung in enumerate(rungs, start=1):
            down = line * row_height()
            if rung.tier < len(TIERS):
                painter.fillRect(ground.translated(0, down), TIERS[rung.tier])
            self._paint_bar(painter, rung, size.translated(0, down), widest, bid)
            for rect, words, side, pen in (
                (venue, metrics.elidedText(rung.venue, Qt.TextElideMode.ElideRight, room), outer, dim),
                (size, text.size(rung.size), inner, plain),
                (price, text.price(rung.price), inner, tone),
            ):
                if rect.width():
                    painter.setPen(pen)
                    painter.drawText(_inset(rect, bid).translated(0, down), side, words)

    def _paint_bar(self, painter: QPainter, rung: Rung, rect: QRect, widest: float, bid: bool) -> None:
        """The depth behind a size, from the inside outwards; by price it is cut into the venues' parts."""
        length = rect.width() * self._measure(rung) / widest
        name, done = ("up" if bid else "down"), 0.0
        for number, part in enumerate(rung.parts):
            start, end = round(done * length), round((done + part) * length)
            x = rect.right() + 1 - end if bid else rect.left() + start
            alpha = _BAR_ALPHA if number % 2 == 0 else _BAR_ALPHA * 5 // 8
            painter.fillRect(x, rect.top() + 1, end - start, rect.height() - 2, self._theme.colours.colour(name, alpha))
            done += part

    def _paint_thumb(self, painter: QPainter) -> None:
        """Where in the book the visible rows are, when it has more."""
        rows, shown = max(map(len, self._sides)), self.visible_rows
        if rows > shown:
            room = self.height() - row_height()
            top = row_height() + room * self._top // rows
            tall = max(16, room * shown // rows)
            painter.fillRect(self.width() - 4, top, 3, tall, self._theme.colours.colour("dim", 110))

    # ------------------------------------------------------------------ wheel, keys, tips

    def _scroll_to(self, top: int) -> None:
        limit = max(0, max(map(len, self._sides)) - self.visible_rows)
        self._top = min(max(0, top), limit)

    def _scroll(self, rows: int) -> None:
        before = self._top
        self._scroll_to(self._top + rows)
        if self._top != before:
            self.update()
            self.scrolled.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._scroll_to(self._top)
        self.scrolled.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        self._scroll(-round(notches * 3) or (-1 if notches > 0 else 1))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page, everything = self.visible_rows, 1 << 20
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -everything,
            Qt.Key.Key_End: everything,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._scroll(step)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return super().event(event)

    def tip_at(self, at: QPoint) -> str:
        """The venues behind the row at a place, in words."""
        bid = at.x() < self.width() // 2
        rungs = self.visible()[0 if bid else 1]
        line = at.y() // row_height() - 1
        if not 0 <= line < len(rungs):
            return ""
        rung = rungs[line]
        level = (self._book.bids if bid else self._book.asks)[rung.tier]
        side = "Bid" if bid else "Ask"
        return (
            f"{side} {text.price(level.price)}: {level.size:,} shares, {mix(level)}\n{rung.cumulative:,} shares to here"
        )
