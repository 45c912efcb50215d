"""Exports: the columns of the contract, digits as received, whole files or none."""

import asyncio
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from monitor.analysis.coverage import Answer, Asked
from monitor.errors import BadData, MonitorError, StoreUnavailable, Unusable
from monitor.market.bar import BarSource, Interval
from monitor.market.book import Book, BookService, Level, Maker
from monitor.market.gap import Cause, Gap
from monitor.market.hours import Hours
from monitor.ports import DecimalMark, ExportRequest, ExportResult, Layout, Zone, sidecar_of
from monitor.store import Store, export, export_arrays, export_queries, open_for_reading
from tests.support.builders import a_bar, a_book, a_quote, a_trade, ms
from tests.support.ports import until
from tests.unit.store.conftest import Rows

FIRST_US = ms("09:30") * 1000


def never() -> bool:
    return False


def unheard(done: int, total: int) -> None:
    """For exports whose progress is not looked at."""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "exports" / "rows.csv"


@pytest.fixture(autouse=True)
def folder(out: Path) -> Path:
    out.parent.mkdir()
    return out.parent


async def exported(store: Store, out: Path, what: str, *symbols: str, **how: Any) -> list[str]:
    """The file's lines."""
    await store.recorder.flushed()
    request = ExportRequest(what, symbols or ("AAPL",), out, **how)
    result = await store.exporter.export(request, unheard, never)
    lines = out.read_text().splitlines()
    assert result == ExportResult(len(lines) - 1, out)
    assert {path.name for path in out.parent.iterdir()} == {out.name, f"{out.name}.json"}
    return lines


async def test_quotes(store: Store, out: Path) -> None:
    times = {"quote_time": "09:29:59.998", "trade_time": "09:29:58"}
    store.recorder.record_quote(FIRST_US + 4, a_quote("MSFT", bid=430.25))
    store.recorder.record_quote(FIRST_US + 5, a_quote(bid=214, ask=214.0, last=0.1, volume=10**15, **times))
    store.recorder.record_quote(FIRST_US + 6, a_quote(bid_size=1.5, ask_size=2, last_size=3))
    assert await exported(store, out, "quotes", "MSFT", "AAPL") == [
        "symbol,received,bid,ask,last,bid_size,ask_size,last_size,volume,quote_time,trade_time",
        "AAPL,2025-05-21T09:30:00.000005-04:00,214,214.0,0.1,,,,1000000000000000,"
        "2025-05-21T09:29:59.998-04:00,2025-05-21T09:29:58.000-04:00",
        "AAPL,2025-05-21T09:30:00.000006-04:00,,,,1.5,2,3,,,",
        "MSFT,2025-05-21T09:30:00.000004-04:00,430.25,,,,,,,,",
    ]


async def test_trades(store: Store, out: Path) -> None:
    store.recorder.record_trade(FIRST_US, a_trade(at="09:29:59.5", price=214, size=100, volume=5000, unseen=20))
    assert await exported(store, out, "trades") == [
        "symbol,time,price,size,volume,unseen,side",
        "AAPL,2025-05-21T09:29:59.500-04:00,214,100,5000,20,between",
    ]


async def test_bars(store: Store, out: Path) -> None:
    store.recorder.record_bars([a_bar(at="09:31", close=214.0), a_bar(close=214, volume=7, source=BarSource.STREAM)])
    store.recorder.record_bars([a_bar(at="00:00", interval=Interval.DAY, close=1)])
    assert await exported(store, out, "bars") == [
        "symbol,interval,start,open,high,low,close,volume,source",
        "AAPL,1m,2025-05-21T09:30:00.000-04:00,214,214,214,214,7,stream",
        "AAPL,1m,2025-05-21T09:31:00.000-04:00,214.0,214.0,214.0,214.0,1000,rest",
    ]
    days = await exported(store, out, "bars", interval=Interval.DAY)
    assert days[1:] == ["AAPL,D,2025-05-21T00:00:00.000-04:00,1,1,1,1,1000,rest"]


@pytest.mark.parametrize("page", [1, 3, 4000])
async def test_longer_bars_are_built_in_the_digits_of_the_minutes(
    store: Store, out: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(export_queries, "_ROWS_A_PAGE", page)
    store.recorder.record_bars([a_bar(at=f"09:{minute}", close=minute, volume=10) for minute in range(30, 48)])
    how = {"interval": Interval.M5, "start_ms": ms("09:33"), "end_ms": ms("09:45")}
    assert (await exported(store, out, "bars", **how))[1:] == [
        "AAPL,5m,2025-05-21T09:35:00.000-04:00,35,39,35,39,50,computed",
        "AAPL,5m,2025-05-21T09:40:00.000-04:00,40,44,40,44,50,computed",
    ]


async def test_books_merge_the_services_in_order_of_receipt(store: Store, out: Path) -> None:
    makers = (Maker("NSDQ", 200), Maker("=cmd", 1.0))
    store.recorder.record_book(
        FIRST_US, BookService.NYSE, Book("AAPL", ms("09:29"), (Level(99.5, 201, 2, makers),), (Level(100, 5),))
    )
    store.recorder.record_book(FIRST_US + 1, BookService.NASDAQ, a_book(bids=((1, 2), (0.5, 3)), asks=()))
    store.recorder.record_book(FIRST_US + 2, BookService.NYSE, a_book(bids=(), asks=((7, 8),)))
    late = ",2025-05-21T09:30:00.000-04:00,"
    assert await exported(store, out, "book") == [
        "symbol,service,received,book_time,side,level,price,size,makers",
        "AAPL,NYSE_BOOK,2025-05-21T09:30:00.000000-04:00,2025-05-21T09:29:00.000-04:00,bid,1,99.5,201,2",
        "AAPL,NYSE_BOOK,2025-05-21T09:30:00.000000-04:00,2025-05-21T09:29:00.000-04:00,ask,1,100,5,0",
        f"AAPL,NASDAQ_BOOK,2025-05-21T09:30:00.000001-04:00{late}bid,1,1,2,1",
        f"AAPL,NASDAQ_BOOK,2025-05-21T09:30:00.000001-04:00{late}bid,2,0.5,3,1",
        f"AAPL,NYSE_BOOK,2025-05-21T09:30:00.000002-04:00{late}ask,1,7,8,1",
    ]
    venues = await exported(store, out, "book", venues=True)
    assert venues[0].endswith(",makers,venue,venue_size")
    ends = ["99.5,201,2,NSDQ,200", "99.5,201,2,'=cmd,1.0", "100,5,0,,"]
    assert [line[-len(end) :] for line, end in zip(venues[1:4], ends, strict=True)] == ends
    assert len(venues) == 7


async def test_only_the_range_is_written(store: Store, out: Path) -> None:
    for minute in range(30, 40):
        store.recorder.record_quote(ms(f"09:{minute}") * 1000, a_quote(bid=minute))
    lines = await exported(store, out, "quotes", start_ms=ms("09:33"), end_ms=ms("09:35"))
    assert [row["bid"] for row in csv.DictReader(lines)] == ["33", "34"]


async def test_every_row_is_written_over_many_pages_and_counted(
    store: Store, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_queries, "_ROWS_A_PAGE", 7)
    for received_us in range(FIRST_US, FIRST_US + 100):
        store.recorder.record_quote(received_us, a_quote(("AAPL", "MSFT")[received_us % 2], volume=received_us))
    await store.recorder.flushed()
    told: list[tuple[int, int]] = []
    request = ExportRequest("quotes", ("AAPL", "MSFT"), out)
    await store.exporter.export(request, lambda done, total: told.append((done, total)), never)
    assert told[0] == (0, 100)
    assert told[-1] == (100, 100)
    assert told == sorted(told)
    volumes = [int(row["volume"]) for row in csv.DictReader(out.read_text().splitlines())]
    assert sorted(volumes) == list(range(FIRST_US, FIRST_US + 100))


async def test_a_cancelled_export_leaves_the_folder_as_it_was(store: Store, out: Path) -> None:
    out.write_text("an earlier export")
    store.recorder.record_quote(1, a_quote())
    await store.recorder.flushed()
    assert await store.exporter.export(ExportRequest("quotes", ("AAPL",), out), unheard, lambda: True) is None
    assert [path.name for path in out.parent.iterdir()] == ["rows.csv"]
    assert out.read_text() == "an earlier export"


async def test_an_abandoned_export_leaves_nothing(store: Store, out: Path) -> None:
    for received_us in range(5000):
        store.recorder.record_quote(received_us, a_quote())
    await store.recorder.flushed()
    begun = asyncio.Event()

    def begin(done: int, total: int) -> None:
        begun.set()

    request = ExportRequest("quotes", ("AAPL",), out)
    task = asyncio.create_task(store.exporter.export(request, begin, never))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close()
    assert list(out.parent.iterdir()) == []


async def test_a_disk_that_fails_leaves_nothing(store: Store, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(draft: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    store.recorder.record_quote(1, a_quote())
    await store.recorder.flushed()
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(Unusable, match="cannot be written: No space left on device"):
        await store.exporter.export(ExportRequest("quotes", ("AAPL",), out), unheard, never)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("what", "symbols", "name", "kind", "sentence"),
    [
        ("quotes", ("AAPL", "NONE", "MISS"), "a.csv", BadData, "Nothing has been recorded for NONE, MISS"),
        ("greeks", ("AAPL",), "a.csv", BadData, "“greeks” cannot be exported"),
        ("quotes", ("AAPL",), "a.xls", BadData, "must end in .csv or .parquet"),
        ("quotes", ("AAPL",), "missing/a.csv", Unusable, "cannot be written: there is no folder"),
    ],
)
async def test_what_cannot_be_exported_is_said_in_a_sentence(
    store: Store, folder: Path, what: str, symbols: tuple[str, ...], name: str, kind: type[MonitorError], sentence: str
) -> None:
    store.recorder.record_quote(1, a_quote())
    await store.recorder.flushed()
    with pytest.raises(kind, match=sentence):
        await store.exporter.export(ExportRequest(what, symbols, folder / name), unheard, never)
    assert list(folder.iterdir()) == []


async def test_an_export_is_in_the_audit(store: Store, out: Path, rows: Rows) -> None:
    store.recorder.record_quote(1, a_quote())
    await exported(store, out, "quotes")
    await store.recorder.flushed()
    assert rows("SELECT kind, sentence FROM audit") == [("export", f"1 rows of quotes of AAPL to {out}")]


async def test_exports_work_beside_the_program_that_records(store: Store, path: Path, out: Path) -> None:
    store.recorder.record_quote(FIRST_US, a_quote(bid=1))
    await store.recorder.flushed()
    reading = open_for_reading(path)
    result = await reading.exporter.export(ExportRequest("quotes", ("AAPL",), out), unheard, never)
    await reading.close()
    assert result == ExportResult(1, out)


async def test_a_closed_store_exports_nothing(store: Store, out: Path) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.exporter.export(ExportRequest("quotes", ("AAPL",), out), unheard, never)


async def test_a_table_is_written_as_shown_and_runs_nothing(store: Store, out: Path) -> None:
    table = [["AAPL", "-0.35", "=1+1"], ['a "b", c', "1,234", "–"]]
    assert await store.exporter.export_table(["Symbol", "Chg", "Note"], table, out, Layout()) == ExportResult(2, out)
    with out.open(newline="") as file:
        assert list(csv.reader(file)) == [["Symbol", "Chg", "Note"], ["AAPL", "-0.35", "'=1+1"], table[1]]


async def parquet(store: Store, out: Path, what: str, **how: Any) -> pq.ParquetFile:
    """The file, after a look at what is beside it."""
    out = out.with_suffix(".parquet")
    await store.recorder.flushed()
    request = ExportRequest(what, () if what == "audit" else ("AAPL",), out, **how)
    result = await store.exporter.export(request, unheard, never)
    file = pq.ParquetFile(out)
    assert result == ExportResult(file.metadata.num_rows, out)
    return file


def record_of_everything(store: Store) -> None:
    store.recorder.record_quote(FIRST_US, a_quote(bid=214, ask=214.5, volume=2**62 + 1, quote_time="09:29:59.998"))
    store.recorder.record_quote(FIRST_US + 1, a_quote(bid=0.1))
    store.recorder.record_trade(FIRST_US, a_trade(price=214, size=1.5, volume=None))
    store.recorder.record_bars([a_bar(at=f"09:{minute}", close=minute) for minute in range(30, 40)])
    store.recorder.record_book(FIRST_US, BookService.NYSE, Book("AAPL", 1, (Level(9.5, 2, 1, (Maker("N", 2),)),), ()))
    store.recorder.record_audit("sign-in", "=1+1; signed in")


@pytest.mark.parametrize(
    ("what", "how"),
    [
        *((what, {}) for what in ("quotes", "trades", "bars", "book", "audit")),
        ("bars", {"interval": Interval.M5}),
        ("book", {"venues": True}),
        ("quotes", {"start_ms": ms("10:00")}),
    ],
)
async def test_parquet_has_the_columns_and_rows_of_the_csv(
    store: Store, out: Path, what: str, how: dict[str, Any]
) -> None:
    record_of_everything(store)
    file = await parquet(store, out, what, **how)
    request = ExportRequest(what, () if what == "audit" else ("AAPL",), out, **how)
    # The audit has one more entry by now: this export.
    await store.exporter.export(request, unheard, never)
    read = list(csv.reader(out.read_text().splitlines()))
    assert file.schema_arrow.names == read[0]
    table = [[str(cell) for cell in row.values()] for row in file.read().to_pylist()]
    lines = [[_as_parquet(cell, field) for cell, field in zip(row, file.schema_arrow, strict=True)] for row in read[1:]]
    assert table == lines[: len(table)]
    assert len(table) == file.metadata.num_rows
    assert bool(table) == ("start_ms" not in how)
    if table:
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def _as_parquet(cell: str, field: Any) -> str:
    """A cell of the CSV as the value of that type prints."""
    kind = str(field.type)
    if not cell and kind != "string":
        return "None"
    if kind.startswith("timestamp"):
        return str(datetime.fromisoformat(cell))
    return str(float(cell)) if kind == "double" else cell.removeprefix("'")


async def test_parquet_is_written_in_groups_and_cancelled_whole(
    store: Store, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.store import parquet_file

    monkeypatch.setattr(parquet_file, "_ROWS_A_GROUP", 5)
    monkeypatch.setattr(export_arrays, "ROWS_AT_ONCE", 2)
    for n in range(10):
        store.recorder.record_quote(FIRST_US + n, a_quote(bid=n))
    file = await parquet(store, out, "quotes", layout=Layout(Zone.UTC))
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [6, 4]
    assert str(file.schema_arrow.field("received").type) == "timestamp[us, tz=UTC]"
    assert file.read()["received"][0].as_py() == datetime(2025, 5, 21, 13, 30, tzinfo=UTC)
    asked: list[int] = []

    def third_time() -> bool:
        asked.append(1)
        return len(asked) > 3

    request = ExportRequest("quotes", ("AAPL",), out.with_name("b.parquet"))
    assert await store.exporter.export(request, unheard, third_time) is None
    assert {path.name for path in out.parent.iterdir()} == {"rows.parquet", "rows.parquet.json"}


async def test_minutes_in_parquet_are_the_same_once_they_are_packed(
    store: Store, out: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "WORTH_PACKING", 3)
    sources = [BarSource.STREAM, BarSource.REST, BarSource.COMPUTED, BarSource.IMPORT]
    bars = [a_bar(at=f"{hour:02}:{minute}", close=100 + minute / 8) for hour in (8, 10, 15, 16) for minute in (15, 45)]
    bars = [replace(bar, source=source) for bar, source in zip(bars, sources * 2, strict=True)]
    store.recorder.record_bars([*bars, *(replace(bar, symbol="MSFT") for bar in bars)])
    both = {"symbols": ("AAPL", "MSFT"), "interval": Interval.M1, "layout": Layout(Zone.UTC)}

    async def tables(name: str) -> list[Any]:
        found = []
        for hours in Hours:
            request = ExportRequest("bars", out=out.with_name(f"{name}-{hours.value}.parquet"), hours=hours, **both)  # type: ignore[arg-type]
            await store.exporter.export(request, unheard, never)
            notes = json.loads(sidecar_of(request.out).read_text())
            found.append((pq.read_table(request.out).to_pylist(), notes["sources"], notes["rows"]))
        return found

    await store.recorder.flushed()
    before = await tables("rows")
    await until(lambda: len(rows("SELECT * FROM minute_pack")) == 2)
    assert await tables("packed") == before
    assert [len(table) for table, _, _ in before] == [count for _, _, count in before]
    assert before[0][1] == {"stream": 4, "rest": 4, "computed": 4, "import": 4}


async def test_another_zone_and_a_decimal_comma(store: Store, out: Path) -> None:
    store.recorder.record_bars([a_bar(close=214.5, volume=7)])
    assert await exported(store, out, "bars", layout=Layout(Zone.UTC, DecimalMark.COMMA)) == [
        "symbol;interval;start;open;high;low;close;volume;source",
        "AAPL;1m;2025-05-21T13:30:00.000+00:00;214,5;214,5;214,5;214,5;7;rest",
    ]


@pytest.mark.parametrize(
    ("hours", "interval", "starts"),
    [
        (Hours.REGULAR, Interval.M1, ["09:30", "15:59"]),
        (Hours.EXTENDED, Interval.M1, ["07:00", "09:29", "09:30", "15:59", "16:00", "19:59"]),
        (Hours.ALWAYS, Interval.M1, ["06:59", "07:00", "09:29", "09:30", "15:59", "16:00", "19:59", "20:00"]),
        (Hours.REGULAR, Interval.H1, ["09:30", "15:30"]),
    ],
)
async def test_only_bars_of_the_hours_are_written(
    store: Store, out: Path, hours: Hours, interval: Interval, starts: list[str]
) -> None:
    times = ("06:59", "07:00", "09:29", "09:30", "15:59", "16:00", "19:59", "20:00")
    store.recorder.record_bars([a_bar(at=at) for at in times])
    lines = await exported(store, out, "bars", hours=hours, interval=interval)
    assert [row["start"][11:16] for row in csv.DictReader(lines)] == starts


async def test_hours_are_no_question_for_days(store: Store, out: Path) -> None:
    with pytest.raises(BadData, match="bars within the day only"):
        await exported(store, out, "bars", hours=Hours.REGULAR, interval=Interval.DAY)


async def test_the_audit_is_exported_without_symbols(store: Store, out: Path) -> None:
    store.recorder.record_audit("sign-in", "=1+1, signed in")
    await store.recorder.flushed()
    await store.exporter.export(ExportRequest("audit", (), out), unheard, never)
    (entry,) = csv.DictReader(out.read_text().splitlines())
    assert (entry["kind"], entry["sentence"]) == ("sign-in", "'=1+1, signed in")


async def test_what_is_beside_the_file_tells_of_it(store: Store, out: Path) -> None:
    bars = [a_bar(at=f"09:3{minute}", source=BarSource.STREAM if minute < 4 else BarSource.REST) for minute in range(6)]
    store.recorder.record_bars(bars)
    lost = Gap("CHART_EQUITY", ms("09:40"), Cause.CONNECTION, ms("09:42"), sentence="The line was cut.")
    store.recorder.record_gap(lost)
    store.recorder.record_gap(Gap("LEVELONE_EQUITIES", ms("09:40"), Cause.SILENCE, ms("09:42")))
    await exported(store, out, "bars", start_ms=ms("09:31"), end_ms=ms("09:41"))
    told = json.loads((out.parent / "rows.csv.json").read_text())
    assert told["sources"] == {"stream": 3, "rest": 2, "computed": 0, "import": 0}
    assert (told["rows"], told["symbols"], told["interval"]) == (5, ["AAPL"], "1m")
    assert (told["from"], told["zone"]) == ("2025-05-21T09:31:00.000-04:00", "America/New_York")
    assert (told["profile"], told["file"]) == ("sandbox", "rows.csv")
    (gap,) = told["gaps"]
    assert gap == {
        "symbol": "AAPL",
        "service": "CHART_EQUITY",
        "from": "2025-05-21T09:40:00.000-04:00",
        "to": "2025-05-21T09:41:00.000-04:00",
        "cause": "connection",
        "sentence": "The line was cut.",
    }
    await exported(store, out, "bars", interval=Interval.M5, start_ms=ms("09:30"), end_ms=ms("09:35"))
    told = json.loads((out.parent / "rows.csv.json").read_text())
    assert told["sources"] == {"stream": 0, "rest": 0, "computed": 1, "import": 0}
    assert told["computed_from"] == {"interval": "1m", "stream": 4, "rest": 1, "computed": 0, "import": 0}


async def test_a_gap_that_history_filled_is_none_of_the_bars(store: Store, out: Path) -> None:
    store.recorder.record_bars([a_bar()])
    store.recorder.record_gap(Gap("CHART_EQUITY", ms("09:40"), Cause.SLEEP, ms("09:42")))
    answer = Asked(ms("09:30"), ms("09:41"), Answer.COMPLETE, noted_ms=ms("20:00"))
    store.recorder.record_coverage("AAPL", Interval.M1, answer)
    await exported(store, out, "bars")
    (gap,) = json.loads((out.parent / "rows.csv.json").read_text())["gaps"]
    assert (gap["from"][11:16], gap["to"][11:16]) == ("09:41", "09:42")


async def test_nothing_is_beside_the_file_where_that_is_not_wanted(store: Store, out: Path) -> None:
    store.recorder.record_bars([a_bar()])
    await store.recorder.flushed()
    await store.exporter.export(ExportRequest("bars", ("AAPL",), out, sidecar=False), unheard, never)
    assert [path.name for path in out.parent.iterdir()] == ["rows.csv"]


async def test_rows_as_text_up_to_a_bound(store: Store, out: Path) -> None:
    store.recorder.record_bars([a_bar(close=1.5), a_bar(at="09:31", close=2)])
    await store.recorder.flushed()
    request = ExportRequest("bars", ("AAPL",), out)
    found = await store.exporter.text(request, 2, never)
    assert found is not None
    assert (found[0].splitlines()[1].split("\t")[3:], found[1]) == (["1.5"] * 4 + ["1000", "rest"], 2)
    with pytest.raises(BadData, match="more than 1 rows, too many for the clipboard"):
        await store.exporter.text(request, 1, never)
    assert await store.exporter.text(request, 2, lambda: True) is None


async def test_a_table_as_parquet_has_numbers_where_all_are(store: Store, out: Path) -> None:
    out = out.with_suffix(".parquet")
    table = [["AAPL", "-0.35", "12.3M"], ["MSFT", "1,234", ""]]
    await store.exporter.export_table(["Symbol", "Chg", "Volume"], table, out, Layout())
    assert pq.read_table(out).to_pylist() == [
        {"Symbol": "AAPL", "Chg": -0.35, "Volume": "12.3M"},
        {"Symbol": "MSFT", "Chg": 1234.0, "Volume": ""},
    ]
