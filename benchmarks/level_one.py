"""Level one as a busy moment brings it, the same every time: frames, or a file of them to replay."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ITEMS_A_FRAME, SYMBOLS = 35, 500
_FIRST_MS = 1_790_000_000_000
_MS_A_FRAME = 20


def symbols() -> list[str]:
    return [f"S{number:03d}" for number in range(SYMBOLS)]


def frames(count: int) -> Iterator[bytes]:
    """Frames of 35 symbols each with the fields that usually change; in three of five items there was a print."""
    rng = random.Random(7)
    known = symbols()
    volume = dict.fromkeys(known, 100_000)
    for number in range(count):
        now = _FIRST_MS + _MS_A_FRAME * number
        content = [_item(rng, symbol, volume, now) for symbol in rng.sample(known, ITEMS_A_FRAME)]
        data = [{"service": "LEVELONE_EQUITIES", "timestamp": now, "command": "SUBS", "content": content}]
        yield json.dumps({"data": data}, separators=(",", ":")).encode()


def _item(rng: random.Random, symbol: str, volume: dict[str, int], now: int) -> dict[str, Any]:
    price = round(rng.uniform(90, 110), 2)
    size = rng.randrange(1, 500)
    volume[symbol] += size
    item = {"key": symbol, "1": price, "2": round(price + 0.02, 2), "4": size, "5": 300, "34": now}
    if rng.random() < 0.6:
        item |= {"3": price, "8": volume[symbol], "9": size, "35": now}
    return item


def write_replay(file: Path, count: int) -> None:
    """The same frames as the sandbox replays them."""
    with gzip.open(file, "wb", compresslevel=1) as out:
        for number, frame in enumerate(frames(count)):
            out.write(b'{"t":%d,"frame":%b}\n' % (_MS_A_FRAME * number, frame))
