"""Drawings: everything about them, kept per symbol from run to run."""

import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.errors import StoreUnavailable
from monitor.market.drawing import Anchor, Dash, Drawing, DrawingKind, Style
from monitor.store import Store, open_store
from monitor.store.recovery import recover
from tests.unit.store.conftest import Rows

TREND = Drawing("a", DrawingKind.TREND, (Anchor(1_795_185_030_000, 585.25), Anchor(1_795_190_000_000, 590.0)))
TEXT = Drawing(
    "b",
    DrawingKind.TEXT,
    (Anchor(1_795_185_030_000, 0.0123),),
    Style("#ff8800", 3, Dash.DOTTED),
    place=-4,
    text="earnings “beat” ✓",
    locked=True,
    hidden=True,
)


async def test_every_kind_comes_back_as_it_was_from_back_to_front(store: Store, path: Path) -> None:
    every = [
        Drawing(kind.value, kind, tuple(Anchor(1_000 * n, 1.5 + n) for n in range(kind.anchors)), place=place)
        for place, kind in enumerate(DrawingKind)
    ]
    await store.drawings.keep("AAPL", [*reversed(every), TEXT])
    await store.drawings.keep("/ES", [TREND])
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await again.drawings.of("AAPL") == [TEXT, *every]
    assert await again.drawings.of("/ES") == [TREND]
    assert await again.drawings.of("MSFT") == []
    await again.close()


async def test_a_change_replaces_and_a_removal_forgets_in_one_step(store: Store) -> None:
    await store.drawings.keep("AAPL", [TREND, TEXT])
    await store.drawings.keep("MSFT", [TREND])
    moved = replace(TREND, anchors=(Anchor(1, 2.0), Anchor(3, 4.0)), place=9)
    await store.drawings.keep("AAPL", [moved], removed=["b", "unknown"])
    assert await store.drawings.of("AAPL") == [moved]
    assert await store.drawings.of("MSFT") == [TREND]


async def test_other_programs_can_read_them(store: Store, rows: Rows) -> None:
    await store.drawings.keep("AAPL", [TREND])
    ((kind, anchors, colour),) = rows("SELECT kind, anchors, colour FROM drawing WHERE symbol = 'AAPL'")
    assert (kind, json.loads(anchors), colour) == (
        "trend",
        [[1_795_185_030_000, 585.25], [1_795_190_000_000, 590.0]],
        "blue",
    )


@pytest.mark.parametrize(
    "change", ["kind = 'pitchfork'", "anchors = '[[1, 2]]'", "anchors = 'none'", "dash = 'wavy'", "anchors = '[[1]]'"]
)
async def test_a_row_that_is_no_drawing_is_passed_over_and_stays(
    store: Store, path: Path, rows: Rows, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store.drawings.keep("AAPL", [TREND, TEXT])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE drawing SET {change} WHERE id = 'a'")
        connection.commit()
    with caplog.at_level(logging.WARNING):
        assert await store.drawings.of("AAPL") == [TEXT]
    assert "the drawing a of AAPL cannot be shown" in caplog.text
    assert rows("SELECT count(*) FROM drawing") == [(2,)]


async def test_a_drawing_that_cannot_be_kept_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.drawings.keep("AAPL", [TREND])


async def test_they_are_saved_from_a_damaged_database(store: Store, path: Path) -> None:
    await store.drawings.keep("AAPL", [TREND, TEXT])
    await store.watchlists.create("Tech", ["AAPL"])
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'watchlist'")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    recover(path, sandbox=True)
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await again.drawings.of("AAPL") == [TEXT, TREND]
    await again.close()
