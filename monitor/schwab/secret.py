"""A text that must never be shown: tokens, codes, keys and passwords."""

from typing import NoReturn

from monitor.schwab.redact import keep_out_of_logs

_DOTS = "••••"


class Secret:
    """Prints as dots however it is formatted, cannot be pickled, and is kept out of every log from its birth on."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        keep_out_of_logs(text)

    def reveal(self) -> str:
        """The text itself: only for the wire and for the encrypted file."""
        return self._text

    def __repr__(self) -> str:
        return _DOTS

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _DOTS

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
