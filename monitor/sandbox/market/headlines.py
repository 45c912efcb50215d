"""NEWS_HEADLINE: invented headlines that say nothing and say that they are simulated."""

from monitor.sandbox.market.chance import stream
from monitor.sandbox.market.universe import universe
from monitor.sandbox.venue import Delivery, Fields, Venue

#: One headline for a symbol in each stretch of this length.
_EVERY_MS = 90_000
_SENTENCES = (
    "{name} publishes the date of its next report",
    "{name} to speak at a conference",
    "{name} names the members of a committee",
    "{name} answers questions of its shareholders",
    "What traders of {name} look at today",
    "{name} opens an office",
)
_TOPICS = ("Simulated", "*ALL*")


class Headlines(Venue):
    """Headlines about every listed symbol."""

    service = "NEWS_HEADLINE"
    delivery = Delivery.SEQUENCE

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """The newest headline of a symbol."""
        newest = self.since(key, at_ms - 2 * _EVERY_MS, at_ms)
        return newest[-1] if newest else None

    def since(self, key: str, after_ms: int, until_ms: int) -> list[Fields]:
        """The headlines that came in between."""
        company = universe().get(key)
        if company is None:
            return []
        found = []
        for place in range(after_ms // _EVERY_MS, until_ms // _EVERY_MS + 1):
            random = stream(self._seed, "headline", key, place)
            at = place * _EVERY_MS + int(random.integers(_EVERY_MS))
            if after_ms < at <= until_ms:
                sentence = _SENTENCES[int(random.integers(len(_SENTENCES)))]
                found.append(_headline(key, place, at, sentence.format(name=company.listing.description.title())))
        return found


def _headline(key: str, place: int, at_ms: int, sentence: str) -> Fields:
    story = f"simulated_{key.strip('$')}_{place}"
    return {
        "1": at_ms // 1000 * 1000,
        "2": story,
        "3": "A",
        "4": f"SIMULATED-{sentence}",
        "5": story,
        "6": list(_TOPICS),
        "7": [key],
        "8": False,
        "9": "Sandbox",
        "10": f"{sentence}. This headline was invented by a simulation.",
        "11": "en-US",
    }
