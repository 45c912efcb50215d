"""Doubles of every port in memory, and ``view_ports`` that hands them to a widget under test.

Widgets start coroutines through ``ports.tasks``. In an ``async def`` test these run on the test's loop: wait for
what they do with ``await until(lambda: …)``, which lets Qt and asyncio both go on. In a plain test there is no loop:
``InlineTasks`` then drives the coroutine at once, which the doubles allow because they never wait.
"""

import asyncio
import datetime
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication

from monitor.analysis.bars import aggregate
from monitor.analysis.budget import StreamPlaces
from monitor.analysis.coverage import Asked, Counts, DayCoverage, DayState, days_open, first_reachable
from monitor.analysis.repair import Expiring, Request
from monitor.errors import BadData, MonitorError, StoreUnavailable
from monitor.live.alerting import Alerting
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.daily_recipes import DailyRecipes
from monitor.live.events import WatchlistsChanged
from monitor.market.activity import Activity
from monitor.market.alert import Alert, Firing
from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, Interval, series
from monitor.market.book import Book, BookService
from monitor.market.calendar import at_new_york, from_ms, sessions
from monitor.market.chain import Chain
from monitor.market.chain_schedule import ChainSchedule, ChainSlot
from monitor.market.drawing import Drawing
from monitor.market.fundamentals import Fundamentals
from monitor.market.gap import Gap
from monitor.market.headline import Headline
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.screener import Ranked, Screener
from monitor.market.snapshot import Snapshot
from monitor.market.trade import Trade
from monitor.ports import (
    MOST_ROWS,
    USUAL_LIMIT,
    Asking,
    AuditEntry,
    ConnectionHealth,
    DatabaseCheck,
    ExportRequest,
    ExportResult,
    HistoryAnswer,
    ImportPreview,
    ImportRequest,
    ImportResult,
    InstrumentsAnswer,
    KeptSchedule,
    Layout,
    MarketHours,
    Moved,
    MoversAnswer,
    ProcessHealth,
    Profile,
    Projection,
    Provenance,
    QueryAnswer,
    QuotesAnswer,
    Recipes,
    Reconciliation,
    Recorded,
    Remark,
    RequestMeter,
    RequestRecord,
    ServiceHealth,
    SignInState,
    StorageRules,
    StoredTable,
    StoreMeter,
    StreamPhase,
    TierUse,
    Wanted,
    asked,
)
from monitor.schwab.services import MOST_SYMBOLS, SERVED, keys_by_service
from monitor.ui.chart.drawings.kept import KeptDrawings
from monitor.ui.chart.drawings.modes import DrawingModes
from monitor.ui.chart.undo_history import UndoHistory
from monitor.ui.tasks import Tasks
from monitor.ui.view_ports import ViewPorts

#: Friday 20 November 2026, 11:46:02 New York: the market is open.
NOW_MS = 1_795_193_162_000
INSTRUMENTS = (
    Instrument("AAPL", "Apple Inc", "NASDAQ", "EQUITY"),
    Instrument("AMD", "Advanced Micro Devices Inc", "NASDAQ", "EQUITY"),
    Instrument("MSFT", "Microsoft Corp", "NASDAQ", "EQUITY"),
    Instrument("NVDA", "NVIDIA Corp", "NASDAQ", "EQUITY"),
    Instrument("SPY", "SPDR S&P 500 ETF Trust", "NYSE Arca", "ETF"),
    Instrument("$SPX", "S&P 500 Index", "INDEX", "INDEX"),
)


def minutes(symbol: str = "AAPL", count: int = 390, end_ms: int = NOW_MS, first: float = 585.0) -> list[Bar]:
    """A plausible run of minute bars that ends with the minute before ``end_ms``; the same every time."""
    walk = np.random.default_rng(sum(symbol.encode()))
    closes = np.round(first + np.cumsum(walk.normal(0, 0.12, count)), 2)
    start = end_ms // 60_000 * 60_000 - count * 60_000
    bars, last = [], first
    for index, close in enumerate(closes.tolist()):
        high, low = max(last, close) + 0.05, min(last, close) - 0.05
        volume = int(walk.integers(2_000, 60_000))
        at = start + index * 60_000
        bars.append(Bar(symbol, Interval.M1, at, last, round(high, 2), round(low, 2), close, volume))
        last = close
    return bars


def _inside(bars: BarSeries, start_ms: int, end_ms: int) -> BarSeries:
    return bars[(bars["start"] >= start_ms) & (bars["start"] < end_ms)]


class FakeArchive:
    """Bars by (symbol, interval); longer intervals are made from what is there, as the store does."""

    def __init__(self, instruments: Sequence[Instrument] = INSTRUMENTS) -> None:
        self.stored: dict[tuple[str, Interval], BarSeries] = {}
        self.prints: dict[str, list[Trade]] = {}
        self.instruments = list(instruments)
        self.entries: list[AuditEntry] = []
        self.holes: list[Gap] = []
        self.covered: list[tuple[int, int]] = []
        self.failure: MonitorError | None = None

    def put(self, bars: Sequence[Bar]) -> None:
        """Store the bars, which are of one symbol and one interval and ascend."""
        self.stored[bars[0].symbol, bars[0].interval] = series(bars)

    async def audit(self, limit: int) -> list[AuditEntry]:
        if self.failure:
            raise self.failure
        return self.entries[:limit]

    async def bars(self, symbol: str, interval: Interval, start_ms: int = 0, end_ms: int = 2**62) -> BarSeries:
        if self.failure:
            raise self.failure
        known = self.stored.get((symbol, interval))
        if known is None:
            base = self.stored.get((symbol, Interval.M1 if interval.intraday else Interval.DAY))
            known = np.empty(0, BAR_DTYPE) if base is None else aggregate(base, interval)
        return _inside(known, start_ms, end_ms)

    async def coverage(self, symbol: str, interval: Interval) -> list[tuple[int, int]]:
        return self.covered

    async def gaps(self, symbol: str, start_ms: int = 0, end_ms: int = 2**62) -> list[Gap]:
        if self.failure:
            raise self.failure
        return [gap for gap in self.holes if gap.symbol in {"", symbol}]

    async def trades(self, symbol: str, limit: int) -> list[Trade]:
        if self.failure:
            raise self.failure
        return self.prints.get(symbol, [])[-limit:]

    async def find_instruments(self, text: str, limit: int = 20) -> list[Instrument]:
        if self.failure:
            raise self.failure
        return _matching(self.instruments, text)[:limit]


def _matching(instruments: Sequence[Instrument], text: str) -> list[Instrument]:
    wanted = text.upper()
    return [i for i in instruments if i.symbol.startswith(wanted) or wanted in i.description.upper()]


class FakeChains:
    """Schedules and moments in memory, and the snapshots asked for; implements ChainSchedules and ChainTaking."""

    def __init__(self, *kept: KeptSchedule, moments: Sequence[ChainSlot] = ()) -> None:
        self.kept = list(kept)
        self.moments = list(moments)
        self.taken: list[str] = []
        self.looks = 0
        self.trouble: StoreUnavailable | None = None

    async def all(self) -> list[KeptSchedule]:
        if self.trouble:
            raise self.trouble
        return sorted(self.kept, key=lambda each: each.schedule.symbol)

    async def put(self, schedule: ChainSchedule) -> None:
        await self.remove(schedule.symbol)
        self.kept.append(KeptSchedule(schedule, NOW_MS, 0))

    async def remove(self, symbol: str) -> None:
        self.kept = [each for each in self.kept if each.schedule.symbol != symbol]

    async def slots(self, symbol: str, limit: int) -> list[ChainSlot]:
        return [slot for slot in self.moments if slot.symbol == symbol][:limit]

    def take(self, symbol: str) -> None:
        self.taken.append(symbol)

    def look(self) -> None:
        self.looks += 1


class FakeWatchlists:
    """Named lists in memory; each change is told on the bus when there is one."""

    def __init__(self, lists: Mapping[str, Sequence[str]] | None = None, bus: Bus | None = None) -> None:
        self.lists = {name: list(symbols) for name, symbols in (lists or {}).items()}
        self._bus = bus

    async def all(self) -> dict[str, list[str]]:
        return {name: list(symbols) for name, symbols in self.lists.items()}

    async def create(self, name: str, symbols: Sequence[str] = ()) -> None:
        if not name.strip() or name in self.lists:
            raise BadData("A list needs a name of its own.")
        self.lists[name] = list(symbols)
        self._changed(name)

    async def rename(self, old: str, new: str) -> None:
        if not new.strip() or new in self.lists:
            raise BadData("A list needs a name of its own.")
        self.lists = {new if name == old else name: symbols for name, symbols in self.lists.items()}
        self._changed(new)

    async def remove(self, name: str) -> None:
        self.lists.pop(name, None)
        self._changed(name)

    async def set_symbols(self, name: str, symbols: Sequence[str]) -> None:
        self.lists[name] = list(symbols)
        self._changed(name)

    def _changed(self, name: str) -> None:
        if self._bus:
            self._bus.publish(WatchlistsChanged((name,)))


class FakeDrawings:
    """Drawings by symbol and id in memory; ``failure`` is raised instead of keeping or giving any."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Drawing]] = {}
        self.failure: MonitorError | None = None

    async def of(self, symbol: str) -> list[Drawing]:
        if self.failure:
            raise self.failure
        return sorted(self.kept.get(symbol, {}).values(), key=lambda each: each.place)

    async def keep(self, symbol: str, put: Sequence[Drawing], removed: Sequence[str] = ()) -> None:
        if self.failure:
            raise self.failure
        here = self.kept.setdefault(symbol, {})
        here.update({each.id: each for each in put})
        for each in removed:
            here.pop(each, None)


class FakeAlerts:
    """Alerts by id and firings in memory; ``failure`` is raised instead of keeping or giving any."""

    def __init__(self, *alerts: Alert, firings: Sequence[Firing] = ()) -> None:
        self.kept = {alert.id: alert for alert in alerts}
        self.ledger = list(firings)
        self.not_shown: list[Firing] = []
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None  # which keeping waits at

    async def all(self) -> list[Alert]:
        if self.failure:
            raise self.failure
        return list(self.kept.values())

    async def keep(
        self,
        put: Sequence[Alert],
        removed: Sequence[str] = (),
        firings: Sequence[Firing] = (),
        *,
        shown: bool = True,
    ) -> None:
        if self.failure:
            raise self.failure
        firings = tuple(firings)
        if self.gate:
            await self.gate.wait()
        self.kept.update({alert.id: alert for alert in put})
        for each in removed:
            self.kept.pop(each, None)
        new = [firing for firing in firings if firing not in self.ledger]
        self.ledger += new
        self.not_shown += [] if shown else new

    async def unshown(self) -> list[Firing]:
        return list(self.not_shown)

    async def note_shown(self) -> None:
        if self.failure:
            raise self.failure
        self.not_shown.clear()

    async def firings(self, symbol: str, limit: int = 500) -> list[Firing]:
        if self.failure:
            raise self.failure
        return [firing for firing in self.ledger if firing.symbol == symbol][-limit:]


class FakeExporter:
    """Counts to ``total`` in ``steps``; waits at ``gate`` after the first step when the test sets one."""

    def __init__(self, total: int = 1000, steps: int = 4) -> None:
        self.total, self.steps = total, steps
        self.requests: list[ExportRequest] = []
        self.tables: list[tuple[list[str], list[list[str]], Path]] = []
        self.layouts: list[Layout] = []
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None

    async def export(
        self, request: ExportRequest, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ExportResult | None:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        for step in range(1, self.steps + 1):
            progress(self.total * step // self.steps, self.total)
            if self.gate and step == 1:
                await self.gate.wait()
            if cancelled():
                return None
        return ExportResult(self.total, request.out)

    async def export_table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], out: Path, layout: Layout
    ) -> ExportResult:
        if self.failure:
            raise self.failure
        self.tables.append((list(header), [list(row) for row in rows], out))
        self.layouts.append(layout)
        return ExportResult(len(rows), out)

    def table_text(self, header: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout) -> str:
        return "".join("\t".join(row) + "\n" for row in (header, *rows))

    async def text(self, request: ExportRequest, most: int, cancelled: Callable[[], bool]) -> tuple[str, int] | None:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        return "symbol\tclose\nAAPL\t585.1\n", 1


class FakeImporter:
    """Finds ``found`` in every file, and takes ``taken`` bars of it."""

    def __init__(self) -> None:
        self.found = ImportPreview(2, ("AAPL",), (Interval.M1,), NOW_MS, NOW_MS + 60_000, (), 0, needs_zone=False)
        self.requests: list[ImportRequest] = []
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None

    async def preview(self, request: ImportRequest, cancelled: Callable[[], bool]) -> ImportPreview | None:
        if self.failure:
            raise self.failure
        return None if cancelled() else self.found

    async def run(
        self, request: ImportRequest, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ImportResult:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        progress(50, 100)
        if self.gate:
            await self.gate.wait()
        return ImportResult(self.found.bars, 1, 0, self.found.symbols, self.found.intervals, cancelled())


class FakeSignIn:
    """A sign-in that succeeds unless ``failure`` is set."""

    def __init__(self, signed_in: bool = True, configured: bool = True, kept_by: str = "keyring") -> None:
        self.signed_in = signed_in
        self.ended = False  # by Schwab, where not signed in
        self.notice = ""
        self.pages_opened: list[str] = []  # in the system's browser
        self.comes_back: asyncio.Event | None = None  # set when the browser does; without it, at once
        self.noticed: list[Remark] = []
        self.expires_ms: int | None = NOW_MS + (6 * 24 + 3) * 3_600_000 if signed_in else None
        self.configured = configured
        self.kept_by = kept_by
        self.client_id = "k" * 32 if configured else ""
        self.callback_url = "https://127.0.0.1:8182/"
        self.address = "http://127.0.0.1:9/v1/oauth/authorize?client_id=k&state=s"
        self.failure: MonitorError | None = None
        self.finished: list[str] = []
        self.configuration: tuple[str, str, str] | None = None
        self.passphrase = ""
        self.locked_by = ""  # the passphrase of a stored sign-in
        self.started_over = False

    @property
    def state(self) -> SignInState:
        if self.signed_in:
            return SignInState.SIGNED_IN
        return SignInState.ENDED if self.ended else SignInState.SIGNED_OUT

    @property
    def locked(self) -> bool:
        return bool(self.locked_by)

    def remarks(self, client_id: str, client_secret: str, callback_url: str) -> list[Remark]:
        return self.noticed

    def configure(self, client_id: str, client_secret: str, callback_url: str) -> None:
        if self.failure:
            raise self.failure
        self.configuration = (client_id, client_secret, callback_url)
        self.client_id, self.callback_url = client_id, callback_url
        self.configured = True

    async def keep_with_passphrase(self, passphrase: str) -> None:
        if self.failure:
            raise self.failure
        if self.locked_by:
            if passphrase != self.locked_by:
                raise BadData("This passphrase does not open the stored sign-in.")
            self.locked_by, self.signed_in, self.configured = "", True, True
        self.passphrase = passphrase
        self.kept_by = "passphrase"

    async def start_over(self) -> None:
        if self.failure:
            raise self.failure
        self.locked_by, self.started_over = "", True

    def begin(self) -> str:
        return self.address

    async def finish(self, redirected_url: str) -> None:
        self.finished.append(redirected_url)
        if self.failure:
            raise self.failure
        self.signed_in = True
        self.expires_ms = NOW_MS + 7 * 86_400_000

    async def finish_in_browser(self, open_page: Callable[[str], object]) -> None:
        open_page(self.begin())
        self.pages_opened.append(self.address)
        if self.comes_back is not None:
            await self.comes_back.wait()
        await self.finish(f"{self.callback_url}?code=x&state=s")

    async def sign_out(self) -> None:
        self.signed_in, self.expires_ms, self.configured = False, None, False


class FakeWatching:
    """Remembers what each owner wants."""

    def __init__(self) -> None:
        self.wishes: dict[str, Wanted] = {}
        self.refused: dict[str, str] = {}
        self.taken_back = 0
        self.others: dict[str, frozenset[str]] = {}  # places that are taken, by service

    def take_back(self) -> None:
        self.taken_back += 1

    @property
    def places(self) -> StreamPlaces:
        keys = keys_by_service(self.wanted)
        taken = {service: keys[service] | self.others.get(service, frozenset()) for service in keys}
        return StreamPlaces(SERVED, MOST_SYMBOLS, {service: names for service, names in taken.items() if names})

    def want(self, owner: str, wanted: Wanted) -> None:
        if wanted:
            self.wishes[owner] = wanted
        else:
            self.wishes.pop(owner, None)

    @property
    def wanted(self) -> Wanted:
        """The union of every owner's wishes."""
        union = Wanted()
        for wish in self.wishes.values():
            union |= wish
        return union


class FakeLoader:
    """Remembers which symbols' history was asked for and called off."""

    def __init__(self) -> None:
        self.ensured: list[str] = []
        self.cancelled: list[str] = []

    def ensure(self, symbol: str) -> None:
        self.ensured.append(symbol)

    def cancel(self, symbol: str) -> None:
        self.cancelled.append(symbol)


class FakeCoverage:
    """What is kept is complete unless a test says otherwise; so does it what expires and what differs."""

    def __init__(self, now_ms: Callable[[], int] = lambda: NOW_MS) -> None:
        self._now_ms = now_ms
        self.series: dict[str, frozenset[Interval]] = {}
        self.special: dict[tuple[str, datetime.date], DayCoverage] = {}
        self.leaving: list[Expiring] = []
        self.ledgers: dict[str, list[Asked]] = {}
        self.origins: dict[tuple[str, int], Provenance] = {}
        self.report = self.longer_report = Reconciliation(0, 0)
        self.failure: MonitorError | None = None
        self.asked: list[tuple[tuple[str, ...], Interval, datetime.date, datetime.date]] = []

    def keep(self, *symbols: str, interval: Interval = Interval.M1) -> None:
        """History of ``symbols`` was asked for: every day in reach is complete."""
        for symbol in symbols:
            self.series[symbol] = self.series.get(symbol, frozenset()) | {interval}

    def put(self, symbol: str, day: datetime.date, state: DayState, stored: int = 0, until_ms: int = 0) -> None:
        """How one day of a symbol stands, with so many bars from history."""
        start = at_new_york(day, datetime.time(0))
        in_reach = start >= first_reachable(Interval.M1, self._now_ms())
        self.special[symbol, day] = DayCoverage(day, state, 780, Counts(0, stored, 0), in_reach, until_ms)

    async def ledger(self, symbols: Sequence[str], interval: Interval) -> dict[str, list[Asked]]:
        self._fail()
        return {symbol: self.ledgers.get(symbol, []) for symbol in symbols}

    async def kept(self) -> dict[str, frozenset[Interval]]:
        self._fail()
        return dict(self.series)

    async def days(
        self, symbols: Sequence[str], interval: Interval, first: datetime.date, last: datetime.date
    ) -> dict[str, list[DayCoverage]]:
        self.asked.append((tuple(symbols), interval, first, last))
        self._fail()
        return {symbol: self._days(symbol, interval, first, last) for symbol in symbols}

    async def expiring(self, days: int = 7) -> list[Expiring]:
        self._fail()
        return self.leaving

    async def failed_due(self, now_ms: int) -> list[tuple[str, Interval, Asked]]:
        self._fail()
        return []

    async def provenance(self, symbol: str, interval: Interval, start_ms: int) -> Provenance | None:
        self._fail()
        return self.origins.get((symbol, start_ms))

    async def revised(
        self, symbol: str, interval: Interval, start_ms: int, end_ms: int, limit: int = 5000
    ) -> list[int]:
        self._fail()
        found = [each for (name, each), origin in self.origins.items() if name == symbol and origin.revisions]
        return sorted(each for each in found if start_ms <= each < end_ms)[:limit]

    async def reconciliation(self, start_ms: int, end_ms: int, limit: int = 1000) -> Reconciliation:
        self._fail()
        return self.report

    async def longer_bars(self, start_ms: int, end_ms: int, limit: int = 1000) -> Reconciliation:
        self._fail()
        return self.longer_report

    def _days(self, symbol: str, interval: Interval, first: datetime.date, last: datetime.date) -> list[DayCoverage]:
        kept, reach = interval in self.series.get(symbol, ()), first_reachable(interval, self._now_ms())
        found = []
        for day, start, end in days_open(interval, first, last, self._now_ms()):
            known = self.special.get((symbol, day))
            expected = (end - start) // interval.milliseconds if interval.intraday else 1
            if known is None and start < reach:
                known = DayCoverage(day, DayState.OUT_OF_REACH, expected, Counts(), in_reach=False)
            elif known is None and kept:
                known = DayCoverage(day, DayState.COMPLETE, expected, Counts(0, expected, 0), in_reach=True)
            found.append(known or DayCoverage(day, DayState.MISSING, expected, Counts(), in_reach=True))
        return found

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


class FakeRepair:
    """Plans a request a symbol for what its coverage lacks; what is started and called off is remembered."""

    def __init__(self, coverage: FakeCoverage) -> None:
        self._coverage = coverage
        self.started: list[tuple[tuple[str, ...], Interval, int, int, bool]] = []
        self.cancelled: list[str] = []
        self.planned = 0
        self.failure: MonitorError | None = None

    async def plan(
        self,
        symbols: Sequence[str],
        interval: Interval,
        start_ms: int = 0,
        end_ms: int = 2**62,
        *,
        again: bool = False,
    ) -> list[Request]:
        self.planned += 1
        if self.failure:
            raise self.failure
        lacking = {DayState.MISSING, DayState.PARTIAL, DayState.FAILED}
        first, last = (from_ms(min(ms, NOW_MS)).date() for ms in (max(start_ms, NOW_MS - 86_400_000 * 60), end_ms - 1))
        found = await self._coverage.days(symbols, interval, first, last)
        self._coverage.asked.pop()
        wanted = [s for s, days in found.items() if again or any(d.state in lacking and d.in_reach for d in days)]
        return [Request(symbol, interval, start_ms, end_ms, ((start_ms, end_ms),)) for symbol in wanted]

    def repair(
        self,
        symbols: Sequence[str],
        interval: Interval,
        start_ms: int = 0,
        end_ms: int = 2**62,
        *,
        again: bool = False,
    ) -> None:
        self.started.append((tuple(symbols), interval, start_ms, end_ms, again))

    def cancel(self, symbol: str) -> None:
        self.cancelled.append(symbol)

    def cancel_all(self) -> None:
        self.cancelled.append("*")


class FakeCare:
    """A database of ``tables`` that is sound unless ``problems`` are set; waits at ``gate`` after the first step."""

    def __init__(self) -> None:
        self.tables = ["audit", "bar", "book", "quote"]
        self.problems: tuple[str, ...] = ()
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None
        self.written: list[Path] = []

    async def check(
        self, progress: Callable[[int, int, str], None], cancelled: Callable[[], bool], full: bool = True
    ) -> DatabaseCheck | None:
        for done, table in enumerate(self.tables):
            progress(done, len(self.tables), table)
            if not await self._may_go_on(cancelled):
                return None
        return DatabaseCheck(NOW_MS, full, 1.5, self.problems)

    def proposed_backup(self) -> Path:
        return Path("backups") / "monitor-20261120-164602.db"

    async def back_up(
        self, out: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> int | None:
        for done in range(0, 4_000, 1_000):
            progress(done, 4_000)
            if not await self._may_go_on(cancelled):
                return None
        self.written.append(out)
        return 16_384_000

    async def _may_go_on(self, cancelled: Callable[[], bool]) -> bool:
        if self.failure:
            raise self.failure
        if self.gate:
            await self.gate.wait()
        return not cancelled()


class FakeDeletion:
    """Finds ``number`` bars wherever it is asked, and remembers what was deleted."""

    def __init__(self, number: int = 1560) -> None:
        self.number = number
        self.deleted: list[tuple[tuple[str, ...], Interval, int, int]] = []
        self.failure: MonitorError | None = None

    async def count(self, symbols: Sequence[str], interval: Interval, start_ms: int, end_ms: int) -> int:
        if self.failure:
            raise self.failure
        return self.number

    async def delete(self, symbols: Sequence[str], interval: Interval, start_ms: int, end_ms: int) -> int:
        if self.failure:
            raise self.failure
        self.deleted.append((tuple(symbols), interval, start_ms, end_ms))
        return self.number


class FakeHealth:
    """Figures that a test sets; what should be restarted is remembered."""

    def __init__(self) -> None:
        self.rows = [
            ServiceHealth("CHART_EQUITY", 3, 21_000, 0.1, 140.0, 640, 0, "Streaming."),
            ServiceHealth("LEVELONE_EQUITIES", 12, 300, 24.6, 38.0, 81_234, 0, "Streaming."),
            ServiceHealth("NASDAQ_BOOK", 1, 400, 2.0, 41.5, 5_120, 0, "Streaming."),
        ]
        self.line = ConnectionHealth(StreamPhase.LIVE, "Streaming.", NOW_MS - 3_700_000, 1, "streamer.example:443")
        self.load = ProcessHealth(182 * 1024 * 1024, 0.07)
        self.restarted: list[str] = []
        self.text = "Market Monitor 0.1.0: health of the sandbox\n"
        self.asked = 0

    def services(self) -> list[ServiceHealth]:
        self.asked += 1
        return self.rows

    def connection(self) -> ConnectionHealth:
        return self.line

    def process(self) -> ProcessHealth:
        return self.load

    def restart(self, service: str = "") -> None:
        self.restarted.append(service)

    def report(self) -> str:
        return self.text


class FakeFrames:
    """Counts nothing by itself; ``failure`` is what starting it raises."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.frames = 0
        self.failure: MonitorError | None = None

    def start(self, path: Path) -> None:
        if self.failure:
            raise self.failure
        self.path, self.frames = path, 0

    def stop(self) -> None:
        self.path = None


class FakeMeters:
    """Figures that a test sets."""

    def __init__(self) -> None:
        self.now = NOW_MS
        self.request_meter = RequestMeter(7, 110, 0)
        self.store_meter = StoreMeter(0, 12_400, 128 * 1024 * 1024)
        self.age_ms: int | None = 300
        self.lag_ms: float | None = 40.0

    def requests(self) -> RequestMeter:
        return self.request_meter

    def store(self) -> StoreMeter:
        return self.store_meter

    def stream_age_ms(self) -> int | None:
        return self.age_ms

    def stream_lag_ms(self) -> float | None:
        return self.lag_ms

    def now_ms(self) -> int:
        return self.now


class FakeUsage:
    """What a test says was recorded."""

    def __init__(self, recorded: Recorded | None = None) -> None:
        self.found = recorded or Recorded(free_bytes=200e9)
        self.failure: MonitorError | None = None

    async def recorded(self) -> Recorded:
        if self.failure:
            raise self.failure
        return self.found


class FakeRequests:
    """Requests that a test lists, and a limit."""

    def __init__(self) -> None:
        self.limit = USUAL_LIMIT
        self.records: list[RequestRecord] = []
        self.asked = 0

    def set_limit(self, limit: int) -> None:
        self.limit = limit

    def newest(self) -> list[RequestRecord]:
        self.asked += 1
        return list(self.records)


class FakePreferences:
    """Settings in two dictionaries."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}

    def get(self, key: str, default: str = "") -> str:
        return self.texts.get(key, default)

    def set(self, key: str, value: str) -> None:
        self.texts[key] = value

    def get_bytes(self, key: str) -> bytes:
        return self.blobs.get(key, b"")

    def set_bytes(self, key: str, value: bytes) -> None:
        self.blobs[key] = value


class FakeHistory:
    """Answers from what it is given; market hours follow the exchange's rules."""

    def __init__(self, instruments: Sequence[Instrument] = INSTRUMENTS) -> None:
        self.days: dict[str, list[Bar]] = {}
        self.minutes: dict[str, list[Bar]] = {}
        self.instruments = list(instruments)
        self.hours: MarketHours | None = None
        self.failure: MonitorError | None = None

    async def bars(self, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> HistoryAnswer:
        self._fail()
        known = (self.minutes if interval.intraday else self.days).get(symbol, [])
        found = tuple(bar for bar in known if bar.interval is interval and start_ms <= bar.start < end_ms)
        return HistoryAnswer(found, is_empty=not known)

    async def find_instruments(self, text: str) -> list[Instrument]:
        self._fail()
        wanted = {part.strip().upper() for part in text.split(",")}
        return [instrument for instrument in self.instruments if instrument.symbol in wanted]

    async def search_instruments(self, text: str) -> list[Instrument]:
        self._fail()
        return _matching(self.instruments, text)

    async def market_hours(self, day: str = "") -> MarketHours:
        self._fail()
        if self.hours:
            return self.hours
        date = datetime.date.fromisoformat(day) if day else from_ms(NOW_MS).date()
        spans = [((session.start, session.end),) for session in sessions(date)]
        return MarketHours(date.isoformat(), bool(spans), *spans)

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


class FakeMovers:
    """Lists by (list, sort, minutes), or ``usual``; waits at ``gate`` where a test sets one."""

    def __init__(self, *usual: Ranked) -> None:
        self.usual = usual
        self.lists: dict[tuple[str, str, int], tuple[Ranked, ...]] = {}
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None
        self.asked: list[tuple[str, str, int]] = []
        self.askings: list[Asking] = []

    async def movers(self, name: str, sort: str = "VOLUME", minutes: int = 0) -> MoversAnswer:
        self.asked.append((name, sort, minutes))
        self.askings.append(asked())
        if self.gate:
            await self.gate.wait()
        if self.failure:
            raise self.failure
        return MoversAnswer(Screener("", NOW_MS, sort, minutes, self.lists.get((name, sort, minutes), self.usual)), {})


class FakeQueries:
    """Answers every query with ``answer``, or raises ``failure``; waits at ``gate`` where a test sets one."""

    def __init__(self, answer: QueryAnswer | None = None) -> None:
        self.answer = answer or QueryAnswer(("symbol", "last"), [("AAPL", 214.5), ("MSFT", None)], 0.012)
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None
        self.asked: list[str] = []
        self.exported: list[tuple[str, Path]] = []
        self.stored = [
            StoredTable("quote", "table", (("instrument_id", "INTEGER"), ("received_us", "INTEGER"), ("bid", "ANY"))),
            StoredTable("trade", "table", (("instrument_id", "INTEGER"), ("price", "ANY"))),
        ]

    async def ask(self, sql: str, limit: int = MOST_ROWS) -> QueryAnswer:
        self.asked.append(sql)
        await self._wait()
        return self.answer

    async def export(self, sql: str, out: Path, progress: Callable[[int], None]) -> ExportResult:
        self.exported.append((sql, out))
        progress(500)
        await self._wait()
        return ExportResult(1200, out)

    async def tables(self) -> list[StoredTable]:
        if self.failure:
            raise self.failure
        return self.stored

    async def _wait(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure:
            raise self.failure


class FakeInstruments:
    """Instruments and fundamentals by symbol; waits at ``gate`` where a test sets one."""

    def __init__(self, *facts: Fundamentals, instruments: Sequence[Instrument] = INSTRUMENTS) -> None:
        self.facts = {each.symbol: each for each in facts}
        self.known = {each.symbol: each for each in instruments}
        self.failure: MonitorError | None = None
        self.gate: asyncio.Event | None = None
        self.asked: list[str] = []
        self.given_up: list[str] = []

    async def instruments(self, text: str, projection: Projection = Projection.SYMBOL) -> InstrumentsAnswer:
        self.asked.append(text)
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up.append(text)
            raise
        if self.failure:
            raise self.failure
        found = [self.known[text]] if text in self.known else []
        facts = {text: self.facts[text]} if projection is Projection.FUNDAMENTAL and text in self.facts else {}
        return InstrumentsAnswer(tuple(found), facts, {})

    async def instrument_of_cusip(self, cusip: str) -> Instrument | None:
        return None

    async def fundamentals(self, symbols: Sequence[str]) -> Mapping[str, Fundamentals]:
        return {symbol: self.facts[symbol] for symbol in symbols if symbol in self.facts}


class FakeQuotes:
    """Snapshots by symbol; what is not among them is not known."""

    def __init__(self, *snapshots: Snapshot) -> None:
        self.snapshots = {each.quote.symbol: each for each in snapshots}
        self.failure: MonitorError | None = None
        self.asked: list[tuple[str, ...]] = []

    async def quotes(
        self, symbols: Sequence[str], batch: int = 100, on_progress: Callable[[int, int], None] = lambda *_: None
    ) -> QuotesAnswer:
        self.asked.append(tuple(symbols))
        if self.failure:
            raise self.failure
        found = {symbol: self.snapshots[symbol] for symbol in symbols if symbol in self.snapshots}
        return QuotesAnswer(found, tuple(symbol for symbol in symbols if symbol not in found), {})


class FakeRecorder:
    """Keeps everything recorded, in order, in lists."""

    def __init__(self) -> None:
        self.quotes: list[tuple[int, Quote]] = []
        self.trades: list[tuple[int, Trade]] = []
        self.books: list[tuple[int, BookService, Book]] = []
        self.bars: list[Bar] = []
        self.instruments: list[Instrument] = []
        self.coverage: list[tuple[str, Interval, Asked]] = []
        self.details: list[tuple[int, str, Mapping[str, Any]]] = []
        self.screeners: list[tuple[int, str, Screener]] = []
        self.activities: list[tuple[int, Activity]] = []
        self.headlines: list[tuple[int, Headline]] = []
        self.gaps: list[Gap] = []
        self.rejected: list[tuple[int, str, bytes, str]] = []
        self.audits: list[tuple[str, str]] = []
        self.chains: list[tuple[ChainSlot, Chain | None]] = []

    def record_chain(self, slot: ChainSlot, chain: Chain | None = None) -> None:
        self.chains.append((slot, chain))

    def record_quote(self, received_us: int, state: Quote) -> None:
        self.quotes.append((received_us, state))

    def record_trade(self, received_us: int, trade: Trade) -> None:
        self.trades.append((received_us, trade))

    def record_book(self, received_us: int, service: BookService, book: Book) -> None:
        self.books.append((received_us, service, book))

    def record_details(self, received_us: int, symbol: str, details: Mapping[str, str | int | float | bool]) -> None:
        self.details.append((received_us, symbol, details))

    def record_screener(self, received_us: int, service: str, screener: Screener) -> None:
        self.screeners.append((received_us, service, screener))

    def record_activity(self, received_us: int, activity: Activity) -> None:
        self.activities.append((received_us, activity))

    def record_headline(self, received_us: int, headline: Headline) -> None:
        self.headlines.append((received_us, headline))

    def record_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def record_rejected(self, received_us: int, kind: str, raw: bytes, reason: str) -> None:
        self.rejected.append((received_us, kind, raw, reason))

    def record_bars(self, bars: Sequence[Bar]) -> None:
        self.bars.extend(bars)

    def record_instruments(self, instruments: Sequence[Instrument]) -> None:
        self.instruments.extend(instruments)

    def record_coverage(self, symbol: str, interval: Interval, asked: Asked) -> None:
        self.coverage.append((symbol, interval, asked))

    def record_audit(self, kind: str, sentence: str) -> None:
        self.audits.append((kind, sentence))

    def has_room(self) -> bool:
        return True

    async def flushed(self) -> None:
        return


class InlineTasks(Tasks):
    """The real thing where a loop runs; elsewhere the coroutine is driven to its end at once."""

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._drive(self._guard(name, work))
        return super().start(name, work)

    def _drive(self, work: Coroutine[Any, Any, None]) -> Any:
        try:
            work.send(None)
        except StopIteration:
            return None
        work.close()
        raise AssertionError("this coroutine waits: make the test an async one")


class FakeTiers:
    """Tiers with the uses it is given; a move tells ``steps`` one by one, and can be called off between them."""

    def __init__(self, uses: Sequence[TierUse] = (), freed: Sequence[TierUse] = (), due: int = 0) -> None:
        self.kept, self.would_free, self.days_due = list(uses), list(freed), due
        self.steps = ["Writing the prints of 2025-05-01…"]
        self.came_to = Moved(days=1, rows=10)
        self.unreadable: list[str] = []
        self.adopted = Moved()
        self.doubts: list[bool] = []
        self.failure: MonitorError | None = None
        self.moved_by: list[StorageRules] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def uses(self) -> Sequence[TierUse]:
        if self.failure:
            raise self.failure
        return self.kept

    async def missing(self) -> Sequence[str]:
        return self.unreadable

    async def due(self, rules: StorageRules) -> int:
        return self.days_due

    async def freed(self, rules: StorageRules) -> Sequence[TierUse]:
        rules.check()
        return self.would_free if rules.keep else []

    def in_doubt(self) -> bool:
        return self.doubts.pop() if self.doubts else False

    async def adopt(self, rules: StorageRules) -> Moved:
        return self.adopted

    async def move(
        self, rules: StorageRules, progress: Callable[[str], None], cancelled: Callable[[], bool], gently: bool = False
    ) -> Moved:
        rules.check()
        self.moved_by.append(rules)
        for step in self.steps:
            progress(step)
            await self.go_on.wait()
            if cancelled():
                return Moved()
        return self.came_to


def fake_alerting(alerts: FakeAlerts, given: Mapping[str, Any]) -> Alerting:
    """Real alerting over doubles; nothing runs it, so that what is put stays in memory."""
    parts = [given[name] for name in ("archive", "board", "watching", "bus")]
    return Alerting(alerts, *parts, lambda: NOW_MS)


def view_ports(**overrides: Any) -> ViewPorts:
    """ViewPorts of doubles on one bus; any of them can be given by name (``archive=…``, ``meters=…``).

    So can the ``alerts`` that the alerting reads, and the ``drawn`` that drawings are kept by.
    """
    bus: Bus = overrides.get("bus") or Bus()
    coverage = overrides.get("coverage") or FakeCoverage()
    ports: dict[str, Any] = {
        "bus": bus,
        "board": Board(),
        "archive": FakeArchive(),
        "care": FakeCare(),
        "chain_schedules": FakeChains(),
        "chains": FakeChains(),
        "coverage": coverage,
        "deletion": FakeDeletion(),
        "exporter": FakeExporter(),
        "health": FakeHealth(),
        "history": FakeHistory(),
        "importer": FakeImporter(),
        "instruments": FakeInstruments(),
        "loader": FakeLoader(),
        "meters": FakeMeters(),
        "movers": FakeMovers(),
        "preferences": FakePreferences(),
        "profile": Profile(sandbox=True, data_dir=Path("unused")),
        "queries": FakeQueries(),
        "quotes": FakeQuotes(),
        "recorder": FakeRecorder(),
        "requests": FakeRequests(),
        "repair": FakeRepair(coverage),
        "sign_in": FakeSignIn(),
        "tasks": InlineTasks(bus),
        "tiers": FakeTiers(),
        "undo_history": UndoHistory(),
        "usage": FakeUsage(),
        "watching": FakeWatching(),
        "watchlists": FakeWatchlists({"Tech": ["AAPL", "MSFT", "NVDA"]}, bus),
    }
    given = ports | overrides
    alerts = given.pop("alerts", None) or FakeAlerts()
    given.setdefault("alerting", fake_alerting(alerts, given))
    recipes = Recipes(given["preferences"])
    work = given["exporter"], given["recorder"], bus
    sandbox, now_ms = given["profile"].sandbox, given["meters"].now_ms
    given.setdefault("recipes", DailyRecipes(recipes, *work, sandbox=sandbox, now_ms=now_ms))
    drawn = given.pop("drawn", None) or FakeDrawings()
    given.setdefault("drawings", KeptDrawings(drawn, given["undo_history"], given["tasks"], bus))
    given.setdefault("drawing_modes", DrawingModes(given["preferences"]))
    return ViewPorts(**given)


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Let Qt and asyncio go on until ``condition`` holds; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        application = QApplication.instance()
        if application is not None:
            application.processEvents()
        await asyncio.sleep(0.002)


def open_day(day_ms: int = NOW_MS) -> int:
    """09:30 New York of the day that holds ``day_ms``, in ms UTC."""
    moment = from_ms(day_ms)
    return at_new_york(moment.date(), moment.time().replace(hour=9, minute=30, second=0, microsecond=0))
