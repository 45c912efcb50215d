"""What the program needs from outside, as protocols worded by the need; adapters live in schwab, store and collect."""

from monitor.ports.archive import (
    Archive,
    AuditEntry,
    Exporter,
    ExportRequest,
    ExportResult,
    Recorder,
    StoreMeter,
    Watchlists,
)
from monitor.ports.coverage import (
    Coverage,
    Difference,
    HistoryDeletion,
    HistoryRepair,
    Provenance,
    Reconciliation,
    Revision,
)
from monitor.ports.health import ConnectionHealth, FrameFile, Health, ProcessHealth, ServiceHealth
from monitor.ports.history import HistoryAnswer, HistoryLoader, MarketHours, PriceHistory, QuoteTimes, RequestMeter
from monitor.ports.screen import Meters, Owner, Preferences, Profile
from monitor.ports.sign_in import Remark, SignIn, SignInState
from monitor.ports.stream import QuoteStream, StreamListener, StreamPhase, Wanted, Watching

__all__ = [
    "Archive",
    "AuditEntry",
    "ConnectionHealth",
    "Coverage",
    "Difference",
    "ExportRequest",
    "ExportResult",
    "Exporter",
    "FrameFile",
    "Health",
    "HistoryAnswer",
    "HistoryDeletion",
    "HistoryLoader",
    "HistoryRepair",
    "MarketHours",
    "Meters",
    "Owner",
    "Preferences",
    "PriceHistory",
    "ProcessHealth",
    "Profile",
    "Provenance",
    "QuoteStream",
    "QuoteTimes",
    "Reconciliation",
    "Recorder",
    "Remark",
    "RequestMeter",
    "Revision",
    "ServiceHealth",
    "SignIn",
    "SignInState",
    "StoreMeter",
    "StreamListener",
    "StreamPhase",
    "Wanted",
    "Watching",
    "Watchlists",
]
