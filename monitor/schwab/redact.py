"""Keeps secrets out of every log, whoever logs them: exact ones that are in use, and whatever looks like one."""

import json
import logging
import re
from collections import OrderedDict
from urllib.parse import quote, quote_plus

_DOTS = "••••"
_SHORTEST = 6  # hiding shorter texts would garble everything else
_MOST = 400  # the newest ones; older tokens are long dead

_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), rf"\1{_DOTS}")
    for pattern in (
        r"\b((?:Bearer|Basic)\s+)[\w.~+/=@%-]{8,}",
        r"([\"']?\b(?:access_token|refresh_token|id_token|client_secret|Authorization|password)[\"']?\s*[:=]\s*[\"']?)"
        r"(?!(?:Bearer|Basic)\s)[^\s\"'&,}]+",
        r"([?&]code=|\bcode=(?=C0\.))[^\s&\"']+",
        r"(\b)(?:C0|I0)\.[\w.~+/=%-]{8,}@?",
        r"([\"']?\baccountNumber[\"']?\s*[:=]\s*[\"']?)\w+",
    )
)
_known: OrderedDict[str, None] = OrderedDict()


def keep_out_of_logs(text: str) -> None:
    """Hide ``text`` from now on, as it is and as URLs and JSON write it."""
    if len(text) < _SHORTEST:
        return
    for form in (text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]):
        _known[form] = None
        _known.move_to_end(form)
    while len(_known) > _MOST:
        _known.popitem(last=False)


def redact(text: str) -> str:
    """``text`` with dots in place of every secret."""
    for secret in tuple(_known):
        if secret in text:
            text = text.replace(secret, _DOTS)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


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
        for name, value in record.__dict__.items():
            if isinstance(value, str) and name not in {"msg", "exc_text", "stack_info"}:
                record.__dict__[name] = redact(value)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return f"{record.msg} (its arguments do not fit)"
