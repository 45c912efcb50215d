"""Every service of the streamer, subscribed by its name, recorded by the collector and read from the disk."""

import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from monitor.sandbox.market.futures import contract
from tests.support.collecting import collected
from tests.support.sandbox import running_sandbox

BY_SUBSCRIPTION = {
    "LEVELONE_FUTURES": "/ES",
    "CHART_FUTURES": "/ES",
    "SCREENER_EQUITY": "NASDAQ_VOLUME_0",
    "SCREENER_OPTION": "OPTION_CALL_VOLUME_0",
    "ACCT_ACTIVITY": "x",
    "NEWS_HEADLINE": "$SPX",
}
BY_SYMBOL = ("LEVELONE_EQUITIES", "LEVELONE_OPTIONS", "LEVELONE_FOREX", "NYSE_BOOK", "NASDAQ_BOOK", "CHART_EQUITY")


def calls(root: str, strikes: range) -> str:
    """Calls on ``root`` on the third Friday after next month began; of so many strikes some are listed."""
    first = (date.today().replace(day=1) + timedelta(days=32)).replace(day=1)  # noqa: DTZ011  any day near will do
    friday = first + timedelta(days=(4 - first.weekday()) % 7 + 14)
    return ",".join(f"{root:6}{friday:%y%m%d}C{strike * 1000:08d}" for strike in strikes)


def test_what_every_service_sends_is_recorded(tmp_path: Path) -> None:
    options = calls("SPY", range(300, 1200, 50))
    future = contract("/ES", date.today()).symbol  # noqa: DTZ011
    on_futures = ",".join(f".{future}C{strike}" for strike in range(4000, 10_000, 100))
    subscribed = BY_SUBSCRIPTION | {"LEVELONE_FUTURES_OPTIONS": on_futures, "OPTIONS_BOOK": options}
    named = [word for service, keys in subscribed.items() for word in ("--subscribe", f"{service}={keys}")]
    symbols = ("--symbols", f"AAPL,IBM,EUR/USD,{options}", "--books", "AAPL,IBM")
    services = {*subscribed, *BY_SYMBOL}
    with running_sandbox() as sandbox:
        summary, output = collected(
            sandbox, tmp_path, *symbols, *named, until=lambda status: set(status["sent"]) == services
        )
    assert set(summary["services"]) == services
    assert (summary["rejected"], summary["dropped"]) == ({}, 0)
    with closing(sqlite3.connect(f"file:{tmp_path / 'monitor.db'}?mode=ro", uri=True)) as database:

        def ask(question: str) -> list[tuple[str, ...]]:
            return database.execute(question).fetchall()

        heard = summary["services"]
        tables = ("quote", "book", "screener", "activity")
        rows = {name: ask(f"SELECT count(*) FROM {name}")[0][0] for name in tables}  # noqa: S608
        assert rows == {
            "quote": sum(count for name, count in heard.items() if name.startswith("LEVELONE")),
            "book": sum(count for name, count in heard.items() if name.endswith("BOOK")),
            "screener": heard["SCREENER_EQUITY"] + heard["SCREENER_OPTION"],
            "activity": heard["ACCT_ACTIVITY"],
        }
        kinds = ask("SELECT DISTINCT asset_type FROM instrument JOIN quote ON instrument.id = instrument_id")
        assert {kind for (kind,) in kinds} == {"EQUITY", "OPTION", "FUTURE", "FUTURE_OPTION", "FOREX"}
        details = ask(
            "SELECT details FROM quote_detail JOIN instrument ON instrument.id = instrument_id "
            "WHERE asset_type = 'OPTION' ORDER BY received_us LIMIT 1"
        )
        first = json.loads(details[0][0])
        assert (first["underlying"], first["contract_type"], first["multiplier"]) == ("SPY", "C", 100)
        assert "delta" in first
        assert "bid" not in first
    logs = [path.read_text() for path in tmp_path.rglob("*.log")]
    assert logs
    assert not any("OrderCreated" in text for text in (output, *logs))
