"""The person's price alerts, and what they told."""

from collections.abc import Sequence
from typing import Protocol

from monitor.market.alert import Alert, Firing


class Alerts(Protocol):
    """What is kept of alerts; every call raises StoreUnavailable."""

    async def all(self) -> list[Alert]:
        """Those of every symbol, the oldest first."""

    async def keep(
        self,
        put: Sequence[Alert],
        removed: Sequence[str] = (),
        firings: Sequence[Firing] = (),
        *,
        shown: bool = True,
    ) -> None:
        """Keep each of ``put`` in place of the one with its id, forget those with ``removed`` ids, and add firings.

        ``shown`` is whether a window told of them. All or nothing. What an alert has told stays when it is forgotten.
        """

    async def unshown(self) -> list[Firing]:
        """What alerts told while no window was open, the oldest first."""

    async def note_shown(self) -> None:
        """A window has told all of it."""

    async def firings(self, symbol: str, limit: int = 500) -> list[Firing]:
        """The newest of what alerts of a symbol told, the oldest of them first."""
