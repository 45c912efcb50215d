"""Keeps secrets out of every log, whoever logs them: exact ones that are in use, and whatever looks like one."""

import base64
import json
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

_DOTS = "••••"
#: Hiding shorter texts would garble everything else; they are hidden only where a name beside them says what they are.
SHORTEST: Final = 6
_MOST = 50  # the ones used last; older tokens are long dead

_NAMES = "access_token|refresh_token|id_token|client_secret|Authorization|password|passphrase|app secret"
_VALUE = r"(?!(?:Bearer|Basic)\s)[^\s\"'&,}\\]+"
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), rf"\1{_DOTS}")
    for pattern in (
        r"\b((?:Bearer|Basic)\s+)[\w.~+/=@%-]{8,}",
        rf"(\b(?:{_NAMES})\\?[\"']?\s*[:=]\s*b?\\?[\"']?){_VALUE}",
        r"([?&](?:code|state|session)=|\bcode=(?=[^\s&\"']{8}))[^\s&\"']+",
        r"(\b)(?:C0|I0)\.[\w.~+/=%-]{8,}@?",
        r"(\b)eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*",
        r"(\b(?:account(?:Number|Id)|schwabClientCustomerId)\\?[\"']?\s*[:=]\s*\\?[\"']?)\w+",
        r"(\baccount(?:\s(?:number|no\.?|id))?\s)[\d-]{4,}",
    )
)
_known: OrderedDict[str, tuple[str, ...]] = OrderedDict()
_forms: tuple[str, ...] = ()  # of all that is known, the longest first: one secret may be part of another
_changing = threading.Lock()


def keep_out_of_logs(text: str) -> None:
    """Hide ``text`` from now on: as it is, and as URLs, JSON, Python, hex and Base64 write it, Basic headers too."""
    global _forms
    if len(text) < SHORTEST:
        return
    with _changing:
        if text in _known:
            _known.move_to_end(text)
            return
        _known[text] = tuple(dict.fromkeys(_written(text)))
        while len(_known) > _MOST:
            _known.popitem(last=False)
        _forms = tuple(sorted({form for forms in _known.values() for form in forms}, key=len, reverse=True))


def redact(text: str) -> str:
    """``text`` with dots in place of every secret."""
    for form in _forms:
        if form in text:
            text = text.replace(form, _DOTS)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _written(text: str) -> Iterator[str]:
    """The forms in which a text may stand in a line."""
    content = text.encode("utf-8", "surrogatepass")
    yield text
    for safe in ("", "/"):
        yield quote(content, safe=safe)
    yield quote_plus(content)
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]
    yield repr(content)[2:-1]
    yield content.hex()
    yield content.hex().upper()
    for ahead in range(3):
        # Base64 of something longer that holds the text, as “id:secret” does: the digits that are the text's alone.
        digits = base64.b64encode(b"\0" * ahead + content).decode()
        digits = digits[-(-8 * ahead // 6) : 8 * (ahead + len(content)) // 6]
        yield digits
        yield digits.translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class RedactingFilter(logging.Filter):
    """Put on a handler, it leaves no secret in the message, the traceback or the extras of any record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(_message(record)), None
        if record.exc_info:
            # The text is made here, so that no formatter makes its own from the exception.
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.exc_text = redact(record.exc_text) if record.exc_text else record.exc_text
        record.stack_info = redact(record.stack_info) if record.stack_info else record.stack_info
        for name in record.__dict__.keys() - _OWN:
            record.__dict__[name] = _redacted(record.__dict__[name])
        return True


def _redacted(extra: object) -> object:
    return extra if extra is None or isinstance(extra, bool | int | float) else redact(str(extra))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  what an argument raises when it is printed must not reach who logs it
        return f"{record.msg} (its arguments do not fit)"
