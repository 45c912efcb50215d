"""The details panel: quote and fundamentals of the linked symbol, asked for once a day and kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QToolButton

from monitor.errors import MonitorError
from monitor.live.events import BoardChanged, SignInChanged
from monitor.market.calendar import from_ms
from monitor.market.fundamentals import Fundamentals
from monitor.market.instrument import Instrument, Kind, kind_of
from monitor.market.quote import Quote, fill
from monitor.market.snapshot import Snapshot
from monitor.ports import InstrumentsAnswer, Priority, Projection, QuotesAnswer, Wanted, asking
from monitor.ui.details.facts import groups, joined
from monitor.ui.details.sheet import Sheet
from monitor.ui.format import from_request
from monitor.ui.icons import wear
from monitor.ui.link import Link, LinkGroup
from monitor.ui.message import Message
from monitor.ui.panel import Panel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.wish import Wish

OWNER = TASK = "details"
#: Schwab is asked only once a symbol has stayed so long: whoever flicks through a list asks for the last one.
PAUSE_SECONDS = 0.3
#: A quote that is not streamed is asked for again after so long.
QUOTE_SECONDS = 300.0
_REPAINT_MS = 250
#: Only of these Schwab's instruments have fundamentals.
_WITH_FUNDAMENTALS = frozenset({Kind.SHARE, Kind.INDEX})
T = TypeVar("T")


@dataclass(slots=True)
class _Known:
    """What was told of a symbol on a ``day``; ``quoted_at`` is in monotonic seconds, ``quoted_ms`` for people."""

    day: date
    snapshot: Snapshot | None = None
    quoted_at: float = 0.0
    quoted_ms: int = 0
    described: bool = False  # whether fundamentals were answered, were it with nothing
    facts: Fundamentals | None = None
    instrument: Instrument | None = None
    unknown: bool = False


class DetailsPanel(Panel):
    """Follows its link group; hidden it asks nobody."""

    sign_in_wanted = Signal()

    def __init__(
        self,
        ports: ViewPorts,
        link: Link | LinkGroup,
        theme: Theme,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__("Details", link)
        self._ports = ports
        self._monotonic = monotonic
        self._sleep = sleep
        self._symbol = ""
        self._known: dict[str, _Known] = {}
        self._asking = False
        self._troubles: dict[str, str] = {}  # the sentence, by what could not be fetched
        self.sheet = Sheet(theme)
        self.message = Message(self)
        self.refresh_button = QToolButton()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.sheet)
        self._pages.addWidget(self.message)
        self.set_body(self._pages)
        self.setFocusProxy(self.sheet)
        self._wish = Wish(self, ports.watching, OWNER)
        self._set_up_header(theme)
        self._repaint = QTimer(self, interval=_REPAINT_MS, singleShot=True)
        self._repaint.timeout.connect(self._show)
        self.sight_changed.connect(self.look)
        self._stops = (
            ports.bus.listen(BoardChanged, self._hear),
            ports.bus.listen(SignInChanged, lambda _: self.look()),
        )
        self.link.symbol_changed.connect(self.show_symbol)
        self.show_symbol(self.link.symbol)

    def show_symbol(self, symbol: str) -> None:
        """Show another symbol; what was asked for of the one before is called off."""
        self._ports.tasks.cancel(TASK)
        self._symbol, self._asking, self._troubles = symbol, False, {}
        self.set_title(f"Details · {symbol}" if symbol else "Details")
        self._wish.want(Wanted(quotes=frozenset([symbol] if symbol else [])))
        self.look()

    def look(self) -> None:
        """Show what is known, and ask for what is not, while the panel can be seen."""
        lacking = self._lacks_quote() or self._lacks_fundamentals()
        if self.in_sight and self._may_ask() and lacking and not self._asking and not self._troubles:
            self._ask(PAUSE_SECONDS)
        self._show()

    def refresh(self) -> None:
        """Ask for everything anew."""
        if self._may_ask():
            self._known.pop(self._symbol, None)
            self._ask(0.0)
            self._show()

    def close_panel(self) -> None:
        """Stop listening, ask nobody any more and want nothing from the stream."""
        for stop in self._stops:
            stop()
        self._repaint.stop()
        self._ports.tasks.cancel(TASK)
        self._wish.want(Wanted())

    # ------------------------------------------------------------------ what is asked for

    def _may_ask(self) -> bool:
        return bool(self._symbol) and self._ports.sign_in.signed_in

    def _of_today(self) -> _Known | None:
        """What is known of the symbol, if it is of today."""
        known = self._known.get(self._symbol)
        return known if known and known.day == self._today() else None

    def _today(self) -> date:
        return from_ms(self._ports.meters.now_ms()).date()

    def _lacks_quote(self) -> bool:
        known = self._of_today()
        if known is None or (known.snapshot is None and not known.unknown):
            return True
        return not self._is_streamed() and self._monotonic() - known.quoted_at >= QUOTE_SECONDS

    def _lacks_fundamentals(self) -> bool:
        known = self._of_today()
        return kind_of(self._symbol) in _WITH_FUNDAMENTALS and (known is None or not known.described)

    def _is_streamed(self) -> bool:
        """Whether the stream is there and has brought the symbol."""
        board = self._ports.board
        alive = self._ports.meters.stream_age_ms() is not None
        return alive and board.quote(self._symbol) is not None and board.requested(self._symbol) is None

    def _ask(self, after: float) -> None:
        self._asking, self._troubles = True, {}
        self._ports.tasks.start(TASK, self._fetch(self._symbol, after))

    async def _fetch(self, symbol: str, after: float) -> None:
        """Both at once; whichever fails leaves the other."""
        if after:
            await self._sleep(after)
        if not self.in_sight:
            self._asking = False
            return
        with asking(Priority.PERSON, f"details of {symbol}"):
            quotes = self._ports.quotes.quotes([symbol]) if self._lacks_quote() else None
            found = None
            if self._lacks_fundamentals():
                found = self._ports.instruments.instruments(symbol, Projection.FUNDAMENTAL)
            answers = await asyncio.gather(self._part("The quote", quotes), self._part("The fundamentals", found))
        self._asking = False
        self._take(symbol, *answers)
        self._show()

    async def _part(self, name: str, answer: Awaitable[T] | None) -> T | None:
        try:
            return None if answer is None else await answer
        except MonitorError as error:
            self._troubles[name] = error.sentence
            return None

    def _take(self, symbol: str, quotes: QuotesAnswer | None, found: InstrumentsAnswer | None) -> None:
        known = self._of_today() or _Known(self._today())
        if quotes is not None:
            known.snapshot = quotes.quotes.get(symbol)
            known.unknown = known.snapshot is None
            known.quoted_at, known.quoted_ms = self._monotonic(), self._ports.meters.now_ms()
        if found is not None:
            known.described = True
            known.facts = found.fundamentals.get(symbol)
            known.instrument = next((each for each in found.instruments if each.symbol == symbol), None)
        self._known[symbol] = known

    # ------------------------------------------------------------------ what is shown

    def _hear(self, changed: BoardChanged) -> None:
        if self._symbol in changed.quotes and self.in_sight and not self._repaint.isActive():
            self._repaint.start()

    def _quote(self) -> Quote | None:
        """The stream's quote with what only a request tells; the request's alone where the stream is away."""
        known, streamed = self._of_today(), self._ports.board.quote(self._symbol)
        told = known.snapshot.quote if known and known.snapshot else None
        if told is None or streamed is None:
            return streamed or told
        first, second = (streamed, told) if self._is_streamed() else (told, streamed)
        both = copy(first)
        fill(both, second)
        return both

    def _show(self) -> None:
        known, quote = self._of_today(), self._quote()
        self.refresh_button.setEnabled(self._may_ask())
        if quote is None and not (known and (known.facts or known.instrument)):
            self._say_why_not(known)
            return
        facts = joined(
            known.facts if known else None, known.snapshot.fundamentals if known and known.snapshot else None
        )
        instrument = known.instrument if known else None
        self.sheet.show_groups(groups(self._symbol, quote or Quote(symbol=self._symbol), facts, instrument))
        self._pages.setCurrentWidget(self.sheet)
        self._show_note(known)

    def _show_note(self, known: _Known | None) -> None:
        if self._troubles:
            self.set_note(_told(self._troubles), doubtful=True)
        elif self._asking:
            self.set_note("asking Schwab…")
        elif not self._may_ask() and known is None:
            self.set_note("as streamed; sign in to see the rest")
        elif not self._is_streamed() and known and known.quoted_ms:
            self.set_note(from_request(known.quoted_ms))
        else:
            self.set_note("")

    def _say_why_not(self, known: _Known | None) -> None:
        self.set_note("")
        symbol = self._symbol
        if not symbol:
            self._say("Choose a symbol in the watchlist to see its details.")
        elif self._troubles:
            self._say(_told(self._troubles), "Retry", self.refresh)
        elif known is not None and known.unknown:
            self._say(f"Schwab knows no symbol “{symbol}”.")
        elif not self._may_ask():
            self._say(f"Sign in to see the details of {symbol}.", "Sign in…", self.sign_in_wanted.emit)
        else:
            self._say(f"Asking for the details of {symbol}…")

    def _say(self, sentence: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        self.message.say(sentence, button, act)
        self._pages.setCurrentWidget(self.message)

    # ------------------------------------------------------------------ how it is built

    def _set_up_header(self, theme: Theme) -> None:
        self.refresh_button.setToolTip("Ask for quote and fundamentals anew (F5)")
        self.refresh_button.setAccessibleName("Refresh the details")
        self.refresh_button.clicked.connect(self.refresh)
        wear(self.refresh_button, "reload", theme)
        self.header_row.addWidget(self.refresh_button)
        again = QShortcut(QKeySequence(Qt.Key.Key_F5), self, self.refresh)
        again.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)


def _told(troubles: dict[str, str]) -> str:
    """What could not be fetched and why; the same reason stands once."""
    if len(troubles) == 2 and len(set(troubles.values())) == 1:
        return f"Quote and fundamentals could not be fetched. {next(iter(troubles.values()))}"
    return " ".join(f"{name} could not be fetched. {sentence}" for name, sentence in troubles.items())
