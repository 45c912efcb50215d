"""Bad lines between the program and the streamer, played by a relay: it is slow, cut into bytes, resets, or is dead."""

import asyncio
import gzip
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from monitor.apps.wiring import Services, running_services
from monitor.live.events import BoardChanged, StreamChanged
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.timing import Timing
from tests.support.relay import Relay, relaying
from tests.support.sandbox import RunningSandbox, running_sandbox, sandbox

__all__ = ["sandbox"]  # the fixture

SYMBOLS = frozenset({"AAPL", "F", "SPY"})
WANTED = Wanted(SYMBOLS, frozenset({"AAPL"}), frozenset({"AAPL"}))
QUOTES = "LEVELONE_EQUITIES"
TIMING = Timing()
#: Enough for a busy machine.
SECONDS = 60.0


class Scene:
    """Services over a relay, with what they told."""

    def __init__(self, services: Services, relay: Relay, folder: Path) -> None:
        self.services = services
        self.relay = relay
        self.folder = folder
        self.phases: list[StreamPhase] = []
        self.sentences: list[str] = []
        self.quotes: set[str] = set()
        services.bus.listen(StreamChanged, self._take_phase)
        services.bus.listen(BoardChanged, self._take_changes)

    def _take_phase(self, change: StreamChanged) -> None:
        self.phases.append(change.phase)
        self.sentences.append(change.sentence)
        self.forget()

    def _take_changes(self, changed: BoardChanged) -> None:
        self.quotes |= changed.quotes

    def forget(self) -> None:
        """What counts from now on is what comes from now on."""
        self.services.board.changes()
        self.quotes = set()

    @property
    def items(self) -> int:
        return self.services.streaming.tally.items[QUOTES]

    @property
    def connections(self) -> int:
        return self.phases.count(StreamPhase.LIVE)

    def has_everything(self) -> bool:
        return self.quotes >= SYMBOLS and self.phases[-1] is StreamPhase.LIVE

    async def is_back(self) -> None:
        """Streaming everything over a new connection, with every hole closed."""
        before = self.connections
        await until(lambda: self.connections > before and self.has_everything())
        await until(lambda: all(gap.to_ms is not None for gap in self.services.streaming.paces.gaps()))
        await self.services.store.recorder.flushed()
        holes = self.rows("SELECT count(*), count(to_ms) FROM gap WHERE service = ?", QUOTES)
        assert holes[0][0] == holes[0][1] >= 1

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'monitor.db'}?mode=ro", uri=True)) as database:
            return database.execute(sql, values).fetchall()

    async def assert_nothing_lost(self) -> None:
        """What was received is on disk, item by item."""
        await self.services.store.recorder.flushed()
        assert self.rows("SELECT count(*) FROM quote")[0][0] == self.items


async def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def streaming(
    base_url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    wanted: Wanted = WANTED,
    timing: Timing = TIMING,
    **line: float,
) -> AsyncIterator[Scene]:
    """Services that reach a sandbox, REST and streamer, through a relay only; they are signed in and stream.

    ``line`` says how bad the relay is from the sign-in on.
    """
    async with relaying(int(base_url.rpartition(":")[2])) as relay:
        there = f"ws://127.0.0.1:{relay.port}/ws"
        monkeypatch.setattr(Address, "check_streamer", lambda _self, _url: there)
        address = Address.of_sandbox(relay.base_url)
        async with running_services(address, folder, timing=timing) as services:
            details = await sandbox_details(base_url)
            services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
            await sign_in_headless(services.sign_in, address, details.username, details.password)
            for name, value in line.items():
                setattr(relay, name, value)
            scene = Scene(services, relay, folder)
            services.subscriptions.want("test", wanted)
            await until(lambda: scene.connections == 1)
            yield scene
            await scene.assert_nothing_lost()


async def test_a_reset_is_answered_with_a_new_connection_at_once(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with streaming(sandbox.base_url, tmp_path, monkeypatch) as scene:
        await until(scene.has_everything)
        scene.relay.reset()
        await scene.is_back()
        waited = [sentence for sentence in scene.sentences if "Trying again" in sentence]
        assert waited == ["The connection was lost. Trying again."]


async def test_a_peer_that_vanished_is_noticed_and_left(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timing = Timing(look=0.05, ping=1.0, pong=2.0, open=2.0)
    async with streaming(sandbox.base_url, tmp_path, monkeypatch, timing=timing) as scene:
        await until(scene.has_everything)
        scene.relay.is_dead = True
        await until(lambda: any("does not answer" in sentence for sentence in scene.sentences))
        scene.relay.is_dead = False
        scene.relay.reset()  # those who knocked meanwhile got no answer
        await scene.is_back()


async def test_two_seconds_of_latency_end_nothing_and_are_told(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = Timing(ping=1.0, pong=1.0)  # less patience than the line needs, were it not measured
    wanted = Wanted(SYMBOLS)
    async with streaming(sandbox.base_url, tmp_path, monkeypatch, wanted, hasty, latency=2.0, jitter=1.0) as scene:
        before = scene.relay.connections
        for _ in range(2):
            scene.forget()
            await until(scene.has_everything)
        assert scene.relay.connections == before
        assert scene.connections == 1
        assert scene.phases[-1] is StreamPhase.LIVE
        await until(lambda: (scene.services.health.lag_ms() or 0.0) > 1_000)
        [quotes] = scene.services.health.services()
        assert quotes.sentence.startswith("Data is ")


@pytest.mark.soak
async def test_a_line_too_slow_for_what_comes_is_not_left_and_the_lateness_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox("--rate", "400") as busy:
        timing = Timing(silence=8.0)
        async with streaming(busy.base_url, tmp_path, monkeypatch, timing=timing, bandwidth=20_000.0) as scene:
            await until(lambda: (scene.services.health.lag_ms() or 0.0) > 1_500)
            passed = scene.relay.passed
            await until(lambda: scene.relay.passed > passed + 100_000)
            assert scene.connections == 1
            assert scene.phases[-1] is StreamPhase.LIVE
            told = [each.sentence for each in scene.services.health.services() if each.service == QUOTES]
            assert told[0].startswith("Data is ")
            scene.relay.bandwidth = None


QUESTIONS = (
    "SELECT bid, ask, last, bid_size, ask_size, last_size, volume, quote_time, trade_time FROM quote"
    " ORDER BY received_us",
    "SELECT price, size, volume, unseen, side FROM trade ORDER BY received_us",
    "SELECT venue, time, levels FROM book ORDER BY received_us",
)


async def replayed(
    replay: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, **line: float
) -> list[list[tuple[Any, ...]]]:
    """The rows that a replay leaves, over such a line."""
    wanted = Wanted(frozenset({"AAPL"}), frozenset({"AAPL"}))
    folder.mkdir()
    with running_sandbox("--replay", replay, "--speed", "0") as played:
        async with streaming(played.base_url, folder, monkeypatch, wanted, **line) as scene:
            status = played.status()
            async with asyncio.timeout(SECONDS):
                while status["replay"]["state"] != "ended":
                    await asyncio.sleep(0.1)
                    status = await asyncio.to_thread(played.status)
            items = scene.services.streaming.tally.items
            await until(lambda: all(items[service] == sent["items"] for service, sent in status["sent"].items()))
            await scene.services.store.recorder.flushed()
            assert scene.connections == 1
            return [scene.rows(question) for question in QUESTIONS]


async def test_one_byte_at_a_time_gives_the_same_rows(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = tmp_path / "open.jsonl.gz"
    with gzip.open(shared / "replay" / "aapl-open-conflated.jsonl.gz") as whole, gzip.open(replay, "wb") as part:
        part.writelines(islice(whole, 200))
    plain = await replayed(replay, tmp_path / "plain", monkeypatch)
    assert min(map(len, plain)) > 10
    assert await replayed(replay, tmp_path / "sliced", monkeypatch, slice=1) == plain
