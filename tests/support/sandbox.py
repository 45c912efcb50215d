"""The sandbox in its own process, as a person would start it, and what a test does with it from outside."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

STOP_SECONDS = 30


@dataclass(frozen=True)
class RunningSandbox:
    """What the sandbox said when it began to listen."""

    base_url: str
    client_id: str
    client_secret: str
    callback_url: str
    username: str
    password: str
    control_url: str

    def status(self) -> dict[str, Any]:
        """What was sent per service, how the replay stands, and so on."""
        return httpx.get(f"{self.control_url}/status").raise_for_status().json()

    def advance(self, seconds: float) -> None:
        """Moves the clock of tokens."""
        self.control("clock", {"advance_seconds": seconds})

    def run_clock(self, rate: float) -> None:
        """Lets the clock of tokens run ``rate`` times as fast as real time; 1 is normal."""
        self.control("clock", {"rate": rate})

    def faults(self, faults: list[dict[str, Any]]) -> int:
        """Adds faults, as in the file of ``--faults``; gives how many are pending."""
        return self.control("faults", faults)["pending"]

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        httpx.delete(f"{self.control_url}/faults").raise_for_status()

    def befall(self, stream: str, **fields: Any) -> int:
        """Lets a fault of the streamer befall every open connection now; gives how many there were."""
        return self.control("stream", [{"stream": stream, **fields}])["connections"]

    def wall(self, name: str, times: int = 1) -> None:
        """Puts a page in the way of the next sign-ins."""
        self.control("wall", {"wall": name, "times": times})

    def revoke(self) -> None:
        """Kills the refresh tokens of all logins so far."""
        self.control("revoke")

    def lever(self, name: str) -> int:
        """Pulls /drop, /close or /silence; gives the number of connections it was done to."""
        return self.control(name)["connections"]

    def control(self, path: str, payload: Any = None) -> Any:
        """POST to the sandbox's own pages; the JSON of the answer."""
        return httpx.post(f"{self.control_url}/{path}", json=payload).raise_for_status().json()

    def log_in(self, authorize_url: str = "", decision: str = "allow", user: str = "", **changes: str) -> str:
        """What a browser does: logs in, answers the consent page, and gives the address it was sent to."""
        asked = {"client_id": self.client_id, "redirect_uri": self.callback_url} | changes
        path = "/v1/oauth/authorize"
        query = urlsplit(authorize_url).query or urlencode(asked)
        with httpx.Client(base_url=self.base_url) as browser:
            login = browser.get(f"{path}?{query}").raise_for_status().text
            form = {"page": hidden(login), "username": user or self.username, "password": self.password}
            consent = browser.post(f"{path}/login", data=form).raise_for_status().text
            answer = browser.post(f"{path}/consent", data={"page": hidden(consent), "decision": decision})
        return answer.headers["location"]

    def token(self, user: str = "") -> dict[str, Any]:
        """A whole sign-in, of the sandbox's own or another person: the answer of the token endpoint."""
        code = parse_qs(urlsplit(self.log_in(user=user)).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback_url}
        return self.grant(form).raise_for_status().json()

    def grant(self, form: dict[str, str]) -> httpx.Response:
        """POST to the token endpoint with the app's own key and secret."""
        return httpx.post(f"{self.base_url}/v1/oauth/token", data=form, auth=(self.client_id, self.client_secret))

    def client(self) -> httpx.Client:
        """A signed-in HTTP client on the sandbox."""
        headers = {"Authorization": f"Bearer {self.token()['access_token']}"}
        return httpx.Client(base_url=self.base_url, headers=headers)


def truth(file: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Connection, service and item of all that a truth log says was handed over and was fit to be kept."""
    for line in file.read_bytes().splitlines():
        entry = json.loads(line)
        if entry.get("handed") and "note" not in entry:
            for part in entry["frame"]["data"]:
                yield from ((entry["connection"], part["service"], item) for item in part["content"])


def hidden(page: str) -> str:
    """The hidden value a sign-in page hands to the next one."""
    return page.split('name="page" value="')[1].split('"')[0]


@contextmanager
def running_sandbox(*arguments: str | Path) -> Iterator[RunningSandbox]:
    """``market-monitor sandbox --port 0`` with more arguments, stopped by its pid at the end."""
    command = [sys.executable, "-m", "monitor", "sandbox", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield RunningSandbox(**json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.communicate(timeout=STOP_SECONDS)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    """One simulated sandbox for all tests of a module."""
    with running_sandbox() as started:
        yield started
