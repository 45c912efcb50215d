"""A text that must never be shown: tokens, codes, keys and passwords."""

import hmac
from typing import Any, NoReturn

from monitor.schwab.redact import keep_out_of_logs

_DOTS = "••••"


class Secret:
    """Prints as dots however it is formatted, cannot be pickled, and is kept out of every log from its birth on.

    A copy is the secret itself, so that what holds one may be copied.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        keep_out_of_logs(text)

    def reveal(self) -> str:
        """The text itself: only for the wire and for the encrypted file."""
        keep_out_of_logs(self._text)  # what is in use is not to be pushed out by newer ones
        return self._text

    def __repr__(self) -> str:
        return _DOTS

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _DOTS

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(_bytes(other._text), _bytes(self._text))

    def __hash__(self) -> int:
        return hash(self._text)


def hidden(kind: type, value: Any) -> Any:
    """msgspec's hook for what it decodes: a text that belongs in a Secret is one from its first moment."""
    if kind is not Secret or not isinstance(value, str):
        raise ValueError("Expected a text.")
    return Secret(value)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
