"""What the browser sees at the callback address: a few words, no script, nothing of what it asked."""

import base64
import hashlib
from http import HTTPStatus
from typing import Final

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:17px/1.6 system-ui,sans-serif;max-width:32em;margin:18vh auto;padding:0 1.5em}"
    "h1{font-size:1.35em;font-weight:600;margin:0 0 .4em}p{margin:0;opacity:.8}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = (
    "Content-Type: text/html; charset=utf-8",
    "Cache-Control: no-store",
    "Referrer-Policy: no-referrer",
    f"Content-Security-Policy: default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy: same-origin",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
)
_DONE = ("Signed in?", "Go back to Market Monitor, which says how it went. This tab can be closed.")
_USED = ("This was used already", "Market Monitor takes a sign-in once. Go back to it; this tab can be closed.")
_STRANGER = ("Not the sign-in that is waited for", "Go back to Market Monitor and start the sign-in there.")


def done() -> bytes:
    """The page at which a sign-in in the browser ends, however it ended."""
    return _answer(HTTPStatus.OK, *_DONE)


def used() -> bytes:
    """The answer to a redirect that comes a second time."""
    return _answer(HTTPStatus.GONE, *_USED)


def stranger(status: HTTPStatus) -> bytes:
    """The answer to everything that is not the redirect."""
    more = ("Allow: GET",) if status is HTTPStatus.METHOD_NOT_ALLOWED else ()
    return _answer(status, *_STRANGER, *more)


def leads_to(address: str) -> bytes:
    """Sends the browser on."""
    return _answer(HTTPStatus.SEE_OTHER, *_DONE, f"Location: {address}")


def _answer(status: HTTPStatus, title: str, text: str, *more: str) -> bytes:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>Market Monitor</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    ).encode()
    lines = (f"HTTP/1.1 {status.value} {status.phrase}", *_HEADERS, *more, f"Content-Length: {len(page)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + page
