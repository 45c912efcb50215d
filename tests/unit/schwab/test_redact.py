"""No log keeps a secret, whoever logged it and however it was written."""

import base64
import io
import json
import logging
import timeit
import warnings
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.schwab import redact as redaction
from monitor.schwab.redact import RedactingFilter, redact
from monitor.schwab.secret import Secret

CANARY = 'ca/na+ry"-token-xyz@'

WAYS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "url": lambda text: quote(text, safe=""),
    "url with slashes": quote,
    "form": quote_plus,
    "query": lambda text: urlencode({"t": text}),
    "JSON": lambda text: json.dumps({"t": text}),
    "JSON in Unicode": lambda text: json.dumps({"t": text}, ensure_ascii=False),
    "repr": lambda text: repr({"t": text}),
    "bytes": lambda text: repr(text.encode()),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Basic": lambda text: base64.b64encode(f"an-app-key:{text}".encode()).decode(),
    "Base64 of JSON": lambda text: base64.b64encode(f'{{"key":"{text}","more":1}}'.encode()).decode(),
}


class Log(logging.Logger):
    """A logger with a redacting handler, and what the handler wrote."""

    def __init__(self) -> None:
        super().__init__("test of redaction", logging.DEBUG)
        self._text = io.StringIO()
        handler = logging.StreamHandler(self._text)
        handler.setFormatter(logging.Formatter("%(message)s %(extra)s", defaults={"extra": ""}))
        handler.addFilter(RedactingFilter())
        self.addHandler(handler)

    def written(self) -> str:
        return self._text.getvalue()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", redaction.OrderedDict())
    monkeypatch.setattr(redaction, "_forms", ())


@pytest.mark.parametrize("way", WAYS)
@given(text=st.text(st.characters(codec="utf-8"), min_size=6, max_size=40))
@example(CANARY)
@example("pässwörd ist µ“x”")
def test_a_secret_in_use_is_hidden_in_every_form(way: str, text: str) -> None:
    written = WAYS[way](text)
    Secret(text)
    shown = redact(f"got {written} from it")
    assert text not in shown
    assert written not in shown
    assert shown.startswith("got ")


def test_of_base64_that_holds_a_secret_at_most_a_digit_on_each_side_stays(log: Log) -> None:
    Secret("s" * 30)
    for ahead in range(4):
        digits = base64.b64encode(b"i" * ahead + b":" + b"s" * 30 + b"}").decode()
        assert "c3NzcN" not in redact(digits)
        assert "zc3Nz" not in redact(digits)


def test_a_secret_that_begins_like_another_is_hidden_whole() -> None:
    Secret("abcdef")
    Secret("abcdefghijkl")
    assert redact("x abcdefghijkl y") == "x •••• y"


def test_a_short_one_is_hidden_only_where_its_name_stands_beside_it() -> None:
    Secret("abc12")
    assert redact("got abc12, password=abc12") == "got abc12, password=••••"


def test_what_is_still_used_is_hidden_however_many_come_after_it() -> None:
    used, unused = Secret("the app secret"), Secret("an old token")
    for number in range(200):
        used.reveal()
        Secret(f"token number {number}")
    assert redact("the app secret") == "••••"
    assert unused
    assert len(redaction._known) == 50


@pytest.mark.parametrize("stack_info", [False, True])
def test_a_secret_in_an_exception_is_hidden(log: Log, stack_info: bool) -> None:
    Secret(CANARY)
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as cause:
            raise ValueError(CANARY) from cause
    except ValueError:
        log.exception("failed", stack_info=stack_info)
    assert "ValueError" in log.written()
    assert "KeyError" in log.written()
    assert "xyz" not in log.written()


def test_a_secret_in_the_extras_is_hidden(log: Log) -> None:
    Secret(CANARY)
    log.info("asked", extra={"extra": {"header": CANARY}})
    log.info("asked", extra={"extra": CANARY.encode()})
    assert log.written().count("••••") == 2
    assert "xyz" not in log.written()


def test_an_argument_that_fails_when_it_is_printed_harms_nobody(log: Log) -> None:
    Secret(CANARY)

    class Odd:
        def __str__(self) -> str:
            raise RuntimeError(CANARY)

    log.info("odd %s", Odd())
    log.info("odd %d", CANARY)
    assert log.written().count("(its arguments do not fit)") == 2
    assert "xyz" not in log.written()


def test_a_secret_in_a_warning_is_hidden(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    Secret(CANARY)
    monkeypatch.setitem(logging.Logger.manager.loggerDict, "py.warnings", log)
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"old {CANARY}", stacklevel=1)
    finally:
        logging.captureWarnings(False)
    assert "xyz" not in log.written()
    assert "old" in log.written()


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer I0.unknown-xyz@",
        "headers: {'authorization': 'Basic dW5rbm93bi14eXo='}",
        "headers: [(b'authorization', b'Bearer unknown-xyz')]",
        '{"access_token": "unknown-xyz", "refresh_token":"unknown-xyz"}',
        r"{\"access_token\":\"unknown-xyz\"}",
        "grant_type=refresh_token&refresh_token=unknown-xyz%40&x=1",
        "https://127.0.0.1:8182/?code=unknown-xyz&state=unknown&session=unknown",
        "https://127.0.0.1:8182/?state=unknown&code=C0.unknown%40",
        "form: code=unknown-xyz",
        '{"Authorization": "unknown-xyz"}',
        "sent I0.unknown-xyz-and-more@ to the streamer",
        "id eyJunknown01234.eyJunknown5678.unknown_-9 came",
        "passphrase: unknown, password='unknown'",
        '{"accountNumber":"unknown0xyz"}',
        "accountId=unknown12",
    ],
)
def test_what_looks_like_a_secret_is_hidden(line: str) -> None:
    shown = redact(line)
    assert not any(part in shown for part in ("unknown", "dW5rbm93bi14eXo"))


def test_an_account_number_is_hidden() -> None:
    assert redact("of account 12345678, account number 1234-5678") == "of account ••••, account number ••••"


@pytest.mark.parametrize(
    "line",
    [
        "GET /marketdata/v1/pricehistory?symbol=AAPL: 200, code 3, correlation b673a722-2789",
        "state=SIGNED_IN code=20 barcode=12345678901",
        "the password store is not used; the passphrase opens it",
        "bearer of news",
    ],
)
def test_ordinary_lines_are_left_alone(line: str) -> None:
    assert redact(line) == line


def test_a_line_is_cheap() -> None:
    for number in range(50):
        Secret(f"{number}-" + "tokentoken" * 6)
    line = "GET /marketdata/v1/pricehistory?symbol=AAPL&periodType=day: 200 in 0.123 s"
    assert min(timeit.repeat(lambda: redact(line), number=10, repeat=10)) / 10 < 0.001
