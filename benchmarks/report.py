"""How a benchmark ends: a readable line a figure, then one line of JSON."""

import json
from collections.abc import Mapping


def report(name: str, figures: Mapping[str, float]) -> None:
    """Print the figures for people, and ``{"name": …, "figures": {…}}`` as the last line for programs."""
    for key, value in figures.items():
        print(f"{name}  {key:24} {value:>14,}")
    print(json.dumps({"name": name, "figures": dict(figures)}))
