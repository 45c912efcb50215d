"""The export command over a database as the program leaves it."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from monitor.apps import cli, export
from monitor.apps.settings import Settings
from monitor.market.bar import Interval
from monitor.ports import Recipe, Recipes
from monitor.store import open_store
from tests.support.builders import DAY, a_bar

Export = Callable[..., int]


async def _record(folder: Path, sandbox: bool = True) -> None:
    store = open_store(folder / "monitor.db", sandbox, pytest.fail)
    store.recorder.record_bars([a_bar(at=at, close=close) for at, close in (("09:30", 214), ("09:31", 214.5))])
    store.recorder.record_bars([a_bar(at="00:00", interval=Interval.DAY, close=213.07)])
    await store.close()


@pytest.fixture
async def recorded(tmp_path: Path) -> Path:
    await _record(tmp_path)
    return tmp_path


def bars(folder: Path, *more: str) -> int:
    out = str(folder / "out.csv")
    return cli.run(["export", "bars", "--symbols", "aapl", "--out", out, "--data-dir", str(folder), *more])


def test_bars_are_written_digit_for_digit_and_counted(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bars(recorded) == 0
    assert capsys.readouterr().out == f"2 rows written to {recorded / 'out.csv'}\n"
    assert (recorded / "out.csv").read_text().splitlines() == [
        "symbol,interval,start,open,high,low,close,volume,source",
        "AAPL,1m,2025-05-21T09:30:00.000-04:00,214,214,214,214,1000,rest",
        "AAPL,1m,2025-05-21T09:31:00.000-04:00,214.5,214.5,214.5,214.5,1000,rest",
    ]


def test_parquet_is_written_where_the_name_says_so(recorded: Path) -> None:
    typed = ["export", "bars", "--symbols", "AAPL", "--out", str(recorded / "a.parquet"), "--zone", "utc"]
    assert cli.run([*typed, "--data-dir", str(recorded), "--no-sidecar"]) == 0
    table = pq.read_table(recorded / "a.parquet")
    assert table["close"].to_pylist() == [214.0, 214.5]
    assert str(table.schema.field("start").type) == "timestamp[ms, tz=UTC]"
    assert not (recorded / "a.parquet.json").exists()


def test_zone_and_decimal_mark_are_those_that_were_asked_for(recorded: Path) -> None:
    assert bars(recorded, "--zone", "utc", "--decimal", "comma", "--hours", "regular") == 0
    last = (recorded / "out.csv").read_text().splitlines()[-1]
    assert last == "AAPL;1m;2025-05-21T13:31:00.000+00:00;214,5;214,5;214,5;214,5;1000;rest"
    assert json.loads((recorded / "out.csv.json").read_text())["rows"] == 2


@pytest.mark.parametrize(
    ("limits", "rows"),
    [
        (["--from", "2025-05-21", "--to", "2025-05-21"], 2),
        (["--to", "2025-05-21T09:31"], 1),
        (["--from", "2025-05-21T13:31Z"], 1),
        (["--from", "2025-05-22"], 0),
        (["--interval", "D", "--from", DAY.isoformat(), "--to", DAY.isoformat()], 1),
    ],
)
def test_only_rows_of_the_range_are_written(recorded: Path, limits: list[str], rows: int) -> None:
    assert bars(recorded, *limits) == 0
    assert len((recorded / "out.csv").read_text().splitlines()) == 1 + rows


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["bars", "--symbols", "ZZZ", "--out", "x.csv"], "Nothing has been recorded for ZZZ."),
        (["bars", "--symbols", "AAPL", "--out", "/no/x.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_sentence_and_no_file(
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(recorded)
    before = set(recorded.iterdir())
    assert cli.run(["export", *typed, "--data-dir", str(recorded)]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert {path for path in recorded.iterdir() if path.suffix not in {".db-shm", ".db-wal"}} <= before


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both profiles' own folders under one that is empty."""
    monkeypatch.setattr(export, "default_data_dir", lambda sandbox: tmp_path / ("sandbox" if sandbox else "live"))
    return tmp_path


async def test_without_a_folder_the_live_database_is_read_before_the_sandboxs(
    profiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("sandbox", "live"):
        await _record(profiles / name, sandbox=name == "sandbox")
        assert export._folder(None) == profiles / name
        assert capsys.readouterr().err == f"Reading the {name} database in {profiles / name}.\n"


def test_without_any_database_a_sentence_says_so(profiles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["export", "bars", "--symbols", "A", "--out", "x.csv"]) == 1
    assert "Nothing has been recorded on this machine yet" in capsys.readouterr().err
    assert list(profiles.iterdir()) == []


def test_a_recipe_of_the_window_is_made_by_its_name(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(recorded)
    recipe = Recipe("mine", "bars", ("AAPL",), str(recorded), days=5000)
    Recipes(settings).save(recipe, 0)
    out = recorded / "out.csv"
    assert cli.run(["export", "--recipe", "mine", "--out", str(out), "--data-dir", str(recorded)]) == 0
    assert len(out.read_text().splitlines()) == 3
    assert cli.run(["export", "--recipe", "mine", "--data-dir", str(recorded)]) == 0
    assert len(list(recorded.glob("mine-*-SANDBOX.csv"))) == 1
    assert cli.run(["export", "--recipe", "other", "--data-dir", str(recorded)]) == 1
    assert capsys.readouterr().err == f"There is no recipe “other” in {recorded}. There are: mine.\n"
