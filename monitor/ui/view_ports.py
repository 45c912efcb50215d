"""Everything the screen is handed: the live pipeline and the ports, in one frozen bundle."""

from dataclasses import dataclass

from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.ports import (
    Archive,
    ChainSchedules,
    ChainTaking,
    Coverage,
    Exporter,
    FrameFile,
    Health,
    HistoryDeletion,
    HistoryLoader,
    HistoryRepair,
    Meters,
    Preferences,
    PriceHistory,
    Profile,
    Recorder,
    Requests,
    SignIn,
    Tiers,
    Watching,
    Watchlists,
)
from monitor.ui.tasks import Tasks


@dataclass(frozen=True, slots=True)
class ViewPorts:
    """What a panel may use; a panel takes from it only what it needs."""

    bus: Bus
    board: Board
    archive: Archive
    coverage: Coverage
    chain_schedules: ChainSchedules
    chains: ChainTaking
    deletion: HistoryDeletion
    exporter: Exporter
    health: Health
    history: PriceHistory
    loader: HistoryLoader
    meters: Meters
    preferences: Preferences
    profile: Profile
    recorder: Recorder
    repair: HistoryRepair
    requests: Requests
    sign_in: SignIn
    tasks: Tasks
    tiers: Tiers
    watching: Watching
    watchlists: Watchlists
    frames: FrameFile | None = None  # where frames cannot be written, nobody is offered it
