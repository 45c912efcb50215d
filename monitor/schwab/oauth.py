"""Sign-in: the OAuth code flow, and tokens that are renewed before they end."""

import asyncio
import base64
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import msgspec

from monitor.clock import now_ms
from monitor.errors import BadData, MonitorError, Refused, SignInNeeded, Transient, Unusable
from monitor.ports import Remark, SignInState
from monitor.schwab import answers
from monitor.schwab.address import SCHWAB, Address
from monitor.schwab.developer_key import check_developer_key, remarks_on
from monitor.schwab.redirect import Attempt
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept, Vault
from monitor.schwab.transport import TOKEN_PATH, SchwabTransport

_log = logging.getLogger(__name__)

#: A refresh token lives for seven days from the sign-in; renewing does not lengthen it.
REFRESH_LIFE_MS: Final = 7 * 86_400_000
_EARLY_SECONDS = 300.0
_AGAIN = "Please sign in again."

Announce = Callable[[SignInState, str, int | None], None]
Audit = Callable[[str, str], None]


class _Granted(msgspec.Struct):
    """What the token endpoint answers; ``expires_in`` in seconds."""

    access_token: str
    refresh_token: str = ""
    expires_in: float = 1800


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
        transport: SchwabTransport,
        *,
        on_change: Announce = lambda _state, _sentence, _expires_ms: None,
        on_audit: Audit = lambda _kind, _sentence: None,
        now_ms: Callable[[], int] = now_ms,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._address = address
        self._vault = vault
        self._http = httpx.AsyncClient(base_url=SCHWAB, transport=transport)
        self._on_change = on_change
        self._on_audit = on_audit
        self._now_ms = now_ms
        self._clock = clock
        self._sleep = sleep
        self._kept = Kept()
        self._ended = False
        self._ends = 0.0  # by the monotonic clock, which does not jump
        self._early = _EARLY_SECONDS
        self._attempt: Attempt | None = None
        self._renewing: asyncio.Task[Secret] | None = None

    # ------------------------------------------------------------------ what is known

    @property
    def state(self) -> SignInState:
        if self._kept.refresh_token:
            return SignInState.SIGNED_IN
        return SignInState.ENDED if self._ended else SignInState.SIGNED_OUT

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
    def client_id(self) -> str:
        return self._kept.client_id

    @property
    def callback_url(self) -> str:
        return self._kept.callback_url

    def reveal_access_token(self) -> str:
        """The token of this moment, for the streamer's LOGIN; empty when signed out."""
        return self._kept.access_token.reveal()

    # ------------------------------------------------------------------ keeping

    async def load(self, passphrase: str = "") -> None:
        """Take up what was kept at the last run."""
        self._take(await asyncio.to_thread(self._vault.open, passphrase))
        sentence = "Signed in." if self.signed_in else self._vault.notice or "Not signed in."
        self._on_change(self.state, sentence, self.expires_ms)

    async def close(self) -> None:
        """Let a running renewal end, and close the connections."""
        if self._renewing is not None:
            await asyncio.wait({self._renewing}, timeout=2)
        await self._http.aclose()

    def remarks(self, client_id: str, client_secret: str, callback_url: str) -> list[Remark]:
        return remarks_on(client_id, client_secret, callback_url)

    def configure(self, client_id: str, client_secret: str, callback_url: str) -> None:
        key, secret, callback = client_id.strip(), client_secret.strip(), callback_url.strip()
        check_developer_key(key, secret, callback)
        if (key, Secret(secret), callback) == (self._kept.client_id, self._kept.client_secret, self._kept.callback_url):
            return
        # On disk the old key stands until the new one has signed in.
        was_signed_in = self.signed_in
        self._take(Kept(key, Secret(secret), callback))
        if was_signed_in:
            self._on_change(self.state, "The app key was changed. " + _AGAIN, None)

    async def keep_with_passphrase(self, passphrase: str) -> None:
        # Who stops waiting does not stop it: half of it would leave the vault open and the sign-in unknown.
        unlocking = asyncio.get_running_loop().create_task(self._unlock(passphrase), name="unlock")
        unlocking.add_done_callback(_retrieve)
        await asyncio.shield(unlocking)

    async def _unlock(self, passphrase: str) -> None:
        was_signed_in = self.signed_in
        self._take(await asyncio.to_thread(self._vault.unlock, passphrase, self._kept))
        if self.signed_in and not was_signed_in:
            self._on_change(self.state, "Signed in.", self.expires_ms)

    async def start_over(self) -> None:
        await asyncio.to_thread(self._vault.start_over)

    async def sign_out(self) -> None:
        self._take(Kept(self._kept.client_id, self._kept.client_secret, self._kept.callback_url))
        self._ended = False
        sentence = "Signed out; the tokens were erased."
        try:
            await asyncio.to_thread(self._vault.forget, self._kept)
        except Unusable as error:
            _log.error("%s %s", error.sentence, error.detail)
            sentence = f"Signed out. {error.sentence}"
        self._on_audit("sign-out", sentence)
        self._on_change(self.state, sentence, None)

    # ------------------------------------------------------------------ the code flow

    def begin(self) -> str:
        if not self.configured:
            raise Unusable("Enter the app key, its secret and the callback address first.")
        self._attempt = Attempt(self._kept.client_id, self._kept.callback_url, self._clock())
        return self._attempt.authorize_url(self._address)

    async def finish(self, redirected_url: str) -> None:
        if self._attempt is None:
            raise BadData("No sign-in was started. Start one first.")
        code = self._attempt.take_code(redirected_url, self._clock())
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": self._kept.callback_url}
        response = await self._ask_for_tokens(form)
        if response.status_code == 400:
            raise Refused(f"Schwab did not take the sign-in's code; it lives for half a minute only. {_AGAIN}")
        granted = _granted(response)
        if not granted.refresh_token:
            raise BadData("Schwab's answer held no refresh token.")
        await self._keep(granted, signed_in_ms=self._now_ms())
        self._on_audit("sign-in", "Signed in to the sandbox." if self._address.sandbox else "Signed in to Schwab.")
        self._on_change(self.state, "Signed in.", self.expires_ms)

    async def finish_in_browser(self, open_page: Callable[[str], object]) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------------ tokens

    async def access_token(self) -> Secret:
        """A token that Schwab should take; renewed first when it ends soon. Raises SignInNeeded or Transient."""
        self._need_sign_in()
        left = self._ends - self._clock()
        if left > self._early:
            return self._kept.access_token
        try:
            return await self._renew()
        except Transient:
            if left > self._early / 10:
                return self._kept.access_token  # it still lives, and another renewal follows
            raise

    async def renewed(self, refused: Secret) -> Secret:
        """Another token than ``refused``, by a renewal unless one has happened. Raises SignInNeeded or Transient."""
        self._need_sign_in()
        if self._kept.access_token != refused:
            return self._kept.access_token
        return await self._renew()

    async def keep_fresh(self) -> None:
        """Renew in time, for ever; to be run as a task of its own. Looks every few seconds, as clocks can jump."""
        pause = 5.0
        while True:
            soon = self._ends - self._early - self._clock()
            await self._sleep(min(max(soon, 0.05), 5.0) if self.signed_in else 5.0)
            if not self.signed_in or self._clock() < self._ends - self._early:
                continue
            try:
                await self._renew()
                pause = 5.0
            except Transient as error:
                _log.warning("the token could not be renewed yet: %s", error.sentence)
                await self._sleep(pause)
                pause = min(pause * 2, 300.0)
            except MonitorError as error:
                _log.warning("the sign-in has ended: %s", error.sentence)

    def _need_sign_in(self) -> None:
        if not self.signed_in:
            raise SignInNeeded("Please sign in to Schwab.")

    async def _renew(self) -> Secret:
        """One renewal however many wait for it; who stops waiting does not stop it."""
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.get_running_loop().create_task(self._renew_now(), name="renew token")
            self._renewing.add_done_callback(_retrieve)
        return await asyncio.shield(self._renewing)

    async def _renew_now(self) -> Secret:
        before = self._kept
        form = {"grant_type": "refresh_token", "refresh_token": before.refresh_token.reveal()}
        response = await self._ask_for_tokens(form)
        if self._kept is not before:
            return self._kept.access_token  # signed in or out meanwhile
        if response.status_code in {400, 401}:
            await self._lose_tokens()
            raise SignInNeeded(f"Schwab has ended this sign-in. {_AGAIN}")
        await self._keep(_granted(response), signed_in_ms=before.signed_in_ms)
        self._on_audit("renewal", "The access token was renewed.")
        return self._kept.access_token

    async def _lose_tokens(self) -> None:
        self._ended = True
        self._take(Kept(self._kept.client_id, self._kept.client_secret, self._kept.callback_url))
        await self._save(self._kept)
        self._on_audit("sign-in-ended", "Schwab refused to renew the sign-in.")
        self._on_change(self.state, f"Schwab has ended this sign-in. {_AGAIN}", None)

    async def _ask_for_tokens(self, form: dict[str, str]) -> httpx.Response:
        pair = f"{self._kept.client_id}:{self._kept.client_secret.reveal()}"
        basic = Secret(base64.b64encode(pair.encode()).decode())
        return await self._http.post(TOKEN_PATH, data=form, headers={"Authorization": f"Basic {basic.reveal()}"})

    async def _keep(self, granted: _Granted, signed_in_ms: int) -> None:
        """On disk first, then in use, so that a crash between the two loses nothing."""
        kept = msgspec.structs.replace(
            self._kept,
            access_token=Secret(granted.access_token),
            refresh_token=Secret(granted.refresh_token) if granted.refresh_token else self._kept.refresh_token,
            access_ends_ms=self._now_ms() + round(granted.expires_in * 1000),
            signed_in_ms=signed_in_ms,
        )
        await self._save(kept)
        self._take(kept)
        self._early = min(_EARLY_SECONDS, granted.expires_in / 5)
        self._ends = self._clock() + granted.expires_in

    async def _save(self, kept: Kept) -> None:
        try:
            await asyncio.to_thread(self._vault.save, kept)
        except Unusable as error:
            _log.error("%s %s", error.sentence, error.detail)
            self._on_audit("storage", error.sentence)

    def _take(self, kept: Kept) -> None:
        self._kept = kept
        self._ended = self._ended and not kept.refresh_token
        left = (kept.access_ends_ms - self._now_ms()) / 1000
        self._ends = self._clock() + min(max(left, 0.0), 1800.0)


def _granted(response: httpx.Response) -> _Granted:
    """The tokens in a success. Raises Refused, Transient or BadData; never shows Schwab's misleading error names."""
    if response.status_code == 401:
        raise Refused("Schwab does not know this app key and secret; check both in the developer portal.")
    if response.status_code != 200 or answers.is_page(response):
        raise answers.meaning(response)
    granted: _Granted = answers.read(response, _Granted)
    if not granted.access_token or not granted.expires_in > 0:
        raise BadData("Schwab's answer held no usable token.")
    return granted


def _retrieve(task: "asyncio.Task[Any]") -> None:
    """Those who waited have heard it; when nobody did, it must not be reported as lost."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.info("%s: %s", task.get_name(), error)
