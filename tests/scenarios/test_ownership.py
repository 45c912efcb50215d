"""Several programs on one profile, each in its own process: one streams, the others are told, ask or wait.

The sandbox poses as Schwab here and gives a new refresh token with every renewal: two programs that renewed from the
same one would be found out, because the sandbox refuses the second.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.apps.ownership import Ownership
from monitor.apps.wiring import running_services
from monitor.schwab import passphrase
from monitor.schwab.address import Address
from monitor.schwab.headless import sign_in_headless
from monitor.schwab.secret import Secret
from tests.support.sandbox import RunningSandbox, running_sandbox

LIMIT = 60
PASSPHRASE = "only for this test"

POSING = """
import sys
from pathlib import Path
from monitor.apps import settings, world
from monitor.apps.cli import run
from monitor.schwab.address import Address

base = sys.argv[1]
settings.default_data_dir = lambda sandbox: Path(sys.argv[-1]).with_name("sandbox" if sandbox else "live")
world.live_world = lambda: world.World(Address(base), (base.removeprefix("http://"),))
"""

#: The window with a hand that does as it is told on stdin, and says on stdout what is to be seen.
HAND = """
import queue, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from monitor.apps import desktop
from monitor.ui.owner.window import Choice, OwnerWindow
from monitor.ui.window import MainWindow

told, seen, main = queue.SimpleQueue(), [""], desktop._main
threading.Thread(target=lambda: [told.put(line.strip()) for line in sys.stdin], daemon=True).start()

def look():
    windows = [w for w in QApplication.topLevelWidgets() if w.isVisible() and isinstance(w, MainWindow | OwnerWindow)]
    says = " and ".join(w.sentence if isinstance(w, OwnerWindow) else w.windowTitle() for w in windows)
    if says != seen[0]:
        seen[0] = says
        print(says, flush=True)
    while windows and not told.empty():
        word = told.get()
        if word == "close":
            windows[0].close()
        elif word == "change world":
            windows[0].world_wanted.emit("SANDBOX" not in windows[0].windowTitle())
        else:
            windows[0].button(Choice[word]).click()

async def watched(*arguments):
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    await main(*arguments)

desktop._main = watched
"""


class Programs:
    """Starts programs on one profile, and ends whatever is left of them."""

    def __init__(self, sandbox: RunningSandbox, folder: Path, profile: Path) -> None:
        self.sandbox = sandbox
        self.profile = profile
        self._folder = folder
        self._started: list[Program] = []

    def start(self, *typed: str) -> "Program":
        script = POSING + (HAND if typed[0] == "gui" else "") + "sys.exit(run(sys.argv[2:]))"
        out = self._folder / f"{len(self._started)}.txt"
        command = [sys.executable, "-c", script, self.sandbox.base_url, *typed, "--data-dir", str(self.profile)]
        environment = os.environ | {
            "PYTHONUTF8": "1",
            "QT_QPA_PLATFORM": "offscreen",
            "MARKET_MONITOR_PASSPHRASE": PASSPHRASE,
        }
        with out.open("w") as file, out.with_suffix(".err").open("w") as errors:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=file, stderr=errors, text=True
            )
        program = Program(process, out)
        self._started.append(program)
        return program

    def collect(self, *options: str) -> "Program":
        return self.start("collect", "--symbols", "AAPL", *options)

    def close(self) -> None:
        for program in self._started:
            program.kill()

    def quotes(self) -> int:
        return self.sandbox.status()["sent"].get("LEVELONE_EQUITIES", {}).get("items", 0)

    def wait_for_quotes(self) -> None:
        before = self.quotes()
        wait_until(lambda: self.quotes() > before)

    def expire(self) -> None:
        """The access token of whoever holds it now is over, so that the next program begins with a renewal."""
        self.sandbox.advance(1801)

    def told(self) -> list[str]:
        """What the audit says of handing over, in order."""
        with closing(sqlite3.connect(f"file:{self.profile / 'monitor.db'}?mode=ro", uri=True)) as database:
            return [
                row[0] for row in database.execute("SELECT sentence FROM audit WHERE kind = 'take-over' ORDER BY id")
            ]


class Program:
    """A running program: what it said, and what it is told."""

    def __init__(self, process: "subprocess.Popen[str]", out: Path) -> None:
        self._process = process
        self._out = out
        self.pid = process.pid

    def says(self) -> str:
        return self._out.read_text()

    def complains(self) -> str:
        return self._out.with_suffix(".err").read_text()

    def waits_for(self, words: str, since: int = 0) -> int:
        """Wait until it says so; gives where in its output that ends."""
        wait_until(lambda: words in self.says()[since:] or self._process.poll() is not None)
        assert words in self.says()[since:], self.complains()
        return self.says().index(words, since) + len(words)

    def tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def ends(self) -> int:
        return self._process.wait(LIMIT)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def summary(self) -> dict[str, object]:
        return json.loads(self.says().splitlines()[-1])


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again, for as long as a program may take."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
async def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Programs]:
    """A profile that is signed in to a sandbox whose refresh tokens rotate, and the programs started on it."""
    faults, profile = tmp_path / "faults.json", tmp_path / "profile"
    faults.write_text('[{"refresh": "rotate"}]')
    profile.mkdir(mode=0o700)
    monkeypatch.setattr(passphrase, "_taken", Secret(PASSPHRASE))
    with running_sandbox("--faults", faults) as sandbox:
        address = Address(sandbox.base_url)
        async with running_services(address, profile) as services:
            services.sign_in.configure(sandbox.client_id, sandbox.client_secret, sandbox.callback_url)
            await sign_in_headless(services.sign_in, address, sandbox.username, sandbox.password)
        programs = Programs(sandbox, tmp_path, profile)
        try:
            yield programs
        finally:
            programs.close()


def test_the_collector_hands_over_and_goes_on_afterwards(programs: Programs) -> None:
    programs.expire()
    collector = programs.collect("--stand-by")
    programs.wait_for_quotes()

    second, window = programs.collect(), programs.start("gui")
    assert second.ends() == 1
    assert second.says() == ""
    assert second.complains().startswith(f"The collector (process {collector.pid}) has been using this data folder")
    assert "Take over with --take-over, or wait for its end with --stand-by." in second.complains()

    window.waits_for("It has been using this data folder")
    programs.expire()
    window.tell("TAKE_OVER")
    window.waits_for("\nMarket Monitor\n")
    programs.wait_for_quotes()
    assert f"Handed over to the window (process {window.pid})." in collector.complains()

    programs.expire()
    window.tell("close")
    assert window.ends() == 0
    programs.wait_for_quotes()

    third = programs.collect("--take-over")
    wait_until(lambda: f"Handed over to the collector (process {third.pid})." in collector.complains())
    programs.wait_for_quotes()
    collector.signal(signal.SIGINT)
    assert collector.ends() == 0
    assert collector.summary()["messages"]

    fourth = programs.collect("--take-over")
    assert third.ends() == 1
    assert third.complains().endswith(
        f"Handed over to the collector (process {fourth.pid}). With --stand-by the collector goes on after it.\n"
    )
    assert third.summary()["messages"]
    programs.wait_for_quotes()
    assert Ownership(programs.profile, "window").take() is not None
    fourth.kill()
    assert Ownership(programs.profile, "window").take() is None

    assert programs.told()[:3] == [
        f"Handed over to the window (process {window.pid}).",
        f"Took over from the collector (process {collector.pid}).",
        f"Handed over to the collector (process {third.pid}).",
    ]
    tokens = programs.sandbox.status()["tokens"]
    assert (tokens["codes"], tokens["renewals"], tokens["refused"]) == (1, 3, 0)


def test_the_window_hands_over_comes_back_and_goes_to_the_other_world(programs: Programs) -> None:
    window = programs.start("gui")
    at = window.waits_for("Market Monitor\n")
    programs.wait_for_quotes()

    other = programs.start("gui")
    other.waits_for("It has been using this data folder")
    other.tell("SHOW")
    assert other.ends() == 0

    programs.expire()
    collector = programs.collect("--take-over", "--for", "1")
    at = window.waits_for(f"once the collector (process {collector.pid}) has ended", at)
    programs.expire()
    assert collector.ends() == 0
    assert collector.summary()["messages"]
    at = window.waits_for("\nMarket Monitor\n", at)
    programs.wait_for_quotes()

    window.tell("change world")
    at = window.waits_for("\nMarket Monitor — SANDBOX\n", at - 1)
    free = Ownership(programs.profile, "collector")
    assert free.take() is None
    free.release()
    assert (programs.profile.with_name("sandbox") / "logs" / "market-monitor.log").exists()
    window.tell("change world")
    window.waits_for("\nMarket Monitor\n", at - 1)
    programs.wait_for_quotes()
    window.signal(signal.SIGTERM)
    assert window.ends() == 0

    assert programs.told() == [
        f"Handed over to the collector (process {collector.pid}).",
        f"Took over from the window (process {window.pid}).",
    ]
    tokens = programs.sandbox.status()["tokens"]
    assert (tokens["codes"], tokens["renewals"], tokens["refused"]) == (1, 2, 0)
