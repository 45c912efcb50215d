"""What may be typed on the command line, and what is refused with which words."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from monitor.apps.arguments import NO_END, parse
from monitor.market.bar import Interval
from monitor.sandbox.server import SandboxOptions
from tests.support.builders import ms

DAY = date(2026, 11, 20)
EXPORT = ["export", "bars", "--symbols", "AAPL", "--out", "x.csv"]


def refusal(capsys: pytest.CaptureFixture[str], *typed: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parse(typed)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("typed", [[], ["--sandbox"], ["gui", "--sandbox"], ["--quit-after", "3"]])
def test_the_window_is_what_opens_without_a_command(typed: list[str]) -> None:
    options = parse(typed)
    assert options.command == "gui"
    assert options.sandbox == ("--sandbox" in typed)


def test_every_option_of_the_window() -> None:
    typed = ["gui", "--sandbox", "--data-dir", "d", "--screenshot", "s.png", "--quit-after", "1.5", "--tour", "t"]
    options = parse([*typed, "--offscreen", "--replay", __file__])
    assert (options.data_dir, options.screenshot, options.tour) == (Path("d"), Path("s.png"), Path("t"))
    assert (options.replay, options.quit_after, options.offscreen) == (Path(__file__), 1.5, True)


def test_every_option_of_the_sandbox() -> None:
    typed = ["sandbox", "--port", "8100", "--speed", "0", "--seed", "7", "--real-hours", "--until-stdin-closes"]
    options = parse([*typed, "--faults", __file__, "--callback", "https://a", "--callback", "https://b"])
    assert (options.port, options.speed, options.seed, options.real_hours) == (8100, 0.0, 7, True)
    assert options.callbacks == ["https://a", "https://b"]
    assert (options.faults, options.until_stdin_closes, options.replay) == (Path(__file__), True, None)


def test_every_option_of_collect() -> None:
    options = parse(
        ["collect", "--symbols", "aapl, msft", "--books", "aapl", "--for", "20", "--sandbox-url", "http://x"]
    )
    assert (options.symbols, options.books) == (("AAPL", "MSFT"), ("AAPL",))
    assert (options.seconds, options.sandbox_url, options.data_dir) == (20.0, "http://x", None)
    assert (options.take_over, options.stand_by) == (False, False)
    options = parse(["collect", "--symbols", "aapl", "--take-over", "--stand-by", "--record-raw", "f.jsonl.gz"])
    assert options.record_raw == Path("f.jsonl.gz")
    assert (options.take_over, options.stand_by) == (True, True)


def test_services_are_subscribed_by_name_as_often_as_one_likes() -> None:
    options = parse(
        [
            *("collect", "--subscribe", "levelone_options=spy   260928c00772000, AAPL  261218C00150000"),
            *("--subscribe", "SCREENER_EQUITY=$SPX_VOLUME_0", "--subscribe", "ACCT_ACTIVITY=Account Activity"),
        ]
    )
    assert options.symbols == ()
    assert options.subscribe == [
        ("LEVELONE_OPTIONS", "SPY   260928C00772000"),
        ("LEVELONE_OPTIONS", "AAPL  261218C00150000"),
        ("SCREENER_EQUITY", "$SPX_VOLUME_0"),
        ("ACCT_ACTIVITY", "Account Activity"),
    ]
    assert parse(["collect", "--symbols", "A"]).subscribe == []


def test_every_option_of_export() -> None:
    options = parse([*EXPORT, "--interval", "1d", "--data-dir", "d"])
    assert (options.what, options.symbols, options.out) == ("bars", ("AAPL",), Path("x.csv"))
    assert (options.interval, options.venues, options.data_dir) == (Interval.DAY, False, Path("d"))
    assert parse(["export", "book", "--symbols", "A", "--out", "x.csv", "--venues"]).venues
    assert (options.start_ms, options.end_ms) == (0, NO_END)
    assert parse(EXPORT).interval is Interval.M1
    options = parse([*EXPORT, "--hours", "regular", "--zone", "utc", "--decimal", "comma", "--no-sidecar"])
    assert (options.hours, options.zone, options.decimal, options.sidecar) == ("regular", "utc", "comma", False)
    assert parse(["export", "audit", "--out", "a.parquet"]).symbols == ()


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2026-11-20", "2026-11-20", ms("00:00", DAY), ms("00:00", date(2026, 11, 21))),
        ("2026-11-20T09:30", "2026-11-20T09:31:00.250", ms("09:30", DAY), ms("09:31:00.250", DAY)),
        ("2026-11-20T14:30Z", "2026-11-20T15:31+01:00", ms("09:30", DAY), ms("09:31", DAY)),
    ],
)
def test_a_range_in_days_or_moments(first: str, last: str, start: int, end: int) -> None:
    options = parse([*EXPORT, "--from", first, "--to", last])
    assert (options.start_ms, options.end_ms) == (start, end)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["gui", "--sandbx"], "unrecognized arguments: --sandbx"),
        (["gui", "--quit-after", "0"], "seconds are a number above 0"),
        (["gui", "--quit-after", "soon"], "seconds are a number above 0"),
        (["gui", "--replay", "/no/such/file"], "there is no file /no/such/file"),
        (["sandbox", "--port", "70000"], "a port is a number from 0 to 65535"),
        (["sandbox", "--speed", "-1"], "a speed is 0 or a number above it"),
        (["sandbox", "--speed", "nan"], "a speed is 0 or a number above it"),
        (["collect"], "the following arguments are required: --symbols"),
        (["collect", "--symbols", "AAPL,=1"], "“=1” is not a symbol"),
        (["collect", "--symbols", ","], "name at least one symbol"),
        (["collect", "--subscribe", "TIMESALE_EQUITY=A"], "is not a service; there are LEVELONE_EQUITIES, LEVELONE_OP"),
        (["collect", "--subscribe", "NYSE_BOOK"], "name at least one key: NYSE_BOOK=KEY"),
        (["collect", "--subscribe", "NYSE_BOOK= ,"], "name at least one key: NYSE_BOOK=KEY"),
        (["collect", "--subscribe", "NYSE_BOOK=A\x00B"], "cannot be a key"),
        (["export", "bars", "--out", "x.csv"], "the following arguments are required: --symbols"),
        (["export", "--out", "x.csv"], "the following arguments are required: what is exported"),
        (["export", "bars", "--recipe", "mine"], "a recipe says what is exported"),
        (["export", "audit", "--symbols", "A", "--out", "x.csv"], "the audit has no symbols"),
        ([*EXPORT, "--interval", "D", "--hours", "regular"], "--hours is for bars within the day"),
        (["export", "quotes", "--symbols", "A", "--out", "x.csv", "--interval", "5m"], "--interval is for bars"),
        ([*EXPORT, "--venues"], "--venues is for books"),
        (["export", "bars", "--symbols", "A"], "the following arguments are required: --out"),
        (["export", "accounts", "--symbols", "A", "--out", "x.csv"], "invalid choice: 'accounts'"),
        (["export", "bars", "--symbols", "A", "--out", "x.xls"], "must end in .csv or .parquet"),
        ([*EXPORT, "--interval", "7x"], "“7x” is not an interval. Use one of 1m, 5m"),
        ([*EXPORT, "--from", "yesterday"], "“yesterday” is not a date or time; write it as 2026-11-20"),
        ([*EXPORT, "--from", "2026-02-30"], "is not a date or time"),
        ([*EXPORT, "--from", "2026-11-20", "--to", "2026-11-19"], "the range is empty"),
    ],
)
def test_wrong_usage_is_named(capsys: pytest.CaptureFixture[str], typed: list[str], words: str) -> None:
    assert words in refusal(capsys, *typed)


def test_what_only_the_program_itself_uses_is_not_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["sandbox", "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "--real-hours" in shown
    assert "stdin" not in shown


def test_the_sandbox_has_the_same_defaults_wherever_it_is_started_from() -> None:
    options = parse(["sandbox"])
    assert SandboxOptions(**{field.name: getattr(options, field.name) for field in fields(SandboxOptions)}) == (
        SandboxOptions()
    )


@pytest.mark.parametrize("hours", ["always", "extended", "regular"])
def test_the_hours_of_the_stream_are_a_choice(hours: str) -> None:
    assert parse(["collect", "--symbols", "AAPL", "--hours", hours]).hours == hours
    assert parse(["collect", "--symbols", "AAPL"]).hours == "always"
