"""Alerts and what they told: kept from run to run, all of a change or nothing of it."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils import Database

from monitor.errors import StoreUnavailable
from monitor.market.alert import Alert, Direction, Firing
from monitor.store import Store, open_store, schema
from monitor.store.recovery import recover
from tests.unit.store.conftest import Rows

PLAIN = Alert("a", "AAPL", 585.25, created_ms=5)
WHOLE = Alert(
    "b",
    "/ES",
    4.125,
    Direction.DOWN,
    again=True,
    rearm=0.25,
    note="the gap “fills” ✓",
    active=False,
    created_ms=2,
    fired_ms=70,
    seen_ms=80,
    seen_price=4,
    spent=frozenset({Direction.DOWN, Direction.UP}),
)
FIRED = Firing("a", "AAPL", 100, Direction.UP, 585.25, 586, note="so")
FOUND = Firing("b", "AAPL", 60, Direction.DOWN, 580.0, 580.0, missed=True)


async def test_they_come_back_as_they_were_the_oldest_first(store: Store, path: Path) -> None:
    await store.alerts.keep([PLAIN, WHOLE], firings=[FIRED, FOUND])
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await again.alerts.all() == [WHOLE, PLAIN]
    assert await again.alerts.firings("AAPL") == [FOUND, FIRED]
    assert await again.alerts.firings("AAPL", limit=1) == [FIRED]
    assert await again.alerts.firings("MSFT") == []
    await again.close()


async def test_a_price_seen_keeps_the_digits_it_was_sent_with(store: Store) -> None:
    await store.alerts.keep([WHOLE], firings=[FIRED])
    (alert,) = await store.alerts.all()
    (firing,) = await store.alerts.firings("AAPL")
    assert (repr(alert.seen_price), repr(firing.price)) == ("4", "586")


async def test_a_change_replaces_and_a_removal_forgets_but_not_what_was_told(store: Store) -> None:
    await store.alerts.keep([PLAIN, WHOLE], firings=[FIRED])
    moved = replace(PLAIN, price=590.0, active=False)
    await store.alerts.keep([moved], removed=["b", "unknown"], firings=[FIRED])
    assert await store.alerts.all() == [moved]
    await store.alerts.keep([], removed=["a"])
    assert await store.alerts.all() == []
    assert await store.alerts.firings("AAPL") == [FIRED]


async def test_what_was_told_without_a_window_is_to_be_shown_once(store: Store, path: Path) -> None:
    await store.alerts.keep([PLAIN], firings=[replace(FOUND, symbol="MSFT")])
    await store.alerts.keep([PLAIN], firings=[FIRED, FOUND], shown=False)
    await store.alerts.keep([PLAIN], firings=[FIRED])  # the same once more changes nothing
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await again.alerts.unshown() == [FOUND, FIRED]
    await again.alerts.note_shown()
    assert await again.alerts.unshown() == []
    assert await again.alerts.firings("AAPL") == [FOUND, FIRED]
    await again.close()


@pytest.mark.parametrize("change", ["direction = 'sideways'", "spent = 'up left'"])
async def test_a_row_that_is_no_alert_is_passed_over_and_stays(
    store: Store, path: Path, rows: Rows, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store.alerts.keep([PLAIN, WHOLE])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE alert SET {change} WHERE id = 'a'")
        connection.commit()
    with caplog.at_level(logging.WARNING):
        assert await store.alerts.all() == [WHOLE]
    assert "the alert a of AAPL cannot be used" in caplog.text
    assert rows("SELECT count(*) FROM alert") == [(2,)]


async def test_a_firing_that_is_none_is_passed_over(store: Store, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await store.alerts.keep([], firings=[FIRED, FOUND])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alert_firing SET direction = 'left' WHERE alert_id = 'b'")
        connection.commit()
    with caplog.at_level(logging.WARNING):
        assert await store.alerts.firings("AAPL") == [FIRED]
    assert "what the alert b of AAPL told cannot be shown" in caplog.text


async def test_an_alert_that_cannot_be_kept_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.alerts.keep([PLAIN])


async def test_a_database_of_the_version_before_gets_the_tables(path: Path, rows: Rows) -> None:
    step = [each.__name__ for each in schema.STEPS].index("_alert_tables")
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        for earlier in schema.STEPS[:step]:
            earlier(Database(connection, execute_plugins=False))
        connection.execute("INSERT INTO about VALUES ('profile', 'sandbox')")
        connection.execute(
            "INSERT INTO drawing VALUES ('AAPL', 'd', 'text', '[[1,2]]', 'red', 1, 'solid', 0, '', 0, 0)"
        )
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {step}")
        connection.commit()
    opened = open_store(path, sandbox=True, on_trouble=print)
    assert await opened.alerts.all() == []
    await opened.alerts.keep([PLAIN], firings=[FIRED])
    assert [drawing.id for drawing in await opened.drawings.of("AAPL")] == ["d"]
    await opened.close()
    assert rows("PRAGMA user_version") == [(schema.VERSION,)]
    assert rows("SELECT id, price, typeof(price) FROM alert") == [("a", 585.25, "real")]
    assert [copy.name[:11] for copy in (path.parent / "backups").iterdir()] == [f"monitor-v{step}"]


async def test_they_are_saved_from_a_damaged_database(store: Store, path: Path) -> None:
    await store.alerts.keep([PLAIN, WHOLE], firings=[FIRED])
    await store.watchlists.create("Tech", ["AAPL"])
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'watchlist'")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    recover(path, sandbox=True)
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await again.alerts.all() == [WHOLE, PLAIN]
    assert await again.alerts.firings("AAPL") == [FIRED]
    await again.close()


async def test_what_earlier_versions_told_was_shown(path: Path) -> None:
    step = [each.__name__ for each in schema.STEPS].index("_alert_shown")
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        for earlier in schema.STEPS[:step]:
            earlier(Database(connection, execute_plugins=False))
        connection.execute("INSERT INTO about VALUES ('profile', 'sandbox')")
        connection.execute("INSERT INTO alert_firing VALUES ('AAPL', 100, 'a', 'up', 585.25, 586, 0, 'so')")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {step}")
        connection.commit()
    opened = open_store(path, sandbox=True, on_trouble=print)
    assert await opened.alerts.firings("AAPL") == [FIRED]
    assert await opened.alerts.unshown() == []
    await opened.close()
