"""Chains on disk: schedules, each moment once, every contract value for value, and the export."""

from datetime import date
from pathlib import Path

import pytest

from monitor.errors import BadData
from monitor.market.chain import Chain, OptionContract, OptionSide
from monitor.market.chain_schedule import ChainSchedule, ChainSlot, SlotState
from monitor.ports import ExportRequest
from monitor.store import Store, open_store
from monitor.store.chain_rows import VALUES
from tests.unit.store.conftest import Rows

NOON = 1_795_107_600_000  # 2026-11-19 12:00 New York
CALL = OptionContract(
    symbol="SPY   261120C00670000",
    expiry=date(2026, 11, 20),
    strike=670.0,
    side=OptionSide.CALL,
    bid=3,
    ask=3.05,
    delta=0.512,
    volatility=None,
    open_interest=1200,
    quote_time=NOON - 500,
    non_standard=False,
)
PUT = OptionContract(symbol="SPY   261120P00670000", expiry=date(2026, 11, 20), strike=670.0, side=OptionSide.PUT)
CHAIN = Chain("SPY", NOON + 900, (CALL, PUT), underlying_price=669.9, interest_rate=4.1, is_delayed=False)
TAKEN = ChainSlot("SPY", NOON, SlotState.TAKEN, "", NOON + 900, 2)


async def test_every_value_of_every_contract_is_on_disk_as_sent(store: Store, rows: Rows) -> None:
    store.recorder.record_chain(TAKEN, CHAIN)
    await store.recorder.flushed()
    assert rows(
        "SELECT slot_ms, state, taken_ms, contracts, underlying_price, interest_rate, is_delayed FROM chain"
    ) == [(NOON, "taken", NOON + 900, 2, 669.9, 4.1, 0)]
    columns = ", ".join(("contract", "expiry", "strike", "side", *VALUES))
    found = rows(f"SELECT {columns} FROM option_quote ORDER BY contract")
    for row, contract in zip(found, (CALL, PUT), strict=True):
        assert row[:4] == (contract.symbol, "2026-11-20", 670.0, contract.side.value)
        assert row[4:] == tuple(getattr(contract, name) for name in VALUES)
    assert [type(value) for value in found[0][4:6]] == [int, float]


async def test_a_moment_is_there_once_and_a_miss_replaces_nothing(store: Store, rows: Rows) -> None:
    store.recorder.record_chain(TAKEN, CHAIN)
    store.recorder.record_chain(ChainSlot("SPY", NOON, SlotState.MISSED, "no network"))
    await store.recorder.flushed()
    assert await store.chain_schedules.slots("SPY", 10) == [TAKEN]
    assert rows("SELECT count(*) FROM option_quote") == [(2,)]


async def test_what_was_missed_can_still_be_taken(store: Store, rows: Rows) -> None:
    store.recorder.record_chain(ChainSlot("SPY", NOON, SlotState.MISSED, "no network"))
    store.recorder.record_chain(TAKEN, CHAIN)
    await store.recorder.flushed()
    assert await store.chain_schedules.slots("SPY", 10) == [TAKEN]
    assert rows("SELECT count(*) FROM option_quote") == [(2,)]


async def test_moments_are_told_newest_first(store: Store) -> None:
    missed = ChainSlot("SPY", NOON + 60_000, SlotState.MISSED, "The program was not running.")
    store.recorder.record_chain(TAKEN, CHAIN)
    store.recorder.record_chain(missed)
    store.recorder.record_chain(ChainSlot("QQQ", NOON, SlotState.MISSED, "other"))
    await store.recorder.flushed()
    assert await store.chain_schedules.slots("SPY", 10) == [missed, TAKEN]
    assert await store.chain_schedules.slots("SPY", 1) == [missed]
    assert await store.chain_schedules.slots("IWM", 10) == []


async def test_schedules_are_kept_changed_and_removed(store: Store, path: Path) -> None:
    schedules = store.chain_schedules
    await schedules.put(ChainSchedule("SPY", 15, 45))
    await schedules.put(ChainSchedule("QQQ", 60))
    await schedules.put(ChainSchedule("SPY", 5, None))
    store.recorder.record_chain(TAKEN, CHAIN)
    await store.recorder.flushed()
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    kept = await again.chain_schedules.all()
    assert [(each.schedule, each.newest_ms) for each in kept] == [
        (ChainSchedule("QQQ", 60), 0),
        (ChainSchedule("SPY", 5), NOON),
    ]
    assert all(each.since_ms > 0 for each in kept)
    await again.chain_schedules.remove("SPY")
    assert [each.schedule.symbol for each in await again.chain_schedules.all()] == ["QQQ"]
    assert await again.chain_schedules.slots("SPY", 10) == [TAKEN]
    await again.close()


@pytest.mark.parametrize("schedule", [ChainSchedule("SPY", 7), ChainSchedule("SPY", 0), ChainSchedule("SPY", 5, -1)])
async def test_a_schedule_that_makes_no_sense_is_not_kept(store: Store, schedule: ChainSchedule) -> None:
    with pytest.raises(BadData):
        await store.chain_schedules.put(schedule)
    assert await store.chain_schedules.all() == []


async def test_the_export_has_a_line_for_each_contract_of_the_range(store: Store, tmp_path: Path) -> None:
    for minutes in range(3):
        slot = ChainSlot("SPY", NOON + minutes * 60_000, SlotState.TAKEN, "", NOON + minutes * 60_000 + 900, 2)
        store.recorder.record_chain(slot, CHAIN)
    await store.recorder.flushed()
    out = tmp_path / "options.csv"
    told: list[tuple[int, int]] = []
    request = ExportRequest("options", ("SPY",), out, start_ms=NOON, end_ms=NOON + 120_000)
    result = await store.exporter.export(request, lambda *done: told.append(done), lambda: False)
    lines = out.read_text().splitlines()
    assert result is not None
    assert result.rows == 4
    assert lines[0].startswith(
        "symbol,slot,taken,state,underlying_price,contract,expiry,strike,side,bid,ask,last,mark,"
    )
    assert [line.split(",")[1] for line in lines[1:]] == ["2026-11-19T12:00:00.000-05:00"] * 2 + [
        "2026-11-19T12:01:00.000-05:00"
    ] * 2
    assert lines[1].startswith(
        "SPY,2026-11-19T12:00:00.000-05:00,2026-11-19T12:00:00.900-05:00,taken,669.9,"
        "SPY   261120C00670000,2026-11-20,670.0,C,3,3.05,,"
    )
    assert "2026-11-19T11:59:59.500-05:00" in lines[1]
    assert told[-1] == (4, 4)
