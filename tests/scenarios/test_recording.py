"""Everything a replay sends is on disk and comes out again digit for digit: the sandbox, collector and export as
programs of their own, over real market activity."""

import csv
import gzip
import json
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.collecting import collected
from tests.support.sandbox import running_sandbox

QUOTE_FIELDS = {
    "bid": "1",
    "ask": "2",
    "last": "3",
    "bid_size": "4",
    "ask_size": "5",
    "last_size": "9",
    "volume": "8",
}
BAR_FIELDS = {"open": "2", "high": "3", "low": "4", "close": "5", "volume": "6"}
FRAMES = {"conflated": (1813, 3396, 39), "burst": (6259, 13165, 9)}

Item = dict[str, Any]


def monitor(*arguments: str | Path) -> str:
    """Run a command as a person would; gives its output."""
    command = [sys.executable, "-m", "monitor", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=90).stdout


def played(status: dict[str, Any]) -> bool:
    """Whether the sandbox has sent all of its replay."""
    return status["replay"]["state"] == "ended"


class Recording:
    """One replay recorded through the programs: the items sent, the summary, and the folder with the database."""

    def __init__(self, replay: Path, folder: Path) -> None:
        self.folder = folder
        with running_sandbox("--replay", replay, "--speed", "0") as sandbox:
            options = ("--symbols", "AAPL", "--books", "AAPL")
            self.summary, _ = collected(sandbox, folder, *options, until=played)
            self.sent = sandbox.status()["sent"]
        with gzip.open(replay, "rt") as lines:
            # Numbers as their own text, to compare digit for digit.
            frames = [json.loads(line, parse_float=str, parse_int=str)["frame"] for line in lines]
        self._data = [data for frame in frames for data in frame["data"]]

    def items(self, service: str) -> list[Item]:
        return [item for data in self._data if data["service"] == service for item in data["content"]]

    def export(self, what: str, *options: str) -> list[dict[str, str]]:
        out = self.folder / f"{what}.csv"
        monitor("export", what, "--symbols", "AAPL", "--out", out, "--data-dir", self.folder, *options)
        with out.open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module", params=list(FRAMES))
def recording(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    replay = shared / "replay" / f"aapl-open-{request.param}.jsonl.gz"
    return Recording(replay, tmp_path_factory.mktemp(request.param))


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_as_many_rows_as_frames_and_nothing_dropped(recording: Recording) -> None:
    sent = {service: counts["items"] for service, counts in recording.sent.items()}
    assert recording.summary["services"] == sent
    assert tuple(sent[s] for s in ("LEVELONE_EQUITIES", "NASDAQ_BOOK", "CHART_EQUITY")) in FRAMES.values()
    assert recording.summary["dropped"] == 0
    assert recording.summary["rejected"] == {}
    with sqlite3.connect(f"file:{recording.folder / 'monitor.db'}?mode=ro", uri=True) as database:
        tables = "quote", "book", "bar WHERE interval_s = 60"
        counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]  # noqa: S608
    database.close()
    assert counts == [sent["LEVELONE_EQUITIES"], sent["NASDAQ_BOOK"], sent["CHART_EQUITY"]]


def test_every_quote_comes_out_as_it_was_sent(recording: Recording) -> None:
    rows = recording.export("quotes")
    changes = recording.items("LEVELONE_EQUITIES")
    assert len(rows) == len(changes)
    state: Item = {}
    for row, change in zip(rows, changes, strict=True):
        state |= change
        assert {name: row[name] for name in QUOTE_FIELDS} == {n: state.get(f, "") for n, f in QUOTE_FIELDS.items()}
        assert milliseconds(row["quote_time"]) == int(state["34"])


def test_stamps_of_receipt_only_grow(recording: Recording) -> None:
    received = [row["received"] for row in recording.export("quotes")]
    assert received == sorted(set(received))


def test_every_level_of_every_book_comes_out_as_it_was_sent(recording: Recording) -> None:
    rows = iter(recording.export("book"))
    for book in recording.items("NASDAQ_BOOK"):
        for side, field in (("bid", "2"), ("ask", "3")):
            for number, level in enumerate(book[field], start=1):
                row = next(rows)
                shown = [row[name] for name in ("service", "side", "level", "price", "size", "makers")]
                assert shown == ["NASDAQ_BOOK", side, str(number), level["0"], level["1"], level["2"]]
                assert milliseconds(row["book_time"]) == int(book["1"])
    assert next(rows, None) is None


def test_every_minute_comes_out_as_it_was_sent(recording: Recording) -> None:
    rows = recording.export("bars", "--interval", "1m")
    bars = recording.items("CHART_EQUITY")
    assert [milliseconds(row["start"]) for row in rows] == [int(bar["7"]) for bar in bars]
    shown = [{name: row[name] for name in BAR_FIELDS} for row in rows]
    assert shown == [{name: bar[field] for name, field in BAR_FIELDS.items()} for bar in bars]
    assert {row["source"] for row in rows} == {"stream"}
