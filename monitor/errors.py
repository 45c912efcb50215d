"""The few kinds of failure the program tells apart, each with a sentence for people."""


class MonitorError(Exception):
    """Something failed that a person should hear about.

    ``sentence`` is for the screen: plain words, no secret, no foreign exception text.
    ``detail`` is for the log and may be technical, but never holds a secret either.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


class Transient(MonitorError):
    """The world failed for now: trying again later may succeed."""


class Refused(MonitorError):
    """The other side understood the request and said no: trying again is in vain."""


class SignInNeeded(MonitorError):
    """Only a person signing in again can help."""


class BadData(MonitorError):
    """What arrived, or what was typed, is not what it should be."""


class StoreUnavailable(MonitorError):
    """The database cannot be opened, read or written; ``damaged`` says that its file is not sound, or no database."""

    def __init__(self, sentence: str, detail: str = "", *, damaged: bool = False) -> None:
        super().__init__(sentence, detail)
        self.damaged = damaged


class Unusable(MonitorError):
    """The settings or the machine do not allow what was asked."""
