"""Black-Scholes with a dividend yield: prices and Greeks of many strikes at once."""

from math import erf
from typing import NamedTuple

import numpy as np

from monitor.sandbox.market.chance import Floats

RATE = 0.04037
_erf = np.vectorize(erf, otypes=[float])


class Valued(NamedTuple):
    """Theoretical values and Greeks: theta a day, vega and rho for one percentage point."""

    price: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    rho: Floats


def smile(spot: float, strikes: Floats, years: float, level: float, index: bool) -> Floats:
    """Implied volatilities: dearer below the price, a little dearer far above it."""
    moneyness = np.clip(np.log(strikes / spot) / (level * np.sqrt(years) + 0.02), -4, 4)
    skew, curve = (0.10, 0.018) if index else (0.035, 0.022)
    return np.asarray(np.maximum(level * (1 - skew * moneyness + curve * moneyness**2), 0.03))


def valued(spot: float, strikes: Floats, years: float, volatility: Floats, dividend: float, call: bool) -> Valued:
    """Values of the calls or puts at ``strikes`` that end in ``years``; ``dividend`` is a yield."""
    side = 1.0 if call else -1.0
    root = volatility * np.sqrt(years)
    d1 = (np.log(spot / strikes) + (RATE - dividend + volatility**2 / 2) * years) / root
    d2 = d1 - root
    carried, discounted = spot * np.exp(-dividend * years), strikes * np.exp(-RATE * years)
    near, far = _normal(side * d1), _normal(side * d2)
    density = np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi)
    decay = -carried * density * volatility / (2 * np.sqrt(years))
    return Valued(
        price=np.maximum(side * (carried * near - discounted * far), 0.0),
        delta=side * np.exp(-dividend * years) * near,
        gamma=carried / spot * density / (spot * root),
        theta=(decay - side * RATE * discounted * far + side * dividend * carried * near) / 365,
        vega=carried * density * np.sqrt(years) / 100,
        rho=side * discounted * years * far / 100,
    )


def _normal(x: Floats) -> Floats:
    return np.asarray((1 + _erf(x / np.sqrt(2))) / 2)
