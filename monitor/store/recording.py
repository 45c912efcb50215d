"""The recorder: turns what happens into rows for the writer, at once and on the loop's thread."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from monitor.analysis.coverage import Asked
from monitor.clock import now_ms
from monitor.market.activity import Activity
from monitor.market.bar import Bar, Interval
from monitor.market.book import Book, BookService
from monitor.market.chain import Chain
from monitor.market.chain_schedule import ChainSlot
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.screener import Screener
from monitor.market.trade import Trade
from monitor.ports import AuditEntry
from monitor.store.batch import LARGEST_RAW
from monitor.store.chain_rows import SaveChain
from monitor.store.tasks import NoteBookService, SaveAudit, SaveBars, SaveCoverage, SaveGap, SaveInstruments, Task
from monitor.store.waiting import QuoteRow, TradeRow
from monitor.store.writer import Writer


class Recording:
    """Implements Recorder. Called up to a quarter of a million times a second: a row costs one append."""

    def __init__(
        self,
        writer: Writer,
        ids: dict[str, int],
        now_ms: Callable[[], int] = now_ms,
        on_audit: Callable[[AuditEntry], None] = lambda _: None,
    ) -> None:
        """``ids`` are the instruments on disk by symbol; new ones get the next number here."""
        self._writer = writer
        self._intake = writer.intake
        self._ids = ids
        self._next_id = max(ids.values(), default=0) + 1
        self._now_ms = now_ms
        self._on_audit = on_audit
        self._open_gaps: dict[tuple[str, str, int], Gap] = {}
        self._book_services: set[tuple[int, str]] = set()
        self._add_quote = writer.intake.quotes.append
        self._add_detail = writer.intake.details.append
        self._add_trade = writer.intake.trades.append
        self._add_book = writer.intake.books.append

    def record_quote(self, received_us: int, state: Quote) -> None:
        symbol = state.symbol
        number = self._ids.get(symbol) or self._allot(symbol)
        self._add_quote(
            QuoteRow(
                number,
                received_us,
                state.bid,
                state.ask,
                state.last,
                state.bid_size,
                state.ask_size,
                state.last_size,
                state.volume,
                state.quote_time,
                state.trade_time,
            )
        )

    def record_trade(self, received_us: int, trade: Trade) -> None:
        number = self._ids.get(trade.symbol) or self._allot(trade.symbol)
        self._add_trade(TradeRow(number, received_us, trade))

    def record_book(self, received_us: int, service: BookService, book: Book) -> None:
        number = self._ids.get(book.symbol) or self._allot(book.symbol)
        venue = service.value
        if (number, venue) not in self._book_services:
            self._book_services.add((number, venue))
            self._do(NoteBookService(number, venue))
        self._add_book((number, venue, received_us, book))

    def record_details(self, received_us: int, symbol: str, details: Mapping[str, str | int | float | bool]) -> None:
        number = self._ids.get(symbol) or self._allot(symbol)
        self._add_detail((number, received_us, details))

    def record_screener(self, received_us: int, service: str, screener: Screener) -> None:
        self._intake.screeners.append((screener.name, received_us, service, screener))

    def record_activity(self, received_us: int, activity: Activity) -> None:
        self._intake.activities.append((received_us, activity.account, activity.kind, activity.text))

    def record_headline(self, received_us: int, headline: Headline) -> None:
        h = headline
        self._intake.headlines.append(
            (received_us, h.time, h.story, h.text, " ".join(h.symbols), h.source, h.teaser),
        )

    def record_gap(self, gap: Gap) -> None:
        key = gap.service, gap.symbol, gap.from_ms
        if gap.to_ms is None:
            self._open_gaps[key] = gap
        else:
            self._open_gaps.pop(key, None)
        self._do(SaveGap(gap))

    def end_gaps(self) -> None:
        """Nobody listens any more: what is still missing is missing until now."""
        for gap in list(self._open_gaps.values()):
            self.record_gap(replace(gap, to_ms=max(gap.from_ms, self._now_ms())))

    def record_rejected(self, received_us: int, kind: str, raw: bytes, reason: str) -> None:
        self._intake.rejected.append((received_us, kind, reason, raw[:LARGEST_RAW]))

    def record_bars(self, bars: Sequence[Bar]) -> None:
        if not bars:
            return
        for symbol in {bar.symbol for bar in bars} - self._ids.keys():
            self._allot(symbol)
        ids = {bar.symbol: self._ids[bar.symbol] for bar in bars}
        self._do(SaveBars(tuple(bars), ids, self._now_ms()))

    def record_instruments(self, instruments: Sequence[Instrument]) -> None:
        numbered = [(self._ids.get(i.symbol) or self._allot(i.symbol), i) for i in instruments]
        if numbered:
            self._do(SaveInstruments(numbered))

    def record_coverage(self, symbol: str, interval: Interval, asked: Asked) -> None:
        number = self._ids.get(symbol) or self._allot(symbol)
        start, end, answer, *rest = asked
        self._do(SaveCoverage(number, interval.label, start, end, answer.value, *rest))

    def record_chain(self, slot: ChainSlot, chain: Chain | None = None) -> None:
        self._do(SaveChain(self.number_of(slot.symbol), slot, chain))

    def number_of(self, symbol: str) -> int:
        """The instrument's number, a new one where it has none yet."""
        return self._ids.get(symbol) or self._allot(symbol)

    def record_audit(self, kind: str, sentence: str) -> None:
        entry = AuditEntry(self._now_ms(), kind, sentence)
        self._do(SaveAudit(entry.at_ms, kind, sentence))
        self._on_audit(entry)

    def has_room(self) -> bool:
        return self._writer.has_room()

    async def flushed(self) -> None:
        await self._writer.flushed()

    def _allot(self, symbol: str) -> int:
        """Number a new instrument; its row is queued before any row that uses the number."""
        number = self._next_id
        self._next_id += 1
        self._ids[symbol] = number
        self._do(SaveInstruments([(number, Instrument(symbol))]))
        return number

    def _do(self, task: Task) -> None:
        self._intake.tasks.append((task, None))
