"""Views named for people: symbols instead of numbers, and times that read as UTC; docs/storage.md shows their use.

Each keeps the key's own columns beside the readable ones, so that a question about a symbol and a stretch of time is
still one run over the file.
"""


def _utc(ms: str) -> str:
    """Milliseconds as 2026-11-20 14:30:00.125."""
    return f"strftime('%Y-%m-%d %H:%M:%f', {ms} / 1000.0, 'unixepoch')"


# Whole milliseconds first: the microseconds would be rounded into the next one.
_RECEIVED = _utc("(received_us / 1000)")
_BAR = "open, high, low, close, volume, source, revision"

# In "latest", CROSS JOIN keeps the order: a seek for each instrument, and not a look at each quote.
VIEWS = f"""
CREATE VIEW quotes AS
SELECT symbol, {_RECEIVED} AS received_utc, bid, ask, last, bid_size, ask_size, last_size, volume,
    {_utc("quote_time")} AS quote_utc, {_utc("trade_time")} AS trade_utc, received_us
FROM instrument JOIN quote ON instrument_id = id;

CREATE VIEW latest AS
SELECT symbol, description, {_RECEIVED} AS received_utc, bid, ask, last, bid_size, ask_size, last_size, volume,
    {_utc("quote_time")} AS quote_utc, {_utc("trade_time")} AS trade_utc, received_us
FROM instrument CROSS JOIN quote ON instrument_id = id
    AND received_us = (SELECT max(received_us) FROM quote AS newest WHERE newest.instrument_id = instrument.id);

CREATE VIEW trades AS
SELECT symbol, {_utc("time")} AS utc, price, size, volume, unseen, side, received_us
FROM instrument JOIN trade ON instrument_id = id;

CREATE VIEW bars_1m AS
SELECT symbol, {_utc("start_ms")} AS start_utc, {_BAR}, start_ms
FROM instrument JOIN bar ON instrument_id = id AND interval_s = 60;

CREATE VIEW bars_1d AS
SELECT symbol, date(start_ms / 1000, 'unixepoch') AS day, {_BAR}, start_ms
FROM instrument JOIN bar ON instrument_id = id AND interval_s = 86400;

CREATE VIEW books AS
SELECT symbol, venue AS service, {_RECEIVED} AS received_utc, {_utc("time")} AS book_utc, levels, received_us
FROM instrument JOIN book ON instrument_id = id;
"""
