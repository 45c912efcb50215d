"""What Schwab's errors mean, for every body that was captured."""

import json

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData, MonitorError, Refused, Transient
from monitor.schwab import answers

REQUEST = httpx.Request("GET", "https://api.schwabapi.com/marketdata/v1/x")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)


def response(status, body=b"", **headers):
    return httpx.Response(status, content=body, headers=headers, request=REQUEST)


@pytest.mark.parametrize(
    ("name", "status", "kind", "words"),
    [
        ("error_400_1.DOC", 400, Refused, "Missing header"),
        ("error_400_3.DOC", 400, Refused, "valid fields should be"),
        ("markets_date_too_old_400", 400, Refused, "more than 7 days in the past"),
        ("error_401.DOC", 401, Refused, "Ready For Use"),
        ("error_401_client_not_authorized", 401, Refused, "Ready For Use"),
        ("error_404_symbol", 404, Refused, "symbol"),
        ("error_500.DOC", 500, Transient, "problem of its own"),
        ("error_502_body_too_big", 502, Refused, "too large"),
    ],
)
def test_captured_errors_are_told_in_a_sentence(shared, name, status, kind, words):
    body = (shared / f"schwab/samples/rest/{name}.json").read_bytes()
    with pytest.raises(kind, match=words):
        answers.check(response(status, body))


def test_the_edges_page_is_transient_and_not_shown(shared):
    page = json.loads((shared / "schwab/samples/rest/error_403_akamai.json").read_bytes())
    with pytest.raises(Transient) as caught:
        answers.check(response(403, page["body"].encode(), **{"content-type": "text/html"}))
    assert "<" not in caught.value.sentence + caught.value.detail


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>hotel</html>"), (302, b""), (204, b"")])
def test_somebody_elses_answer_is_recognised(status, body):
    with pytest.raises(Transient, match="in Schwab's place"):
        answers.check(response(status, body))


@pytest.mark.parametrize("body", [b'{"message":"no such thing","errors":[]}', b'{"errors":["no such thing"]}'])
def test_the_other_families_of_bodies_are_read(body):
    assert answers.reason(response(400, body)) == "no such thing"


@given(
    st.sampled_from([302, 400, 401, 403, 404, 418, 429, 500, 502, 504]),
    ANYTHING | st.fixed_dictionaries({"errors": ANYTHING, "fault": ANYTHING}),
)
def test_whatever_the_body_there_is_a_sentence(status, body):
    error = answers.meaning(response(status, json.dumps(body).encode()))
    assert isinstance(error, MonitorError)
    assert error.sentence.isprintable()


def test_a_body_of_another_shape_is_bad_data():
    class Shape(msgspec.Struct):
        x: int

    for body in (b"[]", b"{", b'{"x":"1"}', b"\xff"):
        with pytest.raises(BadData, match="could not be read"):
            answers.read(response(200, body), Shape)
