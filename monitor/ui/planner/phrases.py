"""The planner's words: lines of figures, what would be too much, what would fit, and what the figures rest on."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitor.analysis.budget import (
    TRADING_DAYS_A_MONTH,
    Cost,
    Excess,
    Fit,
    Limit,
    Plan,
    Running,
    Sort,
    bytes_a_day,
    excesses,
    has_chain,
    ways_to_fit,
)
from monitor.analysis.budget import cost as cost_of
from monitor.analysis.chain_slots import slots_a_day
from monitor.analysis.rates import ASSUMED, BYTES_A_CONTRACT, Rate, Rows
from monitor.ports import Recorded, RequestMeter, StoreMeter
from monitor.ui import format as fmt
from monitor.ui.chains.models import every
from monitor.ui.data.phrases import counted, takes
from monitor.ui.health.names import name_of

COLUMNS = ("", "Now", "Added", "Together", "There is")
_NEAR = 0.8
_WITHOUT = {Sort.QUOTES: "quotes", Sort.BOOKS: "Level 2 books", Sort.BARS: "minute bars"}
_TABLES = {
    Rows.QUOTE: "quotes",
    Rows.DETAIL: "details",
    Rows.TRADE: "prints",
    Rows.BOOK: "books",
    Rows.BAR: "minute bars",
}


class Line(NamedTuple):
    """A row of the table; ``tone`` names the colour of what would be too much, or nearly."""

    name: str
    now: str = ""
    added: str = ""
    together: str = ""
    bound: str = ""
    tone: str = ""


def lines(running: Running, cost: Cost, broken: Sequence[Excess], rates: Mapping[Rows, Rate]) -> list[Line]:
    """What the plan costs beside what is used already, and what there is."""
    over = {(each.limit, each.service): each for each in broken}
    return [
        *_request_lines(running, cost, over.get((Limit.REQUESTS, ""))),
        *_place_lines(running, cost, over),
        *_disk_lines(bytes_a_day(running, rates), cost, running.free_bytes, (Limit.DISK, "") in over),
        *_history_lines(cost, running),
    ]


def _request_lines(running: Running, cost: Cost, excess: Excess | None) -> list[Line]:
    average = _average(running)
    at_once = sum(each.requests for each in running.snapshots)
    whole = average + cost.a_minute
    near = "bad" if excess else "amber" if whole > _NEAR * running.limit else ""
    return [
        Line(
            "Requests a minute",
            *(_number(average), _added(_number(cost.a_minute), cost.a_minute), _number(whole)),
            f"{running.limit} allowed",
            near,
        ),
        Line(
            "Requests at the open",
            *(f"{at_once:,}", _added(f"{cost.at_once:,}", cost.at_once), f"{at_once + cost.at_once:,}"),
            f"{excess.room:,.0f} in time" if excess else "",
            "bad" if excess else "",
        ),
    ]


def _place_lines(running: Running, cost: Cost, over: Mapping[tuple[Limit, str], Excess]) -> list[Line]:
    found = []
    for service in sorted(running.places.taken.keys() | cost.places.keys(), key=name_of):
        now, added = len(running.places.taken.get(service, ())), cost.places.get(service, 0)
        most = running.places.most.get(service)
        near = most is not None and added and now + added > _NEAR * most
        tone = "bad" if (Limit.PLACES, service) in over else "amber" if near else ""
        bound = "no limit known" if most is None else f"{most:,} places"
        found.append(Line(name_of(service), f"{now:,}", _added(f"{added:,}", added), f"{now + added:,}", bound, tone))
    return found


def _disk_lines(now: float, cost: Cost, free: float, over: bool) -> list[Line]:
    month, added = now * TRADING_DAYS_A_MONTH, cost.monthly
    tone = "bad" if over else "amber" if month + added > free / 2 else ""
    known = free < float("inf")
    return [
        Line("Disk a day", *_sizes(now, cost.daily)),
        Line("Disk in the first month", *_sizes(month, added), f"{fmt.byte_size(free)} free" if known else "", tone),
    ]


def _sizes(now: float, added: float) -> tuple[str, str, str]:
    sign = "−" if added < 0 else "+"
    plus = f"{sign}{fmt.byte_size(abs(added))}" if added else fmt.DASH
    whole = max(0.0, now + added)
    return fmt.byte_size(now) if now else fmt.DASH, plus, fmt.byte_size(whole) if whole else fmt.DASH


def _history_lines(cost: Cost, running: Running) -> list[Line]:
    """The download has what snapshots leave of the limit; in the evening there are none."""
    free = int(running.limit - _average(running) - cost.a_minute)
    found = []
    if cost.download:
        added, time = counted(cost.download, "request"), takes(cost.download, free) if free > 0 else "no room for it"
        found.append(Line("History, once", added=added, together=time, tone="" if free > 0 else "bad"))
    if cost.evening:
        added = counted(cost.evening, "request")
        found.append(Line("History, each evening", added=added, together=takes(cost.evening, running.limit)))
    return found


def _average(running: Running) -> float:
    return sum(each.requests / each.schedule.every_minutes for each in running.snapshots)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 10 else f"{value:.1f}"


def _added(text: str, value: float) -> str:
    return fmt.DASH if not value else text.replace("-", "−") if value < 0 else f"+{text}"


# ------------------------------------------------------------------------------------------ what gives


def objections(plan: Plan, running: Running) -> list[str]:
    """A sentence for each bound that would be broken, and what would keep it; empty when the plan fits."""
    return [
        f"{too_much(each, plan, running)} {would_fit(ways_to_fit(plan, running, limits={each.limit}), plan)}"
        for each in excesses(plan, running)
    ]


def too_much(excess: Excess, plan: Plan, running: Running) -> str:
    """One sentence with the numbers of a bound that would be broken."""
    needed, room = round(excess.needed), round(excess.room)
    if excess.limit is Limit.PLACES:
        what = name_of(excess.service)
        lost = f"{needed - room:,} would not be streamed"
        return f"{what}: {needed:,} symbols need a place, Schwab has {room:,} on one connection. {lost}."
    if excess.limit is Limit.DISK:
        full = counted(max(1, int(excess.room / max(excess.needed / TRADING_DAYS_A_MONTH, 1))), "trading day")
        size, free = fmt.byte_size(excess.needed), fmt.byte_size(excess.room)
        beside = " with what is recorded already" if running.snapshots or running.places.taken else ""
        return f"The first month takes {size} of disk{beside}, {free} are free: it is full after about {full}."
    return _too_many(plan, running, needed, room)


def _too_many(plan: Plan, running: Running, needed: int, room: int) -> str:
    chains = [symbol for symbol in plan.symbols if has_chain(symbol)]
    kept = {each.schedule.symbol for each in running.snapshots} - set(chains)
    what = f"{counted(len(chains), 'underlying')} every {every(plan.every or 1)}"
    others = f", with {counted(len(kept), 'schedule')} kept," if kept else ""
    verb = "needs" if len(chains) == 1 and not kept else "need"
    allowed = f"{running.limit} a minute are allowed, one of them for the sign-in"
    return f"{what}{others} {verb} {needed:,} requests; {room:,} can be sent in time ({allowed})."


def would_fit(ways: Sequence[Fit], plan: Plan) -> str:
    """What would have to give, in one sentence."""
    if not ways:
        return "None of it fits: what is recorded already takes all there is."
    return f"It would fit {_listed([way(each, plan) for each in ways])}."


def all_would_fit(ways: Sequence[Fit], plan: Plan) -> str:
    """How many symbols fit where more than one bound would be broken."""
    fewer = [each for each in ways if not (each.every or each.without)]
    return f"All of that fits {way(fewer[0], plan)}." if fewer else "Nothing of it fits as it is asked for."


def way(fit: Fit, plan: Plan) -> str:
    """One way in a few words, which stand on its button too."""
    if fit.every:
        return f"every {every(fit.every)}"
    if fit.without:
        return f"without {_WITHOUT[fit.without]}"
    return "with the first symbol" if fit.symbols == 1 else f"with {fit.symbols:,} of {len(plan.symbols):,} symbols"


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def list_costs(cost: Cost, symbols: int, limit: int) -> str:
    """What many symbols in a list cost that fit."""
    size, time = fmt.byte_size(cost.daily), takes(cost.download, limit)
    history = f"their history takes {counted(cost.download, 'request')}, {time}"
    return f"{counted(symbols, 'symbol')} fit: about {size} a day on disk; {history}."


def schedule_costs(plan: Plan, running: Running, *, known: bool) -> str:
    """What the schedule of one underlying costs, alone and with those kept; ``known`` is whether its contracts are."""
    (each,) = plan.snapshots()
    times, requests = slots_a_day(each.schedule), counted(each.requests, "request")
    size = fmt.byte_size(times * each.contracts * BYTES_A_CONTRACT)
    at = "At" if known else "Should it have"
    words = f"{times} snapshots on a full day, about {requests} each. {at} {each.contracts:,} contracts"
    words += " that is" if known else ", that is"
    whole = _average(running) + cost_of(plan, running).a_minute
    return f"{words} about {size} a day. All schedules take {_number(whole)} of {running.limit} requests a minute."


# ------------------------------------------------------------------------------------------ what it rests on


def basis(rates: Mapping[Rows, Rate], recorded: Recorded, plan: Plan) -> str:
    """Whether bytes are those that this disk shows or assumed ones."""
    wanted = [rows for sort, rows in _BY_SORT.items() if sort in plan.sorts]
    measured = [rows for rows in wanted if rows in rates]
    assumed = [rows for rows in wanted if rows not in rates]
    parts = []
    if measured:
        most = max(rates[rows].found for rows in measured)
        parts.append(f"{_names(measured)} as measured in your own database, on {counted(most, 'day')} of symbols.")
    if assumed:
        each = ", ".join(
            f"{ASSUMED[r].rows_a_day:,.0f} {_TABLES[r]} of {ASSUMED[r].bytes_a_row:.0f} B" for r in assumed
        )
        parts.append(f"Assumed, until enough of it is on disk: a busy symbol has {each} a day.")
    chains = [symbol for symbol in plan.symbols if has_chain(symbol)] if plan.every else []
    if known := [symbol for symbol in chains if symbol in recorded.contracts]:
        parts.append(f"Contracts of {counted(len(known), 'chain')} as last recorded.")
    if len(known) < len(chains):
        parts.append(f"{'Other chains' if known else 'Chains'} are taken to have the contracts that are set.")
    return " ".join(parts)


_BY_SORT = {Sort.QUOTES: Rows.QUOTE, Sort.BARS: Rows.BAR, Sort.BOOKS: Rows.BOOK}


def _names(rows: Sequence[Rows]) -> str:
    words = " and ".join(filter(None, [", ".join(_TABLES[each] for each in rows[:-1]), _TABLES[rows[-1]]]))
    return words[0].upper() + words[1:]


def meter(requests: RequestMeter, store: StoreMeter, running: Running, recorded: Recorded) -> str:
    """Today's use: requests, places, bytes, and how the database grows."""
    places = sum(len(keys) for keys in running.places.taken.values())
    parts = [
        f"{requests.used} of {requests.ceiling} requests in the last minute",
        f"{counted(places, 'place')} on the stream",
        f"{fmt.byte_size(recorded.today)} today",
        f"database {fmt.byte_size(store.bytes)}",
    ]
    if recorded.days:
        mean = sum(recorded.days) / len(recorded.days)
        parts[-1] += f", grown by {fmt.byte_size(mean)} a day of late"
    return "Now: " + " · ".join(parts) + "."
