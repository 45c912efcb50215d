"""The developer key as a person types it: what stands in the way of a sign-in, and what is only unusual."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from monitor.errors import BadData
from monitor.ports import Remark
from monitor.schwab.address import is_loopback

KEY: Final = "client_id"
SECRET: Final = "client_secret"  # noqa: S105  a name
CALLBACK: Final = "callback_url"

#: As Schwab issues them today; it promises nothing, so another length is only unusual.
_USUAL_LENGTHS: Final = {KEY: 32, SECRET: 16}
_NAMES: Final = {KEY: "app key", SECRET: "secret"}
_QUOTES: Final = "\"'`“”„‘’‚«»"
_DOTS: Final = "•●*·∙"
_PLACEHOLDER = re.compile(r"(your|my)?[-_]?(app|api|client)?[-_]?(key|secret|id)([-_]?here)?|x+|<.*>", re.IGNORECASE)
_EXAMPLE = "Example: “https://127.0.0.1:8182/”."


def remarks_on(client_id: str, client_secret: str, callback_url: str) -> list[Remark]:
    """What is wrong or unusual with a developer key as far as it is typed; nothing is said of empty fields."""
    key, secret, callback = client_id.strip(), client_secret.strip(), callback_url.strip()
    found: list[Remark] = []
    for field, typed in ((KEY, client_id), (SECRET, client_secret), (CALLBACK, callback_url)):
        if typed.strip() and typed != typed.strip():
            found.append(Remark(field, "The blanks around it are left out."))
    if key and key == secret:
        found.append(Remark(SECRET, "The app key and its secret are the same; copy each by itself.", stops=True))
    elif (len(key), len(secret)) == (_USUAL_LENGTHS[SECRET], _USUAL_LENGTHS[KEY]):
        found.append(Remark(KEY, "The app key and its secret seem to be swapped: the key is the longer one."))
        found.append(Remark(SECRET, "This has the length of an app key."))
    else:
        found += _of_text(KEY, key)
        found += _of_text(SECRET, secret)
    return found + (list(_of_callback(callback)) if callback else [])


def check_developer_key(client_id: str, client_secret: str, callback_url: str) -> None:
    """Raises BadData with the first remark that stops a sign-in, before a browser opens."""
    if not client_id.strip() or not client_secret.strip():
        raise BadData("The app key and its secret are both needed.")
    if not callback_url.strip():
        raise BadData("The callback address is needed, exactly as it is registered with Schwab.")
    for remark in remarks_on(client_id, client_secret, callback_url):
        if remark.stops:
            raise BadData(remark.sentence)


def _of_text(field: str, text: str) -> Iterator[Remark]:
    """What is said of the app key or of its secret; the secret itself is never repeated."""
    name, usual = _NAMES[field], _USUAL_LENGTHS[field]
    if not text:
        return
    if not text.strip(_DOTS):
        yield Remark(
            field, f"These dots only stand in for the {name}; let the portal show it, then copy it.", stops=True
        )
    elif _PLACEHOLDER.fullmatch(text):
        yield Remark(field, f"This only stands in for the {name}; copy yours from the developer portal.", stops=True)
    elif "@" in text and field == KEY:
        yield Remark(field, "This looks like an e-mail address; the app key stands with your app in the portal.", True)
    elif text[0] in _QUOTES or text[-1] in _QUOTES:
        yield Remark(field, "Quotation marks were copied along; leave them out.", stops=True)
    elif any(character.isspace() for character in text):
        yield Remark(field, f"There is a blank inside the {name}; copy it again, alone.", stops=True)
    elif not (text.isascii() and text.isprintable()):
        yield Remark(field, f"A character in the {name} is none that Schwab uses; copy it again.", stops=True)
    elif len(text) != usual:
        sentence = f"Schwab issues {name.split()[-1]}s of {usual} characters today; this one has {len(text)}."
        if field == KEY and len(text) < usual // 2:
            sentence += " It is neither a login name nor the app's name."
        yield Remark(field, sentence)


def _of_callback(text: str) -> Iterator[Remark]:
    if (stop := _what_stops(text)) is not None:
        yield Remark(CALLBACK, stop, stops=True)
        return
    parts = urlsplit(text)
    if parts.scheme == "http":
        yield Remark(
            CALLBACK, "Schwab registers https addresses; with http this works only if yours was registered so."
        )
    if not is_loopback(parts.hostname):
        where = f"Schwab will send the browser to {(parts.hostname or '')[:60]}, which is not this machine:"
        yield Remark(CALLBACK, f"{where} sign in with the page in the window, or paste the address.")
    elif parts.port is None:
        yield Remark(
            CALLBACK,
            "Without a port the system's browser cannot come back by itself: sign in with the page in the window.",
        )
    if parts.hostname == "localhost":
        yield Remark(CALLBACK, "To Schwab “localhost” and “127.0.0.1” are two addresses; enter the registered one.")
    if parts.path.strip("/"):
        yield Remark(CALLBACK, f"“{parts.path[:60]}” is part of the address; it must be registered with it.")
    if "//" in parts.path:
        yield Remark(CALLBACK, "Two slashes stand side by side; to Schwab that is another address than one.")
    if not parts.path.endswith("/"):
        yield Remark(CALLBACK, "It ends without a slash; with one it is another address to Schwab.")


def _what_stops(text: str) -> str | None:
    """Why nobody can sign in with this callback address, in a sentence."""
    scheme, has_scheme, rest = text.partition("://")
    parts = _split(text)
    host = rest.partition("/")[0]
    faults = (
        (text[0] in _QUOTES or text[-1] in _QUOTES, "Quotation marks were copied along; leave them out."),
        ("," in text or ";" in text, "Several addresses can be registered, but here only one of them is entered."),
        (any(c.isspace() for c in text), "There is a blank inside the callback address; copy it again."),
        (not (text.isascii() and text.isprintable()), "A character in the callback address is none of an address."),
        (not has_scheme, f"The callback address begins with https://. {_EXAMPLE}"),
        (scheme.lower() not in {"https", "http"}, f"The callback address begins with https://, not {scheme[:20]}://."),
        (scheme != scheme.lower(), "“https” is written in lower case, as it is registered with Schwab."),
        (parts is None or not parts.hostname or "\\" in text, f"This is not an address. {_EXAMPLE}"),
        ("@" in host, "A callback address holds no name or password before its host."),
        (host != host.lower(), "The host is written in lower case, as it is registered with Schwab."),
        (parts and (parts.query or parts.fragment or text[-1] in "?#"), "The callback address ends before “?” or “#”."),
        (host.endswith(":") or (parts and parts.port == 0), "The port after the colon is missing."),
        (
            parts and scheme == "http" and not is_loopback(parts.hostname),
            "Schwab registers https addresses; the callback address must begin with https://, not http://.",
        ),
    )
    return next((sentence for applies, sentence in faults if applies), None)


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts
