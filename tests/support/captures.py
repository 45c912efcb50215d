"""The replay files of ``../shared``, frame by frame."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from monitor.live.board import Board
from monitor.market.book import BookService
from monitor.market.trade import Trade
from monitor.schwab.wire import ChartEquity, EquityData, Frame, NasdaqBookData, decode_frame

BURST = "aapl-open-burst.jsonl.gz"
CONFLATED = "aapl-open-conflated.jsonl.gz"


def frames(shared: Path, name: str) -> Iterator[Frame]:
    """The decoded frames of a replay file, in order; nothing of them may be unreadable."""
    for raw in raw_frames(shared, name):
        frame, rejected = decode_frame(raw)
        assert not rejected
        yield frame


def raw_frames(shared: Path, name: str) -> Iterator[str]:
    """The frames of a replay file as they came over the wire, in order."""
    with gzip.open(shared / "replay" / name, "rt") as lines:
        for line in lines:
            yield json.dumps(json.loads(line)["frame"], separators=(",", ":"))


def play(board: Board, frame: Frame) -> tuple[list[Trade], list[ChartEquity]]:
    """Put a frame on the board; gives the prints it reports and the minute bars it brings."""
    trades: list[Trade] = []
    bars: list[ChartEquity] = []
    for data in frame.data:
        for item in data.content:
            if isinstance(data, EquityData):
                trades += [trade for trade in [board.take_quote(item)[1]] if trade]
            elif isinstance(data, NasdaqBookData):
                board.take_book(BookService.NASDAQ, item)
            else:
                bars.append(item)
    return trades, bars
