"""Sign-in: the developer key, the OAuth code flow in whatever browser, and what the program is told of it."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from monitor.clock import now_ms
from monitor.errors import BadData, MonitorError, Refused, Unusable
from monitor.ports import Remark, SignInState
from monitor.schwab.address import Address
from monitor.schwab.developer_key import check_developer_key, remarks_on
from monitor.schwab.listener import listening
from monitor.schwab.redirect import Attempt
from monitor.schwab.renewal import Tokens
from monitor.schwab.secret import Secret
from monitor.schwab.token_endpoint import AGAIN, TokenEndpoint
from monitor.schwab.tokens import Kept, Vault

_log = logging.getLogger(__name__)

#: A refresh token lives for seven days from the sign-in; renewing does not lengthen it.
REFRESH_LIFE_MS: Final = 7 * 86_400_000

Announce = Callable[[SignInState, str, int | None], None]
Audit = Callable[[str, str], None]


class SchwabSignIn:
    """Implements the port SignIn, and is the TokenSource of every request.

    ``on_change(state, sentence, expires_ms)`` hears of every change of the sign-in, ``on_audit(kind, sentence)``
    of what belongs in the ledger; both are called on the loop's thread. ``now_ms`` is the wall clock, ``clock``
    monotonic seconds.
    """

    def __init__(
        self,
        address: Address,
        vault: Vault,
        transport: httpx.AsyncBaseTransport,
        *,
        on_change: Announce = lambda _state, _sentence, _expires_ms: None,
        on_audit: Audit = lambda _kind, _sentence: None,
        now_ms: Callable[[], int] = now_ms,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._address = address
        self._vault = vault
        self._endpoint = TokenEndpoint(transport)
        self._on_change = on_change
        self._on_audit = on_audit
        self._clock = clock
        self._tokens = Tokens(
            vault,
            self._endpoint,
            on_end=self._announce,
            on_audit=on_audit,
            now_ms=now_ms,
            clock=clock,
            sleep=sleep,
            jitter=jitter,
        )
        self._attempt: Attempt | None = None

    # ------------------------------------------------------------------ what is known

    @property
    def state(self) -> SignInState:
        if self._tokens.signed_in:
            return SignInState.SIGNED_IN
        return SignInState.ENDED if self._tokens.ended else SignInState.SIGNED_OUT

    @property
    def signed_in(self) -> bool:
        return self.state is SignInState.SIGNED_IN

    @property
    def expires_ms(self) -> int | None:
        return self._kept.signed_in_ms + REFRESH_LIFE_MS if self.signed_in else None

    @property
    def configured(self) -> bool:
        return bool(self._kept.client_id and self._kept.client_secret and self._kept.callback_url)

    @property
    def kept_by(self) -> str:
        return self._vault.kept_by

    @property
    def locked(self) -> bool:
        """Whether a passphrase would open a stored sign-in."""
        return self._vault.locked

    @property
    def notice(self) -> str:
        """What was found wrong with the stored sign-in, in a sentence; empty when nothing was."""
        return self._vault.notice

    @property
    def client_id(self) -> str:
        return self._kept.client_id

    @property
    def callback_url(self) -> str:
        return self._kept.callback_url

    @property
    def _kept(self) -> Kept:
        return self._tokens.kept

    def reveal_access_token(self) -> str:
        """The token of this moment, for the streamer's LOGIN; empty when signed out."""
        return self._kept.access_token.reveal()

    async def access_token(self) -> Secret:
        return await self._tokens.access_token()

    async def renewed(self, refused: Secret) -> Secret:
        return await self._tokens.renewed(refused)

    async def keep_fresh(self) -> None:
        """Renew in time, for ever; to be run as a task of its own."""
        await self._tokens.keep_fresh()

    def _announce(self, sentence: str) -> None:
        self._on_change(self.state, sentence, self.expires_ms)

    # ------------------------------------------------------------------ keeping

    async def load(self, passphrase: str = "") -> None:
        """Take up what was kept at the last run."""
        await self._tokens.load(passphrase)
        self._announce("Signed in." if self.signed_in else self._vault.notice or "Not signed in.")

    async def close(self) -> None:
        """Let what is being written end, and close the connections."""
        await self._tokens.close()
        await self._endpoint.close()

    def remarks(self, client_id: str, client_secret: str, callback_url: str) -> list[Remark]:
        return remarks_on(client_id, client_secret, callback_url)

    def configure(self, client_id: str, client_secret: str, callback_url: str) -> None:
        check_developer_key(client_id, client_secret, callback_url)
        key, secret, callback = client_id.strip(), Secret(client_secret.strip()), callback_url.strip()
        if (key, secret, callback) == (self._kept.client_id, self._kept.client_secret, self._kept.callback_url):
            return
        # On disk the old key stands until the new one has signed in.
        was_signed_in = self.signed_in
        if not self._address.sandbox:  # whose key is no secret, and given at each start
            self._on_audit(
                "key", "The developer key was changed." if self.configured else "A developer key was entered."
            )
        self._drop_attempt("The app key was changed during this sign-in. Start it again.")
        self._tokens.take(Kept(key, secret, callback))
        if was_signed_in:
            self._announce(f"The app key was changed. {AGAIN}")

    async def keep_with_passphrase(self, passphrase: str) -> None:
        # Half of it would leave the vault open and the sign-in unknown.
        await self._tokens.whole(self._unlock(passphrase), "unlock")

    async def _unlock(self, passphrase: str) -> None:
        was_signed_in = self.signed_in
        await self._tokens.unlock(passphrase)
        if self.signed_in and not was_signed_in:
            self._announce("Signed in.")

    async def start_over(self) -> None:
        await asyncio.to_thread(self._vault.start_over)

    async def sign_out(self) -> None:
        await self._tokens.whole(self._sign_out(), "sign out")

    async def _sign_out(self) -> None:
        self._drop_attempt("You signed out during this sign-in. Start it again.")
        sentence = "Signed out; the tokens and the developer key were erased."
        try:
            await self._tokens.forget()
        except Unusable as error:
            _log.error("%s %s", error.sentence, error.detail)
            sentence = f"Signed out. {error.sentence}"
        self._on_audit("sign-out", sentence)
        if not self.signed_in:
            self._announce(sentence)

    # ------------------------------------------------------------------ the code flow

    def begin(self) -> str:
        return self._begin().authorize_url(self._address)

    def _begin(self) -> Attempt:
        if not self.configured:
            raise Unusable("Enter the app key, its secret and the callback address first.")
        self._drop_attempt("Another sign-in was begun instead of this one.")
        self._attempt = Attempt(self._kept.client_id, self._kept.callback_url, self._clock())
        return self._attempt

    def _drop_attempt(self, sentence: str) -> None:
        if self._attempt is not None and not self._attempt.used:
            self._attempt.end(BadData(sentence))
        self._attempt = None

    async def finish(self, redirected_url: str) -> None:
        try:
            attempt, code = self._take_code(redirected_url)
        except (BadData, Refused) as error:
            self._on_audit("refusal", error.sentence)
            raise
        # The code is spent with the first step, so this goes on to the tokens even when nobody waits any more.
        await self._tokens.whole(self._exchange(attempt, code, self._kept), "sign in")

    def _take_code(self, redirected_url: str) -> tuple[Attempt, Secret]:
        if self._attempt is None:
            raise BadData("No sign-in was started. Start one first.")
        return self._attempt, self._attempt.take_code(redirected_url, self._clock())

    async def _exchange(self, attempt: Attempt, code: Secret, key: Kept) -> None:
        failure: MonitorError | None = MonitorError(f"The sign-in stopped half way. {AGAIN}")
        try:
            await self._tokens.begin(key, await self._endpoint.exchange(key, code))
            self._on_audit("sign-in", "Signed in to the sandbox." if self._address.sandbox else "Signed in to Schwab.")
            self._announce("Signed in.")
            failure = None
        except MonitorError as error:
            failure = error
            if isinstance(error, BadData | Refused):
                self._on_audit("refusal", error.sentence)
            raise
        finally:
            attempt.end(failure)

    async def finish_in_browser(self, open_page: Callable[[str], object]) -> None:
        attempt = self._begin()
        strangers = _Strangers(attempt, self._on_audit)
        async with listening(self._kept.callback_url, strangers.accepts) as listener:
            open_page(listener.starting_at(attempt.authorize_url(self._address)))
            redirect = asyncio.ensure_future(listener.redirect())
            pasted = asyncio.ensure_future(attempt.over.wait())
            try:
                await asyncio.wait({redirect, pasted}, return_when=asyncio.FIRST_COMPLETED)
                if not pasted.done() and not attempt.used:
                    await self.finish(redirect.result())
                await attempt.outcome()
            finally:
                for waiting in (redirect, pasted):
                    waiting.cancel()
                    with contextlib.suppress(asyncio.CancelledError, MonitorError):
                        await waiting


class _Strangers:
    """Lets the listener take the redirect of one attempt only, and puts the first other one into the audit."""

    def __init__(self, attempt: Attempt, on_audit: Audit) -> None:
        self._attempt = attempt
        self._on_audit = on_audit
        self._told = False

    def accepts(self, redirected_url: str) -> bool:
        accepted = self._attempt.accepts(redirected_url)
        if not (accepted or self._told):
            self._told = True  # once: whoever sends thousands must not fill the ledger
            self._on_audit("refusal", "The callback address was called for another sign-in; that was refused.")
        return accepted
