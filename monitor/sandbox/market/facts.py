"""The part of Level 1 that stays the same all day: names, dividends, fundamentals, borrowing."""

from datetime import date
from hashlib import blake2b

from monitor.sandbox.exchange import LevelOne
from monitor.sandbox.market.universe import Company


def whole(number: float) -> int | float:
    """As the streamer writes numbers: ``214``, not ``214.0``."""
    return int(number) if number == int(number) else number


def facts(company: Company, day: date, close: float) -> LevelOne:
    """Fields 0, 13 to 15, 21 to 26, 32 and 46 to 49, as far as the instrument has them."""
    listing = company.listing
    state: LevelOne = {"0": listing.symbol, "13": listing.exchange, "15": listing.description}
    state |= {"25": listing.exchange_name, "32": "Normal"}
    if company.is_index:
        return state
    state |= {"14": True, "21": whole(round(company.pe * close / company.price, 5)), "24": 0}
    state |= {"22": whole(company.dividend), "23": whole(round(100 * company.dividend / close, 5))}
    if company.dividend:
        state["26"] = f"{_ex_date(listing.symbol, day)} 00:00:00.0"
    fund = listing.asset_subtype == "ETF"
    return state | {"46": -1 if fund else company.volume // 3, "47": 0, "48": 0, "49": 1}


def _ex_date(symbol: str, day: date) -> date:
    """The newest quarterly ex-dividend date on or before ``day``."""
    mark = int.from_bytes(blake2b(symbol.encode(), digest_size=2).digest(), "big")
    months = day.year * 12 + day.month - 1
    months -= (months - mark) % 3
    newest = date(months // 12, months % 12 + 1, 5 + mark % 20)
    if newest <= day:
        return newest
    months -= 3
    return date(months // 12, months % 12 + 1, 5 + mark % 20)
