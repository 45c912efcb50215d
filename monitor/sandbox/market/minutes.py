"""The minute level: each stretch of a day as minutes that agree with the day's official prices and volume."""

from collections import OrderedDict
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.market.calendar import Phase, from_ms
from monitor.sandbox.market.chance import Floats, Ints, bridge, excursion, in_ticks, reaches, stream
from monitor.sandbox.market.days import (
    ALONE,
    MARKET_VOLATILITY,
    REGULAR_VARIANCE,
    SECTOR_VOLATILITY,
    DailyMarket,
    axis,
    total_variance,
)
from monitor.sandbox.market.sessions import MINUTE_MS, Stretch, stretches
from monitor.sandbox.market.universe import Company, universe

#: How many days of any symbols are kept.
_KEPT_DAYS = 800
#: Paths tried for a regular session, to find one that nearly reaches the day's high and low by itself.
_TRIES, _MARKET_TRIES = 4, 40
#: Part of a day's variance in the other stretches, and of an average minute's volume that trades in them.
_OTHER_VARIANCE = {Phase.PRE: 0.05, Phase.POST: 0.03, Phase.REGULAR: 0.12}
_OTHER_VOLUME = {Phase.PRE: 0.03, Phase.POST: 0.035, Phase.REGULAR: 0.3}
_OTHER_TRADES = {Phase.PRE: 0.75, Phase.POST: 0.75, Phase.REGULAR: 0.4}  # as powers of the volume's part
_MOST_TRADES = 220


class Minutes(NamedTuple):
    """Minutes in which there was a trade, ascending; ``trades`` is how many. Prices can be quoted as they are."""

    start: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    trades: Ints
    regular: Ints  # 1 in regular stretches, the extra ones too
    official: Ints  # 1 in the exchange's own regular session

    def where(self, chosen: "npt.NDArray[np.bool_] | slice") -> "Minutes":
        """Only the chosen minutes."""
        return Minutes._make(column[chosen] for column in self)


NO_MINUTES = Minutes._make(np.zeros(0, kind) for kind in ("i8", *("f8",) * 4, *("i8",) * 4))


class MinuteMarket:
    """The minutes of every symbol and day; the most recently asked ones are kept."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.daily = DailyMarket(seed)
        self._kept: OrderedDict[tuple[str, date, bool], Minutes] = OrderedDict()
        self._shared_path = lru_cache(maxsize=4096)(self._make_shared_path)

    def of_day(self, symbol: str, day: date, extra: bool) -> Minutes:
        """The minutes of a New York day: of its real sessions, with ``extra`` those between them as well."""
        key = (symbol, day, extra)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        company = universe()[symbol]
        made = [self._minutes(company, stretch) for stretch in stretches(day, extra) if _trades(company, stretch)]
        self._kept[key] = joined(made)
        if len(self._kept) > _KEPT_DAYS:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _minutes(self, company: Company, stretch: Stretch) -> Minutes:
        random = stream(self.seed, company.listing.symbol, "minutes", stretch.start)
        if stretch.phase is Phase.REGULAR and not stretch.extra:
            return self._regular(company, stretch, random)
        place = axis().before(stretch.day + timedelta(days=1))
        shares = np.full(stretch.minutes, 1 / stretch.minutes)
        sigma = float(self.daily.of(company.listing.symbol).sigma[place])
        variances = sigma**2 * _OTHER_VARIANCE[stretch.phase] * shares
        start, end = self._ends(company.listing.symbol, stretch)
        path = self._path(company, stretch, shares, variances, random)[0]
        close = start + (end - start) * np.cumsum(shares) + path
        open_ = np.concatenate(([start], close[:-1]))
        high, low = excursion(open_, close, reaches(random, variances))
        prices = [in_ticks(np.exp(log)) for log in (open_, high, low, close)]
        return _thinned(stretch, prices, *_other_activity(company, stretch, random))

    def _regular(self, company: Company, stretch: Stretch, random: np.random.Generator) -> Minutes:
        place = axis().place(stretch.day) or 0
        daily = self.daily.of(company.listing.symbol)
        o, h, l_, c = (float(column[place]) for column in daily[:4])
        shares = _smile(stretch.minutes, 2.2, 0.4)
        variances = float(daily.sigma[place]) ** 2 * REGULAR_VARIANCE * shares
        paths = self._path(company, stretch, shares, variances, random, _TRIES)
        line = np.log(o) + (np.log(c) - np.log(o)) * np.concatenate(([0.0], np.cumsum(shares)))
        close = line[1:] + paths
        step = 0.08 * np.sqrt(variances) * random.standard_normal(close.shape)
        open_ = np.concatenate((np.full((_TRIES, 1), np.log(o)), (close + step)[:, :-1]), axis=1)
        high, low = excursion(open_, close, reaches(random, np.broadcast_to(variances, close.shape)))
        tries = np.stack((open_, high, low, close))
        prices = _fitted(_calmed(tries, line, np.log(h), np.log(l_)), (o, h, l_, c))
        volume, trades = _regular_activity(company, int(daily.volume[place]), stretch.minutes, random)
        return _columns(stretch, prices, volume, trades)

    def _path(
        self,
        company: Company,
        stretch: Stretch,
        shares: Floats,
        variances: Floats,
        random: np.random.Generator,
        tries: int = 1,
    ) -> Floats:
        """Paths around the straight line: the market's and the sector's, the same for all, and the symbol's own."""
        scale = np.sqrt(variances.sum() / total_variance(company))
        by_the_market = self._shared_path("market", stretch, shares.tobytes())
        by_the_sector = self._shared_path(f"sector {company.sector}", stretch, shares.tobytes())
        sector = 0.0 if company.sector in ALONE else SECTOR_VOLATILITY
        shared = company.beta * MARKET_VOLATILITY * by_the_market + sector * by_the_sector
        return np.asarray((shared + company.volatility * bridge(random, shares, tries)) * scale)

    def _make_shared_path(self, name: str, stretch: Stretch, shares: bytes) -> Floats:
        """A shared factor's path; the market's goes with its day, so that whatever follows it has little to bend."""
        random, variances = stream(self.seed, "path", name, stretch.start), np.frombuffer(shares)
        place = axis().place(stretch.day)
        if name != "market" or stretch.phase is not Phase.REGULAR or stretch.extra or place is None:
            return np.asarray(bridge(random, variances)[0])
        close, high, low = self.daily.market_day(place)
        paths = bridge(random, variances, _MARKET_TRIES)
        scale = MARKET_VOLATILITY * self.daily.mood[place] * np.sqrt(REGULAR_VARIANCE)
        logs = close * np.cumsum(variances) + paths * scale
        distance = np.abs(logs.max(axis=1) - high) + np.abs(logs.min(axis=1) - low)
        return np.asarray(paths[int(np.argmin(distance))])

    def _ends(self, symbol: str, stretch: Stretch) -> tuple[float, float]:
        """Log prices at both ends of a stretch outside the regular session."""
        daily = self.daily.of(symbol)
        if stretch.extra:
            return self._between(symbol, stretch.start), self._between(symbol, stretch.end)
        place = axis().place(stretch.day) or 0
        if stretch.phase is Phase.PRE:
            return float(daily.pre[place]), float(np.log(daily.open[place]))
        return float(np.log(daily.close[place])), float(daily.post[place])

    def _between(self, symbol: str, ms: int) -> float:
        """Log price where one stretch between sessions ends and the next begins: a midnight, or a session's edge."""
        daily = self.daily.of(symbol)
        day = from_ms(ms).date()
        before, after = axis().before(day), axis().before(day) + 1
        todays = stretches(day, False)
        if todays and ms >= todays[-1].end:
            return float(daily.post[after])
        if todays and ms >= todays[0].start:
            return float(daily.pre[after])
        closed = stretches(axis().days[before], False)[-1].end
        opens = stretches(axis().days[after], False)[0].start
        part = (ms - closed) / (opens - closed)
        noise = 0.2 * daily.sigma[after] * stream(self.seed, symbol, "midnight", ms).standard_normal()
        return float(daily.post[before] * (1 - part) + daily.pre[after] * part + noise)


def joined(parts: list[Minutes]) -> Minutes:
    """Several stretches as one."""
    return Minutes._make(map(np.concatenate, zip(*parts, strict=True))) if parts else NO_MINUTES


def _trades(company: Company, stretch: Stretch) -> bool:
    """Indices are only calculated in regular stretches."""
    return stretch.phase is Phase.REGULAR or not company.is_index


def _smile(minutes: int, opening: float, closing: float) -> Floats:
    """Shares of a session's activity: much after the open, less at noon, more again towards the close."""
    passed = np.arange(minutes) / minutes
    curve = 1 + opening * np.exp(-passed * 14) + closing * np.exp((passed - 1) * 16) + 0.8 * (2 * passed - 1) ** 2
    return np.asarray(curve / curve.sum())


def _calmed(tries: Floats, line: Floats, high: float, low: float) -> Floats:
    """The try whose shape comes nearest to the day's high and low, when it swings as far around ``line`` as the day."""
    around = np.stack((line[:-1], line[:-1], line[:-1], line[1:]))[:, None, :]
    swing = tries[1].max(axis=1) - tries[2].min(axis=1)
    scale = np.clip((high - low) / swing, 0.4, 2.5)
    tries = around + (tries - around) * scale[:, None]
    distance = np.abs(tries[1].max(axis=1) - high) + np.abs(tries[2].min(axis=1) - low)
    best = np.asarray(tries[:, int(np.argmin(distance))])
    for row, wanted, sign in ((1, high, 1), (2, low, -1)):
        place = int(np.argmax(sign * best[row]))
        missing = wanted - best[row, place]
        if sign * missing > 0:
            best = best + missing * _tent(best.shape[1], place)
    return best


def _tent(minutes: int, top: int) -> Floats:
    """Rises to 1 at ``top`` and falls to nearly nothing at both ends."""
    place = np.arange(minutes)
    return np.asarray(np.minimum((place + 1) / (top + 1), (minutes - place) / (minutes - top)))


def _fitted(logs: Floats, official: tuple[float, float, float, float]) -> list[Floats]:
    """The path bent a little, order kept, so that its extremes are exactly the day's official ones."""
    _, high, low, _ = logs
    o, h, l_, c = official
    bottom, top = sorted((np.log(o), np.log(c)))
    known = [low.min(), bottom, top, high.max()]
    wanted = [np.log(l_), bottom, top, np.log(h)]
    prices = [np.clip(in_ticks(np.exp(np.interp(log, known, wanted))), l_, h) for log in logs]
    prices[0][0], prices[3][-1] = o, c
    prices[1][int(np.argmax(high))], prices[2][int(np.argmin(low))] = h, l_
    prices[1] = np.max(prices, axis=0)
    prices[2] = np.min(prices, axis=0)
    return prices


def _usual_trades(company: Company) -> float:
    """Trades in an average regular minute; an index is calculated about once a second."""
    return 60.0 if company.is_index else min(25 * (company.volume / 1e6) ** 0.45, 160.0)


def _regular_activity(company: Company, total: int, minutes: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Volumes that add up to the day's, and numbers of trades that go with them."""
    if company.is_index:
        return np.zeros(minutes, np.int64), np.full(minutes, 60)
    weights = _smile(minutes, 3.0, 2.0) * np.exp(0.4 * random.standard_normal(minutes))
    least = 4
    volume = least + ((total - least * minutes) * weights / weights.sum()).astype(np.int64)
    volume[-1] += total - volume.sum()
    relative = volume * minutes / total
    trades = np.clip(_usual_trades(company) * np.sqrt(relative), least, _MOST_TRADES).astype(np.int64)
    return volume, np.minimum(trades, volume)


def _other_activity(company: Company, stretch: Stretch, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Volumes and trades outside the regular session; a minute without trades has none of either."""
    count = stretch.minutes
    if company.is_index:
        return np.zeros(count, np.int64), np.full(count, 60)
    near = np.exp(-np.arange(count) / 25)  # busier next to the session
    shape = 1 + 4 * (near[::-1] if stretch.phase is Phase.PRE else near) * (not stretch.extra)
    relative = _OTHER_VOLUME[stretch.phase] * shape
    trades = random.poisson(_usual_trades(company) * relative ** _OTHER_TRADES[stretch.phase])
    mean = company.volume / 390 * relative
    volume = (mean * np.exp(0.7 * random.standard_normal(count))).astype(np.int64)
    return np.where(trades > 0, np.maximum(volume, trades), 0), np.minimum(trades, _MOST_TRADES)


def _thinned(stretch: Stretch, prices: list[Floats], volume: Ints, trades: Ints) -> Minutes:
    """Minutes with at least one trade, their prices no more different than so few trades can be."""
    o, h, l_, c = prices
    o = np.where(trades == 1, c, o)
    h = np.where(trades < 3, np.maximum(o, c), np.maximum(h, np.maximum(o, c)))
    l_ = np.where(trades < 4, np.minimum(o, c), np.minimum(l_, np.minimum(o, c)))
    return _columns(stretch, [o, h, l_, c], volume, trades).where(trades > 0)


def _columns(stretch: Stretch, prices: list[Floats], volume: Ints, trades: Ints) -> Minutes:
    start = stretch.start + MINUTE_MS * np.arange(stretch.minutes)
    regular = stretch.phase is Phase.REGULAR
    flags = (np.full(stretch.minutes, int(flag)) for flag in (regular, regular and not stretch.extra))
    return Minutes._make((start, *prices, volume, trades, *flags))
