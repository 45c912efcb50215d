"""What happens in the person's account: orders that are entered, filled or cancelled. Never logged."""

from msgspec import Struct


class Activity(Struct, frozen=True, gc=False):
    """One message: ``kind`` is Schwab's word (SUBSCRIBED, OrderCreated …), ``text`` its JSON, both as sent.

    ``sequence`` counts the messages of a connection.
    """

    account: str
    kind: str
    text: str
    sequence: int = 0

    def __repr__(self) -> str:
        return f"Activity({self.kind!r})"  # the rest is nobody else's business
