"""Randomness that depends on nothing but its name, so that every question has one answer in any order."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def stream(*name: object) -> np.random.Generator:
    """The generator of random numbers that ``name`` (seed, symbol, what, when) stands for, the same everywhere."""
    digest = blake2b("\0".join(map(str, name)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def in_ticks(price: Floats) -> Floats:
    """Prices as they can be quoted: in cents, below one dollar in hundredths of a cent."""
    return np.maximum(np.where(price < 1, np.round(price, 4), np.round(price, 2)), 0.0001)


def bridge(random: np.random.Generator, variances: Floats, paths: int = 1) -> Floats:
    """Random walks that end where they began: ``paths`` rows, a step for each of ``variances``."""
    walk = np.cumsum(random.standard_normal((paths, len(variances))) * np.sqrt(variances), axis=1)
    elapsed = np.cumsum(variances)
    return np.asarray(walk - walk[:, -1:] * (elapsed / elapsed[-1]))


def excursion(start: Floats, end: Floats, reach: Floats) -> tuple[Floats, Floats]:
    """The highest and lowest points of Brownian paths from ``start`` to ``end``.

    ``reach`` has a row for each of the two: the path's variance times the sum of two squared standard normals.
    """
    span = np.sqrt((end - start) ** 2 + reach)
    return (start + end + span[0]) / 2, (start + end - span[1]) / 2


def reaches(random: np.random.Generator, variances: Floats) -> Floats:
    """What ``excursion`` asks for, for paths of these variances."""
    return np.asarray(2.0 * variances * random.standard_exponential((2, *variances.shape)))
