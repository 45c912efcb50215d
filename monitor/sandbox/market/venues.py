"""Every venue of the simulated market beside that of shares, by its service."""

from collections.abc import Callable

from monitor.sandbox.exchange import Candle, LevelOne
from monitor.sandbox.market.activity import Activity
from monitor.sandbox.market.forex import Forex
from monitor.sandbox.market.future_options import FutureOptions
from monitor.sandbox.market.futures import FutureBars, FutureQuotes, Futures
from monitor.sandbox.market.headlines import Headlines
from monitor.sandbox.market.option_quotes import OptionBooks, OptionQuotes, Options
from monitor.sandbox.market.options import OptionMarket
from monitor.sandbox.market.screeners import EquityScreener, OptionScreener
from monitor.sandbox.venue import Venue


def venues(
    seed: int,
    real_hours: bool,
    market: OptionMarket,
    level_one: Callable[[str, int], LevelOne],
    candle: Callable[[str, int], Candle | None],
) -> dict[str, Venue]:
    """The venues under one seed; options and screeners look at the shares through the two functions."""
    futures, options = Futures(seed, real_hours), Options(market, level_one)
    found: tuple[Venue, ...] = (
        OptionQuotes(options),
        OptionBooks(options),
        FutureQuotes(futures),
        FutureBars(futures),
        FutureOptions(futures),
        Forex(seed, real_hours),
        EquityScreener(level_one, candle),
        OptionScreener(market, level_one),
        Activity(seed),
        Headlines(seed),
    )
    return {venue.service: venue for venue in found}
