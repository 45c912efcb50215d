"""A snapshot of an option chain as rows: the moment it was due, and every contract of it."""

import sqlite3

from msgspec import Struct

from monitor.market.chain import Chain, OptionContract
from monitor.market.chain_schedule import ChainSlot
from monitor.store.insert import Insert

#: The columns of option_quote after those that say which contract it is, each named as the contract's field.
VALUES = (
    *("bid", "ask", "last", "mark", "bid_size", "ask_size", "last_size", "volume", "open_interest"),
    *("volatility", "delta", "gamma", "theta", "vega", "rho", "theoretical_value", "quote_time", "trade_time"),
    *("multiplier", "expiration_type", "settlement_type", "non_standard"),
)
_QUOTES = Insert(
    f"INSERT OR REPLACE INTO option_quote (chain_id, contract, expiry, strike, side, {', '.join(VALUES)})",
    width=5 + len(VALUES),
)
# What is there is replaced by a snapshot only, never by a miss.
_CHAIN = """
INSERT INTO chain (instrument_id, slot_ms, state, sentence, taken_ms, contracts,
                   underlying_price, interest_rate, dividend_yield, is_delayed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (instrument_id, slot_ms) DO UPDATE SET
    state = excluded.state, sentence = excluded.sentence, taken_ms = excluded.taken_ms, contracts = excluded.contracts,
    underlying_price = excluded.underlying_price, interest_rate = excluded.interest_rate,
    dividend_yield = excluded.dividend_yield, is_delayed = excluded.is_delayed
WHERE chain.state = 'missed' AND excluded.state <> 'missed'
RETURNING id
"""


class SaveChain(Struct, frozen=True, tag=True):
    """What became of a moment, with the snapshot if there is one."""

    instrument_id: int
    slot: ChainSlot
    chain: Chain | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        slot, chain = self.slot, self.chain or Chain(self.slot.symbol, 0)
        facts = (chain.underlying_price, chain.interest_rate, chain.dividend_yield, chain.is_delayed)
        row = (self.instrument_id, slot.slot_ms, slot.state.value, slot.sentence, slot.taken_ms, slot.contracts)
        kept = connection.execute(_CHAIN, (*row, *facts)).fetchall()
        for (number,) in kept:
            _QUOTES.run_sifted(connection, [_row(number, contract) for contract in chain.contracts])


def _row(number: int, c: OptionContract) -> tuple[object, ...]:
    return (number, c.symbol, c.expiry.isoformat(), c.strike, c.side.value, *(getattr(c, name) for name in VALUES))
