"""The sandbox as a program: what it says, how it ends, and that its clients do not hold each other up."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import httpx
import pytest

from tests.support.sandbox import RunningSandbox, running_sandbox
from tests.support.visitor import Line

COMMAND = [sys.executable, "-m", "monitor", "sandbox"]
PATIENCE = 60


def test_the_control_page_says_what_the_first_line_said(sandbox: RunningSandbox) -> None:
    assert httpx.get(sandbox.control_url).json() == vars(sandbox)
    assert sandbox.control_url == f"{sandbox.base_url}/sandbox"


def test_a_port_that_is_taken_is_one_plain_sentence(sandbox: RunningSandbox) -> None:
    port = str(httpx.URL(sandbox.base_url).port)
    second = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=PATIENCE)
    assert second.returncode == 1
    assert second.stderr.strip() == f"Port {port} is taken or not allowed. Choose another one, or 0 for any."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_cleanly(number: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["client_id"]
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in errors) == (0, False)


def test_it_ends_with_the_program_that_started_it() -> None:
    command = [*COMMAND, "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline()
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_a_callback_of_one_s_own_is_registered() -> None:
    mine = "https://127.0.0.1:9443/back"
    with running_sandbox("--callback", mine) as started:
        assert started.log_in(redirect_uri=mine).startswith(f"{mine}?code=")


def test_tokens_survive_a_restart() -> None:
    with running_sandbox("--seed", "11") as first:
        token = first.token()
    with running_sandbox("--seed", "11") as second:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        assert httpx.get(f"{second.base_url}/marketdata/v1/quotes?symbols=AAPL", headers=headers).status_code == 200
        renewed = second.grant({"grant_type": "refresh_token", "refresh_token": token["refresh_token"]})
        assert renewed.json()["refresh_token"] == token["refresh_token"]


def test_nothing_secret_is_logged(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_MONITOR_LOG_LEVEL", "DEBUG")
    with running_sandbox() as started:
        token = started.token()
        started.faults([{"path": "/v1/oauth/token", "answer": "html"}])
        started.grant({"grant_type": "refresh_token", "refresh_token": token["refresh_token"]})
        with started.client() as client:
            client.get("/marketdata/v1/quotes?symbols=AAPL")
    log = capfd.readouterr().err
    assert "/marketdata/v1/quotes 200" in log
    secrets = (token["access_token"], token["refresh_token"], started.client_secret, started.password, "C0.")
    assert not [secret for secret in secrets if secret in log]


async def test_a_client_that_does_not_read_holds_nobody_up(shared: Path) -> None:
    file = shared / "replay" / "aapl-open-burst.jsonl.gz"
    with running_sandbox("--replay", file, "--speed", "0") as started:
        async with aiohttp.ClientSession() as http:
            sleeper, reader = [
                Line(
                    await http.ws_connect(f"{started.base_url}/ws", max_msg_size=0), started.token(user)["access_token"]
                )
                for user in ("sleeper", "reader")
            ]
            for line in (sleeper, reader):
                await line.log_in()
                await line.ask("NASDAQ_BOOK", "SUBS", keys="AAPL", fields="0,1,2,3")
            times = [(await reader.next("data"))["timestamp"] for _ in range(13_165)]
            assert times == sorted(times)
            sent = started.status()["sent"]["NASDAQ_BOOK"]["frames"]
            assert 13_165 < sent < 2 * 13_165
            again = Line(await http.ws_connect(f"{started.base_url}/ws"), sleeper.token)
            assert (await again.log_in())["code"] == 0
            await again.socket.close()
            await asyncio.gather(sleeper.socket.close(), reader.socket.close())
