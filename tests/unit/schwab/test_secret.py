"""Nothing prints a secret, whatever is done with it."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import string
import traceback
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schwab.secret import Secret, hidden

CANARY = 'ca/na+ry"-token-xyz@'

SPECS = st.from_regex(r"([ -~])?[<>^=]?[+\- ]?#?0?[0-9]{0,3}(\.[0-9]{1,2})?[a-zA-Z%]?", fullmatch=True)


@dataclasses.dataclass
class Holder:
    """What a careless programmer would log."""

    name: str
    secret: Secret


class Struct(msgspec.Struct):
    secret: Secret


@given(st.text("abcdefgh123", min_size=8), SPECS, st.sampled_from(["", "!r", "!s", "!a"]))
def test_however_it_is_formatted_it_shows_nothing(text: str, spec: str, conversion: str) -> None:
    secret = Secret("Zx" + text)
    shown = [f"{secret=}", string.Template("$it").substitute(it=secret), ascii(secret), repr([secret]), format(secret)]
    for fill in (f"{{{conversion}:{spec}}}", f"%{spec}", f"%{spec}s", f"%{spec}a"):
        try:
            shown += [fill.format(secret) if fill.startswith("{") else fill % secret]
        except (ValueError, TypeError) as error:
            shown += [str(error)]
    assert not [each for each in shown if text in each]


@pytest.mark.parametrize(
    "use",
    [
        lambda secret: pprint.pformat(Holder("x", secret)),
        lambda secret: repr(dataclasses.asdict(Holder("x", secret))),
        lambda secret: repr(copy.deepcopy({"a": [secret]})) + repr(copy.copy(secret)),
        lambda secret: repr(Struct(secret)),
        lambda secret: repr(ValueError("wrong", secret)) + str(KeyError(secret)),
        lambda secret: json.dumps({"a": secret}, default=str),
        lambda secret: logging.makeLogRecord({"msg": "%s %r %a", "args": (secret, secret, secret)}).getMessage(),
    ],
)
def test_what_holds_it_shows_dots(use: Callable[[Secret], str]) -> None:
    shown = use(Secret(CANARY))
    assert "xyz" not in shown
    assert "••••" in shown.encode().decode("unicode_escape") or "••••" in shown


@pytest.mark.parametrize(
    "use",
    [
        pickle.dumps,
        json.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        bytes,
        vars,
        list,
        "".join,
        lambda secret: "x" + secret,
        lambda secret: secret.__getstate__(),
        lambda secret: pickle.dumps(Holder("x", secret)),
        lambda secret: msgspec.json.encode(Struct(secret)),
    ],
)
def test_what_would_write_it_down_fails_without_showing_it(use: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as caught:
        use(Secret(CANARY))
    assert "xyz" not in str(caught.value)


def test_a_traceback_with_locals_shows_dots() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(f"not {secret}")

    with pytest.raises(ValueError, match="not") as caught:
        fail(Secret(CANARY))
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = ••••" in told
    assert "xyz" not in told


def test_it_compares_by_what_it_holds_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    monkeypatch.setattr("hmac.compare_digest", lambda one, other: compared.append((one, other)) or one == other)
    assert Secret(CANARY) == Secret(CANARY) != Secret("another-one")
    assert len(compared) == 2
    assert Secret(CANARY) != CANARY
    assert len({Secret(CANARY), Secret(CANARY)}) == 1
    assert Secret("\ud800 lone surrogate") != Secret("x")
    assert not Secret("")


def test_a_text_is_a_secret_as_soon_as_it_is_decoded():
    read = msgspec.json.decode(b'{"secret": "canary-token"}', type=Struct, dec_hook=hidden)
    assert read.secret.reveal() == "canary-token"
    assert "canary" not in repr(read)


@pytest.mark.parametrize("other", [b"7", b"null", b'["canary-token"]', b'{"canary-token": 1}'])
def test_what_is_no_text_is_refused_without_showing_it(other):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"secret": %s}' % other, type=Struct, dec_hook=hidden)
    assert "canary" not in str(caught.value)
    assert str(caught.value) == "Expected a text. - at `$.secret`"
