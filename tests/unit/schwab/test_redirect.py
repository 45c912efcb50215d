"""The sign-in attempt: a state of its own, one use, and a code that is decoded exactly once."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData, Refused
from monitor.schwab.address import Address
from monitor.schwab.redirect import Attempt

CALLBACK = "https://127.0.0.1:8182"


@pytest.fixture
def attempt():
    return Attempt("key", CALLBACK, begun=0)


def state_of(attempt):
    return parse_qs(urlsplit(attempt.authorize_url(Address())).query)["state"][0]


def test_the_browser_is_sent_to_schwab_with_a_fresh_state(attempt):
    url = urlsplit(attempt.authorize_url(Address()))
    asked = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", "api.schwabapi.com", "/v1/oauth/authorize")
    assert (asked["client_id"], asked["redirect_uri"], asked["response_type"]) == (["key"], [CALLBACK], ["code"])
    states = {state_of(Attempt("key", CALLBACK, 0)) for _ in range(50)}
    assert len(states) == 50
    assert min(map(len, states)) >= 22  # 128 bit in base64


@given(st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1))
def test_the_code_is_decoded_once(text):
    attempt = Attempt("key", CALLBACK, begun=0)
    url = f"{CALLBACK}/?code={quote(text, safe='')}&session=1&state={state_of(attempt)}"
    assert attempt.take_code(url, now=1).reveal() == text


def test_it_works_once(attempt):
    url = f"{CALLBACK}/?code=C0.x%40&state={state_of(attempt)}"
    assert attempt.take_code(url, now=1).reveal() == "C0.x@"
    with pytest.raises(BadData, match="already used"):
        attempt.take_code(url, now=1)


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:8182", "https://127.0.0.1:8183", "https://evil.example", CALLBACK + "/x"]
)
def test_another_address_is_not_ours(attempt, place):
    with pytest.raises(BadData, match="callback address"):
        attempt.take_code(f"{place}/?code=x&state={state_of(attempt)}", now=1)


@pytest.mark.parametrize("query", ["code=x&state=another", "code=x", "code=x&state=%C3%A9", "error=access_denied", ""])
def test_another_state_is_refused_and_does_not_use_up_the_attempt(attempt, query):
    with pytest.raises(BadData, match="another sign-in"):
        attempt.take_code(f"{CALLBACK}/?{query}", now=1)
    assert attempt.take_code(f"{CALLBACK}?code=x&state={state_of(attempt)}", now=1)


def test_a_refusal_at_schwab_is_told(attempt):
    with pytest.raises(Refused, match="cancelled"):
        attempt.take_code(f"{CALLBACK}/?error=access_denied&state={state_of(attempt)}", now=1)


def test_too_late_and_without_a_code_it_is_told():
    for query, now, words in (("code=x", 601, "ten minutes"), ("session=1", 1, "no sign-in code")):
        attempt = Attempt("key", CALLBACK, begun=0)
        with pytest.raises(BadData, match=words):
            attempt.take_code(f"{CALLBACK}/?{query}&state={state_of(attempt)}", now)


@given(st.text())
def test_whatever_is_pasted_there_is_a_sentence(text):
    with pytest.raises(BadData):
        Attempt("key", CALLBACK, begun=0).take_code(text, now=1)
