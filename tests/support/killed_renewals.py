"""Renews in forked children and kills each at another step between the answer and the end of the renewal.

``python -m tests.support.killed_renewals BASE_URL FOLDER KILLS RANDOM_KILLS`` writes a line of JSON: how many were
killed, after how many the old or the new token was on disk, and how many times neither could be renewed.
"""

import asyncio
import json
import os
import random
import select
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

from monitor.errors import SignInNeeded
from monitor.schwab.address import SCHWAB, Address
from monitor.schwab.auth import TokenAuth
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.renewal import Tokens
from monitor.schwab.secret import Secret
from monitor.schwab.tls import client_context
from monitor.schwab.token_endpoint import Granted
from monitor.schwab.tokens import Kept, Vault
from monitor.schwab.transport import SchwabTransport

_CONTEXT = client_context()  # once: making it takes longer than a renewal
PASSPHRASE = "correct horse"
#: The files whose steps on the loop's thread count; of the thread that writes, every step does.
_OURS = ("renewal.py", "token_endpoint.py")


class Steps:
    """Counts the calls and returns of a renewal once its answer is there, and dies at one of them."""

    def __init__(self, fatal: int = -1) -> None:
        self.count = 0
        self._fatal = fatal
        self._loop_thread = threading.get_ident()

    def begin(self) -> None:
        """Count on this thread from now on."""
        sys.setprofile(self._step)

    def end(self) -> None:
        sys.setprofile(None)

    def _step(self, frame: FrameType, _event: str, _argument: Any) -> None:
        on_loop = threading.get_ident() == self._loop_thread
        if on_loop and not frame.f_code.co_filename.endswith(_OURS):
            return
        self.count += 1
        if self.count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def _nothing() -> None: ...


class Renewals:
    """Renews with what is in the folder, each time as a program that has just been started."""

    def __init__(self, base_url: str, folder: Path) -> None:
        self._address = Address.of_sandbox(base_url)
        self._folder = folder

    def token(self) -> str:
        """What is on disk."""
        return Vault(self._folder, scrypt_log_n=4).open(PASSPHRASE).access_token.reveal()

    def renew(self, answered: Callable[[], None] = _nothing, saving: Callable[[], None] = _nothing) -> None:
        """One renewal; calls back on the thread of each. Raises SignInNeeded when nothing on disk can be renewed."""
        asyncio.run(self._renew(answered, saving))

    async def _renew(self, answered: Callable[[], None], saving: Callable[[], None]) -> None:
        transport = SchwabTransport(self._address, inner=httpx.AsyncHTTPTransport(verify=_CONTEXT))
        sign_in = SchwabSignIn(self._address, Vault(self._folder, scrypt_log_n=4), transport)
        await sign_in.load(PASSPHRASE)
        tokens: Tokens = sign_in._tokens
        ask, save = tokens._endpoint.renew, tokens._vault.save

        async def renew(kept: Kept) -> Granted:
            granted = await ask(kept)
            answered()
            return granted

        def save_on_thread(kept: Kept) -> None:
            saving()
            save(kept)

        tokens._endpoint.renew = renew  # type: ignore[method-assign]
        tokens._vault.save = save_on_thread  # type: ignore[method-assign]
        old = await sign_in.access_token()
        using = asyncio.create_task(self._use_the_next(sign_in, transport, old))
        await sign_in.renewed(old)
        await using
        await sign_in.close()
        await transport.aclose()

    async def _use_the_next(self, sign_in: SchwabSignIn, transport: SchwabTransport, old: Secret) -> None:
        """Ask with the new token as soon as there is one: from then on the old ones are dead."""
        while sign_in.reveal_access_token() == old.reveal():  # noqa: ASYNC110  at the very first moment
            await asyncio.sleep(0.0002)
        async with httpx.AsyncClient(transport=transport, auth=TokenAuth(sign_in)) as http:
            (await http.get(f"{SCHWAB}/marketdata/v1/markets?markets=equity")).raise_for_status()


def count_steps(renewals: Renewals) -> int:
    """How many steps there are from the answer to the end of a renewal."""
    steps = Steps()
    renewals.renew(steps.begin, steps.begin)
    steps.end()
    return steps.count


def killed(work: Callable[[Callable[[], None]], None], after: float | None) -> None:
    """Do it in a child, which kills itself, or is killed so many seconds after the answer; wait for its end."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(lambda: (os.write(writer, b"."), None)[1])
            signal.pause()  # too late to be killed in time
        finally:
            os._exit(1)
    os.close(writer)
    os.read(reader, 1)
    if after is not None:
        select.select([], [], [], after)
        os.kill(child, signal.SIGKILL)
    else:
        # Who has counted too few steps in this run ends here.
        if not select.select([reader], [], [], 5)[0]:
            os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)


def main(base_url: str, folder: str, kills: str, random_kills: str) -> None:
    renewals, rng = Renewals(base_url, Path(folder)), random.Random(3)
    every = max(count_steps(renewals) for _ in range(3))
    counted = {"kills": 0, "old": 0, "new": 0, "lost": 0, "steps": every}
    plans: list[tuple[int, float | None]] = [(1 + every * n // int(kills), None) for n in range(int(kills))]
    plans += [(-1, rng.random() * 0.012) for _ in range(int(random_kills))]
    for fatal, after in plans:
        before = renewals.token()

        def work(told: Callable[[], None], fatal: int = fatal) -> None:
            steps = Steps(fatal)
            renewals.renew(lambda: (told(), steps.begin())[1], steps.begin)

        killed(work, after)
        counted["kills"] += 1
        counted["old" if renewals.token() == before else "new"] += 1
        try:
            renewals.renew()
        except SignInNeeded:
            counted["lost"] += 1
            break
    sys.stdout.write(json.dumps(counted))


if __name__ == "__main__":
    main(*sys.argv[1:])
