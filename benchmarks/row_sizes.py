"""What a row takes on disk, by table: the bytes that the planner assumes until a database has its own.

Run: ``python -m benchmarks.row_sizes``.

Rows of 50 symbols come in turn, as they do from the stream, through the store's own writer; told is the size of the
closed file by the number of rows, and the same by the bytes that ``analysis/rates.py`` assumes (1.0 agrees).
"""

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.report import report
from monitor.analysis.rates import ASSUMED, Rows
from monitor.market.bar import Bar, Interval
from monitor.market.book import Book, BookService, Level, Maker
from monitor.market.quote import Quote
from monitor.market.trade import Side, Trade
from monitor.ports import Recorder
from monitor.store import open_store

SYMBOLS = 50
BEGIN_MS = 1_795_186_200_000  # 2026-11-20 09:30 New York
VENUES = ("NSDQ", "ARCX", "BATX", "EDGX", "IEXG", "MEMX")
NUMBERS = {Rows.QUOTE: 200_000, Rows.DETAIL: 100_000, Rows.TRADE: 200_000, Rows.BOOK: 15_000, Rows.BAR: 100_000}

Record = Callable[[Recorder, random.Random, str, int], None]


def quote(recorder: Recorder, chance: random.Random, symbol: str, us: int) -> None:
    price, ms = round(chance.uniform(100, 900), 2), us // 1000
    recorder.record_quote(
        us,
        Quote(
            symbol=symbol,
            bid=price,
            ask=round(price + 0.01, 2),
            last=price,
            bid_size=chance.randrange(900),
            ask_size=chance.randrange(900),
            last_size=100,
            volume=chance.randrange(90_000_000),
            quote_time=ms,
            trade_time=ms,
        ),
    )


def detail(recorder: Recorder, chance: random.Random, symbol: str, us: int) -> None:
    names = ("delta", "gamma", "theta", "vega", "underlying_price", "theoretical_value", "volatility")
    recorder.record_details(us, symbol, {name: round(chance.uniform(0, 10), 4) for name in names})


def trade(recorder: Recorder, chance: random.Random, symbol: str, us: int) -> None:
    price, size, volume = round(chance.uniform(100, 900), 2), chance.randrange(900), chance.randrange(90_000_000)
    recorder.record_trade(us, Trade(symbol, us // 1000, price, size, volume, chance.randrange(300), Side.AT_ASK))


def book(recorder: Recorder, chance: random.Random, symbol: str, us: int) -> None:
    middle = chance.uniform(100, 900)

    def level(step: int) -> Level:
        makers = tuple(
            Maker(name, chance.randrange(100, 3_000), chance.randrange(86_400_000)) for name in chance.sample(VENUES, 3)
        )
        return Level(round(middle + step / 100, 2), sum(maker.size for maker in makers), len(makers), makers)

    bids, asks = tuple(map(level, range(0, -8, -1))), tuple(map(level, range(1, 9)))
    recorder.record_book(us, BookService.NASDAQ, Book(symbol, us // 1000, bids, asks))


def bar(recorder: Recorder, chance: random.Random, symbol: str, us: int) -> None:
    price = round(chance.uniform(100, 900), 2)
    start = BEGIN_MS + (us // 1000 - BEGIN_MS) // 1000 * 60_000  # a minute each second
    prices = price, price + 1.13, price - 1.07, price + 0.5
    recorder.record_bars([Bar(symbol, Interval.M1, start, *prices, chance.randrange(90_000))])


RECORDS: dict[Rows, Record] = {
    Rows.QUOTE: quote,
    Rows.DETAIL: detail,
    Rows.TRADE: trade,
    Rows.BOOK: book,
    Rows.BAR: bar,
}


def stamps(number: int) -> Iterator[tuple[str, int]]:
    """Symbols in turn, each once a second, with the time of receipt, µs."""
    for at in range(number // SYMBOLS):
        for symbol in range(SYMBOLS):
            yield f"S{symbol}", (BEGIN_MS + at * 1_000) * 1000 + symbol


async def bytes_a_row(rows: Rows) -> float:
    chance, number = random.Random(1), NUMBERS[rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor.db"
        store = open_store(path, sandbox=True, on_trouble=print)
        try:
            for count, (symbol, us) in enumerate(stamps(number)):
                RECORDS[rows](store.recorder, chance, symbol, us)
                if count % 2_500 == 0:  # some seconds at a time, as the writer has them
                    await store.recorder.flushed()
        finally:
            await store.close()
        return path.stat().st_size / number


if __name__ == "__main__":
    figures: dict[str, float] = {}
    for each in Rows:
        found = asyncio.run(bytes_a_row(each))
        figures[f"{each.value}_bytes"] = round(found, 1)
        figures[f"{each.value}_by_assumed"] = round(found / ASSUMED[each].bytes_a_row, 2)
    report("row_sizes", figures)
