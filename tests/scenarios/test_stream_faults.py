"""Each fault of a stream, from a sandbox that plays it: the stream is back, whole, and the hole is on record.

After each: everything wanted is on the wire and heard again, every item that was received is on disk, and the holes
have their cause and an end.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monitor.apps import wiring
from monitor.apps.wiring import Services, running_services
from monitor.live.events import BoardChanged, StreamChanged
from monitor.market.gap import Cause
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.stream import SchwabStream
from monitor.schwab.timing import Timing
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture

SYMBOLS = frozenset({"AAPL", "F", "SPY"})
WANTED = Wanted(SYMBOLS, frozenset({"AAPL", "F"}), frozenset({"AAPL", "F"}))
QUOTES = "LEVELONE_EQUITIES"
#: The deadlines of minutes in seconds, and those of seconds in tenths.
HURRIED = Timing(
    look=0.05,
    answer=0.5,
    silence=1.6,
    ping=1.2,
    pong=0.3,
    unheard=1.5,
    unheard_intervals=2,
    probe=1.0,
    probes_apart=0.1,
    newer=1.0,
    grace=0.5,
    longest_delay=0.2,
)
#: Enough for a busy machine; how soon it is back on an idle one is what ``benchmarks.recovery`` measures.
SECONDS_BACK = 60.0
STORM_SECONDS = 600.0


class Clocks:
    """Those of the machine, which a test can let sleep or set."""

    def __init__(self) -> None:
        self.slept = self.set_by = 0.0

    def since_boot(self) -> float:
        return time.monotonic() + self.slept

    def now_ms(self) -> int:
        return round((time.time() + self.slept + self.set_by) * 1000)


class Scene:
    """Running services with what they told."""

    def __init__(self, services: Services, folder: Path, clocks: Clocks) -> None:
        self.services = services
        self.folder = folder
        self.clocks = clocks
        self.phases: list[StreamPhase] = []
        self.sentences: list[str] = []
        self.quotes: set[str] = set()
        self.books: set[str] = set()
        services.bus.listen(StreamChanged, self._take_phase)
        services.bus.listen(BoardChanged, self._take_changes)

    def _take_phase(self, change: StreamChanged) -> None:
        self.phases.append(change.phase)
        self.sentences.append(change.sentence)
        if change.phase in {StreamPhase.SUBSCRIBING, StreamPhase.CONNECTING}:
            self.forget()

    def _take_changes(self, changed: BoardChanged) -> None:
        self.quotes |= changed.quotes
        self.books |= changed.books

    def forget(self) -> None:
        """What counts from now on is what comes from now on."""
        self.services.board.changes()
        self.quotes, self.books = set(), set()

    def on_wire(self) -> dict[str, int]:
        """How many keys the streamer has of each service; books are heard of, whichever service has them."""
        services = self.services.health.services()
        return {each.service: each.symbols for each in services if not each.service.endswith("_BOOK")}

    @property
    def connections(self) -> int:
        return self.phases.count(StreamPhase.SUBSCRIBING)

    def has_everything(self) -> bool:
        return self.quotes >= SYMBOLS and self.books == WANTED.books and self.phases[-1] is StreamPhase.LIVE

    async def is_back(self, connections: int = 2) -> None:
        """Streaming everything again."""
        await until(lambda: self.connections >= connections and self.has_everything(), SECONDS_BACK)
        assert self.services.subscriptions.refused == {}

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'monitor.db'}?mode=ro", uri=True)) as database:
            return database.execute(sql, values).fetchall()

    async def holes(self) -> dict[tuple[str, str], tuple[str, int, int | None]]:
        """The newest hole of each service and symbol, as it is on disk."""
        await self.services.store.recorder.flushed()
        found = self.rows("SELECT service, symbol, cause, from_ms, to_ms FROM gap ORDER BY from_ms")
        return {(service, symbol): tuple(rest) for service, symbol, *rest in found}

    async def closed_holes(self) -> dict[tuple[str, str], tuple[str, int, int]]:
        """The same once all are over: a symbol's own ends with the next look at what came."""
        async with asyncio.timeout(SECONDS_BACK):
            while True:
                holes = {key: (cause, begin, end) for key, (cause, begin, end) in (await self.holes()).items() if end}
                if len(holes) == len(await self.holes()):
                    return holes
                await asyncio.sleep(0.02)

    async def assert_hole(self, cause: Cause, since_ms: int) -> None:
        """All services have a hole that is over, whose begin is what was last heard and no later than the loss."""
        holes = await self.closed_holes()
        assert {QUOTES, "CHART_EQUITY"} <= {service for service, symbol in holes if not symbol}
        for found_cause, from_ms, to_ms in holes.values():
            assert found_cause == cause
            assert since_ms - 10_000 < from_ms <= to_ms

    async def assert_nothing_lost(self) -> None:
        """What was received is on disk, item by item."""
        await self.services.store.recorder.flushed()
        assert self.rows("SELECT count(*) FROM quote")[0][0] == self.services.streaming.tally.items[QUOTES]


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _without_faults(sandbox: RunningSandbox) -> None:
    sandbox.clear_faults()


@pytest.fixture
def stream(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Timing], Any]:
    clocks = Clocks()
    seams = {"clock": clocks.since_boot, "awake": time.monotonic, "now_ms": clocks.now_ms}
    monkeypatch.setattr(wiring, "SchwabStream", partial(SchwabStream, **seams))

    @asynccontextmanager
    async def start(timing: Timing = HURRIED, *, live: bool = True) -> AsyncIterator[Scene]:
        address = Address.of_sandbox(sandbox.base_url)
        async with running_services(address, tmp_path, timing=timing) as services:
            details = await sandbox_details(sandbox.base_url)
            services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
            await sign_in_headless(services.sign_in, address, details.username, details.password)
            scene = Scene(services, tmp_path, clocks)
            services.subscriptions.want("test", WANTED)
            if live:
                await until(scene.has_everything)
            yield scene
            await scene.assert_nothing_lost()

    return start


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"stream": "drop"}, Cause.CONNECTION),
        ({"stream": "close", "code": 1000}, Cause.CONNECTION),
        ({"stream": "close", "code": 1001}, Cause.CONNECTION),
        ({"stream": "close", "code": 1006}, Cause.CONNECTION),
        ({"stream": "close", "code": 1011}, Cause.CONNECTION),
        ({"stream": "stop", "code": 30}, Cause.CONNECTION),
        ({"stream": "half-open"}, Cause.SILENCE),
        ({"stream": "silent"}, Cause.SILENCE),
        ({"stream": "huge", "megabytes": 17}, Cause.CONNECTION),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
async def test_a_lost_stream_is_back(sandbox: RunningSandbox, stream: Any, fault: dict[str, Any], cause: Cause) -> None:
    async with stream() as scene:
        before, lost_ms = scene.on_wire(), now()
        assert await asyncio.to_thread(partial(sandbox.befall, **fault)) == 1
        await scene.is_back()
        assert scene.on_wire() == before
        await scene.assert_hole(cause, lost_ms)


async def test_what_is_no_loss_ends_nothing(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        for fault in (
            {"stream": "mute-heartbeats", "seconds": 2},
            {"stream": "garbage", "form": "truncated", "count": 3},
            {"stream": "garbage", "form": "nested"},
            {"stream": "stray-answer", "code": 24},
            {"stream": "success-codes"},
            {"stream": "unknown-service"},
            {"stream": "future", "count": 3},
        ):
            assert await asyncio.to_thread(partial(sandbox.befall, **fault)) == 1
            scene.forget()
            await until(scene.has_everything)
        assert scene.connections == 1
        assert await scene.holes() == {}
        assert scene.services.streaming.tally.rejected["undecodable"] >= 3


async def test_a_silent_service_is_asked_for_anew(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        await asyncio.to_thread(partial(sandbox.befall, "mute-service", service=QUOTES, seconds=3))
        lost_ms = now()
        await until(lambda: scene.services.streaming.paces.gaps() != [])
        scene.forget()
        await until(scene.has_everything)
        cause, from_ms, to_ms = (await scene.closed_holes())[QUOTES, ""]
        assert cause == Cause.SILENCE
        assert abs(from_ms - lost_ms) < 10_000
        assert to_ms > lost_ms


async def test_a_silent_symbol_is_asked_for_anew_and_the_others_go_on(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        await asyncio.to_thread(partial(sandbox.befall, "mute-symbol", service=QUOTES, symbol="SPY", seconds=3))
        await until(lambda: scene.services.streaming.paces.gaps() != [])
        scene.forget()
        await until(scene.has_everything)
        assert scene.connections == 1
        holes = await scene.holes()
        assert holes.keys() == {(QUOTES, "SPY")}
        assert holes[QUOTES, "SPY"][0] == Cause.SILENCE
        await until(lambda: all(gap.to_ms is not None for gap in scene.services.streaming.paces.gaps()))


async def test_a_second_login_elsewhere_is_not_fought(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        lost_ms = now()
        await asyncio.to_thread(partial(sandbox.befall, "stop", code=12))
        await until(lambda: scene.phases[-1] is StreamPhase.TAKEN)
        logins = (await asyncio.to_thread(sandbox.status))["logins"]
        await asyncio.sleep(1)
        assert (await asyncio.to_thread(sandbox.status))["logins"] == logins
        scene.services.subscriptions.take_back()
        await scene.is_back()
        await scene.assert_hole(Cause.TAKEN, lost_ms)


async def test_a_login_that_is_refused_for_another_program_waits_for_a_person(
    sandbox: RunningSandbox, stream: Any
) -> None:
    sandbox.faults([{"stream": "refuse-login", "code": 12}])
    async with stream(live=False) as scene:
        await until(lambda: StreamPhase.TAKEN in scene.phases)
        assert "Another program" in scene.sentences[-1]
        scene.services.subscriptions.take_back()
        await scene.is_back(connections=1)


async def test_a_token_that_ended_is_renewed_at_login(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        await asyncio.to_thread(sandbox.advance, 1801)
        lost_ms = now()
        await asyncio.to_thread(partial(sandbox.befall, "drop"))
        await scene.is_back()
        await scene.assert_hole(Cause.CONNECTION, lost_ms)


async def test_a_slow_login_is_given_up_and_tried_again(sandbox: RunningSandbox, stream: Any) -> None:
    sandbox.faults([{"stream": "slow-login", "delay": 3}])
    async with stream(live=False) as scene:
        await until(lambda: StreamPhase.WAITING in scene.phases)
        await scene.is_back(connections=1)
        assert any("did not answer" in sentence for sentence in scene.sentences)


async def test_a_refused_service_is_named_and_the_others_go_on(sandbox: RunningSandbox, stream: Any) -> None:
    sandbox.faults([{"stream": "refuse", "service": "CHART_EQUITY", "code": 22}])
    async with stream() as scene:
        assert scene.services.subscriptions.refused.keys() == WANTED.bars
        holes = await scene.holes()
        assert {key: cause for key, (cause, _, _) in holes.items()} == {
            ("CHART_EQUITY", symbol): Cause.REFUSED for symbol in WANTED.bars
        }


async def test_a_symbol_that_spoils_its_command_is_found_and_left_out(sandbox: RunningSandbox, stream: Any) -> None:
    sandbox.faults([{"stream": "refuse", "service": QUOTES, "symbol": "SPY", "code": 22}])
    async with stream(live=False) as scene:
        await until(lambda: scene.quotes == SYMBOLS - {"SPY"})
        await until(lambda: scene.services.subscriptions.refused.keys() == {"SPY"})
        assert scene.connections == 1
        assert (await scene.holes()).keys() == {(QUOTES, "SPY")}


async def test_a_storm_of_losses_ends_with_everything(sandbox: RunningSandbox, stream: Any) -> None:
    sandbox.faults([{"stream": "drop", "after_seconds": 0.2, "times": 5}])
    async with stream(live=False) as scene:
        await scene.is_back(connections=6)
        assert await scene.closed_holes()


async def test_a_machine_that_slept_is_back_at_once(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        slept_ms = now()
        scene.clocks.slept += 7200
        await scene.is_back()
        cause, from_ms, _ = (await scene.closed_holes())[QUOTES, ""]
        assert cause == Cause.SLEEP
        assert abs(from_ms - slept_ms) < 10_000


async def test_a_clock_that_is_set_forth_and_back_changes_nothing(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream() as scene:
        for hours in (1, -2):
            scene.clocks.set_by += hours * 3600
            scene.forget()
            await until(scene.has_everything)
            await asyncio.sleep(10 * HURRIED.look)
        assert scene.connections == 1
        assert await scene.holes() == {}
        lost_ms = now()
        await asyncio.to_thread(partial(sandbox.befall, "drop"))
        await scene.is_back()
        await scene.assert_hole(Cause.CONNECTION, lost_ms)


@pytest.mark.soak
@pytest.mark.timeout(STORM_SECONDS + 120)
async def test_ten_minutes_of_storm_are_few_logins_and_one_hole_each(sandbox: RunningSandbox, stream: Any) -> None:
    """With the deadlines of every day: three seconds up, then cut, again and again."""
    async with stream(Timing()) as scene:
        logins = (await asyncio.to_thread(sandbox.status))["logins"]
        sandbox.faults([{"stream": "drop", "after_seconds": 3, "times": 1000}])
        await asyncio.to_thread(partial(sandbox.befall, "drop"))
        await asyncio.sleep(STORM_SECONDS)
        assert 2 <= (await asyncio.to_thread(sandbox.status))["logins"] - logins <= 20
        sandbox.clear_faults()
        scene.services.health.restart()
        await scene.is_back(connections=scene.connections + 1)
        assert await scene.closed_holes()


@pytest.mark.soak
async def test_the_deadlines_of_every_day_notice_a_dead_streamer(sandbox: RunningSandbox, stream: Any) -> None:
    async with stream(Timing()) as scene:
        for fault, seconds, cause in (("half-open", 12.5, Cause.SILENCE), ("silent", 26.5, Cause.SILENCE)):
            connections, lost_ms = scene.connections, now()
            await asyncio.to_thread(partial(sandbox.befall, fault))
            await until(lambda: scene.connections > connections, seconds)  # noqa: B023  it is back within the same look
            await scene.is_back(connections=connections + 1)
            await scene.assert_hole(cause, lost_ms)
            await asyncio.sleep(Timing().healthy + 2)
