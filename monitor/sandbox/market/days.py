"""The daily level: correlated, mean-reverting prices for every trading day from 2000 to 2039."""

from datetime import date, datetime, time
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from monitor.market.calendar import CHICAGO, is_half_day, to_ms, trading_days
from monitor.sandbox.market.chance import Floats, Ints, excursion, in_ticks, stream
from monitor.sandbox.market.universe import Company, universe

FIRST, ANCHOR, LAST = date(2000, 1, 3), date(2026, 1, 2), date(2039, 12, 30)
MARKET_VOLATILITY, SECTOR_VOLATILITY = 0.009, 0.005
#: Sectors that move by themselves, not with a sector factor.
ALONE = {"Index Fund"}
#: What is left of a deviation after a day: half of it is gone after a year and a half.
_MEMORY = 0.998
#: Part of a day's variance that belongs to the regular session.
REGULAR_VARIANCE = 0.55
_GROWTH = 0.04
#: Log distance from its trend beyond which no price strays.
_FURTHEST = 1.3


class Factor(NamedTuple):
    """One source of movement, by day."""

    level: Floats  # log, at the close
    night: Floats  # the move ahead of the open
    reach: Floats  # two standard normals for how far the day goes up, and two for down


class Daily(NamedTuple):
    """One symbol's trading days: official prices, and the log prices where extended hours begin and end."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    sigma: Floats  # of a day's log return, as the day's mood has it
    pre: Floats  # log price at 07:00
    post: Floats  # log price at the end of the post-market


class Axis:
    """The trading days the market knows, and their places."""

    def __init__(self) -> None:
        self.days = trading_days(FIRST, LAST)
        self._place = {day: place for place, day in enumerate(self.days)}
        self.ordinals: Ints = np.array([day.toordinal() for day in self.days])
        self.half: Floats = np.where([is_half_day(day) for day in self.days], 0.45, 1.0)

    def place(self, day: date) -> int | None:
        """The place of a trading day, or None when ``day`` is none."""
        return self._place.get(day)

    def before(self, day: date) -> int:
        """The place of the last trading day before ``day``."""
        return int(np.searchsorted(self.ordinals, day.toordinal())) - 1

    @cached_property
    def stamps(self) -> Ints:
        """Midnight US Central of each day, ms UTC: how Schwab stamps daily candles."""
        return np.array([central_midnight(day) for day in self.days])


def central_midnight(day: date) -> int:
    """Midnight US Central, ms UTC."""
    return to_ms(datetime.combine(day, time(0), CHICAGO))


@cache
def axis() -> Axis:
    return Axis()


class DailyMarket:
    """Daily prices and volumes of every symbol under one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        # Every symbol's decades at once would be a quarter of a gigabyte; they are only asked for once a day.
        self.of = lru_cache(maxsize=64)(self._of)
        self._sector = lru_cache(maxsize=None)(self._make_sector)

    @cached_property
    def mood(self) -> Floats:
        """How lively each day is, by a factor around 1 that all symbols share."""
        slow = _reverting(stream(self.seed, "mood").standard_normal(len(axis().days)), 0.97)
        return np.asarray(np.exp(0.3 * np.sqrt(1 - 0.97**2) * slow))

    @cached_property
    def market(self) -> Factor:
        return self._factor("market", MARKET_VOLATILITY)

    def _make_sector(self, sector: str) -> Factor:
        return self._factor(f"sector {sector}", 0.0 if sector in ALONE else SECTOR_VOLATILITY)

    def _factor(self, name: str, volatility: float) -> Factor:
        count = len(axis().days)
        random = stream(self.seed, name)
        shocks = volatility * self.mood * random.standard_t(5, count) / np.sqrt(5 / 3)
        night = 0.4 * shocks + 0.3 * volatility * self.mood * random.standard_normal(count)
        return Factor(_reverting(shocks, _MEMORY), night, random.standard_normal((2, 2, count)))

    def market_day(self, place: int) -> tuple[float, float, float]:
        """Where the market factor closes a regular session that it opens at 0, with its high and low."""
        level, night, reach = self.market.level, self.market.night[place], self.market.reach[:, :, place]
        close = np.asarray(level[place] - level[place - 1] - night)
        variance = (MARKET_VOLATILITY * self.mood[place]) ** 2 * REGULAR_VARIANCE
        high, low = excursion(np.zeros(()), close, variance * np.sum(reach**2, axis=1))
        return float(close), float(high), float(low)

    def _of(self, symbol: str) -> Daily:
        company = universe()[symbol]
        level, night, reach = self._log_path(company)
        close = in_ticks(np.exp(level))
        before = np.concatenate((level[:1], level[:-1]))
        open_ = in_ticks(np.exp(before + night))
        random = stream(self.seed, symbol, "days")
        sigma = np.sqrt(total_variance(company)) * self.mood
        high, low = excursion(np.log(open_), np.log(close), sigma**2 * REGULAR_VARIANCE * reach)
        high, low = in_ticks(np.exp(high)), in_ticks(np.exp(low))
        later = np.concatenate((night[1:], night[-1:]))
        volume = self._volumes(random, company, level - before, sigma)
        return Daily(open_, high, low, close, volume, sigma, before + 0.7 * night, np.log(close) + 0.3 * later)

    def _log_path(self, company: Company) -> tuple[Floats, Floats, Floats]:
        """Log prices at the closes, the moves of the nights before, and the reach of the days up and down."""
        own = self._factor(company.listing.symbol, company.volatility)
        sector = self._sector(company.sector)
        level = company.beta * self.market.level + sector.level + own.level
        night = company.beta * self.market.night + sector.night + own.night
        market, others = variance_parts(company)
        # What is a high for the market is a low for whatever moves against it.
        towards = self.market.reach[:: 1 if company.beta >= 0 else -1]
        mixed = np.sqrt(market) * towards + np.sqrt(others) * sector.reach
        mixed = mixed + np.sqrt(max(1 - market - others, 0.0)) * own.reach
        anchor = axis().place(ANCHOR) or 0
        years = (np.arange(len(level)) - anchor) / 252
        growth = _GROWTH * min(max(company.beta, 0.0), 1.0) * years
        strayed = _FURTHEST * np.tanh((level - level[anchor]) / _FURTHEST)
        return np.log(company.price) + growth + strayed, night, np.sum(mixed**2, axis=1)

    def _volumes(self, random: np.random.Generator, company: Company, moves: Floats, sigma: Floats) -> Ints:
        """More on days of large moves and in lively times, less on half days."""
        excitement = np.exp(0.22 * random.standard_normal(len(moves)) - 0.1 + 0.25 * np.abs(moves) / sigma)
        return np.asarray(company.volume * excitement * np.sqrt(self.mood) * axis().half).astype(np.int64)


def total_variance(company: Company) -> float:
    """Of a log return in a day of ordinary mood."""
    sector = 0.0 if company.sector in ALONE else SECTOR_VOLATILITY
    return (company.beta * MARKET_VOLATILITY) ** 2 + sector**2 + company.volatility**2


def variance_parts(company: Company) -> tuple[float, float]:
    """The market's part and the sector's part of the total variance."""
    total = total_variance(company)
    sector = 0.0 if company.sector in ALONE else SECTOR_VOLATILITY
    return (company.beta * MARKET_VOLATILITY) ** 2 / total, sector**2 / total


def _reverting(shocks: Floats, memory: float) -> Floats:
    """The levels that shocks add up to when each day keeps only ``memory`` of the level before."""
    fading = memory ** np.arange(len(shocks), dtype=np.float64)
    if memory >= _MEMORY:
        return np.asarray(np.cumsum(shocks / fading) * fading)
    reach = 400  # beyond it nothing is left
    return np.asarray(np.convolve(shocks, fading[:reach])[: len(shocks)])
