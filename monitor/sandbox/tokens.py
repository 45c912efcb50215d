"""Signed tokens that hold their own facts, so that a sign-in survives a restart of the sandbox."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

ACCESS_SECONDS = 1800
REFRESH_SECONDS = 7 * 24 * 3600
CODE_SECONDS = 30
PAGE_SECONDS = 600

Kind = Literal["code", "access", "refresh", "login", "offer", "consent"]
_SIGNATURE_BYTES = 16


class Clock:
    """The sandbox's clock for the life of tokens, in seconds; tests move it forward, or let it run faster."""

    def __init__(self) -> None:
        self._rate = 1.0
        self._since = self._then = time.time()

    def now(self) -> float:
        return self._then + (time.time() - self._since) * self._rate

    def advance(self, seconds: float) -> None:
        self._then += seconds

    def run(self, rate: float) -> None:
        """From now on the clock runs ``rate`` times as fast as real time."""
        self._then, self._since = self.now(), time.time()
        self._rate = rate


class Claim(msgspec.Struct, array_like=True, frozen=True):
    """What a token says: whose it is, when that person logged in, and until when it holds (seconds)."""

    kind: Kind
    user: str
    login: float
    expires: float
    nonce: str
    redirect_uri: str = ""
    state: str | None = None
    generation: int = 0


class Credentials(NamedTuple):
    """The one app that is registered with the sandbox, and the person who may log in."""

    client_id: str
    client_secret: str
    callbacks: tuple[str, ...]
    username: str
    password: str

    @classmethod
    def from_seed(cls, seed: int, callbacks: Sequence[str] = ()) -> "Credentials":
        """The same seed has the same app and person, so that a client may keep them across restarts."""
        digest = hashlib.sha256(f"market monitor sandbox app {seed}".encode()).hexdigest()
        # As with Schwab, several callbacks may be registered; a request must equal one of them character by character.
        registered = ("https://127.0.0.1:8182/", "https://127.0.0.1", *callbacks)
        return cls(digest[:32], digest[32:48], registered, "sandbox", f"paper-{digest[48:56]}")


class Signer:
    """Makes and reads tokens with a key that follows from the seed."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._key = hashlib.sha256(f"market monitor sandbox key {seed}".encode()).digest()
        self._clock = clock

    def issue(self, kind: Kind, user: str, life: float, claim: Claim | None = None, generation: int = 0) -> str:
        """A new token of ``kind`` that holds for ``life`` seconds; the rest comes from ``claim``."""
        now = self._clock.now()
        login = claim.login if claim else now
        return self._sign(
            Claim(
                kind,
                user,
                login,
                now + life,
                secrets.token_hex(8),
                claim.redirect_uri if claim else "",
                claim.state if claim else None,
                generation,
            )
        )

    def refresh_token(self, user: str, login: float, generation: int = 0) -> str:
        """The refresh token of one login: the same text within a generation, and good for 7 days from that login."""
        expires = login + REFRESH_SECONDS
        return self._sign(Claim("refresh", user, login, expires, "", generation=generation))

    def page(self, user: str, kind: Kind, redirect_uri: str, state: str | None) -> str:
        """What a sign-in page carries in its form, so that the server need not remember it."""
        now = self._clock.now()
        return self._sign(Claim(kind, user, now, now + PAGE_SECONDS, secrets.token_hex(8), redirect_uri, state))

    def read(self, token: str, kind: Kind) -> Claim | None:
        """The claim of a valid token of this kind, or None."""
        try:
            blob = base64.urlsafe_b64decode(token)
            body, signature = blob[:-_SIGNATURE_BYTES], blob[-_SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, self._signature(body)):
                return None
            claim = msgspec.json.decode(body, type=Claim)
        except (ValueError, msgspec.DecodeError):
            return None
        return claim if claim.kind == kind and self._clock.now() < claim.expires else None

    def _sign(self, claim: Claim) -> str:
        body = msgspec.json.encode(claim)
        return base64.urlsafe_b64encode(body + self._signature(body)).decode()

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]


def customer_id(user: str) -> str:
    """The streamer's name for a person: 64 hexadecimal digits."""
    return hashlib.sha256(f"customer {user}".encode()).hexdigest()
