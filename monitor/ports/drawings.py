"""What is drawn on charts, kept per symbol."""

from collections.abc import Sequence
from typing import Protocol

from monitor.market.drawing import Drawing


class Drawings(Protocol):
    """The drawings the person made; every call raises StoreUnavailable."""

    async def of(self, symbol: str) -> list[Drawing]:
        """Those of a symbol, from back to front."""

    async def keep(self, symbol: str, put: Sequence[Drawing], removed: Sequence[str] = ()) -> None:
        """Keep each of ``put`` in place of the one with its id, and forget those with ``removed`` ids; all or none."""
