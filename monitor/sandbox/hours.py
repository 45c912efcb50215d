"""GET /markets and /markets/{id}: on which days, and when, the sandbox's markets trade (PROTOCOL 4.5)."""

from datetime import date, timedelta
from typing import Any

from aiohttp import web

from monitor.market.calendar import Phase, Session, from_ms
from monitor.sandbox.answers import Refusal, answer
from monitor.sandbox.exchange import Exchange
from monitor.sandbox.tokens import Clock

_IDS = ("equity", "option", "bond", "future", "forex")
_NAMES = {Phase.PRE: "preMarket", Phase.REGULAR: "regularMarket", Phase.POST: "postMarket"}
#: Index options trade a quarter of an hour longer than the shares they follow.
_INDEX_OPTIONS_LONGER_MS = 15 * 60_000


class Hours:
    """Answers with the sessions of one market; bonds, futures and currencies are not traded here and stay closed."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/marketdata/v1/markets", self.several),
            web.get("/marketdata/v1/markets/{market}", self.single),
        ]

    async def several(self, request: web.Request) -> web.Response:
        """The markets asked for, on one day."""
        ids = [name for name in request.query.get("markets", "").split(",") if name]
        return answer(self._markets(ids, request))

    async def single(self, request: web.Request) -> web.Response:
        """One market in the same shape."""
        return answer(self._markets([request.match_info["market"]], request))

    def _markets(self, ids: list[str], request: web.Request) -> dict[str, Any]:
        if not ids or not set(ids) <= set(_IDS):
            raise Refusal(400, f"valid markets should be any of {','.join(_IDS)}", {"parameter": "markets"})
        day = self._day(request)
        sessions = self._exchange.sessions(day.isoformat())
        return {name: _market(name, day, sessions) for name in ids}

    def _day(self, request: web.Request) -> date:
        """The day asked for, in the window of 7 days back to a year ahead; today by default."""
        today = from_ms(int(self._clock.now() * 1000)).date()
        text = request.query.get("date", "")
        try:
            day = date.fromisoformat(text[:10]) if text else today
        except ValueError:
            raise Refusal(400, "Invalid date format", {"parameter": "date"}) from None
        if day < today - timedelta(days=7):
            raise Refusal(400, "Date cannot be more than 7 days in the past.", {"parameter": "date"})
        if day > today + timedelta(days=365):
            raise Refusal(400, "Date cannot be beyond 1 year from today.", {"parameter": "date"})
        return day


def _market(name: str, day: date, sessions: tuple[Session, ...]) -> dict[str, Any]:
    regular = tuple(s for s in sessions if s.phase is Phase.REGULAR)
    if not regular or name not in ("equity", "option"):
        closed = {"date": day.isoformat(), "marketType": name.upper(), "product": name, "isOpen": False}
        return {name: closed}
    if name == "equity":
        return {"EQ": _open("EQ", "EQUITY", "equity", day, sessions)}
    longer = tuple(s._replace(end=s.end + _INDEX_OPTIONS_LONGER_MS) for s in regular)
    return {
        "EQO": _open("EQO", "OPTION", "equity option", day, regular),
        "IND": _open("IND", "OPTION", "index option", day, longer),
    }


def _open(product: str, kind: str, name: str, day: date, sessions: tuple[Session, ...]) -> dict[str, Any]:
    hours: dict[str, list[dict[str, str]]] = {}
    for session in sessions:
        stretch = {"start": _new_york(session.start), "end": _new_york(session.end)}
        hours.setdefault(_NAMES[session.phase], []).append(stretch)
    head = {"date": day.isoformat(), "marketType": kind, "product": product, "productName": name}
    return head | {"isOpen": True, "sessionHours": hours}


def _new_york(ms: int) -> str:
    return from_ms(ms).isoformat(timespec="seconds")
