"""A price that wanders: a function of its name and the time alone, cheap at any moment and over any stretch."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from monitor.sandbox.market.chance import Floats

#: The waves it is made of, in seconds; each is as tall as a random walk goes in that time.
_PERIODS = (3, 17, 97, 541, 3_011, 16_001, 86_399, 500_009, 3_000_017)
_DAY_SECONDS = 86_400
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_Whole = npt.NDArray[np.uint64]


class Wander:
    """A factor around 1 that moves by ``daily`` (a standard deviation) in a day, once a second."""

    def __init__(self, seed: int, name: str, daily: float) -> None:
        self._salt = np.uint64(int.from_bytes(blake2b(f"{seed} {name}".encode(), digest_size=8).digest(), "little"))
        self._daily = daily

    def at(self, ms: int) -> float:
        """The factor at a moment."""
        return float(self.over(np.array([ms // 1000]))[0])

    def over(self, seconds: npt.NDArray[np.int64]) -> Floats:
        """The factors at moments given in whole seconds since 1970."""
        total = np.zeros(len(seconds))
        for number, period in enumerate(_PERIODS):
            place, part = np.divmod(seconds, period)
            left, right = (self._draw(number, place + step) for step in (0, 1))
            share = part / period
            total += self._daily * np.sqrt(period / _DAY_SECONDS) * (left + (right - left) * share)
        return np.asarray(np.exp(total))

    def _draw(self, number: int, place: npt.NDArray[np.int64]) -> Floats:
        """A number between -1 and 1 for each place, by a mix of its bits (splitmix64)."""
        mixed: _Whole = (place.astype(np.uint64) + np.uint64(number << 40)) * np.uint64(0x9E3779B97F4A7C15) ^ self._salt
        for shift, factor in zip((30, 27), _MIX, strict=True):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
        mixed ^= mixed >> np.uint64(31)
        return np.asarray(mixed / np.float64(2**63) - 1.0)
