"""What of a quote or a book contradicts itself: it is shown with the reason, and nothing is worked out from it."""

from monitor.market.book import Book
from monitor.market.instrument import Kind, kind_of
from monitor.market.quote import Number, Quote

_CROSSED = "The bid is above the ask."
_FAR = "The last price is more than half away from the quote."
_NEGATIVE_PRICE = "The price is below zero."
_NEGATIVE_SIZE = "The size is below zero."
_PRICES, _SIZES = ("bid", "ask", "last"), ("bid_size", "ask_size")
#: These have traded below zero, or may.
_BELOW_ZERO = frozenset({Kind.FUTURE, Kind.INDEX})
#: Of these the last trade may be days old, and the quote has long moved on.
_SELDOM_TRADED = frozenset({Kind.OPTION, Kind.FUTURE_OPTION})


def doubts(quote: Quote) -> dict[str, str]:
    """The fields of a quote that are not to be believed, each with a sentence."""
    found: dict[str, str] = {}
    bid, ask, last = quote.bid or 0, quote.ask or 0, quote.last or 0
    if bid > ask > 0:
        found["bid"] = found["ask"] = _CROSSED
    if is_far(quote.symbol, last, bid, ask):
        found["last"] = _FAR
    if (bid < 0 or ask < 0 or last < 0) and kind_of(quote.symbol) not in _BELOW_ZERO:
        found |= {name: _NEGATIVE_PRICE for name in _PRICES if (getattr(quote, name) or 0) < 0}
    if (quote.bid_size or 0) < 0 or (quote.ask_size or 0) < 0:
        found |= {name: _NEGATIVE_SIZE for name in _SIZES if (getattr(quote, name) or 0) < 0}
    return found


def is_far(symbol: str, price: Number, bid: Number | None, ask: Number | None) -> bool:
    """Whether a price lies half above the ask or half below the bid; never where there is no whole quote."""
    if not bid or not ask or bid <= 0 or ask <= 0 or not price or bid / 2 <= price <= ask * 1.5:
        return False
    return kind_of(symbol) not in _SELDOM_TRADED


def doubt_of_book(book: Book) -> str:
    """Why a book of shares or options is not to be believed: crossed, below zero, or empty when it is."""
    if any(level.size < 0 or level.price < 0 for side in (book.bids, book.asks) for level in side):
        return "below zero"
    return "crossed" if book.bids and book.asks and book.bids[0].price > book.asks[0].price else ""
