"""Which option contracts are listed on a day: expiries and strikes."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from monitor.market.calendar import is_trading_day
from monitor.sandbox.market.chance import Floats

#: Names that trade less than this many shares a day have monthly expiries only.
WEEKLY_VOLUME = 3_000_000
_WEEKS, _MONTHS, _QUARTERS = 6, 3, 4
#: Widest reach of the strikes, as a part of the price, and most strikes of an expiry.
_REACH, _MOST_STRIKES = 0.6, 80
_STEPS = ((10, 0.5), (50, 1.0), (120, 2.5), (400, 5.0), (1000, 10.0), (3000, 25.0), (10_000, 50.0))


class Expiry(NamedTuple):
    """A day on which contracts end: ``kind`` is S standard (the month's third Friday) or W weekly."""

    day: date
    kind: str


def expiries(today: date, weekly: bool) -> list[Expiry]:
    """The expiries listed on ``today``, nearest first."""
    months = list(_third_fridays(today))
    nearest, rest = months[:_MONTHS], months[_MONTHS:]
    standard = nearest + [day for day in rest if day.month in (3, 6, 9, 12)][:_QUARTERS]
    found = {_trading(day): "S" for day in standard}
    if weekly:
        friday = today + timedelta(days=(4 - today.weekday()) % 7)
        for week in range(_WEEKS):
            found.setdefault(_trading(friday + timedelta(weeks=week)), "W")
    return [Expiry(day, kind) for day, kind in sorted(found.items()) if day >= today]


def strikes(price: float, deviation: float) -> Floats:
    """The grid around ``price``: near enough to matter within three times ``deviation`` (of the log return)."""
    step = next((step for limit, step in _STEPS if price < limit), 100.0)
    reach = min(max(3 * deviation, 0.05), _REACH) * price
    step *= 2 if 2 * reach / step > _MOST_STRIKES else 1
    step *= 2.5 if 2 * reach / step > _MOST_STRIKES else 1
    first, last = max(round((price - reach) / step), 1), round((price + reach) / step)
    return np.asarray(np.arange(first, last + 1) * step, dtype=np.float64)


def _third_fridays(today: date) -> Iterator[date]:
    for months in range(15):
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        first, _ = monthrange(year, month + 1)
        day = date(year, month + 1, 15 + (4 - first) % 7)
        if day >= today:
            yield day


def _trading(day: date) -> date:
    """``day``, or the trading day before a holiday."""
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day
