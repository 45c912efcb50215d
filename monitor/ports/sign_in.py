"""The sign-in: its state, and every way to one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class SignInState(StrEnum):
    """Whether there is a sign-in, and if not, why."""

    SIGNED_OUT = "signed out"  # nobody has signed in yet, or the person signed out
    SIGNED_IN = "signed in"
    ENDED = "ended"  # Schwab renews it no longer; what streams may go on, and a new sign-in goes on from there


@dataclass(frozen=True, slots=True)
class Remark:
    """What is noticed about one field of the developer key while it is typed."""

    field: str  # client_id, client_secret or callback_url
    sentence: str
    stops: bool = False  # with this nobody can sign in; otherwise it is only unusual


class SignIn(Protocol):
    """The OAuth code flow and the tokens it gives; tokens themselves never leave the adapter."""

    @property
    def state(self) -> SignInState: ...

    @property
    def signed_in(self) -> bool:
        """Whether ``state`` is SIGNED_IN."""

    @property
    def expires_ms(self) -> int | None:
        """When the refresh token ends (7 days from the sign-in), ms UTC."""

    @property
    def configured(self) -> bool:
        """Whether the app key, its secret and the callback address are known."""

    @property
    def locked(self) -> bool:
        """Whether a sign-in is stored that waits for its passphrase."""

    @property
    def kept_by(self) -> str:
        """Where the tokens are kept: keyring, passphrase, or session (in memory only)."""

    @property
    def client_id(self) -> str:
        """The app key, for the form that changes it; empty when there is none."""

    def remarks(self, client_id: str, client_secret: str, callback_url: str) -> list[Remark]:
        """What is wrong or unusual with a developer key as far as it is typed; nothing is said of empty fields."""

    def configure(self, client_id: str, client_secret: str, callback_url: str) -> None:
        """Take the developer key. Raises BadData naming what is wrong with it."""

    async def keep_with_passphrase(self, passphrase: str) -> None:
        """Open the locked sign-in with its passphrase, or keep this one with a new passphrase.

        Raises BadData when it is wrong, Unusable when nothing can be written.
        """

    async def start_over(self) -> None:
        """Set a locked sign-in aside, so that another can be kept. Raises Unusable."""

    @property
    def callback_url(self) -> str: ...

    def begin(self) -> str:
        """Start an attempt: a fresh state, and the address to open in the browser."""

    async def finish(self, redirected_url: str) -> None:
        """Check the state, exchange the code and keep the tokens.

        Raises BadData for a foreign or repeated redirect, Refused when Schwab declines, Transient on the network.
        """

    async def finish_in_browser(self, open_page: Callable[[str], object]) -> None:
        """Start an attempt in the system's browser: listen at the callback address, then ``open_page(address)``.

        Ends when the browser has come back and the code is exchanged; cancelling it stops listening. Meanwhile
        ``finish`` with a pasted address works too. Raises Unusable when nothing can listen there (the port is taken,
        or the callback is not on this machine), and as ``finish``.
        """

    async def sign_out(self) -> None:
        """Forget tokens, developer key and the key they are encrypted with, here and on disk."""
