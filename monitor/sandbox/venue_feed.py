"""What a connection is sent of the venues beside shares, each by the rule of its service."""

from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

from monitor.sandbox import commands
from monitor.sandbox.commands import Subscriptions
from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.jackson import whole
from monitor.sandbox.venue import Delivery, Fields, Venue

_SLOTS = 4
_ITEMS_A_FRAME = 50


class VenueFeed:
    """The venues as one connection sees them: what it has been sent, and the numbers of its sequences."""

    def __init__(self, venues: Mapping[str, Venue], subscriptions: Subscriptions) -> None:
        self._venues = venues
        self._subscriptions = subscriptions
        self._sent: dict[tuple[str, str], Fields] = {}
        self._seq: dict[str, int] = {}
        self._told_until: dict[tuple[str, str], int] = {}

    def subscribed(self, service: str, keys: list[str], now: int) -> list[DataFrame]:
        """What a subscription to ``keys`` is answered with."""
        venue = self._venues[service]
        venue.prepare(now)
        return _framed(service, now, [item for key in keys if (item := self._first(venue, key, now)) is not None])

    def changes(self, slot: int, now: int) -> Iterator[DataFrame]:
        """What is new at one of the four moments of a second; a key is looked at once a second."""
        for service, venue in self._venues.items():
            held = self._subscriptions.of(service)
            keys = [key for key in held if crc32(key.encode()) % _SLOTS == slot]
            if not keys:
                continue
            venue.prepare(now)
            yield from _framed(service, now, [item for key in keys for item in self._next(venue, key, now)])

    def _first(self, venue: Venue, key: str, now: int) -> dict[str, Any] | None:
        mark = (venue.service, key)
        fields = venue.fields(key, now)
        if venue.delivery is Delivery.SEQUENCE:
            self._told_until[mark] = now
            return None if fields is None else self._numbered(venue, key, fields)
        if fields is None:
            return None
        wanted = self._sent[mark] = self._wanted(venue, key, fields)
        if venue.delivery is Delivery.WHOLE:
            return {"key": key} | wanted
        return {"key": key, "delayed": False, "assetMainType": venue.asset_type} | wanted

    def _next(self, venue: Venue, key: str, now: int) -> list[dict[str, Any]]:
        mark = (venue.service, key)
        if venue.delivery is Delivery.SEQUENCE:
            after = self._told_until.get(mark, now)
            self._told_until[mark] = now
            return [self._numbered(venue, key, fields) for fields in venue.since(key, after, now)]
        before = self._sent.get(mark)
        if before is None:
            first = self._first(venue, key, now)
            return [] if first is None else [first]
        if (fields := venue.fields(key, now)) is None:
            return []
        present = self._sent[mark] = self._wanted(venue, key, fields)
        changed = {n: value for n, value in present.items() if before.get(n) != value}
        if not changed:
            return []
        return [{"key": key} | (present if venue.delivery is Delivery.WHOLE else changed)]

    def _wanted(self, venue: Venue, key: str, fields: Fields) -> Fields:
        asked = self._subscriptions.of(venue.service).get(key, frozenset())
        return {n: whole(value) for n, value in fields.items() if n in asked}

    def _numbered(self, venue: Venue, key: str, fields: Fields) -> dict[str, Any]:
        seq = self._seq.get(venue.service, 0)
        self._seq[venue.service] = seq + 1
        return {"seq": seq, "key": key} | self._wanted(venue, key, fields)


def _framed(service: str, now: int, items: list[dict[str, Any]]) -> list[DataFrame]:
    parts = (items[first : first + _ITEMS_A_FRAME] for first in range(0, len(items), _ITEMS_A_FRAME))
    return [DataFrame(service, len(part), commands.data(service, now, part)) for part in parts]
