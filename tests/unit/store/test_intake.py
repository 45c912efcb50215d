"""What waits in memory is weighed: about as many bytes as it takes, however it comes and goes."""

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.activity import Activity
from monitor.market.book import Book, BookService, Level, Maker
from monitor.market.headline import Headline
from monitor.market.screener import Ranked, Screener
from monitor.store import batch
from monitor.store.batch import Intake, Queue
from monitor.store.recording import Recording
from monitor.store.tasks import SaveAudit
from tests.support.builders import a_bar, a_quote, a_trade


class WriterDouble:
    """Takes nothing, so that what is recorded can be looked at."""

    def __init__(self) -> None:
        self.intake = Intake()


@pytest.fixture
def intake() -> Intake:
    return Intake()


def recording(intake: Intake) -> Recording:
    writer = WriterDouble()
    writer.intake = intake
    return Recording(writer, {"AAPL": 1})  # type: ignore[arg-type]


def in_memory(value: Any) -> int:
    """What a value and all that hangs on it takes, each object counted once."""
    seen: set[int] = set()

    def size(part: Any) -> int:
        if id(part) in seen or part is None:
            return 0
        seen.add(id(part))
        inner: Any = getattr(part, "__struct_fields__", ())
        parts = [getattr(part, name) for name in inner]
        if isinstance(part, tuple | list):
            parts += part
        elif isinstance(part, dict):
            parts += [*part.keys(), *part.values()]
        return sys.getsizeof(part) + sum(map(size, parts))

    return size(value)


def a_deep_book(levels: int, makers: int) -> Book:
    def side(first: float) -> tuple[Level, ...]:
        return tuple(
            Level(
                first + n / 100,
                1_000 + n,
                300,
                tuple(Maker(f"M{n}.{m}", 500 + n * m, 40_000_000 + m + n) for m in range(makers)),
            )
            for n in range(levels)
        )

    return Book("AAPL", 1_790_000_000_000, side(100.0), side(200.0))


def a_ranking(count: int) -> Screener:
    rows = [
        Ranked(f"S{n}", f"Company number {n}", 1.5 + n, 2.5 + n, 3.5 + n, 4.5 + n, 500 + n, 600 + n)
        for n in range(count)
    ]
    return Screener("NASDAQ_VOLUME_30", 1_790_000_000_000, rows=tuple(rows))


def test_each_kind_weighs_about_what_it_takes(intake: Intake) -> None:
    record = recording(intake)
    stamp = 1_790_000_000_000_000
    quote = a_quote(bid=100.01, ask=100.02, last=100.03, bid_size=1_001, ask_size=1_002, last_size=1_003, volume=10**9)
    record.record_quote(stamp, quote)
    record.record_trade(stamp, a_trade(price=100.07, size=1_234))
    for levels, makers in ((1, 1), (20, 3), (500, 10)):
        record.record_book(stamp, BookService.NYSE, a_deep_book(levels, makers))
    for count in (1, 50, 10_000):
        record.record_screener(stamp, "SCREENER_EQUITY", a_ranking(count))
        record.record_activity(stamp, Activity("1", "OrderFilled", "é" * count * 100))
        record.record_headline(stamp, Headline("1", 5, "A headline" * count, ("A", "B"), "who", ""))
        record.record_rejected(stamp, "not-json", b"x" * count, "It is none.")
        record.record_details(stamp, "AAPL", {f"name {n}": "text" * n for n in range(count // 50)} | {"x": 1.5})
    for name, queue in intake._queues.items():
        for row in queue:
            taken = in_memory(row)
            assert 0.5 * taken <= queue.weigh([row]) <= 2 * taken + 300, name


def test_history_weighs_with_its_bars(intake: Intake) -> None:
    bars = [
        a_bar(close=100.1 + n, open=100.2 + n, high=100.3 + n, low=100.4 + n, volume=1_000 + n, at=n * 60_000)
        for n in range(10_000)
    ]
    recording(intake).record_bars(bars)
    assert 0.5 * in_memory(bars) <= intake.bytes <= 2 * in_memory(bars)


@given(st.data())
def test_the_count_is_right_however_rows_come_and_go(data: st.DataObject) -> None:
    queue: Queue[bytes] = Queue(len)
    expected: list[bytes] = []
    for _ in range(data.draw(st.integers(1, 12))):
        for row in data.draw(st.lists(st.binary(max_size=9), max_size=4)):
            queue.append(row)
            expected.append(row)
        most = data.draw(st.none() | st.integers(1, 20))
        part = queue.take(most)
        assert part == expected[: len(part)]
        assert part or not expected
        if most is None:
            assert part == expected
        elif expected:  # the last one of it is the first that reaches the limit
            assert sum(map(len, part[:-1])) < most
            assert len(part) == len(expected) or sum(map(len, part)) >= most
        if data.draw(st.booleans()):
            queue.give_back(part)
        else:
            del expected[: len(part)]
        assert list(queue) == expected
        assert queue.bytes == sum(map(len, expected))


def test_no_batch_takes_more_than_so_many_bytes_of_a_kind(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "LARGEST_BATCH", 1_000)  # 400 kB
    record = recording(intake)
    for number in range(300):
        record.record_rejected(number, "not-json", b"x" * 50_000, "It is none.")
    taken = intake.take()
    assert taken.full
    assert 400_000 <= taken.bytes <= 460_000
    assert intake.bytes == intake.rejected.weigh(list(intake.rejected)) > 14_000_000


def test_what_is_rejected_is_bounded_by_itself(intake: Intake) -> None:
    recording(intake).record_rejected(1, "not-json", b"x" * 16_000_000, "It is none.")
    assert intake.bytes < 70_000


def test_a_batch_knows_what_it_takes(intake: Intake) -> None:
    record = recording(intake)
    for number in range(100):
        record.record_quote(number, a_quote())
        record.record_activity(number, Activity("1", "OrderFilled", "{}" * number))
        record.record_audit("k", "s")
    intake.tasks.append((SaveAudit(1, "k", "asked"), object()))  # type: ignore[arg-type]
    before = intake.bytes
    taken = intake.take_recorded()
    assert taken.bytes + intake.bytes == before
    assert len(intake.tasks) == 1
    intake.give_back(taken)
    assert (intake.bytes, len(intake.quotes), len(intake.tasks)) == (before, 100, 101)
