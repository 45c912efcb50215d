"""What becomes of the items of a data frame on their way: muted, doubled, spoiled, or stamped with another time."""

from collections.abc import Callable
from typing import Any

import msgspec

from monitor.sandbox import commands
from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.faults import Fault

Item = dict[str, Any]
#: Whole numbers in here are moments, ms UTC (2001 to 2286).
_MOMENTS = range(10**12, 10**13)


def mute_service(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """Nothing of one service comes."""
    return [] if fault.service in ("", frame.service) else [frame]


def mute_symbol(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """Nothing of one symbol comes, of one service or of all."""
    return _kept(fault, frame, lambda item: item.get("key") != fault.symbol)


def no_snapshot(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """Changes come without the whole that they change."""
    return _kept(fault, frame, lambda item: "delayed" not in item)


def duplicate(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """Every frame comes twice."""
    return [frame, frame._replace(note="duplicate")] if _meant(fault, frame) else [frame]


def unknown_field(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """Each item has fields that no table has."""
    new = {"99": 1.5, "freshness": {"as": "dew"}}
    return _changed(fault, frame, lambda items: [item | new for item in items], "unknown field")


def wrong_types(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """One item has words and nulls and lists where numbers belong; its neighbours are good."""

    def spoil(items: list[Item]) -> list[Item]:
        place = next((n for n, item in enumerate(items) if fault.symbol in ("", item.get("key"))), None)
        if place is not None:
            items[place] = {name: _spoiled(name, value) for name, value in items[place].items()}
        return items

    return _changed(fault, frame, spoil, "wrong types")


def future(fault: Fault, frame: DataFrame) -> list[DataFrame]:
    """Every stamp of the items lies ahead of the time at which they come."""
    ahead = round(fault.ahead_seconds * 1000)
    return _changed(fault, frame, lambda items: [_later(item, ahead) for item in items], "future")


def _meant(fault: Fault, frame: DataFrame) -> bool:
    return fault.service in ("", frame.service)


def _kept(fault: Fault, frame: DataFrame, keeps: Callable[[Item], bool]) -> list[DataFrame]:
    if not _meant(fault, frame):
        return [frame]
    sent_ms, items = _content(frame)
    kept = [item for item in items if keeps(item)]
    if len(kept) == len(items):
        return [frame]
    return [_made(frame, sent_ms, kept, frame.note)] if kept else []


def _changed(fault: Fault, frame: DataFrame, change: Callable[[list[Item]], list[Item]], note: str) -> list[DataFrame]:
    if not _meant(fault, frame):
        return [frame]
    sent_ms, items = _content(frame)
    return [_made(frame, sent_ms, change(items), note)]


def _content(frame: DataFrame) -> tuple[int, list[Item]]:
    part = msgspec.json.decode(frame.payload)["data"][0]
    return part["timestamp"], part["content"]


def _made(frame: DataFrame, sent_ms: int, items: list[Item], note: str) -> DataFrame:
    return DataFrame(frame.service, len(items), commands.data(frame.service, sent_ms, items), note)


def _spoiled(name: str, value: Any) -> Any:
    match value:
        case _ if name == "key":
            return value
        case bool() | None:
            return "perhaps"
        case int():
            return None
        case float():
            return [value]
        case str():
            return {"text": value}
        case _:
            return "nothing of the kind"


def _later(value: Any, ahead_ms: int) -> Any:
    match value:
        case int() if value in _MOMENTS:
            return value + ahead_ms
        case dict():
            return {name: _later(each, ahead_ms) for name, each in value.items()}
        case list():
            return [_later(each, ahead_ms) for each in value]
        case _:
            return value
