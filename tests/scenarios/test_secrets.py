"""Whole programs at their most talkative: no file, no command line and no child's environment holds a secret."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from monitor.schwab.tokens import Vault
from tests.support.sandbox import RunningSandbox
from tests.support.watched import RIGHT, WRONG

PASSPHRASE = "the canary passphrase of the environment"


# ---------------------------------------------------------------------- the search


def _base64(text: str, digits: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """As it is written alone, and the middle of it as it is written behind one or two other bytes: “id:secret”."""
    content = text.encode()
    yield digits(content).rstrip(b"=")
    for ahead in range(3):
        yield digits(b"\0" * ahead + content)[4 : (ahead + len(content)) // 3 * 4]


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """The names and bytes of all ways in which a text may have been written."""
    yield "raw", secret.encode()
    yield "Latin-1", secret.encode("latin-1", "replace")
    yield "UTF-16", secret.encode("utf-16-le")
    yield "UTF-16, big end first", secret.encode("utf-16-be")
    for name, way in {
        "URL": lambda text: quote(text, safe=""),
        "URL with slashes": quote,
        "form": quote_plus,
        "JSON": lambda text: json.dumps(text)[1:-1],
        "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        "repr": lambda text: repr(text)[1:-1],
        "hex": lambda text: text.encode().hex(),
        "HEX": lambda text: text.encode().hex().upper(),
    }.items():
        yield name, way(secret).encode()
    for name, digits in {"Base64": base64.b64encode, "Base64 for URLs": base64.urlsafe_b64encode}.items():
        for found in _base64(secret, digits):
            yield name, found


def search(content: bytes, secrets: Iterable[str]) -> set[str]:
    """How secrets are written in some bytes; empty when none is there."""
    return {name for secret in secrets for name, form in forms(secret) if form in content}


def search_files(folder: Path, secrets: Iterable[str]) -> dict[str, set[str]]:
    """Every file below a folder that holds a secret, in its name or in its content."""
    hits = {}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        if found := search(os.fsencode(path.name) + b"\n" + content, secrets):
            hits[str(path.relative_to(folder))] = found
    return hits


CANARY = 'ca/na+ry"-tök@ñ of 30 letters?'


@pytest.mark.parametrize(
    "planted",
    [
        CANARY.encode(),
        CANARY.encode("latin-1"),
        CANARY.encode("utf-16-le"),
        CANARY.encode("utf-16-be"),
        quote(CANARY, safe="").encode(),
        quote_plus(CANARY).encode(),
        json.dumps({"token": CANARY}).encode(),
        json.dumps({"token": CANARY}, ensure_ascii=False).encode(),
        repr([CANARY]).encode(),
        CANARY.encode().hex().encode(),
        base64.b64encode(CANARY.encode()),
        base64.urlsafe_b64encode(CANARY.encode()),
        *(base64.b64encode(b"i" * ahead + b":" + CANARY.encode() + b" and more") for ahead in range(3)),
    ],
)
def test_the_search_finds_a_planted_canary_however_it_is_written(tmp_path: Path, planted: bytes) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    file = tmp_path / "deep" / "er" / "monitor.db-wal"
    file.write_bytes(os.urandom(5000) + planted + os.urandom(5000))
    assert list(search_files(tmp_path, ["another secret", CANARY])) == ["deep/er/monitor.db-wal"]
    file.write_bytes(os.urandom(10_000))
    assert search_files(tmp_path, ["another secret", CANARY]) == {}


def test_the_search_finds_a_canary_in_a_files_name(tmp_path: Path) -> None:
    (tmp_path / "session canary-token.txt").touch()
    assert search_files(tmp_path, ["canary-token"]) == {"session canary-token.txt": {"raw"} | {
        name for name, form in forms("canary-token") if form == b"canary-token"
    }}  # fmt: skip


# ---------------------------------------------------------------------- the programs


@dataclass
class Run:
    """What a program left behind: its secrets, and what the system told of the processes it started."""

    code: int
    secrets: list[str]
    output: bytes
    command_lines: set[bytes] = field(default_factory=set)
    environments: set[bytes] = field(default_factory=set)

    @property
    def processes(self) -> bytes:
        return b"\n".join(self.command_lines | self.environments)


def watched(home: Path, *arguments: str | Path, **variables: str) -> Run:
    """Run a program with everything it could write to below ``home``, and look at its processes all the while."""
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "tests.support.watched", str(writer), *map(str, arguments)]
    with (home / "printed").open("wb") as printed:
        program = subprocess.Popen(
            command, env=environment(home, **variables), pass_fds=[writer], stdout=printed, stderr=printed
        )
    os.close(writer)
    run, own = Run(0, [], b""), b""
    while program.poll() is None:
        own = own or about(program.pid, "cmdline")  # a moment after its start it has none yet
        for process in descendants(program.pid):
            run.command_lines.add(command_line := about(process, "cmdline"))
            # Its first environment is what we gave it; a child shows the same until it is a program of its own.
            if process != program.pid and command_line != own:
                run.environments.add(about(process, "environ"))
        try:
            program.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    with os.fdopen(reader) as told:
        run.secrets = json.loads(told.read() or "[]")
    run.code, run.output = program.returncode, (home / "printed").read_bytes()
    return run


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The test's own, with every folder that a program may write to below ``home``."""
    folders = {"HOME": home, "TMPDIR": home / "tmp", "XDG_RUNTIME_DIR": home / "run"} | {
        f"XDG_{kind}_HOME": home / kind.lower() for kind in ("DATA", "CONFIG", "CACHE", "STATE")
    }
    for folder in folders.values():
        folder.mkdir(mode=0o700, exist_ok=True)
    loud = {"MARKET_MONITOR_LOG_LEVEL": "DEBUG", "QT_QPA_PLATFORM": "offscreen", "PYTHONWARNINGS": "default"}
    return os.environ | loud | {name: str(folder) for name, folder in folders.items()} | variables


def descendants(pid: int) -> list[int]:
    """A process and all that it started, as far as they still run."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*"):
            found += map(int, about(each, f"task/{task.name}/children").split())
    return found


def about(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""  # it has ended


@contextmanager
def talkative_sandbox(home: Path) -> Iterator[RunningSandbox]:
    """A sandbox whose log is below ``home`` too."""
    command = [sys.executable, "-m", "monitor", "sandbox", "--port", "0"]
    with (home / "sandbox.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        yield RunningSandbox(**json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.communicate(timeout=60)


def nothing_is_left(home: Path, run: Run, more: Iterable[str] = ()) -> None:
    secrets = {*run.secrets, *more}
    assert search_files(home, secrets) == {}
    assert search(run.processes, secrets) == set()


def test_a_collector_that_keeps_its_sign_in_with_a_passphrase(tmp_path: Path) -> None:
    data = tmp_path / "profile"
    with talkative_sandbox(tmp_path) as sandbox:
        options = ("--symbols", "AAPL", "--books", "AAPL", "--for", "2", "--data-dir", data)
        run = watched(
            tmp_path,
            "cli",
            "collect",
            *options,
            "--sandbox-url",
            sandbox.base_url,
            MARKET_MONITOR_PASSPHRASE=PASSPHRASE,
        )
    assert run.code == 0, run.output
    kept = Vault(data).open(PASSPHRASE)
    tokens = {kept.access_token.reveal(), kept.refresh_token.reveal(), kept.client_secret.reveal()}
    assert tokens | {PASSPHRASE, sandbox.client_secret} <= set(run.secrets)
    assert b"DEBUG" in (data / "logs" / "collector.log").read_bytes()
    nothing_is_left(tmp_path, run, [sandbox.password])


def test_a_window_that_signs_in_on_the_embedded_page(tmp_path: Path) -> None:
    data = tmp_path / "profile"
    options = ("--sandbox", "--offscreen", "--data-dir", data, "--quit-after", "9")
    run = watched(tmp_path, "cli", "gui", *options, MARKET_MONITOR_PASSPHRASE=PASSPHRASE)
    assert run.code == 0, run.output
    kept = Vault(data).open(PASSPHRASE)
    assert {kept.access_token.reveal(), kept.refresh_token.reveal(), PASSPHRASE} <= set(run.secrets)
    assert any(b"QtWebEngineProcess" in line for line in run.command_lines)
    assert any(b"sandbox" in line for line in run.command_lines)
    assert {"market-monitor.log", "sandbox.log"} <= {path.name for path in (data / "logs").iterdir()}
    nothing_is_left(tmp_path, run)


def test_a_life_with_everything_that_can_go_wrong_with_a_sign_in(tmp_path: Path) -> None:
    data = tmp_path / "profile"
    data.mkdir()
    with talkative_sandbox(tmp_path) as sandbox:
        run = watched(tmp_path, "live", sandbox.control_url, data)
    assert run.code == 0, run.output
    assert {RIGHT, WRONG, sandbox.client_secret} <= set(run.secrets)
    assert len(run.secrets) > 15
    log = (data / "logs" / "market-monitor.log").read_text()
    assert "what a careless line would log" in log
    assert log.count("as it should") == 4
    run.command_lines = {
        line for line in run.command_lines if b"watched" not in line
    }  # it is told the sandbox's secret
    nothing_is_left(tmp_path, run, [sandbox.password, "C0.canary-of-no-sign-in@"])
