"""The command line as a person or a script meets it: in a process of its own, by output and exit code."""

import csv
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.sandbox import RunningSandbox, running_sandbox, sandbox

__all__ = ["sandbox"]  # the fixture

LIMIT = 60


def market_monitor(*typed: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without input and without a display unless the environment names one."""
    bare = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    bare.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, typed)],
        env=bare | {"PYTHONUTF8": "1"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def failed(done: subprocess.CompletedProcess[str]) -> str:
    """The one plain sentence of a command that failed."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again, for as long as a command may take."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def collected(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A data folder with a few seconds of the simulated market, and the collector's summary."""
    folder = tmp_path_factory.mktemp("collected")
    source = ["--sandbox-url", sandbox.base_url, "--for", "4", "--data-dir", folder]
    done = market_monitor("collect", "--symbols", "AAPL,MSFT", "--books", "AAPL", *source)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1])


def test_version_and_help_answer_without_loading_the_program() -> None:
    asked = market_monitor("--version")
    assert (asked.returncode, asked.stdout.startswith("market-monitor 0.")) == (0, True)
    script = (
        "import sys; from monitor.apps.cli import run\n"
        "try: run(['--help'])\n"
        "finally: print(sorted({'PySide6', 'numpy', 'aiohttp', 'schwab', 'sqlite3', 'monitor.schwab', 'email'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")


@pytest.mark.parametrize("program", ["monitor.sandbox.server", "monitor.apps.collector", "monitor.apps.export"])
def test_programs_without_a_screen_load_no_qt(program: str) -> None:
    script = f"import sys, {program}; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=LIMIT, check=False).returncode == 0


def test_wrong_usage_exits_with_2_and_says_what_is_wrong() -> None:
    done = market_monitor("collect", "--symbols", "=1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].endswith("“=1” is not a symbol. Examples: AAPL, BRK/B, $SPX.")


def test_without_a_sign_in_nothing_is_collected_and_no_empty_database_is_left(tmp_path: Path) -> None:
    told = failed(market_monitor("collect", "--symbols", "AAPL", "--data-dir", tmp_path))
    assert told == "Sign in with the desktop program first; the collector then uses the same sign-in."
    assert not (tmp_path / "monitor.db").exists()


def test_the_window_says_that_there_is_no_display(tmp_path: Path) -> None:
    assert "QT_QPA_PLATFORM=offscreen" in failed(market_monitor("gui", "--data-dir", tmp_path))


def test_the_sandbox_prints_one_line_of_json_and_ends_with_ctrl_c() -> None:
    command = [sys.executable, "-m", "monitor", "sandbox", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert list(told) == [
        *("base_url", "client_id", "client_secret", "callback_url", "username", "password", "control_url"),
    ]
    assert httpx.get(told["control_url"]).json() == told
    process.send_signal(signal.SIGINT)
    rest, log = process.communicate(timeout=LIMIT)
    assert (process.returncode, rest) == (0, "")
    assert told["base_url"] in log
    assert told["client_secret"] not in log


def test_the_sandbox_ends_with_the_program_that_started_it() -> None:
    command = [sys.executable, "-m", "monitor", "sandbox", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"{")
        process.communicate(timeout=LIMIT)
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="left out: handles are closed in another way on Windows")
@pytest.mark.parametrize("closed", [1, 2])
def test_without_output_or_errors_a_command_does_its_work(collected: tuple[Path, dict], closed: int) -> None:
    options = ["export", "bars", "--symbols", "AAPL", "--data-dir", str(collected[0])]
    out = collected[0] / f"closed-{closed}.csv"
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}>&-', "sh", sys.executable, "-m", "monitor", *options, "--out", str(out)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert out.read_text().startswith("symbol,interval,start")


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port} is taken" in failed(market_monitor("sandbox", "--port", port))


def test_a_faults_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text("{")
    assert "faults.json is not what it should be" in failed(
        market_monitor("sandbox", "--faults", tmp_path / "faults.json")
    )


def test_collect_sums_up_what_it_recorded(collected: tuple[Path, dict]) -> None:
    _, summary = collected
    assert {"messages", "rows", "dropped", "rejected", "reconnects", "seconds", "items_per_second", "services"} <= set(
        summary
    )
    assert (summary["dropped"], summary["rejected"], summary["reconnects"]) == (0, {}, 0)
    assert summary["services"]["LEVELONE_EQUITIES"] > 2


@pytest.mark.parametrize(
    ("what", "symbols", "service"),
    [("quotes", "AAPL,MSFT", "LEVELONE_EQUITIES"), ("book", "AAPL", "NASDAQ_BOOK")],
)
def test_everything_received_comes_out_again(
    collected: tuple[Path, dict], tmp_path: Path, what: str, symbols: str, service: str
) -> None:
    folder, summary = collected
    out = tmp_path / "out.csv"
    done = market_monitor("export", what, "--symbols", symbols, "--out", out, "--data-dir", folder)
    assert done.returncode == 0, done.stderr
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert done.stdout == f"{len(rows)} rows written to {out}\n"
    assert len({(row["symbol"], row["received"]) for row in rows}) == summary["services"][service]


def test_the_doctor_finds_a_recorded_folder_in_order(collected: tuple[Path, dict]) -> None:
    folder, _ = collected
    done = market_monitor("doctor", "--json", "--data-dir", folder)
    report = {each["check"]: each for each in json.loads(done.stdout)["findings"]}
    assert report["Qt"]["ok"], report["Qt"]["says"]
    assert "is sound: sandbox data" in report["database"]["says"]
    assert report["password store"]["ok"]


def test_a_folder_of_the_sandbox_is_refused_to_the_real_market(collected: tuple[Path, dict]) -> None:
    folder, _ = collected
    sentence = failed(market_monitor("collect", "--symbols", "AAPL", "--data-dir", folder))
    assert "holds sandbox data" in sentence


def test_collecting_from_the_real_market_needs_a_sign_in(tmp_path: Path) -> None:
    assert "Sign in" in failed(market_monitor("collect", "--symbols", "AAPL", "--data-dir", tmp_path))


def test_collecting_from_a_sandbox_that_is_not_there_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nowhere = f"http://127.0.0.1:{port}"
    done = market_monitor("collect", "--symbols", "AAPL", "--sandbox-url", nowhere, "--data-dir", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert nowhere in done.stderr.splitlines()[-1]


def collecting(sandbox: RunningSandbox, folder: Path) -> "subprocess.Popen[str]":
    """A collector without an end, in a process of its own."""
    options = ["--symbols", "AAPL", "--sandbox-url", sandbox.base_url, "--data-dir", str(folder)]
    command = [sys.executable, "-m", "monitor", "collect", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def quotes_sent(sandbox: RunningSandbox) -> int:
    return sandbox.status()["sent"].get("LEVELONE_EQUITIES", {}).get("items", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_collection_that_is_interrupted_sums_up(tmp_path: Path, number: signal.Signals) -> None:
    with running_sandbox("--seed", "8") as own:
        process = collecting(own, tmp_path)
        wait_until(lambda: quotes_sent(own) > 1)
        process.send_signal(number)
        out, said = process.communicate(timeout=LIMIT)
    assert (process.returncode, said) == (0, "")
    assert json.loads(out.splitlines()[-1])["messages"] > 0


def test_ctrl_c_before_the_first_quote_is_no_failure(sandbox: RunningSandbox, tmp_path: Path) -> None:
    process = collecting(sandbox, tmp_path)
    wait_until((tmp_path / "logs").exists)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=LIMIT)
    assert (process.returncode, said) == (0, "")
    assert json.loads(out)["dropped"] == 0


def test_a_symbol_that_nobody_knows_is_named_and_the_others_are_recorded(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    source = ["--sandbox-url", sandbox.base_url, "--for", "3", "--data-dir", tmp_path]
    done = market_monitor("collect", "--symbols", "ZQZQ,MSFT", *source)
    assert done.returncode == 0
    assert done.stderr.endswith(": Schwab does not know ZQZQ.\n")
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as database:
        named = database.execute("SELECT symbol, description FROM instrument WHERE description <> ''").fetchall()
    assert named == [("MSFT", "MICROSOFT CORP")]


def test_a_collection_whose_database_is_taken_away_keeps_its_rows(sandbox: RunningSandbox, tmp_path: Path) -> None:
    process = collecting(sandbox, tmp_path)
    before = quotes_sent(sandbox)
    wait_until(lambda: quotes_sent(sandbox) > before + 1)
    (tmp_path / "monitor.db").rename(tmp_path / "elsewhere.db")
    after = quotes_sent(sandbox)
    wait_until(lambda: quotes_sent(sandbox) > after + 1)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert json.loads(out)["dropped"] == 0
    assert "Traceback" not in said
    assert re.search(r"\d+ recorded rows wait in monitor.spill and are written at the next start.\n$", said)
    (tmp_path / "elsewhere.db").rename(tmp_path / "monitor.db")
    source = ["--sandbox-url", sandbox.base_url, "--for", "1", "--data-dir", tmp_path]
    more = market_monitor("collect", "--symbols", "MSFT", *source).stdout
    heard = sum(json.loads(text)["services"]["LEVELONE_EQUITIES"] for text in (out, more))
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as database:
        assert database.execute("SELECT count(*) FROM quote").fetchone() == (heard,)


def test_a_collection_whose_stream_another_took_ends_with_the_reason(tmp_path: Path) -> None:
    with running_sandbox("--seed", "8") as own:
        older = collecting(own, tmp_path / "older")
        wait_until(lambda: quotes_sent(own) > 1)
        newer = collecting(own, tmp_path / "newer")
        out, said = older.communicate(timeout=LIMIT)
        newer.send_signal(signal.SIGINT)
        newer.communicate(timeout=LIMIT)
    assert (older.returncode, newer.returncode) == (1, 0)
    assert said == "Another program uses this account's stream; Schwab allows one at a time.\n"
    assert json.loads(out)["messages"] > 0
