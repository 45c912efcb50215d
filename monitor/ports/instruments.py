"""Instruments looked up: by symbol, by words of their description, by CUSIP; and their fundamentals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from monitor.market.fundamentals import Fundamentals
from monitor.market.instrument import Instrument


class Projection(StrEnum):
    """How a text is looked for."""

    SYMBOL = "symbol-search"  # exactly; several with commas
    SYMBOL_REGEX = "symbol-regex"
    DESCRIPTION = "desc-search"
    DESCRIPTION_REGEX = "desc-regex"
    SEARCH = "search"
    FUNDAMENTAL = "fundamental"  # as SYMBOL, with fundamentals


@dataclass(frozen=True, slots=True)
class InstrumentsAnswer:
    """The instruments found, fundamentals by symbol where they came too, and how many entries could not be read."""

    instruments: tuple[Instrument, ...]
    fundamentals: Mapping[str, Fundamentals]
    rejected: Mapping[str, int]


class Instruments(Protocol):
    """Instruments on request. Raises Transient, Refused, BadData or SignInNeeded."""

    async def instruments(self, text: str, projection: Projection = Projection.SYMBOL) -> InstrumentsAnswer:
        """What ``text`` finds; nothing when it finds nothing."""

    async def instrument_of_cusip(self, cusip: str) -> Instrument | None: ...

    async def fundamentals(self, symbols: Sequence[str]) -> Mapping[str, Fundamentals]:
        """Fundamentals by symbol; symbols without any are missing."""
