"""Alerts and their firings in a few words, for cards, menus and readers of the screen."""

from monitor.live.alert_words import moment, price_words
from monitor.market.alert import Alert, Direction, Firing

DIRECTIONS = {
    Direction.ANY: "either way",
    Direction.UP: "on the way up",
    Direction.DOWN: "on the way down",
}
WAITS_FOR_DISK = "Not on disk yet; it fires all the same"
_WAYS = {Direction.UP: "Rose to", Direction.DOWN: "Fell to"}


def rule_words(alert: Alert) -> str:
    """Alert at 585.25, either way, once."""
    often = f"again after {alert.rearm:g} away" if alert.again else "once"
    return f"Alert at {price_words(alert.price)}, {DIRECTIONS[alert.direction]}, {often}"


def state_words(alert: Alert, now_ms: int) -> str:
    """Waits; or when it fired last, and whether it is off since."""
    if alert.fired_ms is None:
        return "Waits for the price" if alert.active else "Off"
    fired = f"Fired {moment(alert.fired_ms, now_ms)}"
    return f"{fired}, waits again" if alert.active else f"{fired}, and is off since"


def firing_words(firing: Firing, now_ms: int) -> str:
    """Rose to 585.25 at 11:31 (last 585.31)."""
    told = f"{_WAYS[firing.direction]} {price_words(firing.line)} {moment(firing.at_ms, now_ms)}"
    if firing.missed:
        return f"{told}, while nobody listened"
    return f"{told} (last {price_words(firing.price)})"
