"""Queries to begin with; docs/storage.md explains the tables that they ask."""

EXAMPLES = (
    (
        "The newest prints of a symbol",
        """-- The newest prints of a symbol
SELECT time AS time_ms, price, size, side FROM trade JOIN instrument ON id = instrument_id
WHERE symbol = 'AAPL' ORDER BY received_us DESC LIMIT 200;""",
    ),
    (
        "Bars of each symbol by source",
        """-- Bars of each symbol by source
SELECT symbol, interval_s, sum(streamed) AS streamed, sum(fetched) AS fetched, sum(computed) AS computed,
       min(day_ms) AS first_day_ms, max(day_ms) AS last_day_ms
FROM bar_day JOIN instrument ON id = instrument_id GROUP BY symbol, interval_s ORDER BY symbol, interval_s;""",
    ),
    (
        "Streamed minutes that history corrected",
        """-- Streamed minutes that history corrected, the largest change of the close first
SELECT symbol, datetime(start_ms / 1000, 'unixepoch') AS utc, was.close AS streamed, bar.close AS now
FROM bar_revision AS was JOIN bar USING (instrument_id, interval_s, start_ms) JOIN instrument ON id = instrument_id
WHERE was.source = 'stream' AND bar.source = 'rest' ORDER BY abs(was.close - bar.close) DESC LIMIT 20;""",
    ),
    (
        "What is not complete of a symbol's minutes",
        """-- What is not complete of the minutes of AAPL
SELECT datetime(from_ms / 1000, 'unixepoch') AS utc, round((to_ms - from_ms) / 3600000.0, 1) AS hours, state
FROM coverage JOIN instrument ON id = instrument_id WHERE symbol = 'AAPL' AND series = '1m' AND state <> 'complete';""",
    ),
    (
        "How long each service was missing today",
        """-- How long each service was missing today, in minutes, and why
SELECT service, cause, count(*), round(sum(to_ms - from_ms) / 60000.0, 1) AS minutes FROM gap
WHERE from_ms >= unixepoch('now', 'start of day') * 1000 AND symbol = '' GROUP BY service, cause;""",
    ),
    (
        "Open interest by strike",
        """-- Open interest by strike in the last snapshot of a chain
SELECT strike, side, open_interest FROM option_quote
WHERE chain_id = (SELECT chain.id FROM chain JOIN instrument ON instrument.id = instrument_id
                  WHERE symbol = 'SPY' AND state <> 'missed' ORDER BY slot_ms DESC LIMIT 1)
ORDER BY expiry, strike, side;""",
    ),
    (
        "The delta of an option through the day",
        """-- The delta of an option through the day
SELECT received_us, json_extract(details, '$.delta') AS delta FROM quote_detail
JOIN instrument ON id = instrument_id WHERE symbol = 'SPY   271217C00700000' AND delta IS NOT NULL;""",
    ),
    (
        "The newest list of a screener",
        """-- The newest list of a screener
SELECT value ->> 'symbol' AS symbol, value ->> 'volume' AS volume
FROM (SELECT rows FROM screener WHERE name = 'NASDAQ_VOLUME_30' ORDER BY received_us DESC LIMIT 1), json_each(rows);""",
    ),
    (
        "The newest book of a symbol, level by level",
        """-- The bids of the newest book, and who is there
SELECT value ->> 0 AS price, value ->> 1 AS size, value ->> 2 AS makers, value ->> 3 AS whose
FROM (SELECT levels_json(levels) AS book FROM books WHERE symbol = 'AAPL' ORDER BY received_us DESC LIMIT 1),
    json_each(book, '$[0]');""",
    ),
    (
        "What could not be read",
        """-- What could not be read, by kind and reason
SELECT kind, reason, count(*) FROM quarantine GROUP BY kind, reason;""",
    ),
)
