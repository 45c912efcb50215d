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
from monitor.ports.chains import ChainAnswer, ExpirationsAnswer, OptionChains
from monitor.ports.health import ConnectionHealth, FrameFile, Health, ProcessHealth, ServiceHealth
from monitor.ports.history import HistoryAnswer, HistoryLoader, MarketHours, PriceHistory, QuoteTimes, RequestMeter
from monitor.ports.hours import MARKETS, HoursAnswer, ProductHours, TradingHours
from monitor.ports.instruments import Instruments, InstrumentsAnswer, Projection
from monitor.ports.movers import MOVER_LISTS, MOVER_MINUTES, MOVER_SORTS, Movers, MoversAnswer
from monitor.ports.quotes import Quotes, QuotesAnswer
from monitor.ports.screen import Meters, Owner, Preferences, Profile
from monitor.ports.sign_in import Remark, SignIn, SignInState
from monitor.ports.stream import QuoteStream, StreamListener, StreamPhase, Wanted, Watching

__all__ = [
    "MARKETS",
    "MOVER_LISTS",
    "MOVER_MINUTES",
    "MOVER_SORTS",
    "Archive",
    "AuditEntry",
    "ChainAnswer",
    "ConnectionHealth",
    "ExpirationsAnswer",
    "ExportRequest",
    "ExportResult",
    "Exporter",
    "FrameFile",
    "Health",
    "HistoryAnswer",
    "HistoryLoader",
    "HoursAnswer",
    "Instruments",
    "InstrumentsAnswer",
    "MarketHours",
    "Meters",
    "Movers",
    "MoversAnswer",
    "OptionChains",
    "Owner",
    "Preferences",
    "PriceHistory",
    "ProcessHealth",
    "ProductHours",
    "Profile",
    "Projection",
    "QuoteStream",
    "QuoteTimes",
    "Quotes",
    "QuotesAnswer",
    "Recorder",
    "Remark",
    "RequestMeter",
    "ServiceHealth",
    "SignIn",
    "SignInState",
    "StoreMeter",
    "StreamListener",
    "StreamPhase",
    "TradingHours",
    "Wanted",
    "Watching",
    "Watchlists",
]
