"""What Schwab's answers mean: four families of error body, plus pages of HTML, turned into our few kinds of failure."""

import logging
import math
from typing import Any

import httpx
import msgspec

from monitor.errors import BadData, MonitorError, Refused, Transient
from monitor.schwab.retry import retry_after
from monitor.schwab.secret import hidden

_log = logging.getLogger(__name__)
_LONGEST_REASON = 160


class TooLarge(Refused):
    """The answer would be larger than Schwab's gateway lets through."""


def check(response: httpx.Response) -> None:
    """Pass a success. Raises Transient or Refused, with a sentence, for everything else."""
    correlation = response.headers.get("schwab-client-correlid", "none")
    path = response.request.url.path
    if response.status_code == 200 and not is_page(response):
        _log.debug("%s: 200, correlation %s", path, correlation)
        return
    error = meaning(response)
    _log.warning("%s: %s, correlation %s: %s", path, response.status_code, correlation, error.sentence)
    raise error


def meaning(response: httpx.Response) -> MonitorError:
    """The failure that an answer tells of."""
    status, why = response.status_code, reason(response)
    detail = f"HTTP {status} {why}".strip()
    if status == 401:
        return Refused(
            "Schwab does not let this app read market data. Its key must be “Ready For Use” and have “Market Data”.",
            detail,
        )
    if status == 403:
        return Transient("Schwab's network turned the request away; this usually passes by itself.", detail)
    if status == 404:
        return Refused("Schwab knows nothing under this symbol.", detail)
    if status == 429:
        told = retry_after(response)
        pause = "" if told is None else f" ({math.ceil(told)} s)"
        return Transient(f"Schwab asks us to slow down{pause}.", detail)
    if "TooBigBody" in why:
        return TooLarge("The answer is too large for Schwab to send; ask for less.", detail)
    if status >= 500:
        return Transient("Schwab has a problem of its own and could not answer.", detail)
    if status < 400:
        return Transient("Something on this network answers in Schwab's place; it may want you to sign in.", detail)
    return Refused(f"Schwab refused the request: {why}" if why else "Schwab refused the request.", detail)


def is_page(response: httpx.Response) -> bool:
    """Whether a page of HTML came where JSON should be."""
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def reason(response: httpx.Response) -> str:
    """The reason an error body gives, in a line; empty when it gives none, or is a page."""
    if is_page(response):
        return ""
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    parts = list(_reasons(body)) if isinstance(body, dict) else []
    line = " ".join(str(part) for part in parts if isinstance(part, str | int))
    return "".join(c for c in line if c.isprintable())[:_LONGEST_REASON]


def _reasons(body: dict[str, Any]) -> list[Any]:
    fault = body.get("fault")
    if isinstance(fault, dict):
        detail = fault.get("detail")
        code = detail.get("errorcode") if isinstance(detail, dict) else None
        return [fault.get("faultstring"), code]
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if isinstance(first, dict):
        return [first.get("detail") or first.get("title")]
    return [body.get("message") or first]


def read(response: httpx.Response, shape: Any) -> Any:
    """The body as ``shape``. Raises BadData when it is something else."""
    try:
        return msgspec.json.decode(response.content, type=shape, dec_hook=hidden)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadData("Schwab's answer could not be read.", f"{response.request.url.path}: {error}") from error
