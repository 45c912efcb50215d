"""What every peer's script shares: the bars from a file, times to pixels, and one line of JSON at the end."""

import json
import sys
import time

import numpy as np

SIZE = (1600, 900)
LONGEST_SECONDS = 120


def given():
    """The bars in the file that the command line names: rows of start (ms), open, high, low, close, volume."""
    return np.load(sys.argv[1])


def timed(act):
    """Milliseconds that it takes."""
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def repeated(act, times):
    """The times of so many calls, ended early once they took two minutes."""
    found, begin = [], time.perf_counter()
    while len(found) < times and time.perf_counter() - begin < LONGEST_SECONDS:
        found.append(timed(act))
    return found


def memory():
    """Megabytes that the process has taken at most."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(first, pans, zooms, ticks):
    """The last line of the script."""
    figures = {"first_all": first, "memory_mb": memory()}
    for name, times in (("pan", pans), ("zoom", zooms), ("tick", ticks)):
        if times:
            figures |= {f"{name}_p50": float(np.percentile(times, 50)), f"{name}_p95": float(np.percentile(times, 95))}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}), flush=True)
