"""Nothing prints a secret, and no log keeps one."""

import io
import json
import logging
import pickle
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schwab.redact import RedactingFilter, redact
from monitor.schwab.secret import Secret

CANARY = 'ca/na+ry"-token-7f3@'


@pytest.fixture
def log():
    """A logger with a redacting handler, and what the handler wrote."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("test of redaction")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    logger.written = text.getvalue
    yield logger
    logger.removeHandler(handler)


@given(st.text("abcdefgh123", min_size=8), st.sampled_from(["", "s", ">40", "^9", "!r", "!s", "!a"]))
def test_however_it_is_formatted_it_shows_nothing(text, spec):
    secret = Secret("Zx" + text)
    shown = [
        f"{{{spec if spec.startswith('!') else ':' + spec}}}".format(secret),
        repr([secret]),
        f"{secret=}",
        "%s" % secret,  # noqa: UP031
    ]
    assert not [s for s in shown if text in s]


def test_it_cannot_be_pickled_and_compares_by_what_it_holds():
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    assert Secret(CANARY) == Secret(CANARY) != Secret("another-one")
    assert len({Secret(CANARY), Secret(CANARY)}) == 1
    assert not Secret("")


@pytest.mark.parametrize("form", [CANARY, quote(CANARY, safe=""), json.dumps({"t": CANARY})])
def test_a_secret_in_use_is_hidden_in_every_form(log, form):
    Secret(CANARY)
    log.info("got %s", form)
    log.info(f"got {form}")  # noqa: G004
    assert "7f3" not in log.written()


def test_a_secret_in_an_exception_is_hidden(log):
    Secret(CANARY)
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("failed", stack_info=True)
    assert "ValueError" in log.written()
    assert "7f3" not in log.written()


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer I0.unknown-xyz@",
        "headers: {'authorization': 'Basic dW5rbm93bi14eXo='}",
        '{"access_token": "unknown-xyz", "refresh_token":"unknown-xyz"}',
        "grant_type=refresh_token&refresh_token=unknown-xyz%40&x=1",
        "https://127.0.0.1:8182/?code=unknown-xyz&state=1",
        '{"Authorization": "unknown-xyz"}',
        "sent I0.unknown-xyz-and-more@ to the streamer",
        '{"accountNumber":"unknown0xyz"}',
    ],
)
def test_what_looks_like_a_secret_is_hidden(line):
    shown = redact(line)
    assert not any(part in shown for part in ("unknown", "dW5rbm93bi14eXo"))


def test_ordinary_lines_are_left_alone(log):
    line = "GET /marketdata/v1/pricehistory?symbol=AAPL: 200, code 3, correlation b673a722-2789"
    log.info("%s", line)
    log.info("odd %d", "argument")
    assert line in log.written()
    assert "odd %d (its arguments do not fit)" in log.written()
