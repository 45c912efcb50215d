"""Hours of trading at twenty times the speed, a fault each minute: the disk has what the sandbox says it handed over.

Item by item, with its values. Only the end of a connection that died may be missing, and all that is missing lies in a
hole that is on record. ``LONG_DAY_SEED`` chooses the faults.
"""

import copy
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from monitor.clock import now_ms
from monitor.sandbox.market.futures import contract
from tests.scenarios.test_services import calls
from tests.support.kept import NOBODYS, Disk, Line, Merging, Row, bars_of, read_truth
from tests.support.sandbox import RunningSandbox, running_sandbox

PACE = 20
MINUTE_SECONDS = 60 / PACE
#: Enough for a busy machine.
PATIENCE_SECONDS = 120.0

Span = tuple[int, int]


def subscriptions() -> list[str]:
    """The collector's options that ask for something of every service."""
    options = calls("SPY", range(500, 900, 50))
    future = contract("/ES", date.today()).symbol  # noqa: DTZ011
    named = {
        "NASDAQ_BOOK": "AAPL,MSFT",
        "NYSE_BOOK": "F,IBM",
        "OPTIONS_BOOK": options,
        "LEVELONE_FUTURES_OPTIONS": ",".join(f".{future}C{strike}" for strike in range(5000, 9000, 500)),
        "SCREENER_EQUITY": "NASDAQ_VOLUME_0",
        "SCREENER_OPTION": "OPTION_CALL_VOLUME_0",
        "ACCT_ACTIVITY": "x",
        "NEWS_HEADLINE": "AAPL,$SPX",
    }
    symbols = f"AAPL,MSFT,F,SPY,$SPX,/ES,/CL,EUR/USD,USD/JPY,{options}"
    return ["--symbols", symbols, *(w for service, keys in named.items() for w in ("--subscribe", f"{service}={keys}"))]


SERVICES = (
    *("LEVELONE_EQUITIES", "LEVELONE_OPTIONS", "LEVELONE_FUTURES", "LEVELONE_FUTURES_OPTIONS", "LEVELONE_FOREX"),
    *("NASDAQ_BOOK", "NYSE_BOOK", "OPTIONS_BOOK", "CHART_EQUITY", "CHART_FUTURES"),
    *("SCREENER_EQUITY", "SCREENER_OPTION", "ACCT_ACTIVITY", "NEWS_HEADLINE"),
)
#: Their first image takes the sandbox a while.
SLOW = {"SCREENER_EQUITY", "SCREENER_OPTION"}


# ---------------------------------------------------------------------- what goes wrong

Fault = dict[str, Any]
#: Faults of the next logins and requests, and then of the open connection; ``advance`` moves the tokens' clock.
Misfortune = Callable[[Random], tuple[list[Fault], list[Fault], float]]


def _ends(*pending: Fault, advance: float = 0.0, **fault: Any) -> Misfortune:
    return lambda _: (list(pending), [{"stream": "drop"} | fault], advance)


def _meets(stream: str, **fields: Any) -> Misfortune:
    """On the open connection; a field that is a list is drawn from."""

    def draw(rng: Random) -> tuple[list[Fault], list[Fault], float]:
        drawn = {name: rng.choice(value) if isinstance(value, list) else value for name, value in fields.items()}
        return [], [{"stream": stream} | drawn], 0.0

    return draw


ENDS: dict[str, Misfortune] = {
    "cut": _ends(),
    "close": _meets("close", code=[1000, 1001, 1006, 1011, 1012]),
    "stop": _meets("stop", code=[20, 30]),
    "silent": _meets("silent"),
    "half-open": _meets("half-open"),
    "refused login": _ends({"stream": "refuse-login"}),
    "busy login": _ends({"stream": "refuse-login", "code": 21}),
    "slow login": _ends({"stream": "slow-login", "delay": 1.0}),
    "too slow login": _ends({"stream": "slow-login", "delay": 5.0}),
    "token at its end": _ends(advance=1801.0),
    "no preferences": _ends({"path": "/trader/v1/userPreference", "times": 2}),
    "cut again and again": _ends({"stream": "drop", "after_seconds": 0.3, "times": 3}),
    "cut while subscribing": _ends({"stream": "drop", "after_seconds": 0.01}),
    "no answer": _ends({"stream": "no-answer", "count": 1}),
    "refused service": _ends({"stream": "refuse", "service": "LEVELONE_FOREX", "count": 1}),
    "refused symbol": _ends({"stream": "refuse", "service": "LEVELONE_EQUITIES", "symbol": "MSFT"}),
    "few symbols": _ends({"stream": "limits", "limits": {"LEVELONE_EQUITIES": 3}}),
    "other codes": _ends({"stream": "success-codes"}),
    "mixed answers": _ends({"stream": "mixed-answers", "delay": 0.1}),
    "no snapshot": _ends({"stream": "no-snapshot", "seconds": 2}),
    "history fails": _ends({"path": "/marketdata/v1/pricehistory", "times": 3}),
    "cut on a slow line": lambda _: (
        [],
        [{"stream": "trickle", "bytes_per_second": 30_000}, {"stream": "drop", "after_seconds": 1}],
        0.0,
    ),
}
_FORMS = ["text", "truncated", "binary", "nan", "endless-number", "surrogate", "nested", "list", "empty"]
MEETS: dict[str, Misfortune] = {
    "garbage": _meets("garbage", form=_FORMS, count=[1, 3]),
    "huge": _meets("huge", megabytes=0.3),
    "unknown service": _meets("unknown-service", count=3),
    "stray answer": _meets("stray-answer", code=[0, 24]),
    "no heartbeats": _meets("mute-heartbeats", seconds=10),
    "silent service": _meets("mute-service", service=list(SERVICES), seconds=[1, 4]),
    "silent symbol": _meets("mute-symbol", symbol=["AAPL", "/ES", "EUR/USD"], seconds=[2, 5]),
    "duplicates": _meets("duplicate", seconds=1),
    "out of order": _meets("shuffle", delay=0.3, seconds=1),
    "late": _meets("late", delay=0.5, jitter=0.2, seconds=1),
    "slow line": _meets("trickle", bytes_per_second=[30_000, 200_000], seconds=1.5),
    "from the future": _meets("future", ahead_seconds=90_000, seconds=0.5),
    "wrong types": _meets("wrong-types", seconds=1),
    "unknown fields": _meets("unknown-field", seconds=1),
    "silent for a moment": _meets("silent", seconds=1),
    "half-open for a moment": _meets("half-open", seconds=1),
}
MISFORTUNES = ENDS | MEETS


def draw(minutes: int, rng: Random) -> list[str]:
    """A fault for each minute, ends and others in turn: all of each kind come before one comes again."""
    decks: dict[bool, list[str]] = {True: [], False: []}
    found = []
    for minute in range(minutes):
        deck = decks[minute % 2 == 0]
        if not deck:
            deck += ENDS if minute % 2 == 0 else MEETS
            rng.shuffle(deck)
        found.append(deck.pop())
    return found


# ---------------------------------------------------------------------- the day


@dataclass
class Day:
    """What is left of it."""

    lines: list[Line]
    injected: Counter[str]
    disk: Disk
    summary: dict[str, Any]


@contextmanager
def collector(sandbox: RunningSandbox, began_ms: int, folder: Path) -> Any:
    """The collector as its own process, at the market's pace."""
    paced = [sys.executable, "-m", "tests.support.paced_collector", str(PACE), str(began_ms), "collect"]
    command = [*paced, *subscriptions(), "--sandbox-url", sandbox.base_url, "--data-dir", str(folder)]
    with (folder / "stderr").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def wait_for(process: "subprocess.Popen[str]", condition: Callable[[], bool]) -> None:
    """Until it is true, as long as the collector runs."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, "the collector has ended"
        assert time.monotonic() < limit, "what the collector was to hear did not come"
        time.sleep(0.05)


def hears(sandbox: RunningSandbox, services: Iterable[str] = ()) -> bool:
    """Whether there is a connection that is open and has been sent something, of these services too."""
    streams = [stream for stream in sandbox.status()["streams"] if stream["closed"] is None]
    return bool(streams and streams[-1]["items"]) and streams[-1]["items"].keys() >= set(services)


def live_through(minutes: int, rng: Random, folder: Path) -> Day:
    """Record a day of so many minutes, each with its fault, and a last one in which all is well again."""
    log = folder / "truth.jsonl"
    with running_sandbox("--pace", str(PACE), "--truth", log) as sandbox:
        began_ms = now_ms()
        with collector(sandbox, began_ms, folder) as process:
            disk = Disk(folder / "monitor.db")
            wait_for(process, lambda: hears(sandbox, set(SERVICES) - SLOW))
            for name in draw(minutes, rng):
                wait_for(process, lambda: hears(sandbox))
                pending, befalling, advance = MISFORTUNES[name](rng)
                if pending:
                    sandbox.faults(pending)
                if advance:
                    sandbox.advance(advance)
                for fault in befalling:
                    sandbox.befall(**fault)
                time.sleep(MINUTE_SECONDS)
            sandbox.clear_faults()
            logins = sandbox.status()["logins"]
            sandbox.lever("drop")  # what was refused is asked for once more
            wait_for(process, lambda: sandbox.status()["logins"] > logins and hears(sandbox, SERVICES))
            wait_for(process, lambda: all(ended for _, _, _, ended in disk.holes()))
            sandbox.befall("mute-service")  # so that nothing is on its way when the collector ends
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, (folder / "stderr").read_text()
    lines, injected = read_truth(log)
    return Day(lines, injected, disk, json.loads(output.splitlines()[-1]))


# ---------------------------------------------------------------------- the comparison


@dataclass
class Compared:
    """What was found to be the same, and what was rightly missing."""

    rows: int = 0
    bars: int = 0
    missing: int = 0  # frames at the end of dead connections
    must: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    may: dict[tuple[str, int], list[list[Any]]] = field(default_factory=lambda: defaultdict(list))


def compare_rows(day: Day) -> Compared:
    """Every connection's rows are what it was handed, from its first item to the last that arrived."""
    compared, merging = Compared(), Merging()
    found = [(received_us, row) for received_us, row in day.disk.streamed() if not row.key.startswith(NOBODYS)]
    begins = [line.opened_ms * 1000 for line in day.lines] + [1 << 62]
    place = 0
    for line, ends in zip(day.lines, begins[1:], strict=True):
        until = next((n for n in range(place, len(found)) if found[n][0] >= ends), len(found))
        compare_line(line, [row for _, row in found[place:until]], merging, compared)
        place = until
        compared.missing += len(line.missing)
    assert not day.lines[-1].missing, f"the last connection, which no fault ended, lacks {compared.missing} frames"
    return compared


def compare_line(line: Line, rows: list[Row], merging: Merging, compared: Compared) -> None:
    """The rows that came while ``line`` was the connection; where they end, its frames ended too."""
    merging.connected()
    place = 0
    for number, frame in enumerate(line.frames, start=1):
        if place == len(rows):
            break
        due = merging.rows(frame)
        kept = rows[place : place + len(due)]
        assert kept == due, f"connection {line.number}, frame {number} of {len(line.frames)} ({frame.service})"
        place += len(due)
        if due:
            line.received = number
    assert place == len(rows), f"connection {line.number}: {len(rows) - place} rows that it was not sent: {rows[place]}"
    after = copy.deepcopy(merging)
    line.doubtful = next((n for n in range(line.received, len(line.frames)) if after.rows(line.frames[n])), None)
    compared.rows += len(rows)
    for frame in line.frames[: line.received]:
        compared.must |= dict(bars_of(frame))
    for frame in line.frames[line.received : line.doubtful]:
        for key, values in bars_of(frame):
            compared.may[key].append(values)


def compare_bars(day: Day, compared: Compared) -> None:
    """Each minute that came is on disk as it came last; what history brought beside is the same."""
    disk = day.disk.bars()
    for key, values in compared.must.items():
        kept, source = disk[key]
        same = repr(kept) == repr(values) if source == "stream" else kept == values
        assert same or kept in compared.may[key], f"{key}: {kept} of {source}, sent were {values}"
        compared.bars += 1
    streamed = {key for key, (_, source) in disk.items() if source == "stream"}
    assert streamed <= compared.must.keys() | compared.may.keys()


def uncovered(hole: Span, spans: Iterable[Span]) -> int:
    """How many ms of a hole none of the spans covers."""
    begin, lacking = hole[0], 0
    for start, end in sorted(spans):
        if start > begin:
            lacking += max(0, min(start, hole[1]) - begin)
        begin = max(begin, end)
    return lacking + max(0, hole[1] - begin)


def covered_by(lines: list[Line]) -> dict[tuple[str, str], list[Span]]:
    """From when to when each key of a service was owed and nothing of it was lost, by the market's clock."""
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for line in lines:
        since: dict[tuple[str, str], int] = {}
        for moment, service, key, owed in line.keys:
            if owed:
                since.setdefault((service, key), moment)
            elif (service, key) in since:
                spans[service, key].append((since.pop((service, key)), moment))
        for key_of_service, moment in since.items():
            spans[key_of_service].append((moment, max(moment, line.proven_ms)))
    return spans


def compare_holes(day: Day) -> tuple[int, int]:
    """Whatever of a key was not covered lies in holes on record, of its service or its own, and all of them ended.

    Gives how many holes there are, and how often a key was lost and asked for again.
    """
    marked: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for service, symbol, begin, end in day.disk.holes():
        assert end is not None, f"the hole of {service} {symbol} since {begin} has no end"
        marked[service, symbol].append((begin, end))
    seams = 0
    for (service, key), spans in covered_by(day.lines).items():
        rows = marked[service, ""] + marked[service, key]
        for (_, lost), (again, _) in itertools.pairwise(spans):
            lacking = uncovered((lost, again), rows)
            assert not lacking, f"{lacking} of {again - lost} ms from {lost} on are not marked for {service} {key}"
            seams += 1
    for line in day.lines:
        for frame in line.missing:
            assert any(begin <= frame.sent_ms <= end for begin, end in marked[frame.service, ""]), (
                f"connection {line.number}: a frame of {frame.service} of {frame.sent_ms} is missing and no hole tells"
            )
    return sum(map(len, marked.values())), seams


def tell(**figures: object) -> None:
    """Shown where the test fails, or with ``-s``."""
    sys.stdout.write(json.dumps(figures) + "\n")


def check(minutes: int, seed: int, folder: Path) -> None:
    """A day of so many minutes, its faults those of ``seed``."""
    tell(LONG_DAY_SEED=seed, faults=Counter(draw(minutes, Random(seed))))
    day = live_through(minutes, Random(seed), folder)
    tell(
        connections=Counter(line.closed for line in day.lines),
        frames=sum(len(line.frames) for line in day.lines),
        items=sum(len(frame.items) for line in day.lines for frame in line.frames),
        injected=day.injected,
        rejected=day.summary["rejected"],
    )
    compared = compare_rows(day)
    compare_bars(day, compared)
    holes = compare_holes(day)
    tell(rows=compared.rows, minutes=compared.bars, missing_frames=compared.missing, holes=holes[0], seams=holes[1])
    assert compared.rows
    assert compared.bars
    assert day.summary["dropped"] == 0


@pytest.mark.timeout(600)
def test_some_minutes_of_trading_are_on_disk_as_they_were_sent(tmp_path: Path) -> None:
    check(7, int(os.environ.get("LONG_DAY_SEED", "7")), tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_two_hours_of_trading_are_on_disk_as_they_were_sent(tmp_path: Path) -> None:
    check(120, int(os.environ.get("LONG_DAY_SEED") or Random().randrange(10_000)), tmp_path)
