"""The Level 2 book: prices by side, best first, with the venues or market makers at each."""

from enum import StrEnum

from msgspec import Struct

from monitor.market.quote import Number


class BookService(StrEnum):
    """The streamer services that carry books; which one answers for a symbol is found by asking."""

    NYSE = "NYSE_BOOK"
    NASDAQ = "NASDAQ_BOOK"
    OPTIONS = "OPTIONS_BOOK"


class Maker(Struct, frozen=True, gc=False):
    """One venue's or market maker's part of a level: ``time`` is in ms since midnight New York."""

    id: str
    size: Number
    time: int = 0


class Level(Struct, frozen=True, gc=False):
    """All that is offered at one price: ``count`` is the number of makers (or orders) Schwab names."""

    price: Number
    size: Number
    count: int = 0
    makers: tuple[Maker, ...] = ()


class Book(Struct, frozen=True, gc=False):
    """A whole snapshot; ``time`` is the book's own, in ms UTC. Each one replaces the one before."""

    symbol: str
    time: int = 0
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
