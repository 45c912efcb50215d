"""What the Level 2 panel shows of a book: rungs by venue or by price, spread and imbalance; no Qt."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitor.market.book import Book, BookService, Level
from monitor.market.quote import Number


class Rung(NamedTuple):
    """One row of a side: ``tier`` counts prices from the best (0), ``cumulative`` is all shares down to here.

    ``parts`` are the venues' shares of ``size``, each 0 to 1, largest first.
    """

    price: Number
    size: Number
    venue: str
    tier: int
    cumulative: Number
    parts: tuple[float, ...] = (1.0,)


def by_venue(levels: Sequence[Level]) -> list[Rung]:
    """A row for each venue or maker at each price, best first; a level that names none is a row of its own."""
    rungs: list[Rung] = []
    total: Number = 0
    for tier, level in enumerate(levels):
        named = [(maker.size, maker.id) for maker in level.makers] or [(level.size, "")]
        for size, venue in named:
            total += size
            rungs.append(Rung(level.price, size, venue, tier, total))
    return rungs


def by_price(levels: Sequence[Level]) -> list[Rung]:
    """A row for each price, with the largest venue and how many others are there."""
    rungs: list[Rung] = []
    total: Number = 0
    for tier, level in enumerate(levels):
        total += level.size
        makers = sorted(level.makers, key=lambda maker: -maker.size)
        others = f" +{len(makers) - 1}" if len(makers) > 1 else ""
        venue = f"{makers[0].id}{others}" if makers else ""
        parts = tuple(maker.size / level.size for maker in makers) if level.size else ()
        rungs.append(Rung(level.price, level.size, venue, tier, total, parts or (1.0,)))
    return rungs


def mix(level: Level) -> str:
    """The venues of a level in words, largest first: ``NSDQ 400, iexg 200``."""
    makers = sorted(level.makers, key=lambda maker: -maker.size)
    return ", ".join(f"{maker.id} {maker.size:,}" for maker in makers)


def spread(book: Book) -> Number | None:
    """Best ask minus best bid, or None while a side is empty."""
    if not (book.bids and book.asks):
        return None
    return round(book.asks[0].price - book.bids[0].price, 4)


def imbalance(bids: Sequence[Rung], asks: Sequence[Rung]) -> float | None:
    """How much more is bid than offered, −100 to 100 percent of both together; None for nothing at all."""
    bid, ask = sum(rung.size for rung in bids), sum(rung.size for rung in asks)
    return (bid - ask) / (bid + ask) * 100 if bid + ask else None


def pick(books: Mapping[BookService, Book], wanted: BookService | None) -> tuple[BookService, Book] | None:
    """The book of the service the person chose where it has one, else the one with the most levels."""
    if not books:
        return None
    if wanted is not None and wanted in books:
        return wanted, books[wanted]
    service = max(books, key=lambda s: len(books[s].bids) + len(books[s].asks))
    return service, books[service]
