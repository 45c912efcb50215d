"""Somebody who uses a sandbox from inside the test's own loop: a browser with an app, and a line to the streamer."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx

from monitor.sandbox.server import Sandbox
from tests.support.sandbox import hidden

LOGIN_PATH = "/v1/oauth/authorize"
TOKEN_PATH = "/v1/oauth/token"


class Visitor:
    """Somebody who signs in to a sandbox, asks it over HTTP and opens its streamer."""

    def __init__(self, house: Sandbox, base_url: str) -> None:
        self.house = house
        self.http = httpx.AsyncClient(base_url=base_url)
        self.app = house.credentials
        self.access = ""

    async def open(self, **changes: str) -> httpx.Response:
        """The first page of a sign-in."""
        query = {"client_id": self.app.client_id, "redirect_uri": self.app.callbacks[0]} | changes
        return await self.http.get(LOGIN_PATH, params=query)

    async def give_password(self, login: httpx.Response) -> httpx.Response:
        """What follows the right name and password."""
        form = {"page": hidden(login.text), "username": self.app.username, "password": self.app.password}
        return await self.http.post(f"{LOGIN_PATH}/login", data=form)

    async def log_in(self, decision: str = "allow", **changes: str) -> dict[str, list[str]]:
        """The query with which the browser comes back to the app."""
        consent = await self.give_password(await self.open(**changes))
        form = {"page": hidden(consent.text), "decision": decision}
        back = await self.http.post(f"{LOGIN_PATH}/consent", data=form)
        self.location = back.headers["location"]
        return parse_qs(urlsplit(self.location).query)

    async def grant(self, **form: str) -> httpx.Response:
        auth = (self.app.client_id, self.app.client_secret)
        return await self.http.post(TOKEN_PATH, data=form, auth=auth)

    async def redeem(self, code: str) -> httpx.Response:
        return await self.grant(grant_type="authorization_code", code=code, redirect_uri=self.app.callbacks[0])

    async def sign_in(self) -> dict[str, Any]:
        """The answer of the token endpoint; later requests carry its access token."""
        token = (await self.redeem((await self.log_in())["code"][0])).json()
        self.access = token["access_token"]
        self.http.headers["Authorization"] = f"Bearer {self.access}"
        return token

    async def control(self, path: str, payload: Any = None) -> Any:
        """POST to the sandbox's own pages; the JSON of the answer."""
        return (await self.http.post(f"/sandbox/{path}", json=payload)).raise_for_status().json()

    async def renew(self, refresh_token: str) -> httpx.Response:
        return await self.grant(grant_type="refresh_token", refresh_token=refresh_token)

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON of a market data answer."""
        return (await self.http.get(f"/marketdata/v1/{path}", params=params)).json()

    async def status(self, path: str, **params: Any) -> int:
        return (await self.http.get(f"/marketdata/v1/{path}", params=params)).status_code


class Line:
    """A websocket to the streamer; frames that were read over are kept."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self.socket = socket
        self.token = token
        self.frames: list[dict[str, Any]] = []
        self.texts: list[str] = []

    async def send(self, service: str, command: str, request: str | int = 1, **parameters: str) -> None:
        message = {"service": service, "command": command, "requestid": request, "SchwabClientCorrelId": "c-1"}
        await self.socket.send_str(json.dumps({"requests": [message | {"parameters": parameters}]}))

    async def read(self) -> dict[str, Any]:
        """The next frame. Raises EOFError when the connection has ended."""
        message = await self.socket.receive(timeout=60)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise EOFError(str(message.type))
        self.texts.append(message.data)
        self.frames.append(json.loads(message.data))
        return self.frames[-1]

    async def next(self, kind: str) -> dict[str, Any]:
        """The first part of the next frame of a kind: response, notify or data."""
        while kind not in (frame := await self.read()):
            continue
        return frame[kind][0]

    async def ask(self, service: str, command: str, **parameters: str) -> dict[str, Any]:
        """The content of the answer to a command."""
        await self.send(service, command, **parameters)
        return (await self.next("response"))["content"]

    async def log_in(self) -> dict[str, Any]:
        return await self.ask("ADMIN", "LOGIN", Authorization=self.token)

    async def until_closed(self) -> list[dict[str, Any]]:
        """What is still sent until the connection ends."""
        seen = len(self.frames)
        try:
            while True:
                await self.read()
        except EOFError:
            return self.frames[seen:]


def streamer_url(visitor: Visitor) -> str:
    return str(visitor.http.base_url.join("/ws"))
