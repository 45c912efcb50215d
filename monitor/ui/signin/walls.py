"""The walls people meet at the sign-in instead of the next page: what each means, and what to do about it.

A page is known by its HTTP status, host, title and visible words. Nothing of it is kept, and what was typed is not
among its words. Schwab documents none of these pages; their words come from reports of users.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

_WORDS_READ = 4000


class Way(StrEnum):
    """What a person can do at a wall; each is a button."""

    RELOAD = "reload"
    KEY = "key"  # look at the developer key again
    OTHER = "other"  # sign in outside the embedded page


@dataclass(frozen=True, slots=True)
class Wall:
    """What happened, what helps, and whether the page stays in sight because the way on is on it."""

    name: str
    sentence: str
    advice: str
    ways: tuple[Way, ...] = (Way.RELOAD, Way.OTHER)
    page_stays: bool = False


@dataclass(frozen=True, slots=True)
class PageSeen:
    """What is known of a page that has loaded; ``logins`` counts the login pages without a complaint before it."""

    host: str
    status: int
    title: str
    text: str
    logins: int = 0

    @property
    def words(self) -> str:
        """The title and the beginning of the text, in lower case."""
        return f"{self.title}\n{self.text[:_WORDS_READ]}".lower()

    @property
    def asks_login(self) -> bool:
        """Whether it asks for the name and password of a person."""
        words = self.words
        return "password" in words and _any(words, "log in", "login id", "sign in", "username", "user id")

    @property
    def complains(self) -> bool:
        """Whether it says that a name or password was wrong."""
        return _any(self.words, "not match", "incorrect", "not recognize", "invalid", "try again", "could not log")


PENDING = Wall(
    "app-pending",
    "Schwab does not let this app sign in yet.",
    "On developer.schwab.com the app's status must be “Ready For Use”; “Approved - Pending” is not enough. It can take "
    "days, after a change of the app too. Until then the sandbox shows everything.",
    (Way.RELOAD, Way.KEY),
)
MISMATCH = Wall(
    "callback-mismatch",
    "Schwab's page says “Access Denied”.",
    "Mostly the callback URL is not the registered one. Compare them character by character, the port and a slash at "
    "the end included. If it is the same, this network may be turned away for some hours. Sent was\n{callback}",
    (Way.KEY, Way.RELOAD, Way.OTHER),
)
LOOP = Wall(
    "login-loop",
    "The login page has come back without a complaint.",
    "After a right login this mostly means that the callback URL is not the registered one. Compare them character by "
    "character, the port and a slash at the end included. Sent was\n{callback}",
    (Way.KEY, Way.OTHER),
    page_stays=True,
)
INVALID_CLIENT = Wall(
    "invalid-client",
    "Schwab does not know this app key.",
    "Copy the app key from developer.schwab.com once more, whole and without spaces, and its secret with it.",
    (Way.KEY, Way.RELOAD),
)
SERVER = Wall(
    "server-error",
    "Schwab's sign-in has failed on its side.",
    "Try again in a few minutes. If it stays so and the app is new or was changed, look on developer.schwab.com "
    "whether its status is “Ready For Use”.",
    (Way.RELOAD, Way.OTHER),
)
UNEXPECTED = Wall(
    "unexpected-error",
    "The sign-in page answered with an error.",
    "Try again. If it stays so, one of the other ways may work.",
)
OFFER = Wall(
    "interstitial",
    "Schwab offers something else first.",
    "Look for “Not now”, “Skip” or “Cancel” on the page; signing in goes on after it.",
    (),
    page_stays=True,
)
WRONG_LOGIN = Wall(
    "wrong-login",
    "Schwab did not take this login.",
    "Use your brokerage login, as for schwab.com; the developer portal's is another one.",
    (),
    page_stays=True,
)
DEVELOPER = Wall(
    "developer-portal",
    "This is the developer portal, not the sign-in.",
    "Reload, and use your brokerage login, as for schwab.com.",
    (Way.RELOAD,),
    page_stays=True,
)
SILENT = Wall(
    "no-answer",
    "The sign-in page does not answer.",
    "Check the connection. If other pages open, Schwab may be down: try again in a few minutes.",
)
CAPTIVE = Wall(
    "captive-network",
    "This network wants a sign-in of its own.",
    "The sign-in page was led away to another address. Open any page in the system's browser, sign in to the network "
    "there, then reload.",
)
CRASHED = Wall("page-crashed", "The page has crashed.", "Reload to start again.")
DECLINED = Wall(
    "declined",
    "You declined at Schwab.",
    "Reload to start again, and allow the access on the last page.",
    (Way.RELOAD,),
)
_UNTRUSTED = Wall(
    "certificate",
    "The page was not opened, because its certificate is not trusted.",
    "Something between here and Schwab may be reading along: a network that wants a sign-in of its own, a company's "
    "network or a virus scanner. Try another network.",
    (Way.RELOAD,),
)
_WRONG_TIME = replace(
    _UNTRUSTED,
    advice="Its dates do not fit this machine's clock. Check the date, time and time zone here, then reload.",
)


def recognise(page: PageSeen, callback_url: str) -> Wall | None:
    """The wall that the page is, or None for one that leads on."""
    for fits, wall in _RECOGNISERS:
        if fits(page, page.words):
            return replace(wall, advice=wall.advice.format(callback=callback_url))
    return None


def untrusted(dates_do_not_fit: bool) -> Wall:
    """The wall of a certificate that was refused."""
    return _WRONG_TIME if dates_do_not_fit else _UNTRUSTED


def not_finished(redirected_url: str, sentence: str) -> Wall:
    """The wall after the redirect: declined by the person, or ``sentence`` says why Schwab or the network refused."""
    if parse_qs(urlsplit(redirected_url).query).get("error") == ["access_denied"]:
        return DECLINED
    return Wall("not-finished", sentence, "Reload to start again with a new page.", (Way.RELOAD, Way.KEY, Way.OTHER))


def not_opened(sentence: str) -> Wall:
    """The wall of a page that this machine does not open."""
    return Wall("not-opened", sentence, "The other ways use the system's browser.", (Way.OTHER,))


def _any(words: str, *signs: str) -> bool:
    return any(sign in words for sign in signs)


#: In this order: what is said in plain words counts more than the status it came with.
_RECOGNISERS: tuple[tuple[Callable[[PageSeen, str], bool], Wall], ...] = (
    (lambda _, words: _any(words, "whitelabel error page", "unable to complete your request"), PENDING),
    (lambda page, words: page.status == 401 or "invalid_client" in words, INVALID_CLIENT),
    (lambda page, words: page.status == 403 or "access denied" in words, MISMATCH),
    (lambda page, _: page.status >= 500, SERVER),
    (lambda page, _: page.status >= 400, UNEXPECTED),
    (lambda page, _: page.host == "developer.schwab.com", DEVELOPER),
    (lambda page, _: page.asks_login and page.complains, WRONG_LOGIN),
    (lambda page, _: page.asks_login and page.logins > 1, LOOP),
    (lambda page, words: not page.asks_login and _any(words, "voice id", "not now", "remind me later"), OFFER),
)
