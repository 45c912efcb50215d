"""Imports: bars from files of our own and of others, what is wrong line by line, and whose bars stay."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.analysis.coverage import trading_of
from monitor.errors import BadData
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import from_ms
from monitor.ports import DecimalMark, ExportRequest, ImportRequest, Layout, Zone
from monitor.store import Store, bar_import, open_store
from tests.support.builders import a_bar, ms
from tests.support.rolled_up import rolled_up
from tests.unit.store.conftest import Rows

HEADER = "date,open,high,low,close,volume\n"


def never() -> bool:
    return False


def unheard(done: int, total: int) -> None:
    """For imports whose progress is not looked at."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bars.csv"


async def starts(store: Store, rows: Rows, file: Path, text: str, **how: object) -> list[str]:
    """The starts, New York, of the bars that are taken from a file with this text."""
    file.write_text(text)
    await store.importer.run(ImportRequest(file, **({"symbol": "AAPL"} | how)), unheard, never)  # type: ignore[arg-type]
    await store.recorder.flushed()
    found = rows("SELECT start_ms FROM bar WHERE source = 'import' ORDER BY interval_s, start_ms")
    return [f"{from_ms(start):%Y-%m-%d %H:%M}" for (start,) in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start,open,high,low,close\n2025-05-21T09:30:00.000-04:00,1,2,1,2\n", "2025-05-21 09:30"),
        ("Timestamp;Open;High;Low;Close;Volume\n2025-05-21T13:30Z;1,5;2;1;2;3\n", "2025-05-21 09:30"),
        ("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n20250521,093000,1,2,1,2,3\n", "2025-05-21 09:30"),
        ('"Date","Open","High","Low","Close"\n05/21/2025 09:30,1,2,1,2\n', "2025-05-21 09:30"),
        ("time\topen\thigh\tlow\tclose\n1747834200\t1\t2\t1\t2\n", "2025-05-21 09:30"),
        ("time,open,high,low,close\n1747834200000,1,2,1,2\n", "2025-05-21 09:30"),
        (HEADER + "2025-05-20,1,2,1,2,3\n2025-05-21,1,2,1,2,3\n", "2025-05-21 00:00"),
        (HEADER + "2025-05-21 00:00:00+00:00,1,2,1,2,3\n2025-05-22 00:00:00+00:00,1,2,1,2,3", "2025-05-21 00:00"),
    ],
)
async def test_columns_and_times_in_the_usual_forms(
    store: Store, rows: Rows, file: Path, text: str, expected: str
) -> None:
    assert expected in await starts(store, rows, file, text)


async def test_times_without_an_offset_are_of_the_zone_that_was_said(store: Store, rows: Rows, file: Path) -> None:
    text = HEADER + "2025-05-21 13:30,1,2,1,2,3\n"
    file.write_text(text)
    preview = await store.importer.preview(ImportRequest(file, "AAPL"), never)
    assert preview is not None
    assert preview.needs_zone
    assert await starts(store, rows, file, text, zone=Zone.UTC) == ["2025-05-21 09:30"]


async def test_lines_that_cannot_be_taken_are_told_with_their_number(store: Store, file: Path) -> None:
    lines = (
        "2025-05-21 09:30,1,2,1,2,3",
        "yesterday,1,2,1,2,3",
        "2025-05-21 09:31,1,2,1,=1+1,3",
        "",
        "2025-05-21 09:32,1,1,2,1,3",
        "2025-05-21 09:33,9,2,1,1,3",
        "2025-05-21 09:34:30,1,2,1,1,3",
        "2025-05-21 09:35,1,2,1,1,-3",
        "2025-05-21 09:35",
        "1812-05-21 09:35,1,2,1,1,3",
        "2025-05-21 09:36,1,2,1,1,3",
        "2025-05-21 09:36,1,2,1,1,3",
        "2025-05-21 09:37,1e400,1e400,1,1,3",
    )
    file.write_text(HEADER + "\n".join(lines))
    preview = await store.importer.preview(ImportRequest(file, "AAPL"), never)
    assert preview is not None
    assert [tuple(rejected) for rejected in preview.rejected] == [
        (3, "“yesterday” is no time of a bar"),
        (4, "close “=1+1” is no number"),
        (6, "the high is below the low"),
        (7, "open or close lie outside of low and high"),
        (8, "a 1m bar begins on a whole minute"),
        (9, "a price or the volume is negative"),
        (10, "it has only 1 column"),
        (11, "“1812-05-21 09:35” is no time of a bar"),
        (13, "the same bar as the line before"),
        (14, "open “1e400” is no number"),
    ]
    assert (preview.bars, preview.rejections, preview.intervals) == (2, 10, (Interval.M1,))
    assert (preview.first_ms, preview.last_ms) == (ms("09:30"), ms("09:36"))


@pytest.mark.parametrize(
    ("text", "how", "sentence"),
    [
        ("a,b\n1,2\n", {}, "names no column for time, open, high, low and close"),
        ("", {}, "The file is empty."),
        ("PK\3\4\24\0\6\0xl/workbook.xml", {}, "no CSV: a sheet of Excel"),
        (HEADER, {"symbol": ""}, "say whose bars these are"),
        (HEADER, {"symbol": "A*B"}, "is not a symbol"),
        (HEADER, {"interval": Interval.M5}, "Bars of 5m are built from minutes"),
        (HEADER + "2025-05-21 09:30,1,2,1,2,3\n2025-05-21 09:35,1,2,1,2,3\n", {}, "Bars of 5m are built from minutes"),
    ],
)
async def test_a_file_that_is_none_of_bars_is_refused(
    store: Store, file: Path, text: str, how: dict[str, object], sentence: str
) -> None:
    file.write_text(text)
    request = ImportRequest(file, **({"symbol": "AAPL"} | how))  # type: ignore[arg-type]
    for answer in (store.importer.preview(request, never), store.importer.run(request, unheard, never)):
        with pytest.raises(BadData, match=sentence):
            await answer


async def test_a_file_that_is_not_there_is_said(store: Store, file: Path) -> None:
    with pytest.raises(BadData, match="cannot be read: No such file"):
        await store.importer.preview(ImportRequest(file, "AAPL"), never)


async def test_schwabs_own_bars_stay_unless_asked(store: Store, file: Path, rows: Rows) -> None:
    own = [a_bar(at="09:30", close=1, source=BarSource.REST), a_bar(at="09:31", close=1, source=BarSource.COMPUTED)]
    store.recorder.record_bars(own)
    file.write_text(HEADER + "".join(f"2025-05-21 09:{minute},7,7,7,7,7\n" for minute in (30, 31, 32)))
    request = ImportRequest(file, "AAPL")
    result = await store.importer.run(request, unheard, never)
    assert (result.taken, result.kept, result.symbols) == (2, 1, ("AAPL",))
    found = "SELECT close, source FROM bar WHERE interval_s = 60 ORDER BY start_ms"
    assert rows(found) == [(1, "rest"), (7, "import"), (7, "import")]
    assert rows("SELECT streamed, fetched, computed FROM bar_day") == [(0, 3, 0)]
    again = await store.importer.run(request, unheard, never)
    assert (again.taken, again.kept) == (0, 3)
    replaced = await store.importer.run(ImportRequest(file, "AAPL", replaces=True), unheard, never)
    assert (replaced.taken, replaced.kept) == (1, 2)
    assert rows(found)[0] == (7, "import")
    assert rows("SELECT close, source FROM bar_revision WHERE source = 'rest'") == [(1, "rest")]
    store.recorder.record_bars([a_bar(at="09:32", close=7, volume=7), a_bar(at="09:31", close=8)])
    await store.recorder.flushed()
    assert rows(found) == [(7, "import"), (8, "rest"), (7, "rest")]


async def test_an_import_is_in_the_audit_and_told_as_it_goes(
    store: Store, file: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_import, "_BARS_AT_ONCE", 2)
    file.write_text(HEADER + "".join(f"2025-05-21 09:3{minute},7,7,7,7,7\n" for minute in range(5)))
    told: list[tuple[int, int]] = []
    await store.importer.run(ImportRequest(file, "AAPL"), lambda *progress: told.append(progress), never)
    assert len(told) == 3
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    await store.recorder.flushed()
    assert rows("SELECT kind, sentence FROM audit") == [("import", f"5 bars of AAPL from {file}.")]


async def test_what_was_taken_before_a_cancel_stays(
    store: Store, file: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_import, "_BARS_AT_ONCE", 2)
    file.write_text(HEADER + "".join(f"2025-05-21 09:3{minute},7,7,7,7,7\n" for minute in range(5)))
    asked: list[int] = []

    def second_time() -> bool:
        asked.append(1)
        return len(asked) > 1

    result = await store.importer.run(ImportRequest(file, "AAPL"), unheard, second_time)
    assert (result.cancelled, result.taken) == (True, 2)
    await store.recorder.flushed()
    assert rows("SELECT count(*) FROM bar WHERE interval_s = 60") == [(2,)]
    assert len(rows("SELECT 1 FROM audit")) == 1
    assert await store.importer.preview(ImportRequest(file, "AAPL"), lambda: True) is None


async def test_longer_bars_are_made_of_imported_minutes(store: Store, file: Path) -> None:
    minutes = [
        f"2025-05-21 {9 + (30 + m) // 60:02}:{(30 + m) % 60:02},{m + 1},{m + 3},{m + 1},{m + 2},7\n" for m in range(90)
    ]
    file.write_text(HEADER + "".join(minutes))
    await store.importer.run(ImportRequest(file, "AAPL"), unheard, never)
    own = await store.archive.bars("AAPL", Interval.M1)
    assert len(own) == 90
    for interval in (Interval.M5, Interval.H1, Interval.DAY):
        found = await store.archive.bars("AAPL", interval)
        assert np.array_equal(found, rolled_up(own, interval, trading_of("AAPL")))


PRICE = st.integers(0, 2**53) | st.floats(0, 1e6, allow_nan=False) | st.decimals(0, 10**6, places=2).map(float)


@st.composite
def bars(draw: st.DrawFn) -> list[Bar]:
    """Bars of two symbols, each start once, of one interval."""
    interval = draw(st.sampled_from([Interval.M1, Interval.DAY]))
    found = []
    for symbol in ("AAPL", "SPY   260928C00772000"):
        for place in sorted(draw(st.sets(st.integers(0, 2000), max_size=6))):
            low, *between, high = sorted(draw(st.lists(PRICE, min_size=4, max_size=4)))
            opened, closed = draw(st.permutations(between))
            start = ms("09:30") + place * 60_000
            if interval is Interval.DAY:
                start = _midnight(place)
            found.append(Bar(symbol, interval, start, opened, high, low, closed, draw(PRICE), BarSource.IMPORT))
    return found


def _midnight(place: int) -> int:
    from datetime import time, timedelta

    from monitor.market.calendar import at_new_york
    from tests.support.builders import DAY

    return at_new_york(DAY - timedelta(days=place), time(0))


@given(found=bars(), zone=st.sampled_from(Zone), mark=st.sampled_from(DecimalMark))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_export_import_export_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, found: list[Bar], zone: Zone, mark: DecimalMark
) -> None:
    if not found:
        return
    folder = tmp_path_factory.mktemp("round")
    symbols = tuple({bar.symbol for bar in found})
    layout = Layout(zone, mark)

    async def round_trip() -> None:
        first = open_store(folder / "a" / "monitor.db", True, pytest.fail)
        second = open_store(folder / "b" / "monitor.db", True, pytest.fail)
        try:
            first.recorder.record_bars(found)
            await first.recorder.flushed()
            one, two = folder / "one.csv", folder / "two.csv"
            request = ExportRequest("bars", symbols, one, found[0].interval, layout=layout)
            await first.exporter.export(request, unheard, never)
            result = await second.importer.run(ImportRequest(one), unheard, never)
            assert (result.taken, result.rejections) == (len(found), 0)
            request = ExportRequest("bars", symbols, two, found[0].interval, layout=layout)
            await second.exporter.export(request, unheard, never)
            assert two.read_bytes() == one.read_bytes()
        finally:
            await first.close()
            await second.close()

    asyncio.run(round_trip())


async def test_only_the_source_tells_schwabs_own_bars_from_imported_ones(store: Store, file: Path, path: Path) -> None:
    store.recorder.record_bars([a_bar(close=214.5), a_bar(at="09:31", close=214)])
    await store.recorder.flushed()
    await store.exporter.export(ExportRequest("bars", ("AAPL",), file), unheard, never)
    other = open_store(path.parent / "other" / "monitor.db", True, pytest.fail)
    await other.importer.run(ImportRequest(file), unheard, never)
    out = file.with_name("again.csv")
    await other.exporter.export(ExportRequest("bars", ("AAPL",), out), unheard, never)
    await other.close()
    assert out.read_text() == file.read_text().replace(",rest\n", ",import\n")
