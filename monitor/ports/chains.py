"""Option chains and their expiries, on request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from monitor.market.chain import Chain, Expiration, OptionSide


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """A chain. ``is_whole`` is false when the source could not send a part of it however it was asked.

    ``rejected`` counts the contracts that could not be read, by kind.
    """

    chain: Chain
    is_whole: bool
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExpirationsAnswer:
    """The expiries of an underlying, nearest first, and how many could not be read, by kind."""

    expirations: tuple[Expiration, ...]
    rejected: Mapping[str, int]


class OptionChains(Protocol):
    """Chains on request. Raises Transient, Refused, BadData or SignInNeeded."""

    async def expirations(self, symbol: str) -> ExpirationsAnswer:
        """When contracts of ``symbol`` expire."""

    async def chain(
        self,
        symbol: str,
        first: date | None = None,
        last: date | None = None,
        side: OptionSide | None = None,
        on_progress: Callable[[int, int], None] = ...,
    ) -> ChainAnswer:
        """The contracts of ``symbol`` that expire from ``first`` to ``last``, both included; all without them.

        A chain too large for one answer is asked for in parts; ``on_progress`` then hears how many expiries of how
        many are there. To cancel, cancel the task.
        """
