"""What is recorded now and within which bounds, gathered from the ports for the arithmetic of budgets."""

from collections.abc import Iterable

from monitor.analysis.budget import Running, snapshots_of
from monitor.ports import KeptSchedule, Recorded
from monitor.ui.view_ports import ViewPorts

_NOTHING = Recorded()


def running_now(ports: ViewPorts, kept: Iterable[KeptSchedule] = (), recorded: Recorded = _NOTHING) -> Running:
    """The stream, the ``kept`` schedules and the disk as they are; contracts are those ``recorded``."""
    return Running(
        places=ports.watching.places,
        snapshots=tuple(snapshots_of(each.schedule, recorded.contracts.get(each.schedule.symbol)) for each in kept),
        limit=ports.requests.limit,
        free_bytes=recorded.free_bytes,
    )
