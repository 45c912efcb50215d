"""Runs a program at its most talkative, and tells at its end every secret that it ever held.

``python -m tests.support.watched PIPE cli …`` runs a command line. ``… PIPE live CONTROL-URL FOLDER`` is a life with
the services: a sandbox poses as Schwab, and everything about the sign-in goes wrong once. The secrets are written to
the pipe, so they are in no file but those that the program wrote itself.
"""

import asyncio
import base64
import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from monitor.apps import logs
from monitor.schwab.secret import Secret
from tests.support.ports import until
from tests.support.sandbox import RunningSandbox

WRONG, RIGHT = "a wrong canary passphrase", "the right canary passphrase"
held: set[str] = set()


def watch() -> None:
    """Remember the text of every secret from now on, and let other people's code log all it has to say."""
    make, set_levels = Secret.__init__, logs.set_levels

    def remember(secret: Secret, text: str) -> None:
        held.add(text)
        make(secret, text)

    def set_loudest() -> None:
        set_levels()
        logging.getLogger().setLevel(logging.DEBUG)

    Secret.__init__ = remember  # type: ignore[method-assign]
    logs.set_levels = set_loudest


def told() -> str:
    """The secrets as JSON; a key's Base64 stands for its bytes too, which are written in Latin-1."""
    texts = {text for text in held if len(text) >= 8}
    for text in list(texts):
        with contextlib.suppress(ValueError):
            if len(raw := base64.b64decode(text, validate=True)) == 32:
                texts.add(raw.decode("latin-1"))
    return json.dumps(sorted(texts))


async def live(sandbox: RunningSandbox, folder: Path) -> None:
    """Sign in, renew, be refused, lose the renewal, be revoked, forget the passphrase, and sign out."""
    from monitor.apps import crash
    from monitor.apps.wiring import running_services
    from monitor.errors import MonitorError
    from monitor.ports import SignInState, Wanted
    from monitor.schwab import passphrase
    from monitor.schwab.address import Address
    from monitor.schwab.headless import sign_in_headless
    from monitor.schwab.token_file import FILE_NAME

    log = logging.getLogger("monitor.watched")
    logs.set_up_file(folder)
    crash.set_up(folder, opens_pages=False)
    address = Address(sandbox.base_url)

    async def fails(*work: "asyncio.Future[None]") -> None:
        for each in await asyncio.gather(*work, return_exceptions=True):
            assert isinstance(each, MonitorError), each
            log.error("as it should: %s %s", each.sentence, each.detail, exc_info=each)

    async def ask() -> None:
        await services.history.find_instruments("AAPL")

    async def control(path: str, payload: object) -> None:
        await asyncio.to_thread(sandbox.control, path, payload)

    async with running_services(address, folder) as services:
        sign_in = services.sign_in
        await sign_in.keep_with_passphrase(RIGHT)
        sign_in.configure(sandbox.client_id, sandbox.client_secret, sandbox.callback_url)
        url = sign_in.begin()
        await fails(sign_in.finish(f"{sandbox.callback_url}?code=C0.canary-of-no-sign-in%40&state=another"))
        location = await asyncio.to_thread(sandbox.log_in, url)
        held.update(value for values in parse_qs(urlsplit(location).query).values() for value in values)
        await sign_in.finish(location)
        await fails(sign_in.finish(location))
        services.subscriptions.want("test", Wanted(frozenset({"AAPL"}), frozenset({"AAPL"}), frozenset({"AAPL"})))
        for _ in range(3):
            await control("clock", {"advance_seconds": 1801})
            await ask()
        await control(
            "faults", [{"path": "/v1/oauth/token", "status": 500}, {"path": "/v1/oauth/token", "answer": "drop"}]
        )
        await control("clock", {"advance_seconds": 1801})
        with contextlib.suppress(MonitorError):
            await ask()
        await until(lambda: services.streaming.tally.messages > 5)
        await asyncio.to_thread(sandbox.clear_faults)
    passphrase.forget(folder / FILE_NAME)  # as in a new run
    async with running_services(address, folder) as services:
        sign_in = services.sign_in
        assert sign_in.locked
        await fails(sign_in.keep_with_passphrase(WRONG))
        await sign_in.keep_with_passphrase(RIGHT)
        assert sign_in.state is SignInState.SIGNED_IN
        await control("revoke", None)
        await control("clock", {"advance_seconds": 1801})
        await fails(ask())
        assert sign_in.state is SignInState.ENDED
        await sign_in_headless(sign_in, address, sandbox.username, sandbox.password)
        (folder / "copy of tokens.bin").write_bytes((folder / "tokens.bin").read_bytes())
        try:
            raise RuntimeError(f"canary {sign_in.reveal_access_token()}", {"secret": sandbox.client_secret})
        except RuntimeError:
            log.exception("what a careless line would log", extra={"header": sign_in.reveal_access_token()})
        await sign_in.sign_out()
        assert not (folder / "tokens.bin").exists()


def main(pipe: int, kind: str, *rest: str) -> int:
    watch()
    try:
        if kind == "live":
            details = httpx.get(rest[0]).raise_for_status().json()
            asyncio.run(live(RunningSandbox(**details), Path(rest[1])))
            return 0
        from monitor.apps.cli import run

        return run(rest)
    finally:
        with os.fdopen(pipe, "w") as teller:
            teller.write(told())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
