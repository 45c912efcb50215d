"""A news headline, as the undocumented news service sends it."""

from msgspec import Struct


class Headline(Struct, frozen=True, gc=False):
    """One headline; ``time`` in ms UTC."""

    story: str
    time: int
    text: str
    symbols: tuple[str, ...] = ()
    source: str = ""
    teaser: str = ""
    sequence: int = 0
