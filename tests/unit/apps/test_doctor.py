"""The check-up: what it finds, and that it changes nothing."""

import asyncio
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import date, time
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.analysis.coverage import Answer, Asked
from monitor.apps import cli, doctor
from monitor.apps.doctor import Finding, check_up
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york
from monitor.ports import StorageRules
from monitor.schwab.tokens import Kept, Vault
from monitor.store import file_system, open_store
from monitor.store.tiers.usage import FileFacts
from tests.support.builders import a_bar
from tests.support.old_rows import days_ago, moved, record_days


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt and the password store are asked in a scenario; the disk is a large one."""
    monkeypatch.setattr(doctor, "_qt", lambda: "It loads.")
    monkeypatch.setattr(doctor, "_password_store", lambda: "Usable.")
    has_free(monkeypatch, 50 * 1024**3)


def has_free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))


def found(folder: Path) -> dict[str, Finding]:
    return {finding.check: finding for finding in check_up(folder)}


def test_a_new_machine_is_in_order_and_stays_as_it_was(tmp_path: Path) -> None:
    findings = found(tmp_path / "new")
    assert [finding for finding in findings.values() if not finding.ok] == []
    assert "is not there yet, and can be made" in findings["data folder"].says
    assert findings["database"].says == "There is none yet."
    assert list(tmp_path.iterdir()) == []


async def test_a_database_is_counted_and_called_sound(tmp_path: Path) -> None:
    store = open_store(tmp_path / "monitor.db", True, pytest.fail)
    store.recorder.record_bars([a_bar(at="09:30"), a_bar(at="09:31")])
    await store.close()
    findings = await asyncio.to_thread(found, tmp_path)  # the check runs a loop of its own
    says = findings["database"].says
    assert "is sound: sandbox data" in says
    assert "11 bar" in says  # two minutes, and one of each longer interval


async def test_how_a_database_was_closed_checked_and_backed_up(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    store = open_store(path, True, pytest.fail)
    store.recorder.record_bars([a_bar(at="09:30")])
    await store.care.check()
    backup = store.care.proposed_backup()
    await store.care.back_up(backup, lambda *_: None, lambda: False)
    running = await asyncio.to_thread(found, tmp_path)
    (tmp_path / "killed").mkdir()
    for file in tmp_path.glob("monitor.db*"):
        shutil.copy(file, tmp_path / "killed")
    await store.close()
    assert running["last end"].says.startswith("In use since ")
    killed = await asyncio.to_thread(found, tmp_path / "killed")
    assert "did not close it: the next start checks it" in killed["last end"].says
    closed = await asyncio.to_thread(found, tmp_path)
    assert closed["last end"].says == "Closed in good order."
    assert closed["last check"].says.startswith("A full check at ")
    assert f"One in {backup.parent}" in closed["backups"].says
    assert backup.name in closed["backups"].says
    with closing(sqlite3.connect(path)) as connection:
        tells = ("ENABLE_DBSTAT_VTAB",) in connection.execute("PRAGMA compile_options").fetchall()
    assert ("10 bar (0.0 MB)" if tells else "10 bar,") in closed["database"].says


async def test_where_old_rows_are_is_told_while_the_database_is_in_use(tmp_path: Path) -> None:
    store = open_store(tmp_path / "monitor.db", True, pytest.fail)
    new, old, older = days_ago(2), days_ago(10), days_ago(100)
    record_days(store, new, old, older, rows=5)
    await moved(store, StorageRules(cold=str(tmp_path / "nas")))
    findings = await asyncio.to_thread(found, tmp_path)
    prints = findings["prints"].says
    assert prints.startswith("15 rows in the database (")
    assert f" of {new}; 15 rows in files elsewhere (cold) (1 file, 0.0 MB) of {older}; 15 rows in files in" in prints
    assert prints.endswith(f" of {old}.")
    assert findings["files of old rows"] == Finding("files of old rows", True, "All are where the database says.")
    (tmp_path / "nas" / "trade" / f"{older}.parquet").unlink()
    (tmp_path / "warm" / "book" / f"{old}.parquet").rename(tmp_path / "warm" / "book" / f"{old}.7.parquet")
    findings = await asyncio.to_thread(found, tmp_path)
    await store.close()
    files = findings["files of old rows"]
    assert not files.ok
    gone = f"{tmp_path / 'nas' / 'trade' / f'{older}.parquet'}, warm/book/{old}.parquet"
    assert files.says.startswith(f"{gone} are missing; ")
    assert f"warm/book/{old}.7.parquet is not known to the database" in files.says


def test_files_that_nobody_can_look_at_are_counted() -> None:
    assert "3 in a bucket were not looked at" in doctor._files(FileFacts(in_bucket=3))
    assert doctor._files(FileFacts(tuple("abcd"))).startswith("4 files (a, b, c …) are missing")


async def test_history_is_told_by_interval(tmp_path: Path) -> None:
    store = open_store(tmp_path / "monitor.db", True, pytest.fail)
    first, second, third = (at_new_york(date(2026, 11, day), time(0)) for day in (18, 19, 20))
    for symbol, interval, start, end, answer in (
        ("AAPL", Interval.M1, first, second, Answer.COMPLETE),
        ("MSFT", Interval.M1, first, second - 3_600_000, Answer.COMPLETE),
        ("MSFT", Interval.M1, second, third, Answer.COMPLETE),
        ("AAPL", Interval.DAY, 0, first, Answer.EMPTY),
        ("AAPL", Interval.DAY, first, third, Answer.COMPLETE),
        ("QQQ", Interval.M30, first, third, Answer.FAILED),
    ):
        store.recorder.record_coverage(symbol, interval, Asked(start, end, answer, third))
    await store.close()
    findings = await asyncio.to_thread(found, tmp_path)
    assert findings["history"].says == (
        "1m of 2 symbols, 2026-11-18 to 2026-11-19, 1 with holes; 30m of 1 symbol, nothing yet;"
        " D of 1 symbol, 2026-11-18 to 2026-11-19, complete."
    )


async def test_a_check_up_loads_no_parquet(tmp_path: Path) -> None:
    store = open_store(tmp_path / "monitor.db", True, pytest.fail)
    record_days(store, days_ago(10), rows=5)
    await moved(store)
    await store.close()
    program = (
        "import sys; from pathlib import Path; from monitor.apps.doctor import _database;"
        f"print([f.check for f in _database(Path({str(tmp_path)!r}), '')]); print('pyarrow' in sys.modules)"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    checks, loaded = out.decode().splitlines()
    assert "'prints'" in checks
    assert loaded == "False"


async def test_a_damaged_database_is_found_and_what_becomes_of_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    store = open_store(path, True, pytest.fail)
    store.recorder.record_bars([a_bar(at="09:30")])
    await store.close()
    content = path.read_bytes()
    for page in (slice(4096, None), slice(4096, 8192)):  # the schema and all tables, or one of them
        damaged = bytearray(content)
        damaged[page] = b"\x55" * len(damaged[page])
        path.write_bytes(damaged)
        finding = (await asyncio.to_thread(found, tmp_path))["database"]
        assert not finding.ok
        assert "is damaged" in finding.says
        assert "next start" in finding.says
        assert "saves what can be read into a new file" in finding.says
        assert path.read_bytes() == damaged


def test_a_folder_on_a_network_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "file_system", lambda *_: "cifs")
    finding = found(tmp_path)["data folder"]
    assert not finding.ok
    assert "is on a network (cifs)" in finding.says


@pytest.mark.parametrize(
    ("name", "content", "check", "words"),
    [
        ("settings.json", b"{", "settings", "cannot be read"),
        ("monitor.db", b"something else" * 100, "database", "is not a database of Market Monitor"),
    ],
)
def test_a_file_that_is_not_ours_is_found(tmp_path: Path, name: str, content: bytes, check: str, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    finding = found(tmp_path)[check]
    assert not finding.ok
    assert words in finding.says
    assert (tmp_path / name).read_bytes() == content


def test_a_database_from_a_newer_version_is_found(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "monitor.db")
    connection.executescript(f"PRAGMA application_id = {0x4D6B4D6F}; PRAGMA user_version = 999; CREATE TABLE x (y)")
    connection.close()
    finding = found(tmp_path)["database"]
    assert not finding.ok
    assert "newer version" in finding.says


@pytest.mark.parametrize(
    ("passphrase", "words"), [("", "the password store has its key"), ("correct horse", "a passphrase opens it")]
)
def test_a_stored_sign_in_is_found_and_not_opened(tmp_path: Path, passphrase: str, words: str) -> None:
    assert found(tmp_path)["sign-in"] == Finding("sign-in", True, "None is stored.")
    keep_a_sign_in(tmp_path, passphrase)
    content = (tmp_path / "tokens.bin").read_bytes()
    assert found(tmp_path)["sign-in"] == Finding("sign-in", True, f"One is stored, encrypted; {words}.")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("tokens.bin", content)]


@pytest.mark.parametrize("content", [b"", b"something else", b"MMTK\x02\x00\x00" + b"x" * 60])
def test_a_sign_in_that_nobody_can_read_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokens.bin").write_bytes(content)
    finding = found(tmp_path)["sign-in"]
    assert not finding.ok
    assert "is not one this version can read" in finding.says
    (tmp_path / "tokens.bin").unlink()
    (tmp_path / "tokens.bin").mkdir()
    assert found(tmp_path)["sign-in"] == Finding("sign-in", False, "The stored sign-in cannot be read.")


@pytest.mark.parametrize("name", ["tokens.bin", "tokens.bin.bad"])
def test_a_sign_in_that_others_may_open_is_found(tmp_path: Path, name: str) -> None:
    keep_a_sign_in(tmp_path, "correct horse")
    (tmp_path / "tokens.bin").rename(tmp_path / name)
    (tmp_path / name).chmod(0o640)
    finding = found(tmp_path)["sign-in"]
    assert not finding.ok
    assert f"chmod 600 {tmp_path / name}" in finding.says


def keep_a_sign_in(folder: Path, passphrase: str) -> None:
    texts: dict[str, str] = {}
    store = SimpleNamespace(get=texts.get, set=texts.__setitem__)
    vault = Vault(folder, store, scrypt_log_n=4)
    vault.open(passphrase)
    vault.save(Kept("key"))


def test_a_folder_that_cannot_be_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finding = found(tmp_path / "file" / "data")["data folder"]
    assert not finding.ok
    assert "cannot be written to" in finding.says


def test_a_disk_that_is_nearly_full_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has_free(monkeypatch, 300 * 1024**2)
    finding = found(tmp_path)["data folder"]
    assert not finding.ok
    assert "only 0.29 GiB left" in finding.says


def test_a_wrong_log_level_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_MONITOR_LOG_LEVEL", "loud")
    assert not found(tmp_path)["log level"].ok


@pytest.mark.parametrize(("level", "code"), [("INFO", 0), ("loud", 1)])
def test_json_says_the_same_as_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str, code: int
) -> None:
    monkeypatch.setenv("MARKET_MONITOR_LOG_LEVEL", level)
    assert cli.run(["doctor", "--json", "--data-dir", str(tmp_path)]) == code
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] == (code == 0)
    assert [each["check"] for each in report["findings"] if not each["ok"]] == ["log level"] * code


def test_people_read_a_line_a_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--data-dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert all(line.startswith("ok     ") for line in lines)
