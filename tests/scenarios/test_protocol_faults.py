"""What a streamer may do wrong with answers and data, played by a sandbox: nothing is doubled, made up, fought for."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from monitor.apps.wiring import Services, running_services
from monitor.live.events import StreamChanged
from monitor.market.book import BookService
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.timing import Timing
from monitor.store import open_store
from tests.support.builders import a_book
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture

QUOTES = "LEVELONE_EQUITIES"
SYMBOLS = frozenset({"AAPL", "F", "SPY"})
WANTED = Wanted(SYMBOLS)
#: Enough for a busy machine.
SECONDS = 90.0
#: Pings and silence are of no account here; tries follow each other soon.
TIMING = Timing(look=0.05, answer=5.0, longest_delay=0.2)


class Program:
    """Running services with the phases of their stream."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.folder = folder
        self.phases: list[StreamPhase] = []
        services.bus.listen(StreamChanged, lambda change: self.phases.append(change.phase))

    @property
    def phase(self) -> StreamPhase | None:
        return self.phases[-1] if self.phases else None

    @property
    def connections(self) -> int:
        return self.phases.count(StreamPhase.SUBSCRIBING)

    @property
    def items(self) -> int:
        return self.services.streaming.tally.items[QUOTES]

    def is_live(self) -> bool:
        return self.phase is StreamPhase.LIVE

    def on_wire(self) -> dict[str, int]:
        return {each.service: each.symbols for each in self.services.health.services()}

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """An answer of the database, once everything is in it."""
        await self.services.store.recorder.flushed()
        with closing(sqlite3.connect(f"file:{self.folder / 'monitor.db'}?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchall()


@asynccontextmanager
async def running(sandbox: RunningSandbox, folder: Path, wanted: Wanted = WANTED) -> AsyncIterator[Program]:
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, folder, timing=TIMING) as services:
        program = Program(services, folder)
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        services.subscriptions.want("test", wanted)
        yield program


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


async def logins(sandbox: RunningSandbox) -> int:
    return (await asyncio.to_thread(sandbox.status))["logins"]


@pytest.fixture(autouse=True)
def _without_faults(sandbox: RunningSandbox) -> None:
    sandbox.clear_faults()


async def test_two_programs_do_not_fight_for_the_stream(sandbox: RunningSandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path / "one") as one:
        await until(one.is_live)
        before = await logins(sandbox)
        async with running(sandbox, tmp_path / "two") as two:
            await until(lambda: one.phase is StreamPhase.TAKEN and two.is_live())
            heard = two.items
            await until(lambda: two.items > heard + 6)  # some seconds of the market
            assert one.phase is StreamPhase.TAKEN
            one.services.subscriptions.take_back()
            await until(lambda: two.phase is StreamPhase.TAKEN and one.is_live())
            heard = one.items
            await until(lambda: one.items > heard + 6)
            assert two.phase is StreamPhase.TAKEN
            assert await logins(sandbox) == before + 2


async def test_beyond_the_limit_the_accepted_stream_and_the_others_are_named(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.faults([{"stream": "limits", "limits": {QUOTES: 2}}])
    async with running(sandbox, tmp_path) as program:
        await until(lambda: program.services.subscriptions.refused.keys() == {"SPY"})
        await until(lambda: program.items > 10)
        assert program.connections == 1
        assert program.on_wire()[QUOTES] == 2
        assert await program.rows("SELECT service, symbol, cause FROM gap") == [(QUOTES, "SPY", "refused")]
        await asyncio.to_thread(partial(sandbox.befall, "limits", limits={QUOTES: 3}))
        program.services.subscriptions.want("test", Wanted(SYMBOLS - {"AAPL"}))
        await until(lambda: program.services.subscriptions.refused == {})
        assert (await program.rows("SELECT to_ms FROM gap"))[0][0] is not None


@pytest.mark.parametrize(
    "fault",
    [{"stream": "success-codes"}, {"stream": "mixed-answers"}, {"stream": "no-answer", "service": QUOTES, "count": 1}],
    ids=lambda fault: fault["stream"],
)
async def test_answers_of_any_kind_order_and_number_lead_to_one_stream(
    sandbox: RunningSandbox, tmp_path: Path, fault: dict[str, Any]
) -> None:
    sandbox.faults([fault])
    async with running(sandbox, tmp_path, Wanted(SYMBOLS, SYMBOLS, SYMBOLS)) as program:
        await until(lambda: program.is_live() and program.items > 3)
        assert program.connections == 1
        assert program.services.subscriptions.refused == {}
        assert program.on_wire()[QUOTES] == len(SYMBOLS)


@pytest.mark.parametrize(
    "faults",
    [
        [{"stream": "duplicate"}],
        [{"stream": "shuffle", "delay": 2}],
        [{"stream": "duplicate"}, {"stream": "shuffle", "delay": 2}],
    ],
    ids=["duplicate", "shuffle", "both"],
)
async def test_prints_add_up_to_the_days_volume_however_frames_come(
    sandbox: RunningSandbox, tmp_path: Path, faults: list[dict[str, Any]]
) -> None:
    async with running(sandbox, tmp_path) as program:
        await until(lambda: all(program.services.board.quote(symbol) for symbol in SYMBOLS))
        for fault in faults:
            await asyncio.to_thread(partial(sandbox.befall, **fault))
        heard = program.items
        await until(lambda: program.items > heard + 30)
        assert program.services.streaming.tally.rejected
        prints = await program.rows(
            "SELECT symbol, volume, size + unseen FROM trade JOIN instrument ON id = instrument_id ORDER BY received_us"
        )
        assert prints
        for symbol in SYMBOLS:
            own = [(volume, passed) for name, volume, passed in prints if name == symbol]
            assert all(volume == before + passed for (before, _), (volume, passed) in pairwise(own))


async def test_before_a_snapshot_nothing_is_made_up(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.faults([{"stream": "no-snapshot", "service": QUOTES}])
    many = frozenset(["AAPL", "MSFT", "F", "SPY", "NVDA", "AMD", "T", "KO", "IBM", "INTC", "BAC", "GE"])
    async with running(sandbox, tmp_path, Wanted(many)) as program:
        await until(lambda: program.items > 10 * len(many))
        quotes = await program.rows("SELECT bid, ask, last, bid_size, ask_size, volume FROM quote")
        assert any(None in row for row in quotes)
        assert all(value is None or value > 0 for row in quotes for value in row)
        for passed, volume in await program.rows("SELECT size + unseen, volume FROM trade"):
            assert passed < volume / 10


async def test_the_book_service_that_was_found_is_asked_alone_by_the_next_program(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    store = open_store(tmp_path / "monitor.db", sandbox=True, on_trouble=print)
    for received_us in (1, 70_000_000):
        store.recorder.record_book(received_us, BookService.NYSE, a_book("F"))
    await store.close()
    async with running(sandbox, tmp_path, Wanted(books=frozenset({"AAPL", "F"}))) as program:
        await until(lambda: program.is_live() and program.services.board.books("F") != {})
        assert (program.on_wire()["NYSE_BOOK"], program.on_wire()["NASDAQ_BOOK"]) == (2, 1)
