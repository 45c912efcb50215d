"""Right answers made wrong on purpose: cut in the middle, or with candles that no market can have made."""

import json
import random
from collections.abc import Callable
from datetime import time
from typing import Any

from monitor.market.calendar import CHICAGO, at_new_york, from_ms

Candle = dict[str, Any]
#: Each makes one candle wrong in a way of its own.
_WRONGS: tuple[Callable[[Candle], Candle], ...] = (
    lambda c: c | {"high": c["low"] - 0.01},
    lambda c: c | {"open": c["high"] + 1.0},
    lambda c: c | {"close": -c["close"]},
    lambda c: c | {"open": float("nan")},
    lambda c: c | {"low": None},
    lambda c: c | {"datetime": c["datetime"] // 1000},
    lambda c: c | {"datetime": c["datetime"] + 1},
)


def truncated(body: bytes) -> bytes:
    """The first half."""
    return body[: len(body) // 2]


def with_wrong_candles(body: bytes, seed: int) -> bytes:
    """One candle for each way to be wrong, as far as there are so many, and one that is there twice."""
    answer = json.loads(body)
    candles: list[Candle] = answer["candles"]
    places = random.Random(seed).sample(range(len(candles)), min(len(_WRONGS) + 1, len(candles)))
    for place, wrong in zip(places, _WRONGS, strict=False):
        candles[place] = wrong(candles[place])
    if len(places) > len(_WRONGS):
        candles.insert(places[-1], candles[places[-1]])
    return _encoded(answer)


def with_days_of_new_york(body: bytes) -> bytes:
    """Daily candles stamped at midnight in New York instead of Chicago."""
    answer = json.loads(body)
    for candle in answer["candles"]:
        stamped = from_ms(candle["datetime"], CHICAGO)
        if stamped.time() == time(0):
            candle["datetime"] = at_new_york(stamped.date(), time(0))
    return _encoded(answer)


def _encoded(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()  # NaN stands there as it is
