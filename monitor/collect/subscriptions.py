"""Who wants what from the stream: each owner names its wishes, and their union is what is subscribed."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from monitor.analysis.budget import StreamPlaces
from monitor.ports import QuoteStream, Wanted


class Subscriptions:
    """The one wanted set of the program; it tells the stream only when the union changes."""

    def __init__(self, stream: QuoteStream) -> None:
        self._stream = stream
        self._by_owner: dict[str, Wanted] = {}
        self._union = Wanted()
        self._refused: dict[str, str] = {}

    def want(self, owner: str, wanted: Wanted) -> None:
        """Replace what ``owner`` wants; an empty set takes it off."""
        if wanted:
            self._by_owner[owner] = wanted
        else:
            self._by_owner.pop(owner, None)
        union = reduce(or_, self._by_owner.values(), Wanted())
        if union != self._union:
            self._union = union
            keys = _keys(union)
            self._refused = {key: why for key, why in self._refused.items() if key in keys}
            self._stream.want(union)

    @property
    def union(self) -> Wanted:
        """Everything that anyone wants."""
        return self._union

    @property
    def refused(self) -> Mapping[str, str]:
        """Symbols the streamer refused, each with its reason."""
        return self._refused

    @property
    def places(self) -> StreamPlaces:
        """The places on the stream's connection, and those that are taken."""
        return self._stream.places

    def take_back(self) -> None:
        """Fetch the stream from the program that took it."""
        self._stream.take_back()

    def take_refused(self, refused: Mapping[str, str]) -> None:
        """What the streamer refuses of all that is wanted, each symbol with its reason."""
        self._refused = dict(refused)


def _keys(wanted: Wanted) -> frozenset[str]:
    exactly = frozenset(key for _, key in wanted.exactly)
    return wanted.quotes | wanted.books | wanted.bars | wanted.screeners | wanted.news | exactly
