"""Whether a symbol that somebody typed is one, before every panel turns to it."""

from monitor.errors import MonitorError
from monitor.live.events import Level, Notice
from monitor.ui.view_ports import ViewPorts


async def is_known(ports: ViewPorts, symbol: str) -> bool:
    """Whether Schwab knows the symbol, or nobody can be asked; what is not so is told in a notice."""
    known = await ports.archive.find_instruments(symbol)
    if any(instrument.symbol == symbol for instrument in known):
        return True
    try:
        found = await ports.history.find_instruments(symbol)
    except MonitorError as error:
        ports.bus.publish(Notice(Level.WARNING, f"{symbol} could not be checked. {error.sentence}"))
        return True
    if found:
        ports.recorder.record_instruments(found)
    else:
        ports.bus.publish(Notice(Level.WARNING, f"Schwab knows no symbol “{symbol}”."))
    return bool(found)
