"""First paint, pan, zoom and tick of the chart, and its memory, beside charts of others under the same hands.

``python -m benchmarks.charts`` is ours beside pyqtgraph's own candlestick example. With ``--peers`` it is all of
them with 10 thousand to 10 million bars: each in an environment of its own, which is made first, and in a process of
its own, taking turns. ``--write`` puts the table into ``benchmarks/README.md``. What is timed is told there.
"""

import argparse
import contextlib
import json
import math
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.peers.environments import NotMade, environment
from benchmarks.peers.hands import percentile
from benchmarks.peers.running import Limits, Outcome, run
from benchmarks.peers.table import HANDS, MILLION, NAMES, OURS, Outcomes, gathered, goals, markdown, spread, words
from monitor.market.bar import BAR_DTYPE, BarSeries

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
README = Path(__file__).parent / "README.md"
_SOON_MS = 10_000
BEGIN, END = "<!-- the chart beside its peers -->\n", "<!-- end of the chart beside its peers -->\n"


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    cache: Path | None
    pictures: Path | None
    rounds: int
    sizes: Sequence[int]
    limits: Limits = field(default_factory=Limits)


def random_bars(count: int, seed: int = 7) -> BarSeries:
    """A random walk of minute bars on weekdays from 07:00 to 20:00, the same every time for a seed."""
    walk = np.random.default_rng(seed)
    bars = np.empty(count, BAR_DTYPE)
    days, minute = np.divmod(np.arange(count), 780)
    weeks, weekday = np.divmod(days, 5)
    bars["start"] = 1_000_000_800_000 + (weeks * 7 + weekday) * 86_400_000 + minute * 60_000
    bars["close"] = 500 + np.cumsum(walk.normal(0, 0.05, count)).clip(-400, None)
    bars["open"] = np.r_[500.0, bars["close"][:-1]]
    spread = np.abs(walk.normal(0, 0.05, count))
    bars["high"] = np.maximum(bars["open"], bars["close"]) + spread
    bars["low"] = np.minimum(bars["open"], bars["close"]) - spread
    bars["volume"] = walk.integers(100, 50_000, count)
    return bars


def measured(
    turns: Iterable[tuple[str, int]],
    pythons: Mapping[str, Path | NotMade],
    options: Options,
    earlier: Outcomes | None = None,
) -> Outcomes:
    """Have every turn in its order; a chart that gave up is not tried again with as many bars or more."""
    outcomes = {turn: list(rounds) for turn, rounds in (earlier or {}).items()}
    too_many: dict[str, int] = {}
    for (chart, count), rounds in outcomes.items():
        if any(not each.figures.get("first") for each in rounds):
            too_many[chart] = min(count, too_many.get(chart, count))
    with tempfile.TemporaryDirectory() as folder:
        for chart, count in turns:
            python, file = pythons[chart], Path(folder) / f"{count}.npy"
            if isinstance(python, NotMade):
                outcome = Outcome(gave_up=str(python))
            elif (chart, count) in outcomes and chart in too_many and count >= too_many[chart]:
                continue
            elif count > too_many.get(chart, count):
                outcome = Outcome(gave_up=f"not tried, as {words(too_many[chart])} were too many")
            else:
                if not file.exists():
                    np.save(file, random_bars(count))
                outcome = tried(python, chart, file, options)
            if outcome.gave_up and not outcome.figures.get("first"):
                too_many.setdefault(chart, count)
            outcomes.setdefault((chart, count), []).append(outcome)
            told = {
                name: percentile(times, 50) for name, times in outcome.figures.items() if not name.endswith("_drawn")
            }
            print(f"{words(count):>12} {chart:<20} {told} {outcome.gave_up}", file=sys.stderr, flush=True)
    return {turn: outcomes[turn] for turn in sorted(outcomes, key=lambda turn: (turn[1], list(NAMES).index(turn[0])))}


def tried(python: Path, chart: str, bars: Path, options: Options) -> Outcome:
    """One run; once more where it was soon painted and yet stopped, as a browser does now and then."""
    outcome = run(python, chart, bars, options.limits, options.pictures)
    if outcome.gave_up and outcome.figures.get("first", [math.inf])[0] < _SOON_MS:
        print(f"{chart}: {outcome.gave_up}; once more", file=sys.stderr, flush=True)
        outcome = run(python, chart, bars, options.limits, options.pictures)
    return outcome


def environments(cache: Path) -> dict[str, Path | NotMade]:
    """The Python of each chart; of a peer whose environment could not be made, why."""
    found: dict[str, Path | NotMade] = {OURS: Path(sys.executable)}
    for chart in NAMES:
        if chart != OURS:
            print(f"Making the environment of {chart} in {cache}", file=sys.stderr, flush=True)
            try:
                found[chart] = environment(chart, cache)
            except NotMade as failure:
                found[chart] = failure
    return found


def beside_all_peers(options: Options) -> Iterator[Outcomes]:
    """Every chart with every number of bars, one after the other: all that is known after each round.

    Each round begins with another chart.
    """
    with contextlib.ExitStack() as stack:
        cache = options.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pythons = environments(cache.resolve())
        outcomes: Outcomes = {}
        charts = list(NAMES)
        for _ in range(options.rounds):
            turns = [(chart, count) for count in options.sizes for chart in charts]
            outcomes = measured(turns, pythons, options, outcomes)
            yield outcomes
            charts = [*charts[1:], charts[0]]


def beside_example(options: Options) -> Iterator[Outcomes]:
    """Ours with three numbers of bars and pyqtgraph's example, from this environment, with a million."""
    here = Path(sys.executable)
    turns = [(OURS, 10_000), (OURS, MILLION), (OURS, 10_000_000), ("pyqtgraph", MILLION)]
    quick = replace(options, limits=replace(options.limits, hand_seconds=1))
    yield measured(turns, {OURS: here, "pyqtgraph": here}, quick)


def write(table: str) -> None:
    """Put the table between its marks in the README."""
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{after}")


def figures(outcomes: Outcomes) -> dict[str, float]:
    """For programs: p50 and p95 of each chart, number of bars and hand."""
    found: dict[str, float] = {}
    for (chart, count), rounds in outcomes.items():
        for name, times in gathered(rounds).items():
            unit = "mb" if name == "memory" else "ms"
            for percent in (50, 95) if name in HANDS else (50,):
                found[f"{chart}_{count}_{name}_p{percent}_{unit}"] = percentile(times, percent)
    for name in ("first", "pan"):
        mine, theirs = (found.get(f"{chart}_{MILLION}_{name}_p50_ms") for chart in (OURS, "pyqtgraph"))
        if mine and theirs:
            found[f"{name}_times_faster"] = round(theirs / mine, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.charts", description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", action="store_true", help="all peers, each in an environment of its own")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep the peers' environments here for another time")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="save what each chart showed")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="of all peers (default: 2)")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, metavar="BARS", help="how many bars, of all peers"
    )
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
    options = Options(given.cache, given.pictures, max(1, given.rounds), sorted(given.sizes))
    for outcomes in (beside_all_peers if given.peers else beside_example)(options):
        table = "\n\n".join(filter(None, [markdown(outcomes), goals(outcomes), spread(outcomes)]))
        print(table, flush=True)
        if given.write:
            write(table)
    print(json.dumps({"name": "charts", "figures": figures(outcomes)}))


if __name__ == "__main__":
    main()
