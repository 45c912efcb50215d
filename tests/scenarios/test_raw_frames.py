"""What was seen can be seen again: frames recorded as they came give the same rows when they are replayed."""

import sqlite3
from pathlib import Path
from typing import Any

from tests.scenarios.test_recording import played
from tests.support.collecting import collected
from tests.support.sandbox import running_sandbox

QUESTIONS = (
    "SELECT bid, ask, last, bid_size, ask_size, last_size, volume, quote_time, trade_time FROM quote"
    " ORDER BY received_us",
    "SELECT time, price, size, volume, unseen, side FROM trade ORDER BY received_us",
    "SELECT venue, time, levels FROM book ORDER BY received_us",
    "SELECT start_ms, open, high, low, close, volume, source FROM bar WHERE source = 'stream' ORDER BY start_ms",
)


def recorded(replay: Path, folder: Path, *options: str | Path) -> list[list[tuple[Any, ...]]]:
    """The rows that a replay leaves."""
    with running_sandbox("--replay", replay, "--speed", "0") as sandbox:
        collected(sandbox, folder, "--symbols", "AAPL", "--books", "AAPL", *options, until=played)
    database = sqlite3.connect(folder / "monitor.db")
    try:
        return [database.execute(question).fetchall() for question in QUESTIONS]
    finally:
        database.close()


def test_raw_frames_replay_to_the_same_rows(shared: Path, tmp_path: Path) -> None:
    frames = tmp_path / "seen.jsonl.gz"
    seen = recorded(shared / "replay" / "aapl-open-conflated.jsonl.gz", tmp_path / "seen", "--record-raw", frames)
    assert [len(seen[kind]) for kind in (0, 2, 3)] == [1813, 3396, 39]
    assert recorded(frames, tmp_path / "again") == seen
