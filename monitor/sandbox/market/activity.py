"""ACCT_ACTIVITY: an order's life now and then, in the shape of the real messages, on an account that is nobody's."""

from datetime import date
from typing import Any

import msgspec

from monitor.market.calendar import from_ms
from monitor.sandbox.market.chance import stream
from monitor.sandbox.venue import Delivery, Fields, Venue

#: One order is placed in each stretch of this length.
_EVERY_MS = 60_000
ACCOUNT = "00000000"
_SYMBOLS = ("AAPL", "MSFT", "SPY", "NVDA", "F")
_FILLED = ("OrderCreated", "OrderAccepted", "ExecutionRequested", "ExecutionRequestCompleted", "OrderFillCompleted")
_CANCELLED = ("OrderCreated", "OrderAccepted", "CancelAccepted", "OrderUROutCompleted")
_STEP_MS = 1_300


class Activity(Venue):
    """What a person's account reports; the key is any text of the client's."""

    service = "ACCT_ACTIVITY"
    delivery = Delivery.SEQUENCE

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def fields(self, key: str, at_ms: int) -> Fields | None:  # noqa: ARG002
        """The word that the subscription stands."""
        return {"1": "", "2": "SUBSCRIBED", "3": ""}

    def since(self, key: str, after_ms: int, until_ms: int) -> list[Fields]:  # noqa: ARG002
        """The messages of the orders that were alive in between."""
        first, last = after_ms // _EVERY_MS - 1, until_ms // _EVERY_MS
        events = (event for place in range(first, last + 1) for event in self._life(place))
        return [fields for at, fields in events if after_ms < at <= until_ms]

    def _life(self, place: int) -> list[tuple[int, Fields]]:
        """Each message of one order, with its moment."""
        random = stream(self._seed, "order", place)
        begins = place * _EVERY_MS + int(random.integers(2_000, 40_000))
        kinds = _FILLED if random.random() < 0.6 else _CANCELLED
        order: dict[str, Any] = {
            "id": str(1_000_000_000_000 + place % 900_000_000),
            "symbol": _SYMBOLS[int(random.integers(len(_SYMBOLS)))],
            "quantity": 10 * int(random.integers(1, 20)),
            "price": round(float(random.uniform(10, 400)), 2),
            "side": "Buy" if random.random() < 0.5 else "Sell",
        }
        return [
            (at, {"1": ACCOUNT, "2": kind, "3": _text(kind, order, at)})
            for number, kind in enumerate(kinds)
            for at in (begins + number * _STEP_MS,)
        ]


def _text(kind: str, order: dict[str, Any], at_ms: int) -> str:
    """The JSON text that a message carries."""
    moment = from_ms(at_ms)
    stamp = {"DateTimeString": f"{moment:%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}"}
    known = {"SchwabOrderID": order["id"], "AccountNumber": ACCOUNT}
    detail: dict[str, Any] = {"EventType": kind}
    match kind:
        case "OrderCreated":
            detail |= {"Order": known | {"Order": _order(order, stamp, moment.date())}}
        case "OrderFillCompleted":
            filled = {"ExecutionQuantity": _amount(order["quantity"]), "ExecutionPrice": _amount(order["price"])}
            detail |= {"LegId": order["id"], "ExecutionInfo": filled | {"ExecutionTimeStamp": stamp}}
        case _:
            detail |= {"LegId": order["id"], "ExecutionTime": stamp, "RouteSequenceNumber": 1}
    event = {"EventType": kind, f"{kind}EventEquityOrder" if kind == "OrderCreated" else f"{kind}Event": detail}
    return msgspec.json.encode(known | {"BaseEvent": event}).decode()


def _order(order: dict[str, Any], stamp: dict[str, str], day: date) -> dict[str, Any]:
    limit = {"Type": "ES_Limit", "LimitPrice": _amount(order["price"]), "LimitPriceUnitCode": "Units"}
    leg = {
        "LegID": order["id"],
        "LegParentSchwabOrderID": order["id"],
        "Quantity": _amount(order["quantity"]),
        "LeavesQuantity": _amount(order["quantity"]),
        "BuySellCode": order["side"],
        "Security": {"Symbol": order["symbol"], "MajorAssetType": "MajorAssetType_Equity"},
    }
    return {
        "AccountInfo": {"AccountNumber": ACCOUNT, "AccountTypeCode": "Customer"},
        "LifecycleCreatedTimestamp": stamp,
        "LifecycleSchwabOrderID": order["id"],
        "EntryTimestamp": stamp,
        "ExpiryTimeStamp": {"DateTimeString": day.isoformat()},
        "AssetOrderEquityOrderLeg": {
            "OrderInstruction": {"ExecutionStrategy": {"Type": "ES_Limit", "LimitExecutionStrategy": limit}},
            "TimeInForce": "Day",
            "OrderTypeCode": "Limit",
            "OrderLegs": [leg],
        },
    }


def _amount(number: float) -> dict[str, Any]:
    """A number as these messages write it: millionths, as text."""
    return {"lo": str(round(number * 1_000_000)), "signScale": 12}
