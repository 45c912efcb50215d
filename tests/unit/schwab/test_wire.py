"""Frames: every capture decodes to exactly what it says, and nothing that arrives ever raises."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schwab.library import StreamClient
from monitor.schwab.wire import EQUITY_FIELDS, BookItem, ChartEquity, EquityData, Frame, LevelOneEquity, decode_frame

BUILT = {"LEVELONE_EQUITIES", "NYSE_BOOK", "NASDAQ_BOOK", "CHART_EQUITY"}
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


def test_every_capture_decodes_but_for_services_not_built(shared):
    count = 0
    for name, text in captures(shared):
        frame, rejected = decode_frame(text)
        assert {part.kind for part in rejected} <= {"unknown-service"}, name
        assert not {part.reason for part in rejected} & BUILT, name
        count += bool(frame.data or frame.response or frame.notify or rejected)
    assert count > 100


def test_every_value_of_the_captures_is_kept_as_sent(shared):
    """Encoded again by field number, each item is the one that came: prices keep their digits."""
    seen = set()
    for name, text in captures(shared):
        raw = [d for d in json.loads(text).get("data", []) if d["service"] in BUILT]
        decoded = decode_frame(text)[0].data
        for was, data in zip(raw, decoded, strict=True):
            seen.add(was["service"])
            assert data.timestamp == was["timestamp"]
            for sent, item in zip(was["content"], data.content, strict=True):
                again = json.loads(msgspec.json.encode(item))
                ours = {key: value for key, value in sent.items() if key in again or value is not None}
                assert json.dumps(sorted(again.items())) == json.dumps(sorted(known(item, ours).items())), name
    assert seen == BUILT


def known(item, sent):
    """What was sent, without the fields the struct leaves out: the symbol's copy in 0 and newer ones."""
    names = {field.encode_name for field in msgspec.structs.fields(item)}
    defaults = {f.encode_name: f.default for f in msgspec.structs.fields(item) if f.default is not msgspec.NODEFAULT}
    kept = {key: value for key, value in sent.items() if key in names}
    return kept if isinstance(item, LevelOneEquity) else {**json.loads(msgspec.json.encode(defaults)), **kept}


def test_the_field_numbers_are_those_of_schwab_py():
    assert len(EQUITY_FIELDS) == 51
    theirs = {field.value: field.name for field in StreamClient.LevelOneEquityFields}
    assert max(theirs) == 51
    item = decode_frame(equity_frame({"key": "A", "1": 1.5, "8": 2, "34": 3, "51": 4}))[0].data[0].content[0]
    assert (item.bid, item.volume, item.quote_time, item.post_market_percent_change) == (1.5, 2, 3, 4)
    names = {field.encode_name for field in msgspec.structs.fields(ChartEquity)}
    assert {str(field.value) for field in StreamClient.ChartEquityFields} <= names | {"0"}
    names = {field.encode_name for field in msgspec.structs.fields(BookItem)}
    assert {str(field.value) for field in StreamClient.BookFields} <= names | {"0"}


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
        b"\xff\xfe",
    ],
)
def test_hostile_frames_are_rejected_whole_or_in_part(raw):
    frame, rejected = decode_frame(raw)
    assert rejected
    assert not [data for data in frame.data if isinstance(data, EquityData) and data.content]
