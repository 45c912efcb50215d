"""Deleted history: bars and their ledger go, everything else stays, and the audit says so."""

import sqlite3
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from monitor.analysis.coverage import Answer, Asked
from monitor.errors import StoreUnavailable
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import at_new_york
from monitor.market.quote import Quote
from monitor.ports import AuditEntry
from monitor.store import Store, open_store
from monitor.store.deletion import DeleteHistory
from monitor.store.schema import TABLES
from tests.unit.store.conftest import Rows

M1 = Interval.M1
DAYS = [date(2026, 11, 17) + timedelta(days=n) for n in range(4)]
MIDNIGHTS = [at_new_york(day, time(0)) for day in DAYS]
WEDNESDAY = MIDNIGHTS[1], MIDNIGHTS[2]
ASKED = Asked(MIDNIGHTS[0], MIDNIGHTS[3], Answer.COMPLETE, 7)


def bars(symbol: str = "AAPL", interval: Interval = M1, close: float = 1.0) -> list[Bar]:
    """Three bars on each of the four days, the first at midnight, the last at the day's last minute."""
    return [
        Bar(symbol, interval, start + at, 1, 1, 1, close, 1, BarSource.STREAM)
        for start in MIDNIGHTS
        for at in (0, 36_000_000, 86_400_000 - 60_000)
    ]


async def fill(store: Store) -> None:
    for symbol in ("AAPL", "MSFT"):
        for interval in (M1, Interval.M5):
            store.recorder.record_bars(bars(symbol, interval))
            store.recorder.record_bars(bars(symbol, interval, 2.0))  # so that there are revisions
            store.recorder.record_coverage(symbol, interval, ASKED)
    store.recorder.record_quote(5, Quote(symbol="AAPL", bid=1))
    store.recorder.record_audit("export", "Something else.")
    await store.watchlists.create("Tech", ["AAPL", "MSFT"])


async def test_bars_revisions_counts_and_ledger_of_the_chosen_days_go_and_no_others(store: Store, rows: Rows) -> None:
    await fill(store)
    assert await store.deletion.count(["AAPL"], M1, *WEDNESDAY) == 3
    assert await store.deletion.delete(["AAPL"], M1, *WEDNESDAY) == 3
    left = "SELECT symbol, interval_s, count(*) FROM {} JOIN instrument ON id = instrument_id GROUP BY 1, 2"
    sent = "(SELECT * FROM {} WHERE source <> 'computed')"
    for table, before in ((sent.format("bar"), 12), (sent.format("bar_revision"), 12), ("bar_day", 4)):
        counts = {(symbol, interval): count for symbol, interval, count in rows(left.format(table))}
        less = 1 if table == "bar_day" else 3
        assert counts.pop(("AAPL", 60)) == before - less
        assert set(counts.values()) == {before}
    ledger = await store.coverage.ledger(["AAPL", "MSFT"], M1)
    assert ledger == {"AAPL": [ASKED._replace(end=WEDNESDAY[0]), ASKED._replace(start=WEDNESDAY[1])], "MSFT": [ASKED]}
    assert await store.deletion.count(["AAPL"], M1, 0, 2**62) == 9


async def test_a_part_of_a_day_leaves_the_count_of_the_rest(store: Store, rows: Rows) -> None:
    await fill(store)
    noon = WEDNESDAY[0] + 43_200_000
    assert await store.deletion.delete(["AAPL"], M1, WEDNESDAY[0], noon) == 2
    counted = "SELECT streamed FROM bar_day WHERE interval_s = 60 AND instrument_id = 1 ORDER BY day_ms"
    assert rows(counted) == [(3,), (1,), (3,), (3,)]


async def test_what_a_person_made_and_what_else_was_recorded_is_never_touched(store: Store, rows: Rows) -> None:
    await fill(store)
    everything = "SELECT * FROM {}"
    kept = set(TABLES) - {"bar", "bar_day", "bar_revision", "coverage", "audit"}
    before = {table: rows(everything.format(table)) for table in kept}
    assert before["watchlist_symbol"]
    assert await store.deletion.delete(["AAPL", "MSFT"], M1, 0, 2**62) == 24
    assert {table: rows(everything.format(table)) for table in kept} == before


async def test_the_audit_says_what_was_deleted_of_which_symbol(path: Path, rows: Rows) -> None:
    heard: list[AuditEntry] = []
    store = open_store(path, sandbox=True, on_trouble=print, on_audit=heard.append)
    await fill(store)
    assert await store.deletion.delete(["AAPL", "NONE", "MSFT"], M1, MIDNIGHTS[0], WEDNESDAY[1]) == 12
    sentences = [f"6 bars (1m) of {symbol} from 2026-11-17 to 2026-11-18." for symbol in ("AAPL", "MSFT")]
    assert [entry.sentence for entry in heard if entry.kind == "deletion"] == sentences
    assert await store.deletion.delete(["AAPL"], M1, *WEDNESDAY) == 0  # nothing is left: nothing is noted
    on_disk = rows("SELECT at_ms, kind, sentence FROM audit WHERE kind = 'deletion' ORDER BY id")
    assert on_disk == [(e.at_ms, e.kind, e.sentence) for e in heard if e.kind == "deletion"]
    await store.close()


async def test_a_deletion_that_fails_half_way_has_deleted_nothing(store: Store, rows: Rows, path: Path) -> None:
    await fill(store)
    await store.recorder.flushed()
    task = DeleteHistory("AAPL", M1, *WEDNESDAY, 1)

    class Broken:
        def run(self, connection: sqlite3.Connection) -> None:
            task.run(connection)
            raise StoreUnavailable("No more.")

    with pytest.raises(StoreUnavailable):
        await store._writer.perform(Broken())
    assert await store.deletion.count(["AAPL"], M1, *WEDNESDAY) == 3
    assert rows("SELECT count(*) FROM audit WHERE kind = 'deletion'") == [(0,)]


async def test_a_closed_database_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.deletion.delete(["AAPL"], M1, *WEDNESDAY)
