"""The sandbox's answers have the keys and JSON types of the real captures.

Each capture is compared with the sandbox's own answer to a request of the same kind. What may differ is listed in
OPTIONAL; every other key must be in both, with the same JSON type.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from monitor.clock import now_ms
from monitor.market.calendar import from_ms, is_half_day, trading_days
from monitor.sandbox.answers import edge_refusal
from tests.support.sandbox import RunningSandbox, running_sandbox
from tests.support.visitor import Line

#: Keys that Schwab itself sends in some years, or for some instruments, only.
OPTIONAL = {
    # came in 2025 and 2026
    *("ethOptionEligible", "optionable", "sharesOutstanding", "dividendYield", "breakEven", "currencyType", "status"),
    *("assetMainType", "assetSubType", "isChainTruncated", "hasBinaryOptions", "ssid"),
    # only those that pay dividends, or that are hard to borrow, have them
    *("declarationDate", "divExDate", "divPayDate", "nextDivExDate", "nextDivPayDate", "htbQuantity"),
    *("dividendDate", "dividendPayDate", "nextDividendDate", "nextDividendPayDate"),
    # left out when it was not asked for (2024), or when there was none
    *("underlying", "previousClose", "previousCloseDate", "extended", "lastEarningsDate"),
    # one fixture has these two inside each contract
    "interestRate",
}
#: Null or an object, by what was asked.
NULLABLE = {"underlying"}
#: Files whose numbers were re-printed by another JSON library, so that 1.0 and 1 cannot be told apart.
REPRINTED = {
    *("quote_entry_AMD_2025-01-10.json", "instruments_mixed_2024-05.json"),
    *("pricehistory_AAPL_1min_10day_ext_2024-05.json", "pricehistory_AAPL_1min_previousClose_2024-05.json"),
}
ALL_FIELDS = ",".join(map(str, range(56)))

Pick = Callable[[Any], Any]
#: Capture, what of it is compared, the request to the sandbox, and what of the answer.
REST: list[tuple[str, Pick, str, Pick]] = [
    *(
        (f"quote{name}.json", lambda d: _quotes(d, "EQUITY"), "quotes?symbols=AAPL,SPY", lambda d: _quotes(d, "EQUITY"))
        for name in (
            *("_INTC_2024-10-18", "_SPY_weekend_2026-08-08", "_entry_AMD_2025-01-10", "s_AAPL_AMD_2024-10-18"),
            *("s_IREN_2026-03-13", "s_NVDA_2025-01-30", "s_mixed_assets_2024-05-17"),
        )
    ),
    *(
        (
            f"quotes_fields_quote_{s}_2026-10-07.json",
            lambda d: _all(d),
            "quotes?symbols=MSFT&fields=quote",
            lambda d: _all(d),
        )
        for s in ("IWM", "META", "SPY")
    ),
    ("quotes_index_SPX_2025-01-30.json", lambda d: _all(d), "$SPX/quotes", lambda d: _all(d)),
    ("quotes_mixed_assets_2024-05-17.json", lambda d: _quotes(d, "INDEX"), "$SPX/quotes", lambda d: _all(d)),
    ("quotes_unknown_symbol_2026-10-07.json", lambda d: [d], "quotes?symbols=ZQZQZ", lambda d: [d]),
    *(
        (
            f"pricehistory_{name}.json",
            lambda d: [d],
            f"pricehistory?symbol=SPY&{query}&needPreviousClose=true",
            lambda d: [d],
        )
        for name, query in (
            ("AAPL_1min_10day_ext_2024-05", "periodType=day&period=2&needExtendedHoursData=true"),
            ("AAPL_1min_previousClose_2024-05", "periodType=day&period=1"),
            ("SPY_1min_ext_2026-10-05", "periodType=day&period=1"),
            ("SPY_daily_2025-06", "periodType=month&frequencyType=daily"),
        )
    ),
    *(
        (f"chain_{name}.json", lambda d: _contracts(d), "chains?symbol=AAPL&strikeCount=2", lambda d: _contracts(d))
        for name in (
            *("AAPL_puts_2025-01-16", "AAPL_truncated_2024-10-18", "AMD_minus999_2026-10-08"),
            *("contract_SPY_2026-09-25", "contracts_never_listed_SPY_2026-10-07"),
        )
    ),
    *(
        (
            f"chain_{name}.json",
            lambda d: _top(d),
            "chains?symbol=AAPL&includeUnderlyingQuote=true" + more,
            lambda d: _top(d),
        )
        for name, more in (
            ("AAPL_puts_2025-01-16", "&contractType=PUT&strikeCount=2"),
            ("AAPL_truncated_2024-10-18", "&strikeCount=2"),
            ("AMD_minus999_2026-10-08", "&strikeCount=3"),
            ("empty_SPY_2026-10-08", "&fromDate=2020-01-01&toDate=2020-01-01"),
            ("top_level_TSLA_2026-10-08", "&strikeCount=2"),
        )
    ),
    *(
        (f"expirationchain_{name}.json", lambda d: [d], "expirationchain?symbol=SPY", lambda d: [d])
        for name in ("AAPL_2024-05-17", "SPY_2026-10-08")
    ),
    ("movers_2024-10-18.json", lambda d: [d], "movers/$DJI", lambda d: [d]),
    ("movers_after_close_2024-05-17.json", lambda d: [d], "movers/$SPX", lambda d: [d]),
    *(
        (f"instruments_{name}.json", lambda d: _found(d, False), query, lambda d: _found(d, False))
        for name, query in (
            ("SPY_2026-10-05", "instruments?symbol=SPY&projection=symbol-search"),
            ("TSLA_2026-10-05", "instruments?symbol=TSLA&projection=symbol-search"),
            ("index_SPX_2026-10-05", "instruments?symbol=$SPX&projection=symbol-search"),
            ("mixed_2024-05", "instruments?symbol=AAPL,SPY&projection=symbol-search"),
        )
    ),
    *(
        (f"instruments_{name}.json", lambda d: _found(d, True), query, lambda d: _found(d, True))
        for name, query in (
            ("fundamental_AAPL_2024-10-18", "instruments?symbol=AAPL&projection=fundamental"),
            ("mixed_2024-05", "instruments?symbol=AAPL&projection=fundamental"),
        )
    ),
    (
        "instruments_unknown_2026-10-05.json",
        lambda d: [d],
        "instruments?symbol=NOTREAL&projection=symbol-search",
        lambda d: [d],
    ),
    ("error_404_symbol.json", lambda d: [d], "ZQZQZ/quotes", lambda d: [d]),
    ("error_502_body_too_big.json", lambda d: [d], "chains?symbol=$SPX", lambda d: [d]),
    ("markets_date_too_old_400.json", lambda d: [d], "markets?markets=equity&date=2020-01-02", lambda d: [d]),
]
HOURS_OPEN = ("market_single_equity_open_2024-10-18", "markets_open_2024-10-18", "markets_open_2026-10-07")
HOURS_CLOSED = (
    *("market_single_equity_closed_2025-07-20", "markets_all_closed_2025-07-20", "markets_closed_2024-05-18"),
    *("markets_holiday_2026-11-26", "markets_weekend_2026-10-10"),
)
LEVEL_ONE = ("conflated_frame_2026-10-05.json", "session_roll_PCG_2026-09-29.jsonl", "snapshot_delayed_2024-05-15.json")
TALK = (
    *("session_LEVELONE_EQUITIES_AAPL_2025-08-13.jsonl", "subs_ack_and_snapshot_3symbols_2024-06.jsonl"),
    *("heartbeats_2024-07-11.jsonl", "login_heartbeat_stop30_2024-06.jsonl", "response_19_symbol_limit_chart.json"),
    "response_19_then_24_symbol_limit_options.jsonl",
)
#: Services beside shares: what is subscribed to, and the captures to compare with. Some hold every field, some a few.
BESIDE: dict[str, tuple[str, tuple[str, ...]]] = {
    "LEVELONE_OPTIONS": (
        "an option",
        (
            *("LEVELONE_OPTIONS_SPXW_2025-12-07.json", "LEVELONE_OPTIONS_premarket_snapshot_SPY_2026-09-28.json"),
            "LEVELONE_OPTIONS_overnight_reset_SPY_2026-09-28.jsonl",
        ),
    ),
    "OPTIONS_BOOK": ("an option", ("OPTIONS_BOOK_GOOGL_2025-12-09.json", "OPTIONS_BOOK_SPY_0DTE_2026-10-05.json")),
    "LEVELONE_FUTURES": ("/CL", ("LEVELONE_FUTURES_CL_2024-06-21.json",)),
    "LEVELONE_FUTURES_OPTIONS": ("a gold option", ("LEVELONE_FUTURES_OPTIONS_OG_2025-12-09.json",)),
    "LEVELONE_FOREX": ("EUR/GBP", ("LEVELONE_FOREX_EURGBP_2024-06.json",)),
    "CHART_FUTURES": ("/ES", ("CHART_FUTURES_ES_2025-12-09.json",)),
    "SCREENER_EQUITY": ("NASDAQ_VOLUME_30", ("SCREENER_EQUITY_NASDAQ_VOLUME_30_2025-12-09.json",)),
    "SCREENER_OPTION": ("OPTION_PUT_VOLUME_5", ("SCREENER_OPTION_PUT_VOLUME_5_2024-06-21.json",)),
    "ACCT_ACTIVITY": (
        "Account Activity",
        ("session_ACCT_ACTIVITY_2024-07-11_part1.jsonl", "session_ACCT_ACTIVITY_2024-07-11_part2.jsonl"),
    ),
    "NEWS_HEADLINE": ("$SPX", ("NEWS_HEADLINE_SPX_2026-10-05.json",)),
}
#: A format of before; what follows it in time has another.
LEGACY = "CHART_FUTURES.TDA-LEGACY.json"


@pytest.fixture(scope="module")
def client(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with sandbox.client() as signed_in:
        yield signed_in


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "schwab" / "samples"


@pytest.mark.parametrize(("file", "theirs", "request_", "ours"), REST, ids=[f"{row[0]} {row[2]}" for row in REST])
def test_rest(samples: Path, client: httpx.Client, file: str, theirs: Pick, request_: str, ours: Pick) -> None:
    captured = theirs(json.loads((samples / "rest" / file).read_text()))
    answered = ours(client.get(f"/marketdata/v1/{request_}").json())
    loose = file in REPRINTED
    assert captured
    assert answered
    for one in captured:
        assert any(not list(differences(one, other, loose)) for other in answered), list(
            differences(one, answered[0], loose)
        )


@pytest.mark.parametrize("name", HOURS_OPEN)
def test_hours_of_an_open_day(samples: Path, open_and_closed: dict[str, Any], name: str) -> None:
    assert not list(differences(_read(samples / "rest" / f"{name}.json"), open_and_closed["open"], False, every=False))


@pytest.mark.parametrize("name", HOURS_CLOSED)
def test_hours_of_a_closed_day(samples: Path, open_and_closed: dict[str, Any], name: str) -> None:
    captured = _read(samples / "rest" / f"{name}.json")
    assert not list(differences(captured, open_and_closed["closed"], False, every=False))


def test_preferences_and_errors(samples: Path, sandbox: RunningSandbox, client: httpx.Client) -> None:
    preference = client.get("/trader/v1/userPreference").json()
    assert not list(differences(_read(samples / "rest/userPreference_2024-05.json"), preference))
    refused = httpx.get(f"{sandbox.base_url}/marketdata/v1/quotes?symbols=AAPL").json()
    assert not list(differences(_read(samples / "rest/error_401_client_not_authorized.json"), refused))
    stale = sandbox.grant({"grant_type": "refresh_token", "refresh_token": "stale@"}).json()
    captured = _read(samples / "oauth/token_refresh_expired_400.json")
    assert _masked(stale) == _masked(captured)
    wrong = httpx.post(f"{sandbox.base_url}/v1/oauth/token", auth=("someone", "else")).json()
    assert wrong == _read(samples / "oauth/token_invalid_client_401.json")
    assert list(sandbox.token()) == list(_read(samples / "oauth/token_success.DOC.json"))


def test_response_headers(samples: Path, client: httpx.Client) -> None:
    captured = _read(samples / "rest/http_quotes_200_headers_2026-10-08.json")["response_headers"]
    sent = client.get("/marketdata/v1/quotes?symbols=AAPL", headers={"Accept-Encoding": "gzip"}).headers
    changing = {"schwab-client-correlid", "x-request-id", "content-length", "date", "connection"}
    assert {n: sent.get(n) for n, _ in captured if n not in changing} == {
        n: v for n, v in captured if n not in changing
    }
    assert {"schwab-client-correlid", "x-request-id", "content-length", "date"} <= set(sent)


def test_the_edges_page(samples: Path) -> None:
    captured = _read(samples / "rest/error_403_akamai.json")
    ours = edge_refusal("/marketdata/v1/quotes?")
    assert ours.body.decode().split("Reference")[0].split("<P>")[0] == captured["body"].split("<P>")[0]
    assert ours.headers["server"] == captured["headers"]["server"]


@pytest.mark.parametrize("name", LEVEL_ONE)
def test_level_one(samples: Path, stream: dict[str, list[Any]], name: str) -> None:
    ours = {item["key"]: item for part in stream["LEVELONE_EQUITIES"] for item in part["content"] if "delayed" in item}
    for item in _items(samples / "stream" / f"LEVELONE_EQUITIES_{name}"):
        other = ours["$SPX" if item["key"].startswith("$") else "AAPL"]
        if item["key"] == "$SPX":
            del item["1"]  # a bid, which $NDX in the same capture has not
        assert not list(differences(item, other, True, every="delayed" in item)), item["key"]


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("NASDAQ_BOOK", "NASDAQ_BOOK_AMD_2025-12-09.json"),
        ("NYSE_BOOK", "NYSE_BOOK_F_2025-12-09.json"),
        ("CHART_EQUITY", "CHART_EQUITY_MSFT_2024-05-17.json"),
        ("CHART_EQUITY", "CHART_EQUITY_SPY_2026-10-05_part1.jsonl"),
    ],
)
def test_books_and_bars(samples: Path, stream: dict[str, list[Any]], service: str, name: str) -> None:
    (ours, *_) = stream[service][0]["content"]
    for frame in _frames(samples / "stream" / name):
        assert not list(differences({**frame["data"][0], "content": []}, {**stream[service][0], "content": []}))
    for item in _items(samples / "stream" / name):
        assert not list(differences(item, ours, True))


@pytest.mark.parametrize("name", TALK)
def test_answers_and_notices(samples: Path, stream: dict[str, list[Any]], name: str) -> None:
    for frame in _frames(samples / "stream" / name):
        for kind in ("response", "notify"):
            for part in frame.get(kind, []):
                ours = stream["heartbeat" if "heartbeat" in part else kind]
                assert any(not list(differences(part, other)) for other in ours)


@pytest.mark.parametrize(("service", "name"), [(s, name) for s, (_, names) in BESIDE.items() for name in names])
def test_services_beside_shares(samples: Path, stream: dict[str, list[Any]], service: str, name: str) -> None:
    ours = stream[service][0]["content"][0]
    for frame in _frames(samples / "stream" / name):
        for part in frame.get("data", []):
            for item in part["content"]:
                # A book in a capture may lack its key; a whole snapshot has all fields, other items some.
                whole = len(item) > 20
                assert not list(differences(item, ours, True, every=whole)), item


@pytest.mark.parametrize(
    ("name", "kind", "symbol"),
    [
        ("quotes_mixed_assets_2024-05-17.json", "FUTURE", "/ES"),
        ("quotes_mixed_assets_2024-05-17.json", "FOREX", "EUR/USD"),
        ("quotes_mixed_assets_2024-05-17.json", "OPTION", "an option"),
        ("quotes_option_NVDA_put_2025.json", "OPTION", "an option"),
        ("quotes_options_minus999_2026-10-08.json", "OPTION", "an option"),
    ],
)
def test_quotes_beside_shares(samples: Path, client: httpx.Client, name: str, kind: str, symbol: str) -> None:
    asked = _an_option(client) if symbol == "an option" else symbol
    answered = client.get("/marketdata/v1/quotes", params={"symbols": asked}).json()[asked]
    captured = _quotes(_read(samples / "rest" / name), kind)
    assert captured
    for one in captured:
        assert not list(differences({n: one[n] for n in one if n != "reference"}, answered, True, every=False))
        assert not list(differences(one.get("reference", {}), answered["reference"], True, every=False))


def test_no_capture_is_forgotten(samples: Path) -> None:
    compared = {row[0] for row in REST} | {f"{name}.json" for name in (*HOURS_OPEN, *HOURS_CLOSED)} | set(TALK)
    compared |= {f"LEVELONE_EQUITIES_{name}" for name in LEVEL_ONE} | {LEGACY}
    compared |= {name for _, names in BESIDE.values() for name in names}
    text = Path(__file__).read_text()
    files = [file for file in samples.rglob("*.json*") if ".DOC." not in file.name and ".request." not in file.name]
    assert len(files) > 80
    for file in files:
        assert file.name in compared or file.name in text, file.name


def test_an_instrument_by_its_cusip(samples: Path, client: httpx.Client) -> None:
    search = "/marketdata/v1/instruments?symbol=AAPL&projection=symbol-search"
    cusip = client.get(search).json()["instruments"][0]["cusip"]
    captured = _read(samples / "rest/instruments_cusip_037833100_2024-10-18.json")
    assert not list(differences(captured, client.get(f"/marketdata/v1/instruments/{cusip}").json()))


@pytest.fixture(scope="module")
def open_and_closed() -> Iterator[dict[str, Any]]:
    """Hours of the next open day and of a Saturday, in a sandbox that keeps New York's hours."""
    today = from_ms(now_ms()).date()
    day = next(d for d in trading_days(today + timedelta(days=1), today + timedelta(days=20)) if not is_half_day(d))
    saturday = today + timedelta(days=12 - today.weekday())
    ids = "equity,option,bond,future,forex"
    with running_sandbox("--real-hours") as real, real.client() as http:

        def hours(when: date) -> Any:
            return http.get("/marketdata/v1/markets", params={"markets": ids, "date": str(when)}).json()

        yield {"open": hours(day), "closed": hours(saturday)}


@pytest.fixture(scope="module")
def stream(sandbox: RunningSandbox) -> dict[str, list[Any]]:
    """One session with every service: its data by service, its answers, notices and heartbeats."""

    async def session() -> list[dict[str, Any]]:
        token = sandbox.token()["access_token"]
        async with aiohttp.ClientSession() as http, http.ws_connect(f"{sandbox.base_url}/ws") as socket:
            line = Line(socket, token)
            await line.log_in()
            await line.next("notify")
            await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,$SPX", fields=ALL_FIELDS)
            await line.ask("NASDAQ_BOOK", "SUBS", keys="AAPL", fields="0,1,2,3")
            await line.ask("NYSE_BOOK", "SUBS", keys="F", fields="0,1,2,3")
            await line.ask("CHART_EQUITY", "SUBS", keys="AAPL", fields="0,1,2,3,4,5,6,7,8")
            for service, (key, _) in BESIDE.items():
                await line.ask(service, "SUBS", keys=keys.get(key, key), fields=ALL_FIELDS)
            while {"SCREENER_EQUITY", "SCREENER_OPTION", "NEWS_HEADLINE"} - services(line):
                await line.next("data")
            return line.frames

    def services(line: Line) -> set[str]:
        return {part["service"] for frame in line.frames for part in frame.get("data", [])}

    with sandbox.client() as http:
        future = http.get("/marketdata/v1/quotes", params={"symbols": "/GC"}).json()["/GC"]["quote"]["lastPrice"]
        active = _active_gold(http)
        keys = {"an option": _an_option(http), "a gold option": f"./OG{active[3:]}C{round(future, -1):.0f}"}

    parts: dict[str, list[Any]] = {
        "notify": [{"service": "ADMIN", "timestamp": 1, "content": {"code": 30, "msg": "x"}}]
    }
    for frame in asyncio.run(session()):
        for kind, contents in frame.items():
            for part in contents:
                name = part["service"] if kind == "data" else "heartbeat" if "heartbeat" in part else kind
                parts.setdefault(name, []).append(part)
    return parts


def _an_option(client: httpx.Client) -> str:
    """A contract near the price of SPY."""
    chain = client.get("/marketdata/v1/chains?symbol=SPY&strikeCount=1&contractType=CALL").json()
    return str(_contracts(chain)[-1]["symbol"])


def _active_gold(client: httpx.Client) -> str:
    """The symbol of the gold contract that is traded now: of those with a quote, the one that says so."""
    names = [f"/GC{letter}{year}" for year in range(26, 40) for letter in "GJMQVZ"]
    quotes = client.get("/marketdata/v1/quotes", params={"symbols": ",".join(names)}).json()
    return next(n for n, q in quotes.items() if n != "errors" and q["reference"]["futureIsActive"])


def differences(theirs: Any, ours: Any, loose: bool = False, every: bool = True, path: str = "") -> Iterator[str]:
    """Where two values differ in keys or JSON types. ``every`` False lets ours have more keys."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing, extra = theirs.keys() - ours.keys(), ours.keys() - theirs.keys() if every else set()
        yield from (f"{path}/{key} missing" for key in missing - OPTIONAL)
        yield from (f"{path}/{key} extra" for key in extra - OPTIONAL)
        for key in theirs.keys() & ours.keys():
            yield from differences(theirs[key], ours[key], loose, every, f"{path}/{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        for item in theirs[:40]:
            if ours:
                yield from differences(item, ours[0], loose, every, f"{path}[]")
    elif _kind(theirs, loose) != _kind(ours, loose) and path.rsplit("/", 1)[-1] not in NULLABLE:
        yield f"{path}: {_kind(theirs, loose)} here {_kind(ours, loose)}"


def _kind(value: Any, loose: bool) -> str:
    name = type(value).__name__
    return "number" if loose and name in ("int", "float") else name


def _all(answer: dict[str, Any]) -> list[Any]:
    return list(answer.values())


def _quotes(answer: dict[str, Any], kind: str) -> list[Any]:
    """The entries of one asset class."""
    return [entry for entry in answer.values() if entry.get("assetMainType") == kind]


def _contracts(answer: Any) -> list[Any]:
    """Every contract in a chain, in a list, or alone."""
    if isinstance(answer, list):
        return answer
    if "putCall" in answer:
        return [answer]
    maps = [answer.get(name, {}) for name in ("callExpDateMap", "putExpDateMap")]
    return [c for by_date in maps for strikes in by_date.values() for contracts in strikes.values() for c in contracts]


def _top(answer: dict[str, Any]) -> list[Any]:
    """A chain without its contracts."""
    return [{name: value for name, value in answer.items() if not name.endswith("ExpDateMap")}]


def _found(answer: dict[str, Any], fundamental: bool) -> list[Any]:
    return [entry for entry in answer["instruments"] if ("fundamental" in entry) == fundamental]


def _read(file: Path) -> Any:
    return json.loads(file.read_text())


def _frames(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.suffix == ".jsonl" else [_read(file)]


def _items(file: Path) -> list[Any]:
    return [item for frame in _frames(file) for part in frame["data"] for item in part["content"]]


def _masked(error: dict[str, str]) -> dict[str, str]:
    """The error with its token digest, which is different each time, taken out."""
    return {name: re.sub(r"tokenDigest=[^,\]]+", "tokenDigest=", text) for name, text in error.items()}
