"""Captured frames, spoiled in every way: nothing stops what hears them, and all of it is counted and kept."""

import copy
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.receive import ReceiveClock
from monitor.schwab.delivery import Delivery
from monitor.schwab.wire import Notify, Response
from monitor.store import Store, open_store

#: Told apart from whatever a spoiled frame says.
GOOD = {"key": "GOOD", "1": 1.25, "8": 7}
HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, -999, 2**53, 2**63, 2**70, 10**400, -0.0, 1e-320, 1.7e308, float("nan"), float("inf")),
    *(
        "",
        "NaN",
        "\x00",
        "\x07x",
        "a" * 5000,
        "\ud800",
        "💥",
        "<b>&amp;</b>",
        "214",
        "LEVELONE_OPTIONS",
        "ACCT_ACTIVITY",
    ),
    *([], {}, [[]], [None], {"0": 1}, {"key": "A"}, [{"0": 1, "1": 2, "2": 3, "3": []}]),
    *(10**12, 1_790_000_000_000, 1_790_000_000_000 + 10**8, -1_790_000_000_000),
]


class Nobody:
    """Waits for no answer."""

    def take_response(self, response: Response) -> None: ...

    def take_notify(self, notify: Notify) -> None: ...


class Hearing:
    """Everything from a frame's text to the disk."""

    def __init__(self, store: Store) -> None:
        self.board = Board()
        self.streaming = Streaming(self.board, store.recorder, ReceiveClock(), Bus())
        self.delivery = Delivery(self.streaming, Nobody())

    def hear(self, frame: str | bytes) -> None:
        """Hear it, and then a good one, which must get through."""
        number = self.streaming.tally.messages
        self.delivery.decode_json_string(frame)
        part = {"service": "LEVELONE_EQUITIES", "timestamp": 0, "content": [GOOD | {"8": number}]}
        self.delivery.decode_json_string(json.dumps({"data": [part]}))
        state = self.board.quote("GOOD")
        assert state is not None
        assert state.volume == number


def captured(shared: Path) -> list[Any]:
    """Every captured frame, and each file's last one often: heartbeats would crowd it out."""
    frames = []
    for path in sorted((shared / "schwab/samples/stream").iterdir()):
        text = path.read_text()
        frames += [json.loads(line) for line in (text.splitlines() if path.suffix == ".jsonl" else [text])]
        frames += frames[-1:] * 10
    return frames


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a frame with each of its keys or indices."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


def spoiled(frame: Any, rng: Random) -> str | bytes:
    """``frame`` with a few of its values replaced, moved, doubled or lost, and its text perhaps broken."""
    frame = copy.deepcopy(frame)
    for _ in range(rng.randint(1, 4)):
        spots = list(places(frame))
        if not spots:
            break
        node, key = rng.choice(spots)
        rng.choice(CHANGES)(node, key, rng)
    text = json.dumps(frame)
    if rng.random() < 0.05:
        text = text.replace('"service": "', '"service": "TIMESALE_')
    return text if rng.random() < 0.8 else broken(text, rng)


def replace(node: Any, key: Any, rng: Random) -> None:
    node[key] = copy.deepcopy(rng.choice(HOSTILE))


def lose(node: Any, key: Any, rng: Random) -> None:
    del node[key]


def double(node: Any, key: Any, rng: Random) -> None:
    if isinstance(node, list):
        node.insert(rng.randint(0, len(node)), copy.deepcopy(node[key]))
    else:
        node[str(rng.randint(0, 60))] = copy.deepcopy(node[key])


def shift(node: Any, key: Any, rng: Random) -> None:
    value = node[key]
    node[key] = value + rng.choice((-7_200_000, -1, 1, 7_200_000)) if isinstance(value, int | float) else [value]


CHANGES: tuple[Callable[[Any, Any, Random], None], ...] = (replace, replace, lose, double, shift)


def broken(text: str, rng: Random) -> bytes:
    """Bytes cut off, put in or taken out."""
    raw = text.encode(errors="replace")
    at = rng.randint(0, len(raw))
    return rng.choice((raw[:at], raw[at:], raw[:at] + rng.randbytes(3) + raw[at:], raw[:at] + raw[at + 5 :]))


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[Any]:
    return captured(shared)


def kept(store: Store, folder: Path) -> dict[str, int]:
    """How many rows of each table are on disk."""
    with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
        tables = ("quote", "book", "screener", "activity", "headline", "quarantine")
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # noqa: S608


async def listen(folder: Path, spoil: Callable[[Hearing], None]) -> tuple[Streaming, dict[str, int]]:
    """Let ``spoil`` make a hearing hear; gives what was counted, and the rows on disk in the end."""
    store = open_store(folder / "monitor.db", sandbox=True, on_trouble=print)
    hearing = Hearing(store)
    try:
        spoil(hearing)
        await store.recorder.flushed()
        return hearing.streaming, kept(store, folder)
    finally:
        await store.close()


async def test_spoiled_frames_stop_nothing_and_are_counted(frames: list[Any], tmp_path: Path) -> None:
    def spoil(hearing: Hearing) -> None:
        @settings(
            max_examples=500, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(st.sampled_from(frames), st.integers(0, 2**32))
        def one(frame: Any, seed: int) -> None:
            hearing.hear(spoiled(frame, Random(seed)))

        one()

    streaming, rows = await listen(tmp_path, spoil)
    assert {"undecodable", "wrong-type", "unknown-service"} <= streaming.tally.rejected.keys()
    assert rows["quote"] > 300
    assert rows["quarantine"]
    assert len(streaming.tally.items) > 10  # services


@pytest.mark.soak
@pytest.mark.timeout(1500)
async def test_twenty_minutes_of_spoiled_frames(frames: list[Any], tmp_path: Path) -> None:
    def spoil(hearing: Hearing) -> None:
        rng = Random(7)
        ends = time.monotonic() + 1200
        while time.monotonic() < ends:
            hearing.hear(spoiled(rng.choice(frames), rng))

    streaming, rows = await listen(tmp_path, spoil)
    assert rows["quote"] > 10_000
    assert streaming.tally.rejected["wrong-type"] > 1000
