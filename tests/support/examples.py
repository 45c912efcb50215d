"""How many examples a slow property is tried with: few in every run, many more in `make soak`."""

import os

from hypothesis import settings

_SOAK_TIMES = 20


def examples(number: int) -> settings:
    """For a property whose examples take long; others do with the profile's own number."""
    soak = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    return settings(max_examples=number * (_SOAK_TIMES if soak else 1))
