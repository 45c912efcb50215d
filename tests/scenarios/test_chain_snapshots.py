"""A snapshot of a chain that is too big for Schwab's gateway: it is asked for in parts, and kept whole."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from monitor.apps.wiring import running_services
from monitor.live.events import ChainSlotKept
from monitor.market.chain_schedule import ChainSlot, SlotState
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from tests.support.ports import until
from tests.support.sandbox import RunningSandbox, running_sandbox

CHAINS = "/marketdata/v1/chains"
EXPIRIES = "/marketdata/v1/expirationchain"
SYMBOL = "$SPX"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as started:
        yield started


async def test_a_chain_too_big_is_split_down_to_ranges_of_strikes_and_kept_whole(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    days, listed = listing(sandbox)
    # The sandbox itself refuses the whole; then the first half, its half, … one expiry and one side of it are too big.
    times = (len(days) - 1).bit_length() + 1
    faults = [
        {"path": CHAINS, "query": "fromDate", "status": 502, "times": times},
        {"path": CHAINS, "query": "fromDate", "status": 503, "after": 5},
        {"path": CHAINS, "query": "fromDate", "answer": "drop", "after": 1},
    ]
    slot = await snapshot(sandbox, faults, tmp_path)
    assert (slot.state, slot.sentence, slot.contracts) == (SlotState.TAKEN, "", len(listed))
    with closing(sqlite3.connect(f"file:{tmp_path / 'monitor.db'}?mode=ro", uri=True)) as database:
        kept = [contract for (contract,) in database.execute("SELECT contract FROM option_quote")]
    assert sorted(kept) == listed
    assert sandbox.status()["struck"] == {"502": times, "503": 1, "drop": 1}


async def snapshot(sandbox: RunningSandbox, faults: list[dict[str, object]], folder: Path) -> ChainSlot:
    """Take one and wait for what becomes of it; it is on disk then."""
    address, kept = Address.of_sandbox(sandbox.base_url), list[ChainSlot]()
    async with running_services(address, folder) as services:
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        services.bus.listen(ChainSlotKept, lambda event: kept.append(event.slot))
        await asyncio.to_thread(sandbox.faults, faults)
        services.chains.take(SYMBOL)
        await until(lambda: kept, 60)
    return kept[0]


def listing(sandbox: RunningSandbox) -> tuple[list[date], list[str]]:
    """The expiries, and the contracts of all of them as the sandbox tells each by itself, in order."""
    found = []
    with sandbox.client() as client:
        expiries = client.get(EXPIRIES, params={"symbol": SYMBOL}).raise_for_status().json()["expirationList"]
        days = sorted({each["expirationDate"] for each in expiries})
        for day in days:
            query = {"symbol": SYMBOL, "fromDate": day, "toDate": day}
            chain = client.get(CHAINS, params=query).raise_for_status().json()
            for strikes in (*chain["callExpDateMap"].values(), *chain["putExpDateMap"].values()):
                found += [contract["symbol"] for contracts in strikes.values() for contract in contracts]
    return [date.fromisoformat(day) for day in days], sorted(found)
