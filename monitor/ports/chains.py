"""Option chains and their expiries, on request, and the snapshots that are kept of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from monitor.market.chain import Chain, Expiration, OptionSide
from monitor.market.chain_schedule import ChainSchedule, ChainSlot


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


@dataclass(frozen=True, slots=True)
class KeptSchedule:
    """A schedule, since when it holds, and the newest of its moments of which something is on disk (0 for none)."""

    schedule: ChainSchedule
    since_ms: int
    newest_ms: int


class ChainSchedules(Protocol):
    """The schedules that the person made, and what became of their moments; every call raises StoreUnavailable."""

    async def all(self) -> Sequence[KeptSchedule]:
        """By symbol."""

    async def put(self, schedule: ChainSchedule) -> None:
        """Add a schedule, or change that of its symbol."""

    async def remove(self, symbol: str) -> None:
        """Take no more snapshots of ``symbol``; those that are there stay."""

    async def slots(self, symbol: str, limit: int) -> Sequence[ChainSlot]:
        """The newest moments, newest first."""


class ChainTaking(Protocol):
    """Takes snapshots, in the background; what becomes of each comes as a ChainSlotKept event."""

    def take(self, symbol: str) -> None:
        """Take one now, whatever the schedule; returns at once."""

    def look(self) -> None:
        """A schedule has changed."""
