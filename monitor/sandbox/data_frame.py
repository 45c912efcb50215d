"""A data frame on its way to a client."""

from typing import NamedTuple


class DataFrame(NamedTuple):
    """One data frame ready to be sent, and how many items it holds; ``note`` says what a fault made of it."""

    service: str
    items: int
    payload: bytes
    note: str = ""
