"""At debug level, with aiohttp's own lines: the log names no token, code, password or secret."""

import asyncio
import base64
import json
import logging
from urllib.parse import quote, urlsplit

import pytest

from monitor.sandbox.log_lines import SERVER, kind_and_place
from tests.support.visitor import LOGIN_PATH, TOKEN_PATH, Line, Visitor


async def test_no_secret_reaches_the_log(visitor: Visitor, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    code = (await visitor.log_in(state="state-of-this-login"))["code"][0]
    token = (await visitor.redeem(code)).json()
    app = visitor.app
    basic = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    await visitor.redeem(code)
    await visitor.renew(token["refresh_token"])
    await visitor.renew(token["access_token"])
    await visitor.http.get(f"/marketdata/v1/{token['access_token'][:3]}/quotes?fields={quote(code)}")
    await visitor.http.post(f"{LOGIN_PATH}/login", data={"page": code, "password": app.password})
    for fault in ("garbage", "drop-after"):
        await visitor.control("faults", [{"path": TOKEN_PATH, "answer": fault}])
        await asyncio.gather(visitor.renew(token["refresh_token"]), return_exceptions=True)
    unreadable = {"content-type": f"application/x-www-form-urlencoded; charset={app.password}"}
    auth = (app.client_id, app.client_secret)
    await visitor.http.post(TOKEN_PATH, content=b"grant_type=x", headers=unreadable, auth=auth)
    await line.socket.send_str('{"requests": "' + token["access_token"])
    await line.log_in()
    for nonsense in (
        f"GET /v1/oauth/authorize?code={quote(code)} HTTP/9.9",
        f"{code} / HTTP/1.1",
        f"GET / HTTP/1.1\r\nAuthorization: Bearer {token['access_token']}\x00",
        f"POST {TOKEN_PATH} HTTP/1.1\r\nAuthorization: Basic {basic}\x00",
        f"POST {TOKEN_PATH} HTTP/1.1\r\nContent-Length: {token['refresh_token']}",
        f"POST {LOGIN_PATH}/login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset={app.password}\r\n\r\na=1",
    ):
        await send_raw(visitor, nonsense)

    ours = [r for r in caplog.records if r.name.split(".")[0] in ("monitor", "aiohttp", "asyncio")]
    log = "\n".join(logging.Formatter("%(name)s %(message)s").format(record) for record in ours)
    unreadable_requests = [record for record in ours if record.name == SERVER.name and record.levelno == logging.ERROR]
    assert len(unreadable_requests) == 5
    assert f"the answer to {TOKEN_PATH} failed: LookupError" in log
    secrets = (app.client_secret, app.password, "state-of-this-login", basic, code, code[3:-1], line.token)
    found = [
        form
        for secret in (*secrets, *(token[name].strip("@") for name in ("access_token", "refresh_token", "id_token")))
        for form in (secret, quote(secret), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode())
        if form in log
    ]
    assert found == []


def test_an_error_is_told_by_its_kind_and_place() -> None:
    try:
        int("a secret word")
    except ValueError as error:
        said = kind_and_place(error)
    assert said.startswith("ValueError")
    assert "test_log.py" in said
    assert "invalid literal" not in said


async def send_raw(visitor: Visitor, head: str) -> None:
    """A request as no client would send it; waits until it is answered and closed."""
    base = urlsplit(str(visitor.http.base_url))
    reader, writer = await asyncio.open_connection(base.hostname, base.port)
    writer.write(f"{head}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
