"""The import command over a data folder of its own."""

import asyncio
from pathlib import Path

import pytest

from monitor.apps import cli
from monitor.apps.arguments import parse
from monitor.market.bar import Interval
from monitor.store import open_store
from monitor.store.connect import WriterLock

TEXT = "date,open,high,low,close,volume\n2025-05-21 09:30,1,2,1,2,3\n2025-05-21 09:31,1,2,1,x,3\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(TEXT)
    return path


def imported(file: Path, *more: str) -> int:
    return cli.run(["import", str(file), "--symbol", "aapl", "--data-dir", str(file.parent), *more])


def test_bars_come_in_and_out_again(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(file) == 0
    said = capsys.readouterr()
    assert said.out == "Imported 1 bars.\n"
    assert said.err.splitlines() == [
        "1 bars (1m) of AAPL, 2025-05-21 09:30 to 2025-05-21 09:30 New York time.",
        "Its times have no offset and are taken as new-york (--zone says otherwise).",
        "Line 3 is left out: close “x” is no number.",
    ]
    out = file.with_name("out.csv")
    typed = ["export", "bars", "--symbols", "AAPL", "--out", str(out), "--data-dir", str(file.parent)]
    assert cli.run(typed) == 0
    assert out.read_text().splitlines()[1] == "AAPL,1m,2025-05-21T09:30:00.000-04:00,1,2,1,2,3,import"


def test_a_preview_stores_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(file, "--preview") == 0
    assert capsys.readouterr().out == ""
    assert not (file.parent / "monitor.db").exists()
    assert imported(file) == 0
    assert capsys.readouterr().out == "Imported 1 bars.\n"
    assert imported(file) == 0
    assert capsys.readouterr().out == "Imported 0 bars; 1 were on disk already and stay.\n"


def test_a_database_in_use_is_left_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = WriterLock(file.parent / "monitor.db")
    try:
        assert imported(file) == 1
    finally:
        lock.release()
    assert "Another Market Monitor is recording into" in capsys.readouterr().err
    assert not (file.parent / "monitor.db").exists()


def test_a_sandboxs_database_stays_one(file: Path) -> None:
    async def make() -> None:
        await open_store(file.parent / "monitor.db", True, pytest.fail).close()

    asyncio.run(make())
    assert imported(file) == 0


def test_without_options_the_file_tells() -> None:
    options = parse(["import", __file__])
    assert (options.symbol, options.interval, options.preview) == ("", None, False)


def test_every_option() -> None:
    typed = ["import", __file__, "--symbol", "a", "--interval", "1d", "--zone", "utc", "--replace", "--preview"]
    options = parse(typed)
    assert (options.symbol, options.interval, options.zone) == ("A", Interval.DAY, "utc")
    assert (options.replace, options.preview) == (True, True)
