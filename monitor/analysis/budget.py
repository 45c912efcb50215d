"""What recording costs before it begins: requests, places on the stream, bytes; and how much of a plan fits."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil, inf, log2
from typing import Final, NamedTuple

from monitor.analysis.chain_slots import grace_ms, slots_a_day
from monitor.analysis.coverage import DEPTHS
from monitor.analysis.rates import ASSUMED, BYTES_A_BAR, BYTES_A_CONTRACT, Rate, Rows
from monitor.market.bar import Interval
from monitor.market.chain_schedule import EVERY_MINUTES, ChainSchedule
from monitor.market.instrument import Kind, kind_of

TRADING_DAYS_A_MONTH: Final = 21
#: A gateway of Schwab's kind passes on 10 MB, and a contract takes 1.2 kB (PROTOCOL 4.3): more is asked for in parts.
MOST_CONTRACTS_A_REQUEST: Final = 8_000
#: The chain of AAPL (PROTOCOL 4.3); that of $SPX is known to be too large for one answer.
USUAL_CONTRACTS: Final = 2_400
USUAL_INDEX_CONTRACTS: Final = 10_000
#: Of the limit one is left to the renewal of the sign-in.
_LEFT_TO_RENEWALS = 1
_BARS_A_DAY = 780
_DAYS_A_YEAR = 252
_TRADING_SHARE = 5 / 7
_HOUR = 60


class Sort(StrEnum):
    """What can be streamed of a symbol."""

    QUOTES = "quotes"
    BOOKS = "books"
    BARS = "minute bars"


@dataclass(frozen=True, slots=True)
class StreamPlaces:
    """The places on the stream's one connection, by the streamer's names of its services.

    ``services`` are those asked for a sort of data of a kind of symbol, ``most`` how many symbols a service takes where
    that is known, ``taken`` those that are wanted of it now.
    """

    services: Mapping[tuple[Sort, Kind], tuple[str, ...]] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)
    taken: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Snapshots(NamedTuple):
    """Snapshots of a chain on schedule, the contracts of one, and the requests that it takes."""

    schedule: ChainSchedule
    contracts: int
    requests: int


class History(NamedTuple):
    """What is downloaded once: so many calendar days of minutes, and years of days."""

    minute_days: int = 0
    day_years: int = 0


NO_HISTORY: Final = History()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be recorded of ``symbols``: ``sorts`` from the stream, and a snapshot of their chains ``every``.

    ``contracts`` are those of a chain, as far as known, and ``requests`` what a snapshot takes, if somebody knows
    better than its size. With ``keeps_history`` each evening makes minutes and days whole, as for watched symbols.
    """

    symbols: tuple[str, ...] = ()
    sorts: frozenset[Sort] = frozenset()
    every: int | None = None
    days: int | None = None
    contracts: Mapping[str, int] = field(default_factory=dict)
    requests: int | None = None
    history: History = NO_HISTORY
    keeps_history: bool = False

    def first(self, count: int) -> "Plan":
        """The same with the first ``count`` symbols only."""
        return replace(self, symbols=self.symbols[:count])

    def snapshots(self) -> tuple[Snapshots, ...]:
        """The schedules that it makes; only shares and indices have chains."""
        if self.every is None:
            return ()
        return tuple(
            snapshots_of(ChainSchedule(symbol, self.every, self.days), self.contracts.get(symbol), self.requests)
            for symbol in self.symbols
            if has_chain(symbol)
        )


@dataclass(frozen=True, slots=True)
class Running:
    """What is recorded already, and within which bounds: ``limit`` requests a minute, ``free_bytes`` of the disk."""

    places: StreamPlaces = StreamPlaces()
    snapshots: tuple[Snapshots, ...] = ()
    limit: int = 110
    free_bytes: float = inf


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs by itself, beside what is there; a day is a full trading day.

    ``at_once`` counts the requests of a moment at which all snapshots are due, ``a_minute`` is their average in regular
    hours, ``download`` the requests of history until it is there, ``evening`` those that keep it whole each day.
    ``places`` counts by service, ``bytes_a_day`` by table, ``bytes_once`` is what the download brings.
    """

    a_minute: float
    at_once: int
    places: Mapping[str, int]
    bytes_a_day: Mapping[str, float]
    bytes_once: float
    download: int
    evening: int

    @property
    def daily(self) -> float:
        """Bytes a day, of all tables."""
        return sum(self.bytes_a_day.values())

    @property
    def monthly(self) -> float:
        """Bytes of the first month."""
        return self.daily * TRADING_DAYS_A_MONTH + self.bytes_once


class Limit(StrEnum):
    """What a plan can be too much for."""

    REQUESTS = "requests"
    PLACES = "places"
    DISK = "disk"


class Excess(NamedTuple):
    """One bound that would be broken: what is ``needed`` in all, and what there is ``room`` for.

    Requests: those that fall due at once, and how many may be sent before snapshots are late. Places: symbols of
    ``service``. Disk: bytes of the first month.
    """

    limit: Limit
    needed: float
    room: float
    service: str = ""


class Fit(NamedTuple):
    """How a plan could be made to fit: with its first so many symbols, less often, or without a sort of data."""

    symbols: int
    every: int | None = None
    without: Sort | None = None


def has_chain(symbol: str) -> bool:
    """Whether Schwab has option chains for symbols of its kind."""
    return kind_of(symbol) in {Kind.SHARE, Kind.INDEX}


def snapshots_of(schedule: ChainSchedule, contracts: int | None = None, requests: int | None = None) -> Snapshots:
    """A schedule with what its snapshots take; what is not known is assumed."""
    if not contracts:
        contracts = USUAL_INDEX_CONTRACTS if kind_of(schedule.symbol) is Kind.INDEX else USUAL_CONTRACTS
    return Snapshots(schedule, contracts, requests or requests_a_snapshot(contracts))


def requests_a_snapshot(contracts: int) -> int:
    """Requests for a chain: one, or when that is too large its expiries, and halves until each part can be sent."""
    if contracts <= MOST_CONTRACTS_A_REQUEST:
        return 1
    parts = 2 ** ceil(log2(contracts / MOST_CONTRACTS_A_REQUEST))
    return int(2 * parts)


def cost(plan: Plan, running: Running, rates: Mapping[Rows, Rate] = ASSUMED) -> Cost:
    """What ``plan`` adds to what is ``running``. What is streamed or kept already costs nothing more."""
    before = {each.schedule.symbol: each for each in running.snapshots}
    planned = plan.snapshots()
    replaced = [before[each.schedule.symbol] for each in planned if each.schedule.symbol in before]
    bars = len(plan.symbols) * _bars(plan.history)
    size = _bytes_by_table(((sort, symbol) for sort, symbol, _ in _new_on_stream(plan, running.places)), rates)
    size["option_quote"] = _snapshot_bytes(planned) - _snapshot_bytes(replaced)
    return Cost(
        a_minute=_average(planned) - _average(replaced),
        at_once=_at_once(planned) - _at_once(replaced),
        places=_new_places(plan, running.places),
        bytes_a_day={table: number for table, number in size.items() if number},
        bytes_once=float(bars * BYTES_A_BAR),
        download=len(plan.symbols) * download_requests(plan.history),
        evening=2 * len(set(plan.symbols).difference(*running.places.taken.values())) * plan.keeps_history,
    )


def bytes_a_day(running: Running, rates: Mapping[Rows, Rate] = ASSUMED) -> float:
    """What a full day brings of what is streamed and kept now."""
    places = running.places
    streamed = {
        (sort, symbol)
        for (sort, kind), services in places.services.items()
        for service in services
        for symbol in places.taken.get(service, ())
        if kind_of(symbol) is kind
    }
    return sum(_bytes_by_table(streamed, rates).values()) + _snapshot_bytes(running.snapshots)


def download_requests(history: History) -> int:
    """The requests that the history of one symbol takes when nothing of it is on disk."""
    minutes, days = DEPTHS[Interval.M1], DEPTHS[Interval.DAY]
    wanted = min(history.minute_days, minutes.days)
    return ceil(wanted / minutes.days_a_request) + ceil(min(history.day_years * 365, days.days) / days.days_a_request)


def excesses(
    plan: Plan, running: Running, rates: Mapping[Rows, Rate] = ASSUMED, limits: Collection[Limit] = tuple(Limit)
) -> list[Excess]:
    """The bounds among ``limits`` that ``plan`` breaks together with what is ``running``; empty when it fits."""
    found = []
    if Limit.PLACES in limits:
        places = running.places
        for service, new in sorted(_new_places(plan, places).items()):
            most, needed = places.most.get(service), new + len(places.taken.get(service, ()))
            if most is not None and needed > most:
                found.append(Excess(Limit.PLACES, needed, most, service))
    planned = plan.snapshots() if Limit.REQUESTS in limits else ()
    if planned and (late := _late(together(running.snapshots, planned), running.limit)):
        found.append(late)
    if Limit.DISK in limits and plan.symbols:
        month = bytes_a_day(running, rates) * TRADING_DAYS_A_MONTH + cost(plan, running, rates).monthly
        if month > running.free_bytes:
            found.append(Excess(Limit.DISK, month, running.free_bytes))
    return found


def together(kept: Iterable[Snapshots], planned: Iterable[Snapshots]) -> list[Snapshots]:
    """All schedules once the planned ones are kept: a symbol has one."""
    return list({each.schedule.symbol: each for each in (*kept, *planned)}.values())


def most_that_fit(
    plan: Plan, running: Running, rates: Mapping[Rows, Rate] = ASSUMED, limits: Collection[Limit] = tuple(Limit)
) -> int:
    """How many of the plan's symbols fit within ``limits``, the first first; one more would not."""
    return _largest(len(plan.symbols), lambda count: not excesses(plan.first(count), running, rates, limits))


def ways_to_fit(
    plan: Plan, running: Running, rates: Mapping[Rows, Rate] = ASSUMED, limits: Collection[Limit] = tuple(Limit)
) -> list[Fit]:
    """What would have to give: each way by itself keeps ``limits``. Empty when they are kept as it is."""
    if not excesses(plan, running, rates, limits):
        return []
    count, ways = len(plan.symbols), list[Fit]()
    for every in EVERY_MINUTES:
        if plan.every and every > plan.every and not excesses(replace(plan, every=every), running, rates, limits):
            ways.append(Fit(count, every=every))
            break
    for sort in sorted(plan.sorts, key=list(Sort).index, reverse=True):
        rest = plan.sorts - {sort}
        if (rest or plan.every) and not excesses(replace(plan, sorts=rest), running, rates, limits):
            ways.append(Fit(count, without=sort))
    if fewer := most_that_fit(plan, running, rates, limits):
        ways.append(Fit(fewer))
    return ways


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to ``most`` for which ``holds``, if it holds for all smaller ones; 0 counts as holding."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


# ------------------------------------------------------------------------------------------ the stream


def _new_on_stream(plan: Plan, places: StreamPlaces) -> Iterator[tuple[Sort, str, tuple[str, ...]]]:
    """What the plan adds: sorts and symbols of which nothing is streamed yet, each with the services to ask."""
    for sort in plan.sorts:
        for symbol in plan.symbols:
            services = places.services.get((sort, kind_of(symbol)), ())
            if services and not any(symbol in places.taken.get(service, ()) for service in services):
                yield sort, symbol, services


def _new_places(plan: Plan, places: StreamPlaces) -> Counter[str]:
    """How many symbols the plan adds to each service."""
    return Counter(service for *_, services in _new_on_stream(plan, places) for service in services)


_ROWS = {Sort.QUOTES: (Rows.QUOTE, Rows.TRADE, Rows.DETAIL), Sort.BOOKS: (Rows.BOOK,), Sort.BARS: (Rows.BAR,)}
_WITHOUT_DETAILS = frozenset({Kind.SHARE, Kind.INDEX})
_WITHOUT_PRINTS = frozenset({Kind.INDEX, Kind.FOREX})


def _bytes_by_table(streamed: Iterable[tuple[Sort, str]], rates: Mapping[Rows, Rate]) -> dict[str, float]:
    """Bytes that a day of these symbols brings."""
    symbols = Counter(rows for sort, symbol in streamed for rows in _ROWS[sort] if _brings(kind_of(symbol), rows))
    return {rows.value: rates.get(rows, ASSUMED[rows]).bytes_a_day * number for rows, number in symbols.items()}


def _brings(kind: Kind, rows: Rows) -> bool:
    if rows is Rows.DETAIL:
        return kind not in _WITHOUT_DETAILS
    return rows is not Rows.TRADE or kind not in _WITHOUT_PRINTS


# ------------------------------------------------------------------------------------------ snapshots and history


def _average(snapshots: Iterable[Snapshots]) -> float:
    return sum(each.requests / each.schedule.every_minutes for each in snapshots)


def _at_once(snapshots: Iterable[Snapshots]) -> int:
    """At the open all are due."""
    return sum(each.requests for each in snapshots)


def _snapshot_bytes(snapshots: Iterable[Snapshots]) -> float:
    return float(sum(slots_a_day(each.schedule) * each.contracts * BYTES_A_CONTRACT for each in snapshots))


def _late(snapshots: Iterable[Snapshots], limit: int) -> Excess | None:
    """The first moment whose requests could not all be sent while its snapshots still tell of it; None if none.

    As many as the limit allows go at once, the others in the following minutes, and what is left of one moment before
    the next. Chains go side by side and a chain's requests one after another, so a small one need not wait for all of
    a large one.
    """
    allowed = max(1, limit - _LEFT_TO_RENEWALS)
    sizes = Counter((each.schedule.every_minutes, each.requests) for each in snapshots)
    minutes_left = {period: grace_ms(ChainSchedule("", period)) // 60_000 for period, _ in sizes}
    waiting = 0
    for minute in range(2 * _HOUR):  # the second hour begins with what the first has left
        due = {size: count for size, count in sizes.items() if minute % size[0] == 0}
        for period, requests in due:
            needed = waiting + sum(min(other, requests) * count for (_, other), count in due.items())
            room = allowed * (1 + minutes_left[period])
            if needed > room:
                return Excess(Limit.REQUESTS, needed, room)
        waiting = max(0, waiting + sum(requests * count for (_, requests), count in due.items()) - allowed)
    return None


def _bars(history: History) -> float:
    days = min(history.minute_days, DEPTHS[Interval.M1].days)
    return days * _TRADING_SHARE * _BARS_A_DAY + history.day_years * _DAYS_A_YEAR
