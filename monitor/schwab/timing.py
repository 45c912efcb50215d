"""How long the stream waits for what, in seconds: one place, so that a test can hurry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """The deadlines of a connection, of the data on it, and of the tries to get it back."""

    look: float = 1.0  # one look at all deadlines
    stall: float = 5.0  # a look that is so late finds a loop that was held up: what has arrived is read first
    sleep: float = 3.0  # clocks that differ by so much: the machine slept
    surely_slept: float = 60.0  # a look that is so late: it slept, although its clocks do not tell
    open: float = 10.0
    answer: float = 10.0
    silence: float = 25.0  # without any frame; the heartbeats come every 10 to 12 s
    quiet_silence: float = 60.0  # the same while the market is closed: heartbeats have been seen 36 s apart
    ping: float = 5.0  # without any frame, until the other side is asked whether it is there
    pong: float = 5.0  # at least: a line that was slower before gets longer
    measure: float = 10.0  # between two pings that measure a line on which data comes, as often as heartbeats do
    quiet: float = 60.0  # without data while the market is closed, until that is said
    unheard: float = 25.0  # without data of one service, at least
    unheard_intervals: float = 10.0  # and so many of its usual intervals
    probe: float = 60.0  # between two questions about one symbol
    probes_apart: float = 10.0  # between two questions at all
    newer: float = 15.0  # so much newer must the quote be that did not come
    grace: float = 5.0  # until what the question found must have come by the stream
    healthy: float = 30.0  # of data, until the delays begin anew
    steady: float = 600.0  # of any connection, the same
    longest_delay: float = 300.0
    longest_unreached: float = 4.0  # trying to connect is cheap, and the network's return should be seen soon
