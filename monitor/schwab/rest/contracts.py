"""Answers of /chains and /expirationchain, read into market types: placeholders become None."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from monitor.market.chain import Chain, Expiration, OptionContract, OptionSide, in_order
from monitor.market.quote import Number, Quote
from monitor.ports import ExpirationsAnswer
from monitor.schwab.rest.names import UNDERLYING
from monitor.schwab.rest.quotes import bounded, renamed, without_placeholders
from monitor.schwab.rest.reading import (
    UNREADABLE,
    Integer,
    Value,
    Whole,
    as_list,
    as_mapping,
    as_struct,
    mapping,
    unreadable,
)

_NONE = -999  # a Greek or a volatility that could not be computed


class _Contract(Struct, rename="camel", gc=False, kw_only=True):
    """One contract as sent."""

    symbol: str
    put_call: str | None = None
    description: str | None = None
    bid: Value | None = None
    ask: Value | None = None
    last: Value | None = None
    mark: Value | None = None
    bid_size: Value | None = None
    ask_size: Value | None = None
    last_size: Value | None = None
    high_price: Value | None = None
    low_price: Value | None = None
    open_price: Value | None = None
    close_price: Value | None = None
    total_volume: Value | None = None
    trade_time_in_long: Whole | None = None
    quote_time_in_long: Whole | None = None
    net_change: Value | None = None
    volatility: Value | None = None
    delta: Value | None = None
    gamma: Value | None = None
    theta: Value | None = None
    vega: Value | None = None
    rho: Value | None = None
    open_interest: Value | None = None
    time_value: Value | None = None
    theoretical_option_value: Value | None = None
    strike_price: Value | None = None
    expiration_date: str | None = None
    days_to_expiration: Integer | None = None
    expiration_type: str | None = None
    last_trading_day: Whole | None = None
    multiplier: Value | None = None
    settlement_type: str | None = None
    deliverable_note: str | None = None
    percent_change: Value | None = None
    mark_change: Value | None = None
    mark_percent_change: Value | None = None
    intrinsic_value: Value | None = None
    extrinsic_value: Value | None = None
    option_root: str | None = None
    exercise_type: str | None = None
    high52_week: Value | None = None
    low52_week: Value | None = None
    break_even: Value | None = None
    ssid: Integer | None = None
    non_standard: bool | None = None
    in_the_money: bool | None = None
    mini: bool | None = None
    penny_pilot: bool | None = None


_Maps = dict[str, dict[str, list[_Contract]]]


class _Head(Struct, rename="camel", kw_only=True):
    """What stands above the contracts; ``underlying`` is read by itself."""

    status: Any = None
    underlying: Any = None
    underlying_price: Value | None = None
    interest_rate: Value | None = None
    dividend_yield: Value | None = None
    is_delayed: bool | None = None
    is_index: bool | None = None
    is_chain_truncated: bool | None = None


class _Whole(_Head, rename="camel", kw_only=True):
    """An answer in which everything can be read."""

    call_exp_date_map: _Maps | None = None
    put_exp_date_map: _Maps | None = None


class Part(NamedTuple):
    """One answer: a chain or a part of one, whether it was cut short, and what could not be read, by kind."""

    chain: Chain
    is_truncated: bool
    rejected: Counter[str]


_DECODER = msgspec.json.Decoder(_Whole)
_QUOTE = bounded(Quote)


def read_chain(content: bytes, symbol: str, taken_ms: int, where: str = "chains") -> Part:
    """An answer about ``symbol``. Raises BadData."""
    head: _Head
    try:
        head = whole = _DECODER.decode(content)
        maps = [whole.call_exp_date_map, whole.put_exp_date_map]
    except UNREADABLE:
        body = mapping(content, where)
        head = as_struct(_Head, body) or _Head()
        maps = [body.get(name) for name in ("callExpDateMap", "putExpDateMap")]
    if head.status is None and maps == [None, None]:
        raise unreadable(where, "no chain")
    rejected: Counter[str] = Counter()
    contracts = _contracts(maps, rejected)
    chain = Chain(
        symbol=symbol,
        taken_ms=taken_ms,
        contracts=tuple(contracts),
        underlying=_underlying(symbol, head.underlying),
        underlying_price=_above_zero(head.underlying_price),
        interest_rate=head.interest_rate if contracts else None,  # 0.0 where there are no contracts
        dividend_yield=_not_negative(head.dividend_yield) if contracts else None,
        is_delayed=head.is_delayed,
        is_index=head.is_index,
    )
    return Part(chain, head.is_chain_truncated is True, rejected)


def _contracts(maps: list[Any], rejected: Counter[str]) -> list[OptionContract]:
    found: dict[str, OptionContract] = {}
    for side, expiries in zip(OptionSide, maps, strict=True):
        for expiry, strike, raw in _leaves(as_mapping(expiries), rejected):
            sent = as_struct(_Contract, raw)
            contract = None if sent is None else _contract(sent, side, expiry, strike)
            if contract is None:
                rejected["unreadable"] += 1
            elif contract.symbol in found:
                rejected["duplicate"] += 1
            else:
                found[contract.symbol] = contract
    return sorted(found.values(), key=in_order)


def _leaves(expiries: Mapping[str, Any], rejected: Counter[str]) -> Iterator[tuple[str, str, Any]]:
    """Expiry, strike and contract, as deep as the maps can be read."""
    for expiry, strikes in expiries.items():
        if not isinstance(strikes, dict):
            rejected["unreadable"] += 1
            continue
        for strike, contracts in strikes.items():
            if isinstance(contracts, list):  # normally of one, more for adjusted roots
                yield from ((expiry, strike, raw) for raw in contracts)
            else:
                rejected["unreadable"] += 1


def _contract(sent: _Contract, side: OptionSide, expiry_key: str, strike_key: str) -> OptionContract | None:
    """The contract, or None when nobody can say what it is."""
    expiry = _day(expiry_key) or _day(sent.expiration_date or "")
    strike = sent.strike_price if sent.strike_price is not None else _strike(strike_key)
    if not sent.symbol or expiry is None or strike is None or strike < 0:
        return None
    return OptionContract(
        symbol=sent.symbol,
        expiry=expiry,
        strike=strike,
        side={"CALL": OptionSide.CALL, "PUT": OptionSide.PUT}.get(sent.put_call or "", side),
        root=sent.option_root or "",
        description=sent.description or "",
        bid=_not_negative(sent.bid),
        ask=_not_negative(sent.ask),
        last=_not_negative(sent.last),
        mark=_not_negative(sent.mark),
        bid_size=_not_negative(sent.bid_size),
        ask_size=_not_negative(sent.ask_size),
        last_size=_not_negative(sent.last_size),
        open=_not_negative(sent.open_price),
        high=_not_negative(sent.high_price),
        low=_not_negative(sent.low_price),
        close=_not_negative(sent.close_price),
        high_52_week=_not_negative(sent.high52_week),
        low_52_week=_not_negative(sent.low52_week),
        volume=_not_negative(sent.total_volume),
        open_interest=_not_negative(sent.open_interest),
        net_change=sent.net_change,
        net_percent_change=sent.percent_change,
        mark_change=sent.mark_change,
        mark_percent_change=sent.mark_percent_change,
        volatility=_not_negative(sent.volatility),
        delta=_greek(sent.delta),
        gamma=_greek(sent.gamma),
        theta=_greek(sent.theta),
        vega=_greek(sent.vega),
        rho=_greek(sent.rho),
        theoretical_value=_not_negative(sent.theoretical_option_value),
        time_value=sent.time_value,
        intrinsic_value=sent.intrinsic_value,
        extrinsic_value=sent.extrinsic_value,
        break_even=sent.break_even,
        quote_time=sent.quote_time_in_long or None,
        trade_time=sent.trade_time_in_long or None,
        last_trading_day=sent.last_trading_day or None,
        days_to_expiration=sent.days_to_expiration,
        multiplier=sent.multiplier,
        expiration_type=sent.expiration_type or "",
        settlement_type=sent.settlement_type or "",
        exercise_type=sent.exercise_type or "",
        deliverables=sent.deliverable_note or "",
        in_the_money=sent.in_the_money,
        non_standard=sent.non_standard,
        mini=sent.mini,
        penny_pilot=sent.penny_pilot,
        is_listed=sent.ssid is None or sent.ssid > 0,
    )


def _greek(value: Number | None) -> Number | None:
    return None if value == _NONE else value


def _not_negative(value: Number | None) -> Number | None:
    """What cannot be below zero and is, as -1 and -999 are, is no value."""
    return None if value is None or value < 0 else value


def _above_zero(value: Number | None) -> Number | None:
    return value if value is not None and value > 0 else None


@lru_cache(maxsize=1024)
def _day(text: str) -> date | None:
    """The day at the front of a key such as ``2026-10-16:9``, or of a time."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _strike(text: str) -> Number | None:
    try:
        strike = float(text)
    except ValueError:
        return None
    return strike if strike < 2**53 else None


def _underlying(symbol: str, raw: object) -> Quote | None:
    if not as_mapping(raw):
        return None
    quote: Quote | None = as_struct(_QUOTE, {**renamed(raw, UNDERLYING), "symbol": symbol})
    return quote and without_placeholders(quote)


class _SentExpiration(Struct, rename="camel"):
    """A day as sent; the specification calls it ``expiration``."""

    expiration_date: str
    days_to_expiration: Integer | None = None
    expiration_type: str = ""
    settlement_type: str = ""
    option_roots: str = ""
    standard: bool = True


def read_expirations(content: bytes, where: str = "expirationchain") -> ExpirationsAnswer:
    """The expiries, nearest first. Raises BadData."""
    rows = mapping(content, where).get("expirationList")
    if not isinstance(rows, list):
        raise unreadable(where, "no expirationList")
    found: list[Expiration] = []
    rejected: Counter[str] = Counter()
    for row in as_list(rows):
        sent = as_struct(_SentExpiration, row)
        day = None if sent is None else _day(sent.expiration_date)
        if sent is None or day is None:
            rejected["unreadable"] += 1
            continue
        roots = tuple(root.strip() for root in sent.option_roots.split(",") if root.strip())
        found.append(
            Expiration(day, sent.days_to_expiration, sent.expiration_type, sent.settlement_type, roots, sent.standard)
        )
    return ExpirationsAnswer(tuple(sorted(found, key=lambda e: (e.day, e.roots))), rejected)
