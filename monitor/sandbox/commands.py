"""The streamer's commands and answers as they stand on the wire, and what one connection has subscribed to."""

from typing import Any

import msgspec

from monitor.sandbox.limits import SYMBOL_LIMIT, SYMBOL_LIMITS, Fit, fit

LEVEL_ONE, NASDAQ_BOOK, NYSE_BOOK, CHART = "LEVELONE_EQUITIES", "NASDAQ_BOOK", "NYSE_BOOK", "CHART_EQUITY"
SERVICES = (
    *(LEVEL_ONE, NASDAQ_BOOK, NYSE_BOOK, CHART, "CHART_FUTURES", "OPTIONS_BOOK"),
    *("LEVELONE_OPTIONS", "LEVELONE_FUTURES", "LEVELONE_FUTURES_OPTIONS", "LEVELONE_FOREX"),
    *("SCREENER_EQUITY", "SCREENER_OPTION", "ACCT_ACTIVITY", "NEWS_HEADLINE"),
)

LOGIN_DENIED, NOT_AVAILABLE, CLOSED, LIMIT, NO_CONNECTION, BAD_FORMAT, STOP = 3, 11, 12, 19, 20, 21, 30
FAILED = {"SUBS": 22, "UNSUBS": 23, "ADD": 24, "VIEW": 25}


class Command(msgspec.Struct):
    """One request of a client."""

    service: str
    command: str
    requestid: str | int = ""
    correl_id: str = msgspec.field(name="SchwabClientCorrelId", default="")
    parameters: dict[str, Any] = {}

    def keys(self) -> list[str]:
        return [key for key in str(self.parameters.get("keys", "")).split(",") if key]

    def fields(self) -> frozenset[str]:
        """The field numbers asked for; the symbol itself (0) is always sent as the key."""
        return frozenset(str(self.parameters.get("fields", "")).replace(" ", "").split(",")) - {"", "0"}


class _Requests(msgspec.Struct):
    requests: list[Command]


_requests = msgspec.json.Decoder(_Requests)
_bare = msgspec.json.Decoder(Command)


def parse(text: str | bytes) -> list[Command]:
    """The commands of one message: a list, or a single bare request. Raises msgspec.DecodeError."""
    try:
        return _requests.decode(text).requests
    except msgspec.ValidationError:
        return [_bare.decode(text)]


Answer = dict[str, Any]


def answer(command: Command, code: int, text: str, now_ms: int) -> Answer:
    """What a command is answered with."""
    return {
        "service": command.service,
        "command": command.command,
        "requestid": str(command.requestid),
        "SchwabClientCorrelId": command.correl_id,
        "timestamp": now_ms,
        "content": {"code": code, "msg": text},
    }


def response(*answers: Answer) -> bytes:
    """The frame that holds the answer of a command, or of several."""
    return msgspec.json.encode({"response": answers})


def notice(code: int, text: str, now_ms: int) -> bytes:
    """The frame in which the streamer speaks of the connection itself."""
    body = {"service": "ADMIN", "timestamp": now_ms, "content": {"code": code, "msg": text}}
    return msgspec.json.encode({"notify": [body]})


def heartbeat(now_ms: int) -> bytes:
    return b'{"notify":[{"heartbeat":"%d"}]}' % now_ms


def data(service: str, now_ms: int, items: list[Any]) -> bytes:
    """A data frame, with the blank after the first comma that Schwab's have."""
    head = b'{"data":[{"service":"%s", "timestamp":%d,"command":"SUBS","content":' % (service.encode(), now_ms)
    return head + msgspec.json.encode(items) + b"}]}"


class Subscriptions:
    """Keys of each service on one connection, and the fields wanted of each; ``changes`` counts the commands.

    ``lowered`` has the symbol limits that a fault put in place of the usual ones.
    """

    def __init__(self) -> None:
        self._services: dict[str, dict[str, frozenset[str]]] = {service: {} for service in SERVICES}
        self.changes = 0
        self.lowered: dict[str, int] = {}

    def __bool__(self) -> bool:
        return any(self._services.values())

    def of(self, service: str) -> dict[str, frozenset[str]]:
        """The keys of a service with the fields wanted of each."""
        return self._services[service]

    def limit(self, service: str) -> int:
        """How many keys of a service the connection may have."""
        return self.lowered.get(service, SYMBOL_LIMITS.get(service, SYMBOL_LIMIT))

    def substitute(self, service: str, keys: list[str], fields: frozenset[str]) -> Fit:
        """SUBS: these keys and no others, as far as they fit."""
        self.changes += 1
        kept = fit(self.limit(service), set(), keys)
        self._services[service] = dict.fromkeys(kept.kept, fields)
        return kept

    def add(self, service: str, keys: list[str], fields: frozenset[str]) -> Fit:
        """ADD: these keys as well, as far as they fit."""
        self.changes += 1
        held = self._services[service]
        kept = fit(self.limit(service), set(held), keys)
        held.update(dict.fromkeys(kept.kept, fields))
        return kept

    def remove(self, service: str, keys: list[str]) -> None:
        """UNSUBS."""
        self.changes += 1
        for key in keys:
            self._services[service].pop(key, None)

    def view(self, service: str, fields: frozenset[str]) -> None:
        """VIEW: other fields for every key of the service."""
        self.changes += 1
        self._services[service] = dict.fromkeys(self._services[service], fields)
