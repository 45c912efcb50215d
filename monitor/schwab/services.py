"""The streamer's services: which of them answers for a symbol, what is asked of each, and what it is called."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from monitor.analysis.budget import Sort
from monitor.market.book import BookService
from monitor.market.instrument import Kind, kind_of
from monitor.ports import Wanted
from monitor.schwab.wire import EQUITY_FIELDS, FOREX_FIELDS, FUTURE_FIELDS, FUTURE_OPTION_FIELDS, OPTION_FIELDS

EQUITIES: Final = "LEVELONE_EQUITIES"
OPTIONS: Final = "LEVELONE_OPTIONS"
FUTURES: Final = "LEVELONE_FUTURES"
FUTURES_OPTIONS: Final = "LEVELONE_FUTURES_OPTIONS"
FOREX: Final = "LEVELONE_FOREX"
#: The book services of shares; which one answers for a symbol is found by asking.
BOOKS: Final = (BookService.NYSE.value, BookService.NASDAQ.value)
OPTIONS_BOOK: Final = BookService.OPTIONS.value
CHART: Final = "CHART_EQUITY"
CHART_FUTURES: Final = "CHART_FUTURES"
SCREENER_EQUITY: Final = "SCREENER_EQUITY"
SCREENER_OPTION: Final = "SCREENER_OPTION"
ACTIVITY: Final = "ACCT_ACTIVITY"
NEWS: Final = "NEWS_HEADLINE"

_LAST_FIELD = {
    EQUITIES: len(EQUITY_FIELDS),
    OPTIONS: len(OPTION_FIELDS),
    FUTURES: len(FUTURE_FIELDS),
    FUTURES_OPTIONS: len(FUTURE_OPTION_FIELDS),
    FOREX: len(FOREX_FIELDS),
    **dict.fromkeys((*BOOKS, OPTIONS_BOOK), 3),
    CHART: 8,
    CHART_FUTURES: 6,
    **dict.fromkeys((SCREENER_EQUITY, SCREENER_OPTION), 4),
    ACTIVITY: 3,
    NEWS: 11,
}
#: Every service, in the order in which they are asked for.
SERVICES: Final = tuple(_LAST_FIELD)
#: What is asked of each service: all of its fields.
FIELDS: Final = {service: ",".join(str(n) for n in range(last + 1)) for service, last in _LAST_FIELD.items()}
#: So many symbols of a service are served on one connection, as measured; of the others the limit is not known.
MOST_SYMBOLS: Final = {OPTIONS: 3000, CHART: 300}

#: The services that are asked for a sort of data of a kind of symbol. Where there is none, Schwab has no such data.
SERVED: Final[Mapping[tuple[Sort, Kind], tuple[str, ...]]] = MappingProxyType(
    {
        (Sort.QUOTES, Kind.SHARE): (EQUITIES,),
        (Sort.QUOTES, Kind.INDEX): (EQUITIES,),
        (Sort.QUOTES, Kind.OPTION): (OPTIONS,),
        (Sort.QUOTES, Kind.FUTURE): (FUTURES,),
        (Sort.QUOTES, Kind.FUTURE_OPTION): (FUTURES_OPTIONS,),
        (Sort.QUOTES, Kind.FOREX): (FOREX,),
        (Sort.BOOKS, Kind.SHARE): BOOKS,
        (Sort.BOOKS, Kind.OPTION): (OPTIONS_BOOK,),
        (Sort.BARS, Kind.SHARE): (CHART,),
        (Sort.BARS, Kind.INDEX): (CHART,),
        (Sort.BARS, Kind.FUTURE): (CHART_FUTURES,),
    }
)
#: The client chooses this key; it comes back with each message.
_ACTIVITY_KEY = "Account Activity"


def what(service: str) -> str:
    """What a service sends of its symbols, in a person's words."""
    if service.startswith("LEVELONE"):
        return "quotes"
    if service.startswith("CHART"):
        return "minute bars"
    if service.startswith("SCREENER"):
        return "screeners"
    return {ACTIVITY: "account activity", NEWS: "headlines"}.get(service, "books")


def keys_by_service(
    wanted: Wanted, book_services: Callable[[str], Collection[str]] = lambda _share: BOOKS
) -> dict[str, frozenset[str]]:
    """What to ask of every service; ``book_services`` are those to ask for the book of a share.

    Where Schwab has no such service (bars of options, books of futures), nothing is asked.
    """
    keys: dict[str, set[str]] = defaultdict(set)
    for sort, symbols in ((Sort.QUOTES, wanted.quotes), (Sort.BOOKS, wanted.books), (Sort.BARS, wanted.bars)):
        for symbol in symbols:
            services = SERVED.get((sort, kind_of(symbol)), ())
            for service in book_services(symbol) if services is BOOKS else services:
                keys[service].add(symbol)
    for name in wanted.screeners:
        keys[SCREENER_OPTION if name.startswith("OPTION_") else SCREENER_EQUITY].add(name)
    keys[NEWS].update(wanted.news)
    if wanted.activity:
        keys[ACTIVITY].add(_ACTIVITY_KEY)
    for service, key in wanted.exactly:
        keys[service].add(key)
    return {service: frozenset(keys[service]) for service in SERVICES}
