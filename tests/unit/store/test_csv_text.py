"""Cells: times that read back to the millisecond, and text that runs nothing."""

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.ports import DecimalMark, Layout, Zone
from monitor.store import csv_text
from monitor.store.columns import Page, columns
from monitor.store.csv_text import CsvText, ZoneClock, number_lines, safe_text, time_text
from tests.support.builders import ms


def test_times_carry_new_yorks_offset_and_the_milliseconds() -> None:
    assert time_text(ms("09:30:00.004")) == "2025-05-21T09:30:00.004-04:00"
    assert ZoneClock(Zone.NEW_YORK).microseconds([ms("09:30") * 1000 + 7])[0] == "2025-05-21T09:30:00.000007-04:00"
    assert time_text(1_735_741_800_000) == "2025-01-01T09:30:00.000-05:00"
    assert time_text(None) == ""


@given(st.integers(0, 253_402_300_799_999 - 86_400_000))
def test_a_time_reads_back_to_the_same_millisecond(instant: int) -> None:
    moment = datetime.fromisoformat(str(time_text(instant)))
    assert int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000 == instant


@pytest.mark.parametrize("instant", [-1, 10**18, 2**62])
def test_a_number_no_calendar_holds_stays_a_number(instant: int) -> None:
    assert time_text(instant) == str(instant)
    assert ZoneClock(Zone.NEW_YORK).microseconds([instant * 1000]) == [str(instant * 1000)]


USUAL = Layout()
#: At a minute past midnight, and so within a quarter of an hour.
ST_JOHNS_CHANGES = int(datetime(2006, 4, 2, 3, 31, tzinfo=UTC).timestamp())


def plain(cell: str, layout: Layout = USUAL) -> str:
    """The cell as a CSV reader finds it."""
    line = CsvText((), layout).shown([cell, "end"])
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=";" if layout != USUAL else ","))[0]


@pytest.mark.parametrize("zone", ["America/New_York", "America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia", "UTC"])
@example(second=ST_JOHNS_CHANGES - 1, rest=0)
@given(second=st.integers(0, 4_102_444_800), rest=st.integers(0, 999_999))
def test_every_zone_is_written_as_its_rules_say(zone: str, second: int, rest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_text, "tz", lambda _: ZoneInfo(zone))
        clock = ZoneClock(Zone.LOCAL)
        for moment in (second, second + 1, second + 899, second):
            expected = datetime.fromtimestamp(moment, ZoneInfo(zone)).replace(microsecond=rest)
            assert clock.microseconds([moment * 1_000_000 + rest]) == [expected.isoformat(timespec="microseconds")]


NUMBERS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.floats(-1, 1)


@example([(7.1e-05, 100.1), (None, 0.00001)])
@given(st.lists(st.tuples(NUMBERS, NUMBERS)))
def test_numbers_are_written_as_python_writes_them(rows: list[tuple[int | float | None, ...]]) -> None:
    for some in (rows, *([row] for row in rows)):
        lines = number_lines(some, ";", ",")
        texts = [[("" if n is None else str(n)).replace(".", ",") for n in row] for row in some]
        assert lines == [";".join(row) for row in texts]


@given(st.lists(st.tuples(st.text(), st.none() | st.floats(allow_nan=False)), min_size=1))
def test_lines_read_back_in_both_layouts(rows: list[tuple[str, float | None]]) -> None:
    for mark, separator in ((DecimalMark.POINT, ","), (DecimalMark.COMMA, ";")):
        lines = CsvText(columns("text number:number"), Layout(decimal=mark)).lines(Page((), rows, len(rows)))
        read = list(csv.reader(io.StringIO(lines, newline=""), delimiter=separator))
        assert [text for text, _ in read] == [safe_text(text) for text, _ in rows]
        assert [float(n.replace(",", ".")) if n else None for _, n in read] == [number for _, number in rows]


def test_numbers_on_the_screen_follow_the_decimal_mark() -> None:
    comma = Layout(decimal=DecimalMark.COMMA)
    assert [plain(cell, comma) for cell in ("1,234.5", "-0.35%", "=1,5")] == ["1234,5", "-0,35%", "'=1,5"]


@given(st.text())
def test_no_text_begins_like_a_formula_and_none_is_changed_otherwise(text: str) -> None:
    cell = safe_text(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("cell", ["-0.35", "+1.20", "-0.35%", "1,234", "12.3M", "-1e-05", "AAPL", "", "–", "214.0"])
def test_numbers_on_the_screen_stay_numbers(cell: str) -> None:
    assert plain(cell) == cell


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\tx", "-", "-M"])
def test_what_would_run_is_text(cell: str) -> None:
    assert plain(cell) == "'" + cell
