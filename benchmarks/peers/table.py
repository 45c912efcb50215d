"""What was found as a Markdown table, the goals beside it, and how far one round differed from another."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.peers.hands import percentile
from benchmarks.peers.running import Outcome

#: Every round of each chart with each number of bars, in the order of the table.
Outcomes = Mapping[tuple[str, int], Sequence[Outcome]]

OURS = "monitor"
NAMES = {
    OURS: "**Market Monitor**",
    "pyqtgraph": "pyqtgraph's example",
    "finplot": "finplot",
    "vnpy": "vnpy",
    "lightweight_charts": "lightweight-charts",
}
HANDS = ("pan", "zoom", "tick", "near_pan", "near_tick")
_HEADER = (
    "| bars | chart | made ready | first paint | pan | zoom | tick | pan, near | tick, near | memory |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
MILLION = 1_000_000


def gathered(rounds: Iterable[Outcome]) -> dict[str, list[float]]:
    """The times of all rounds as one."""
    found: dict[str, list[float]] = {}
    for outcome in rounds:
        for name, times in outcome.figures.items():
            found.setdefault(name, []).extend(times)
    return found


def markdown(outcomes: Outcomes) -> str:
    """The table, and below it which versions these are and why some gave up."""
    rows, why = [], []
    for (chart, count), rounds in outcomes.items():
        figures = gathered(rounds)
        reason = next((each.gave_up for each in rounds if each.gave_up), "")
        if reason:
            why.append(f"{NAMES[chart].strip('*')} at {words(count)}: {reason}")
        cells = [_time(figures.get("ready")), _time(figures.get("first"))]
        cells += [_times(figures.get(hand)) for hand in HANDS] + [_megabytes(figures.get("memory"))]
        missing = "gave up" if reason else "–"
        rows.append(f"| {words(count)} | {NAMES[chart]} | {' | '.join(cell or missing for cell in cells)} |")
    versions = {chart: each.version for (chart, _), rounds in outcomes.items() for each in rounds if each.version}
    told = ", ".join(f"{NAMES[chart].strip('*')} {version}" for chart, version in versions.items())
    lines = [*_HEADER, *rows, "", f"Versions: {told}."]
    lines += _drawn(outcomes)
    if why:
        lines += ["Gave up: " + "; ".join(why) + "."]
    return "\n".join(lines)


def _drawn(outcomes: Outcomes) -> list[str]:
    """The least that could be said of the times of a chart that does not paint in the call itself."""
    told = []
    for (chart, count), rounds in outcomes.items():
        figures = gathered(rounds)
        parts = [f"{_WORDS[hand]} {_times(times)}" for hand in HANDS if (times := figures.get(f"{hand}_drawn"))]
        if parts:
            told.append(f"{NAMES[chart]} at {words(count)}: {', '.join(parts)}")
    return ["Until the canvases were told what to draw, without the drawing: " + "; ".join(told) + "."] if told else []


def goals(outcomes: Outcomes) -> str:
    """Each goal, what was found, and whether it holds; as a Markdown list."""
    ours = {count: gathered(rounds) for (chart, count), rounds in outcomes.items() if chart == OURS}
    lines = []

    def goal(words_: str, found: str, holds: bool) -> None:
        lines.append(f"- {words_}: {found}, {'holds' if holds else '**missed**'}.")

    for words_, names, most in (("pan", ("pan", "near_pan"), 12), ("tick", ("tick", "near_tick"), 8)):
        worst = max(percentile(ours[count][name], 95) for count in ours for name in names)
        goal(f"95 of 100 times within {most} ms to {words_} at every size", f"at most {worst} ms", worst <= most)
    if MILLION in ours:
        first = percentile(ours[MILLION]["first"], 50)
        goal("first paint of a million bars within 40 ms", f"{first} ms", first <= 40)
        for hand in ("first", *HANDS):
            found = _fastest_peer(outcomes, hand)
            if found:
                peer, theirs = found
                faster = theirs / percentile(ours[MILLION][hand], 50)
                goal(
                    f"5 times as fast as the best peer at a million, {_WORDS[hand]}",
                    f"{faster:.1f} ({NAMES[peer]})",
                    faster >= 5,
                )
    least, most_ = min(ours), max(ours)
    if most_ > least:
        for hand in ("first", *HANDS):
            ratios = [percentile(ours[most_][hand], p) / percentile(ours[least][hand], p) for p in (50, 95)]
            goal(
                f"{words(most_)} within 1.3 times of {words(least)}, {_WORDS[hand]}",
                f"{ratios[0]:.2f} (p95 {ratios[1]:.2f})",
                ratios[0] <= 1.3,
            )
    return "\n".join(lines)


_WORDS = {
    "first": "first paint",
    "pan": "pan",
    "zoom": "zoom",
    "tick": "tick",
    "near_pan": "pan, near",
    "near_tick": "tick, near",
}


def _fastest_peer(outcomes: Outcomes, hand: str) -> tuple[str, float] | None:
    found = [
        (percentile(times, 50), chart)
        for (chart, count), rounds in outcomes.items()
        if chart != OURS and count == MILLION and (times := gathered(rounds).get(hand))
    ]
    return (min(found)[1], min(found)[0]) if found else None


def spread(outcomes: Outcomes) -> str:
    """By how much the medians of the rounds differ, of ours and of the peers'; nothing where there was one round."""
    told = []
    for words_, mine in (("ours", True), ("the peers'", False)):
        apart = []
        for (chart, _), rounds in outcomes.items():
            if (chart == OURS) is mine:
                for hand in HANDS:
                    medians = [percentile(each.figures[hand], 50) for each in rounds if each.figures.get(hand)]
                    if len(medians) > 1:
                        apart.append((max(medians) - min(medians)) / min(medians) * 100)
        if apart:
            told.append(f"{words_} by {percentile(apart, 50):.0f} % (at most {max(apart):.0f} %)")
    return f"From round to round the medians differ: {', '.join(told)}." if told else ""


def words(count: int) -> str:
    """10 thousand, 1 million …"""
    return f"{count // MILLION} million" if count >= MILLION else f"{count // 1000} thousand"


def _time(times: list[float] | None) -> str:
    return _milliseconds(percentile(times, 50)) if times else ""


def _times(times: list[float] | None) -> str:
    return f"{_milliseconds(percentile(times, 50))} ({_milliseconds(percentile(times, 95))})" if times else ""


def _milliseconds(value: float) -> str:
    if value < 0.05:
        return "0"
    if value < 1000:
        return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"
    return f"{value / 1000:.1f} s"


def _megabytes(values: list[float] | None) -> str:
    if not values:
        return ""
    value = percentile(values, 50)
    return f"{value:.0f} MB" if value < 1000 else f"{value / 1000:.1f} GB"
