"""Every indicator there is, and the search among them."""

from difflib import get_close_matches

from monitor.analysis.indicators.cycle import CYCLE
from monitor.analysis.indicators.description import Description
from monitor.analysis.indicators.momentum import MOMENTUM
from monitor.analysis.indicators.patterns import PATTERNS
from monitor.analysis.indicators.price import PRICE
from monitor.analysis.indicators.statistic import STATISTIC
from monitor.analysis.indicators.trend import TREND
from monitor.analysis.indicators.volatility import VOLATILITY
from monitor.analysis.indicators.volume import VOLUME
from monitor.errors import BadData

#: By group; in each the best known come first.
CATALOGUE = (*TREND, *MOMENTUM, *VOLATILITY, *VOLUME, *PRICE, *CYCLE, *STATISTIC, *PATTERNS)
_BY_NAME = {description.name: description for description in CATALOGUE}


def describe(name: str) -> Description:
    """The indicator of that name. Raises BadData."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise BadData(f"There is no indicator “{name}”.") from None


def search(text: str) -> list[Description]:
    """What fits every word of ``text``, best first; all there is where the text is empty.

    Where nothing fits, words that are spelt nearly so are tried.
    """
    wanted = text.lower().split()
    if found := _fitting(wanted):
        return found
    near = [get_close_matches(word, _WORDS, 1, 0.75) for word in wanted]
    return _fitting([words[0] for words in near]) if all(near) else []


def _fitting(wanted: list[str]) -> list[Description]:
    ranked = []
    for place, description in enumerate(CATALOGUE):
        ranks = [_rank(word, description) for word in wanted]
        if None not in ranks:
            whole_title = " ".join(wanted) == description.title.lower()
            ranked.append((not whole_title, sum(rank or 0 for rank in ranks), place))
    return [CATALOGUE[place] for *_, place in sorted(ranked)]


def _rank(word: str, description: Description) -> int | None:
    """How well a word fits, 0 best; None when it does not."""
    names = {description.name.lower(), description.short.lower()} - {""}
    title, words = description.title.lower(), f"{description.words} {description.group}".lower()
    tests = (
        word in names,
        word in title.split(),
        word in words.split(),
        title.startswith(word),
        any(name.startswith(word) for name in names),
        any(part.startswith(word) for part in title.split()),
        any(part.startswith(word) for part in words.split()),
        word in title or word in words,
    )
    return tests.index(True) if True in tests else None


_WORDS = sorted(
    {word for d in CATALOGUE for word in f"{d.name} {d.short} {d.title} {d.words} {d.group}".lower().split()}
)
