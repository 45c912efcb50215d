"""Where the parts are joined: the same services for every program, started in order and stopped in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.apps.database import check_after_unclean_exit, open_database
from monitor.apps.health import stream_health
from monitor.apps.meters import LiveMeters
from monitor.apps.opening import Unwatched, Watch
from monitor.apps.spine import Spine
from monitor.clock import now_ms
from monitor.collect.away import WhileAway
from monitor.collect.chain_snapshots import ChainSnapshots
from monitor.collect.quotes_on_request import QuotesOnRequest
from monitor.collect.repair import Repair
from monitor.collect.streaming import Streaming
from monitor.collect.subscriptions import Subscriptions
from monitor.collect.upkeep import Upkeep
from monitor.errors import SignInNeeded
from monitor.live.alerting import Alerting
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.daily_recipes import DailyRecipes
from monitor.live.events import GapChanged, Level, Notice, SignInChanged
from monitor.live.frames import Frames
from monitor.live.health import StreamHealth
from monitor.live.receive import ReceiveClock
from monitor.live.sign_in_clock import SignInClock
from monitor.market.book import BookService
from monitor.market.calendar import around_the_clock, sessions
from monitor.market.gap import Cause, Gap
from monitor.market.hours import Hours
from monitor.ports import (
    USUAL_LIMIT,
    Preferences,
    Priority,
    Recipes,
    Requests,
    SignInState,
    StorageRules,
    asking,
)
from monitor.schwab.address import Address
from monitor.schwab.frame_file import FrameRecording
from monitor.schwab.keystore import system_store
from monitor.schwab.limit import RequestBudget
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.proxy import SystemWay
from monitor.schwab.rest import SchwabMarketData, market_client
from monitor.schwab.sent_file import SentFile
from monitor.schwab.stream import SchwabStream
from monitor.schwab.timing import Timing
from monitor.schwab.tokens import Vault
from monitor.schwab.transport import SchwabTransport
from monitor.store import Store
from monitor.store.tiers.nightly import NightlyMove

DATABASE = "monitor.db"
SENT = "requests.sent"
#: A minute's bar can still be on its way this long after the minute began.
_BAR_LATE_MS = 90_000
_TIMING = Timing()
_UNWATCHED = Unwatched()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that runs without a screen."""

    bus: Bus
    board: Board
    store: Store
    sign_in: SchwabSignIn
    history: SchwabMarketData
    repair: Repair
    chains: ChainSnapshots
    subscriptions: Subscriptions
    streaming: Streaming
    alerting: Alerting
    meters: LiveMeters
    health: StreamHealth
    frames: FrameRecording
    requests: Requests
    spine: Spine
    greetings: tuple[Notice, ...]  # what happened before anybody could hear it
    shows: bool  # whether a person sees what is told

    def recipes_of(self, preferences: Preferences, *, sandbox: bool) -> DailyRecipes:
        """The recipes that a profile has among its ``preferences``; who keeps their ``run`` has the daily ones made."""
        store = self.store
        return DailyRecipes(
            Recipes(preferences), store.exporter, store.recorder, self.bus, sandbox=sandbox, shows=self.shows
        )

    def greet(self) -> None:
        """Tell the greetings, once there is somebody to hear them."""
        for greeting in self.greetings:
            self.bus.publish(greeting)
        self.store.recoveries_told()

    def tell_take_over(self, sentence: str) -> None:
        """Note that the profile came from, or goes to, another program."""
        self.store.recorder.record_audit("take-over", sentence)
        self.bus.publish(Notice(Level.INFO, sentence))


@asynccontextmanager
async def running_services(
    address: Address,
    folder: Path,
    hours: Callable[[], Hours] = lambda: Hours.ALWAYS,
    timing: Timing = _TIMING,
    limit: int = USUAL_LIMIT,
    storage: Callable[[], StorageRules] = StorageRules,
    *,
    keeps_history: bool = False,
    shows: bool = False,
    watch: Watch = _UNWATCHED,
) -> AsyncIterator[Services]:
    """The services over the database in ``folder``, running; on leaving they log out, flush and close.

    The stream stops outside ``hours``; at most ``limit`` requests are sent in any 60 seconds; old rows move by the
    rules of ``storage``. With ``keeps_history``, as a window has it, what is on disk of the watched symbols' history is
    kept whole; without it only holes of the stream are filled. ``shows`` is whether a person sees what is told: what
    fires or fails otherwise waits for the next program that has one. ``watch`` shows how far the opening of the
    database is.
    Raises StoreUnavailable when the database cannot be opened, and OpeningStopped when the watcher does not want it.
    """
    stack = AsyncExitStack()
    try:
        yield await _start(stack, address, folder, hours, timing, limit, storage, keeps_history, shows, watch)
    finally:
        await _uncut(stack.aclose())


async def _start(
    stack: AsyncExitStack,
    address: Address,
    folder: Path,
    hours: Callable[[], Hours],
    timing: Timing,
    limit: int,
    storage: Callable[[], StorageRules],
    keeps_history: bool,
    shows: bool,
    watch: Watch,
) -> Services:
    """Start each service, and leave to ``stack`` how it ends."""
    bus = Bus()
    store, greetings = await open_database(folder / DATABASE, address.sandbox, bus, watch)
    stack.push_async_callback(store.close)
    transport = SchwabTransport(address, RequestBudget(limit, file=SentFile(folder / SENT)), inner=SystemWay())
    stack.push_async_callback(transport.aclose)
    sign_in = SchwabSignIn(
        address,
        Vault(folder, system_store(address.keyring_service)),
        transport,
        on_change=lambda *change: bus.publish(SignInChanged(*change)),
        on_audit=store.recorder.record_audit,
    )
    client = market_client(sign_in, transport)
    stack.push_async_callback(client.close_async_session)
    stack.push_async_callback(sign_in.close)  # before the client, which closes the transport under a renewal
    history = SchwabMarketData(client)
    frames = FrameRecording(on_trouble=lambda sentence: _warn(bus, sentence))
    stack.callback(frames.stop)
    board = Board()
    stream = SchwabStream(
        client,
        sign_in,
        address,
        on_refused=lambda refused: _take_refused(services, refused),
        quotes=history,
        newest=lambda service, symbol: _newest(board, service, symbol),
        book_services=store.book_services(),
        hours=hours,
        trading=Hours.ALWAYS if address.sandbox else Hours.EXTENDED,
        timing=timing,
        frames=frames,
    )
    receive = ReceiveClock(store.last_received_us())
    streaming = Streaming(board, store.recorder, receive, bus)
    # The sandbox's market goes on when New York's has closed.
    trading = around_the_clock if address.sandbox else sessions
    repair = Repair(history, store.coverage, store.recorder, bus, trading=trading)
    chains = ChainSnapshots(history, store.chain_schedules, store.recorder, bus, trading=trading)
    subscriptions = Subscriptions(stream)
    alerting = Alerting(
        *(store.alerts, store.archive, board, subscriptions, bus),
        trading=trading,
        refill=repair.search,
        shows=shows,
    )
    health = stream_health(bus, address, stream, streaming, subscriptions, store)
    meters = LiveMeters(transport.meter, store.meter, streaming.age_ms, health.lag_ms)
    stack.callback(health.close)
    spine = Spine(bus)
    services = Services(
        *(bus, board, store, sign_in, history, repair, chains, subscriptions, streaming, alerting),
        *(meters, health, frames),
        transport,
        spine,
        greetings,
        shows,
    )
    await sign_in.load()
    stack.callback(bus.listen(SignInChanged, lambda change: _hold_or_resume(repair, change.signed_in)))
    _hold_or_resume(repair, sign_in.signed_in)
    stack.callback(bus.listen(GapChanged, lambda change: _refill(services, change.gap)))
    stack.push_async_callback(spine.close)
    spine.keep("screen", Frames(board, bus).run)
    spine.keep("history download", repair.run)
    upkeep = Upkeep(
        repair,
        store.coverage,
        store.watchlists,
        lambda: subscriptions.union.bars,
        keeps=keeps_history,
        trading=trading,
    )
    spine.keep("upkeep of history", upkeep.run)
    spine.keep("snapshots of option chains", chains.run)
    if keeps_history:
        away = WhileAway(bus, board, store.watchlists, sign_in, store.last_received_us() // 1000)
        spine.keep("account of the time away", away.run)
        beside = QuotesOnRequest(
            *(history, board, sign_in, lambda: subscriptions.union.quotes, lambda: streaming.phase), trading=trading
        )
        spine.keep("quotes on request", beside.run)
    spine.keep("alerting", alerting.run)
    spine.keep("check of the database", lambda: check_after_unclean_exit(store, bus))
    moving = NightlyMove(
        store.tiers,
        storage,
        lambda sentence: _warn(bus, sentence),
        lambda sentence: bus.publish(Notice(Level.INFO, sentence)),
    )
    spine.keep("move of old rows", moving.run)
    spine.keep("token renewal", sign_in.keep_fresh)
    spine.keep("sign-in clock", SignInClock(sign_in, bus, now_ms, asyncio.sleep).run)
    spine.keep("stream", lambda: _stream_while_signed_in(stream, services))
    return services


async def _uncut(closing: Coroutine[Any, Any, None]) -> None:
    """Wait for the end of ``closing``, although somebody wants the program to end meanwhile: that is what it does."""
    task = asyncio.create_task(closing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _refill(services: Services, gap: Gap) -> None:
    """When a hole is over, history fills the minutes that the stream did not bring."""
    if gap.to_ms is None or not gap.service.startswith("CHART_"):
        return
    since = (gap.from_ms - _BAR_LATE_MS) // 60_000 * 60_000
    for symbol in sorted(services.subscriptions.union.bars):
        if gap.symbol in {"", symbol}:
            services.repair.refill(symbol, since)


def _newest(board: Board, service: str, symbol: str) -> int | None:
    """The time of the newest that the stream brought of a symbol; None where it cannot be compared with a quote."""
    if service.endswith("_BOOK"):
        book = board.books(symbol).get(BookService(service))
        return book.time or None if book is not None else None
    quote = board.quote(symbol)
    if quote is None or quote.delayed:
        return None
    return max(quote.quote_time or 0, quote.trade_time or 0) or None


def _hold_or_resume(repair: Repair, signed_in: bool) -> None:
    if signed_in:
        repair.resume()
    else:
        repair.hold()


async def _stream_while_signed_in(stream: SchwabStream, services: Services) -> None:
    """Run the stream whenever there is a sign-in; it goes on while one is renewed, or after one has ended."""
    changed = asyncio.Event()
    run: asyncio.Task[None] | None = None

    def hear(change: SignInChanged) -> None:
        changed.set()
        if run is not None and change.state is SignInState.SIGNED_OUT:
            run.cancel()

    stop_listening = services.bus.listen(SignInChanged, hear)
    try:
        while True:
            changed.clear()
            if services.sign_in.signed_in:
                with asking(Priority.STREAM):
                    run = asyncio.create_task(stream.run(services.streaming), name="stream")
                await asyncio.wait({run})
                if run.cancelled():
                    stream.miss(Cause.SIGN_IN, "Signed out.")
                _tell_end(run, services.bus)
            await changed.wait()
    finally:
        stop_listening()
        if run is not None:
            run.cancel()
            await asyncio.wait({run})
        stream.end_holes()


def _tell_end(run: "asyncio.Task[None]", bus: Bus) -> None:
    """Why the stream ended: a sign-out, or the need to sign in again. Raises whatever else it was."""
    if run.cancelled():
        return
    error = run.exception()
    if isinstance(error, SignInNeeded):
        _warn(bus, error.sentence)
    elif error is not None:
        raise error


def _take_refused(services: Services, refused: Mapping[str, str]) -> None:
    """Keep what the streamer refuses, and name what is newly refused."""
    new = sorted(refused.keys() - services.subscriptions.refused.keys())
    services.subscriptions.take_refused(refused)
    if new:
        _warn(services.bus, f"The streamer does not send all of {', '.join(new)}: {refused[new[0]]}")


def _warn(bus: Bus, sentence: str) -> None:
    bus.publish(Notice(Level.WARNING, sentence))
