"""Everything the screen is handed: the live pipeline and the ports, in one frozen bundle."""

from dataclasses import dataclass

from monitor.live.alerting import Alerting
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.daily_recipes import DailyRecipes
from monitor.ports import (
    Archive,
    BarImporter,
    ChainSchedules,
    ChainTaking,
    Coverage,
    DatabaseCare,
    Exporter,
    FrameFile,
    Health,
    HistoryDeletion,
    HistoryLoader,
    HistoryRepair,
    Instruments,
    Meters,
    Movers,
    Preferences,
    PriceHistory,
    Profile,
    Queries,
    Quotes,
    Recorder,
    Requests,
    SignIn,
    Tiers,
    Usage,
    Watching,
    Watchlists,
)
from monitor.ui.chart.drawings.kept import KeptDrawings
from monitor.ui.chart.drawings.modes import DrawingModes
from monitor.ui.chart.undo_history import UndoHistory
from monitor.ui.tasks import Tasks


@dataclass(frozen=True, slots=True)
class ViewPorts:
    """What a panel may use; a panel takes from it only what it needs."""

    bus: Bus
    board: Board
    alerting: Alerting
    archive: Archive
    coverage: Coverage
    care: DatabaseCare
    chain_schedules: ChainSchedules
    chains: ChainTaking
    deletion: HistoryDeletion
    drawing_modes: DrawingModes
    drawings: KeptDrawings
    exporter: Exporter
    health: Health
    history: PriceHistory
    importer: BarImporter
    instruments: Instruments
    loader: HistoryLoader
    meters: Meters
    movers: Movers
    preferences: Preferences
    profile: Profile
    queries: Queries
    quotes: Quotes
    recipes: DailyRecipes
    recorder: Recorder
    repair: HistoryRepair
    requests: Requests
    sign_in: SignIn
    tasks: Tasks
    tiers: Tiers
    undo_history: UndoHistory
    usage: Usage
    watching: Watching
    watchlists: Watchlists
    frames: FrameFile | None = None  # where frames cannot be written, nobody is offered it
