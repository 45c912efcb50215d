"""The tokens of a sign-in: kept, handed out, and renewed before they end, once however many wait."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec

from monitor.clock import now_ms
from monitor.errors import BadData, MonitorError, SignInNeeded, Transient, Unusable
from monitor.schwab.secret import Secret
from monitor.schwab.token_endpoint import Granted, TokenEndpoint
from monitor.schwab.tokens import Kept, Vault

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

#: The share of a token's life after which it is renewed: about 80 %, so that programs do not all come at once.
_EARLIEST, _LATEST = 0.78, 0.84
_USUAL_LIFE: Final = 1800.0
_LONGEST_LIFE: Final = 86_400.0
_LOOK_SECONDS = 5.0
_LONGEST_PAUSE = 300.0
#: Who has no living token left may ask sooner than that, for the network's return should be seen soon.
_LONGEST_PAUSE_WITHOUT = 10.0
_SLEPT_SECONDS = 10.0


class Tokens:
    """Holds what is kept of a sign-in, and renews it.

    ``on_end(sentence)`` is called once when Schwab ends the sign-in, ``on_audit(kind, sentence)`` for the ledger; both
    on the loop's thread. Lives are measured by ``clock``, monotonic seconds; ``now_ms`` is the wall clock.
    """

    def __init__(
        self,
        vault: Vault,
        endpoint: TokenEndpoint,
        *,
        on_end: Callable[[str], None],
        on_audit: Callable[[str, str], None],
        now_ms: Callable[[], int] = now_ms,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._vault = vault
        self._endpoint = endpoint
        self._on_end = on_end
        self._on_audit = on_audit
        self._now_ms = now_ms
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self.kept = Kept()
        self.ended = False
        self._ends = self._due = clock()
        self._margin = 0.0  # a token that ends sooner than that is not handed out
        self._failures = 0
        self._failure = ""
        self._tried = self._again = clock()
        self._unsaved = False
        self._looked = clock(), now_ms()
        self._writing = asyncio.Lock()
        self._renewing: asyncio.Task[Secret] | None = None
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def signed_in(self) -> bool:
        return bool(self.kept.refresh_token)

    # ------------------------------------------------------------------ what is kept

    def take(self, kept: Kept) -> None:
        """Use this from now on. Of a token from an earlier run only the wall clock knows how old it is."""
        self.kept = kept
        self.ended = self.ended and not kept.refresh_token
        left = (kept.access_ends_ms - self._now_ms()) / 1000
        self._live(min(max(left, 0.0), _USUAL_LIFE), _USUAL_LIFE)

    async def load(self, passphrase: str) -> None:
        """Take up what was kept at the last run."""
        self.take(await asyncio.to_thread(self._vault.open, passphrase))

    async def unlock(self, passphrase: str) -> None:
        """Take up what the passphrase opens, or keep this under it. Raises BadData or Unusable."""
        async with self._writing:
            before = self.kept
            kept = await asyncio.to_thread(self._vault.unlock, passphrase, before)
            if kept is not before and self.kept is before:
                self.take(kept)

    async def begin(self, asked: Kept, granted: Granted) -> None:
        """A sign-in with the developer key in ``asked`` was granted. Raises BadData when another key came meanwhile."""
        async with self._writing:
            before = self.kept
            kept = msgspec.structs.replace(self._with(granted), signed_in_ms=self._now_ms())
            if _key_of(before) != _key_of(asked) or not await self._put(before, kept, granted.expires_in):
                raise BadData("The app key was changed or removed during the sign-in. Start it again.")

    async def forget(self) -> None:
        """Erase everything, here and on disk. Raises Unusable when the disk does not let go of it."""
        self.take(Kept())
        self.ended = False
        async with self._writing:  # what is just being written is erased as well
            await asyncio.to_thread(self._vault.forget)

    async def whole(self, work: Coroutine[Any, Any, _Result], name: str) -> _Result:
        """Wait for ``work``. Who stops waiting does not stop it: half of it would lose a token."""
        return await asyncio.shield(self._start(work, name))

    async def close(self, seconds: float = 10.0) -> None:
        """Let what is under way end, but wait for Schwab no longer than that: cut short, a renewal may lose a token.

        What is being written is waited for: later, it would take the place of what the profile's next owner writes.
        """
        running = tuple(self._running)
        if running:
            _, late = await asyncio.wait(running, timeout=seconds)
            async with self._writing:
                for task in late:
                    task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ------------------------------------------------------------------ handing out

    async def access_token(self) -> Secret:
        """A token that Schwab should take. Raises SignInNeeded or Transient.

        One that is due is renewed meanwhile and handed out until then; only one at its end is waited for.
        """
        self._need_sign_in()
        self._notice_sleep()
        now = self._clock()
        if self._ends - now <= self._margin:
            return await self._renewed_soon()
        if now >= max(self._due, self._again):
            self._renewal()
        return self.kept.access_token

    async def renewed(self, refused: Secret) -> Secret:
        """Another token than ``refused``, by a renewal unless one has happened. Raises SignInNeeded or Transient."""
        self._need_sign_in()
        if self.kept.access_token != refused:
            return self.kept.access_token
        self._due = min(self._due, self._clock())
        return await self._renewed_soon()

    async def keep_fresh(self) -> None:
        """Renew in time, for ever; to be run as a task of its own. Looks every few seconds, as clocks can jump."""
        while True:
            soon = max(self._due, self._again) - self._clock() if self.signed_in else _LOOK_SECONDS
            await self._sleep(min(max(soon, 0.05), _LOOK_SECONDS))
            self._notice_sleep()
            if self.signed_in and self._clock() >= max(self._due, self._again):
                with contextlib.suppress(MonitorError):  # it has been told
                    await asyncio.shield(self._renewal())

    def _need_sign_in(self) -> None:
        if not self.signed_in:
            raise SignInNeeded("Please sign in to Schwab.")

    def _notice_sleep(self) -> None:
        """While a machine sleeps its monotonic clock may stand still, but tokens grow older.

        A wall clock that was set ahead looks the same; it costs one renewal.
        """
        before, before_ms = self._looked
        now, wall_ms = self._looked = self._clock(), self._now_ms()
        slept = (wall_ms - before_ms) / 1000 - (now - before)
        if slept > _SLEPT_SECONDS:
            self._ends -= slept
            self._due -= slept
            self._again = min(self._again, now)

    # ------------------------------------------------------------------ renewing

    async def _renewed_soon(self) -> Secret:
        """The outcome of a renewal, which is not begun more often than makes sense after failures."""
        running = self._renewing is not None and not self._renewing.done()
        if not running and self._clock() < min(self._again, self._tried + _LONGEST_PAUSE_WITHOUT):
            raise Transient(self._failure)
        return await asyncio.shield(self._renewal())

    def _renewal(self) -> "asyncio.Task[Secret]":
        """The renewal that is under way, begun when there is none."""
        if self._renewing is None or self._renewing.done():
            self._renewing = self._start(self._renew(), "renew token")
        return self._renewing

    async def _renew(self) -> Secret:
        before = self.kept
        self._tried = self._clock()
        try:
            granted = await self._endpoint.renew(before)
        except SignInNeeded as error:
            async with self._writing:  # a new sign-in may be on its way to the disk; with it Schwab ends the old one
                if self.kept is before:
                    await self._end(error.sentence)
                    raise
        except MonitorError as error:
            if self.kept is before:
                self._fail(error)
                raise Transient(error.sentence, error.detail) from error
        else:
            async with self._writing:
                if self.kept is before and await self._put(before, self._with(granted), granted.expires_in):
                    self._on_audit("renewal", "The access token was renewed.")
        self._need_sign_in()  # there may have been a sign-in or a sign-out meanwhile
        return self.kept.access_token

    def _fail(self, error: MonitorError) -> None:
        """Nothing is thrown away. The next try comes after a growing pause, and the streak is told once."""
        self._failures += 1
        pause = min(2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE) * self._jitter(0.5, 1.0)
        self._again, self._failure = self._clock() + pause, error.sentence
        _log.warning("the token could not be renewed, next try in %.1f s: %s %s", pause, error.sentence, error.detail)
        if self._failures == 1:
            does = "The program goes on with the token it has and tries again until it succeeds."
            self._on_audit("renewal-failed", f"The access token could not be renewed. {error.sentence} {does}")

    async def _end(self, sentence: str) -> None:
        """Schwab renews no more: the tokens go, the developer key stays for the next sign-in."""
        _log.warning("the sign-in has ended: %s", sentence)
        key = Kept(*_key_of(self.kept))
        self.take(key)
        self.ended = True
        self._on_audit("sign-in-ended", sentence)
        self._on_end(sentence)
        if self.kept is key:
            await self._save(key)

    def _with(self, granted: Granted) -> Kept:
        return msgspec.structs.replace(
            self.kept,
            access_token=granted.access_token,
            refresh_token=granted.refresh_token or self.kept.refresh_token,
            access_ends_ms=self._now_ms() + round(min(granted.expires_in, _LONGEST_LIFE) * 1000),
        )

    async def _put(self, before: Kept, kept: Kept, life: float) -> bool:
        """On disk first, then in use, so that a crash between the two loses nothing.

        False when what was in use ``before`` is no longer: then the person has decided otherwise during the writing.
        """
        asked = self._clock()
        await self._save(kept)
        if self.kept is not before:
            return False
        self.take(kept)
        life = min(life, _LONGEST_LIFE)
        self._live(life - (self._clock() - asked), life)
        self._failures, self._again = 0, self._clock()
        return True

    def _live(self, left: float, life: float) -> None:
        now = self._clock()
        self._ends = now + left
        self._due = self._ends - life * (1 - self._jitter(_EARLIEST, _LATEST))
        self._margin = min(30.0, life / 20)

    async def _save(self, kept: Kept) -> None:
        """Without a disk the sign-in holds in memory; the next renewal writes again."""
        try:
            await asyncio.to_thread(self._vault.save, kept)
        except Unusable as error:
            _log.error("%s %s", error.sentence, error.detail)
            if not self._unsaved:
                self._on_audit("storage", error.sentence)
            self._unsaved = True
        else:
            self._unsaved = False

    def _start(self, work: Coroutine[Any, Any, _Result], name: str) -> "asyncio.Task[_Result]":
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._retrieve)
        return task

    def _retrieve(self, task: "asyncio.Task[Any]") -> None:
        """Those who waited have heard it; when nobody did, it must not be reported as lost."""
        self._running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        foreign = None if isinstance(error, MonitorError) else error
        _log.log(logging.ERROR if foreign else logging.INFO, "%s: %s", task.get_name(), error, exc_info=foreign)


def _key_of(kept: Kept) -> tuple[str, Secret, str]:
    return kept.client_id, kept.client_secret, kept.callback_url
