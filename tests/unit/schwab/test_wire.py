"""Frames: every capture decodes to exactly what it says, and nothing that arrives ever raises."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.quote import Quote
from monitor.schwab import wire
from monitor.schwab.library import StreamClient
from monitor.schwab.wire import EquityData, Frame, decode_frame

SERVICES = {
    *("LEVELONE_EQUITIES", "LEVELONE_OPTIONS", "LEVELONE_FUTURES", "LEVELONE_FUTURES_OPTIONS", "LEVELONE_FOREX"),
    *("NYSE_BOOK", "NASDAQ_BOOK", "OPTIONS_BOOK", "CHART_EQUITY", "CHART_FUTURES"),
    *("SCREENER_EQUITY", "SCREENER_OPTION", "ACCT_ACTIVITY", "NEWS_HEADLINE"),
}
GOOD = {"key": "AAPL", "1": 233.22, "8": 214}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*"0123", "key", "content", "service"]), inner)
    ),
)


def captures(shared):
    """Every captured frame as text, by file."""
    for path in sorted((shared / "schwab/samples/stream").iterdir()):
        text = path.read_text()
        frames = text.splitlines() if path.suffix == ".jsonl" else [text]
        yield from ((path.name, frame) for frame in frames)


def equity_frame(*items):
    return json.dumps({"data": [{"service": "LEVELONE_EQUITIES", "timestamp": 1, "command": "SUBS", "content": items}]})


def test_every_capture_decodes_whole(shared):
    count = 0
    for name, text in captures(shared):
        frame, rejected = decode_frame(text)
        assert rejected == (), name
        count += bool(frame.data or frame.response or frame.notify)
    assert count > 100


def test_every_value_of_the_captures_is_kept_as_sent(shared):
    """Encoded again by field number, each item is the one that came: prices keep their digits."""
    seen = set()
    for name, text in captures(shared):
        raw = json.loads(text).get("data", [])
        decoded = decode_frame(text)[0].data
        for was, data in zip(raw, decoded, strict=True):
            seen.add(was["service"])
            assert data.timestamp == was["timestamp"]
            for sent, item in zip(was["content"], data.content, strict=True):
                again = json.loads(msgspec.json.encode(item))
                ours = {key: value for key, value in sent.items() if key in again or value is not None}
                assert json.dumps(sorted(again.items())) == json.dumps(sorted(known(item, ours).items())), name
    assert seen == SERVICES


def test_no_field_of_a_level_one_capture_is_left_out(shared):
    """Every number that Schwab sent is a field of ours."""
    for name, text in captures(shared):
        for was, data in zip(json.loads(text).get("data", []), decode_frame(text)[0].data, strict=True):
            if was["service"].startswith("LEVELONE"):
                for sent, item in zip(was["content"], data.content, strict=True):
                    assert json.loads(msgspec.json.encode(item)) == sent, name


def known(item, sent):
    """What was sent, without the fields the struct leaves out: the symbol's copy in 0 and newer ones."""
    names = {field.encode_name for field in msgspec.structs.fields(item)}
    defaults = {f.encode_name: f.default for f in msgspec.structs.fields(item) if f.default is not msgspec.NODEFAULT}
    kept = {key: value for key, value in sent.items() if key in names}
    return kept if isinstance(item, Quote) else {**json.loads(msgspec.json.encode(defaults)), **kept}


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("LevelOneEquity", StreamClient.LevelOneEquityFields),
        ("LevelOneOption", StreamClient.LevelOneOptionFields),
        ("LevelOneFuture", StreamClient.LevelOneFuturesFields),
        ("LevelOneFutureOption", StreamClient.LevelOneFuturesOptionsFields),
        ("LevelOneForex", StreamClient.LevelOneForexFields),
        ("ChartEquity", StreamClient.ChartEquityFields),
        ("ChartFuture", StreamClient.ChartFuturesFields),
        ("BookItem", StreamClient.BookFields),
        ("ScreenerItem", StreamClient.ScreenerFields),
    ],
)
def test_the_field_numbers_are_those_of_schwab_py(kind, theirs):
    names = {field.encode_name for field in msgspec.structs.fields(getattr(wire, kind))}
    assert {name for name in names if name.isdigit()} == {str(field.value) for field in theirs} - {"0"}


def test_equity_fields_have_their_names():
    item = decode_frame(equity_frame({"key": "A", "1": 1.5, "8": 2, "34": 3, "51": 4}))[0].data[0].content[0]
    assert (item.bid, item.volume, item.quote_time, item.post_market_percent_change) == (1.5, 2, 3, 4)


def only_item(shared, name):
    """The first item of a capture, decoded."""
    text = (shared / "schwab/samples/stream" / name).read_text()
    return decode_frame(text.splitlines()[0] if name.endswith("l") else text)[0].data[0].content[0]


def test_an_option_has_its_names(shared):
    item = only_item(shared, "LEVELONE_OPTIONS_overnight_reset_SPY_2026-09-28.jsonl")
    assert (item.symbol, item.description) == ("SPY   260928C00772000", "SPY 09/28/2026 772.00 C")
    assert (item.bid, item.ask, item.strike, item.contract_type, item.underlying) == (1.82, 1.83, 772, "C", "SPY")
    assert (item.open_interest, item.volatility, item.delta, item.rho) == (1850, 8.23847625, 0.43667066, 0.02528649)
    assert (item.theoretical_value, item.days_to_expiration, item.exercise_type) == (1.82500532, 1, "A")
    assert (item.quote_time, item.net_percent_change, item.option_root) == (1790367299964, -0.27100271, "SPY")


def test_a_future_has_its_names(shared):
    item = only_item(shared, "LEVELONE_FUTURES_CL_2024-06-21.json")
    assert (item.symbol, item.active_symbol, item.exchange_name) == ("/CL", "/CLQ24", "XNYM")
    assert (item.tick, item.multiplier, item.settlement_price, item.open_interest) == (0.01, 1000, 81.29, 352314)
    assert (item.quote_time, item.trade_time, item.expiration) == (1719002948817, 1719002944037, 1721620800000)
    assert item.quoted_in_session


def test_a_currency_pair_has_its_names(shared):
    item = only_item(shared, "LEVELONE_FOREX_EURGBP_2024-06.json")
    assert (item.symbol, item.bid, item.ask, item.mark) == ("EUR/GBP", 0.84437, 0.84451, 0.84444)
    assert (item.volume, item.quote_time, item.exchange_name, item.digits) == (310000, 1718811579076, "GFT", 2)


def test_a_futures_bar_begins_with_its_minute(shared):
    bar = only_item(shared, "CHART_FUTURES_ES_2025-12-09.json").bar()
    assert (bar.symbol, bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume) == (
        *("/ES", 1765307160000, 6858.25, 6858.75, 6857.75, 6858.5, 897),
    )


def test_a_screener_is_ranked_and_its_percentages_are_percent(shared):
    screener = only_item(shared, "SCREENER_EQUITY_NASDAQ_VOLUME_30_2025-12-09.json").screener()
    assert (screener.name, screener.sort, screener.minutes) == ("NASDAQ_VOLUME_30", "VOLUME", 30)
    first = screener.rows[0]
    assert (first.symbol, first.last, first.net_change, first.net_percent_change) == ("WBD", 28.095, 0.865, 3.176643)
    assert (first.market_share, first.total_volume, first.trades) == (3.93926404, 345149877, 21302)


def test_a_headline_names_its_symbols_and_source(shared):
    headline = only_item(shared, "NEWS_HEADLINE_SPX_2026-10-05.json").told()
    assert (headline.symbols, headline.source, headline.time) == (("$DJI", "SPOT", "$SPX"), "Reuters", 1791205200000)
    assert headline.text.startswith("ROI-Wall Street bulls")
    assert headline.story.startswith("tag_reuters")


def test_activity_tells_nothing_by_itself_when_it_is_printed(shared):
    items = [
        item
        for name, text in captures(shared)
        if "ACCT" in name
        for data in decode_frame(text)[0].data
        for item in data.content
    ]
    assert items[0].activity().kind == "SUBSCRIBED"
    assert {item.account for item in items} == {"", "12345678"}
    assert "12345678" not in repr(items) + repr([item.activity() for item in items])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-3],
        lambda text: text.replace('"3":"{', '"3":{"'),
        lambda text: text.replace('"seq":1', '"seq":"x"'),
        lambda text: text.replace("ACCT_ACTIVITY", "ACCOUNT_ACTIVITY"),
    ],
)
def test_what_cannot_be_read_of_an_account_is_not_handed_on(shared, spoil):
    path = shared / "schwab/samples/stream/session_ACCT_ACTIVITY_2024-07-11_part1.jsonl"
    text = next(line for line in path.read_text().splitlines() if "OrderCreated" in line)
    _, rejected = decode_frame(spoil(text))
    assert rejected
    assert "12345678" not in repr(rejected)
    assert "Order" not in repr(rejected)


def test_control_characters_are_left_out_of_text():
    item = decode_frame(equity_frame({"key": "A", "16": "\0", "41": " ", "25": "N\x07Y"}))[0].data[0].content[0]
    assert (item.last_exchange, item.last_mic, item.exchange_name) == ("", " ", "NY")
    kept = '{"data":[{"service":"ACCT_ACTIVITY","content":[{"key":"x","2":"y","3":' + json.dumps("\\u0000!") + "}]}]}"
    assert decode_frame(kept)[0].data[0].content[0].text == "\\u0000!"


def test_a_word_in_the_place_of_a_number_is_no_value_and_is_counted():
    data = {"service": "LEVELONE_OPTIONS", "content": [{"key": "A", "10": "NaN", "2": 1.5}, {"key": "B", "2": "x"}]}
    frame, rejected = decode_frame(json.dumps({"data": [data]}))
    assert [(item.bid, item.volatility) for item in frame.data[0].content] == [(1.5, None)]
    assert [part.kind for part in rejected] == ["wrong-type", "wrong-type"]
    assert rejected[0].reason.startswith("LEVELONE_OPTIONS: Expected")  # the quarantine tells where it was from


def test_an_unknown_service_is_named():
    _, rejected = decode_frame(json.dumps({"data": [{"service": "TIMESALE_EQUITY", "content": [{"key": "A"}]}]}))
    assert [(part.kind, part.reason) for part in rejected] == [("unknown-service", "TIMESALE_EQUITY")]


def test_a_field_of_tomorrow_and_a_new_word_do_not_spoil_an_item():
    tomorrow = {"key": "A", "1": 1.5, "32": "Paused for lunch", "99": {"new": [1]}, "newMainType": "CRYPTO"}
    frame, rejected = decode_frame(equity_frame(tomorrow))
    item = frame.data[0].content[0]
    assert (item.bid, item.security_status, rejected) == (1.5, "Paused for lunch", ())


def test_a_chart_item_is_a_streamed_minute_bar(shared):
    text = (shared / "schwab/samples/stream/CHART_EQUITY_SPY_2026-10-05_part1.jsonl").read_text().splitlines()[0]
    sent = json.loads(text)["data"][0]["content"][0]
    bar = decode_frame(text)[0].data[0].content[0].bar()
    assert (bar.open, bar.high, bar.low, bar.close) == (sent["2"], sent["3"], sent["4"], sent["5"])
    assert (bar.volume, bar.start, bar.symbol) == (sent["6"], sent["7"], sent["key"])


def test_both_number_styles_stay_what_they_are():
    item = decode_frame(equity_frame({"key": "A", "1": 214, "2": 214.0, "3": 5.7458e-4}))[0].data[0].content[0]
    assert [repr(value) for value in (item.bid, item.ask, item.last)] == ["214", "214.0", "0.00057458"]


def test_a_frame_may_hold_answers_notices_and_data_at_once():
    response = {"service": "ADMIN", "command": "LOGIN", "requestid": "0", "content": {"code": 0, "msg": "ok"}}
    mixed = json.loads(equity_frame(GOOD)) | {"response": [response], "notify": [{"heartbeat": "17"}]}
    frame, rejected = decode_frame(json.dumps(mixed))
    assert not rejected
    assert (frame.response[0].content.code, frame.notify[0].heartbeat, frame.data[0].content[0].bid) == (
        0,
        "17",
        233.22,
    )


@given(st.lists(JSON, max_size=5), st.integers(0, 5))
def test_one_bad_item_does_not_spoil_its_siblings(items, place):
    place = min(place, len(items))
    frame, rejected = decode_frame(equity_frame(*items[:place], GOOD, *items[place:]))
    found = [item for data in frame.data for item in data.content]
    assert any((item.symbol, item.bid, item.volume) == ("AAPL", 233.22, 214) for item in found)
    assert len(found) + len(rejected) >= len(items) + 1


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_bare_nan_is_no_value_and_is_counted(word):
    text = equity_frame({"key": "A", "1": 1.5, "21": 7}).replace("7", word)
    frame, rejected = decode_frame(text)
    item = frame.data[0].content[0]
    assert (item.bid, item.pe_ratio) == (1.5, None)
    assert [part.kind for part in rejected] == ["wrong-type"]


@given(JSON)
def test_random_json_never_raises(value):
    for shape in (value, {"data": value}, {"data": [value]}, {"response": [value], "notify": [value]}):
        frame, rejected = decode_frame(json.dumps(shape))
        assert isinstance(frame, Frame)
        assert isinstance(rejected, tuple)


@given(st.binary() | st.text())
def test_random_bytes_never_raise(raw):
    assert isinstance(decode_frame(raw)[0], Frame)


@pytest.mark.parametrize(
    "raw",
    [
        b"NaN",
        equity_frame(GOOD)[:-1],
        b'{"data":' + b"[" * 100_000,
        equity_frame({"key": "A"}).replace('"A"', '"\\ud800"'),
        equity_frame({"key": "A", "1": 7}).replace("7", "9" * 5000),
        equity_frame({"key": "A", "1": 7}).replace("7", "1e999"),
        b"\xff\xfe",
    ],
)
def test_hostile_frames_are_rejected_whole_or_in_part(raw):
    frame, rejected = decode_frame(raw)
    assert rejected
    assert not [data for data in frame.data if isinstance(data, EquityData) and data.content]
