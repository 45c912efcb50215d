"""What the connections of a streamer share: tokens, faults, the truth log, the clock, and what was counted."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from monitor.sandbox.commands import Subscriptions
from monitor.sandbox.faults import Faults
from monitor.sandbox.feed import Feed
from monitor.sandbox.tokens import Claim, Signer
from monitor.sandbox.truth import Truth


class Pace(Protocol):
    """The streamer's times, in seconds."""

    @property
    def first_heartbeat(self) -> float: ...
    @property
    def heartbeat(self) -> float: ...
    @property
    def idle(self) -> float: ...


class Desk:
    """What a connection needs of the streamer."""

    signer: Signer
    faults: Faults
    truth: Truth
    now_ms: Callable[[], int]
    timing: Pace
    items: Counter[str]
    frames: Counter[str]
    logins: int
    saw: Callable[[Claim], None]
    make_feed: Callable[[Subscriptions, str], Feed]

    def claim(self, user: str, connection: Any) -> bool:
        """Makes ``connection`` the person's only one; False where the older one stays."""
        raise NotImplementedError
