"""GET /instruments: instruments by symbol, description or CUSIP, and their fundamentals."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from monitor.errors import BadData
from monitor.market.fundamentals import Fundamentals
from monitor.market.instrument import Instrument, parse_symbol
from monitor.ports import InstrumentsAnswer, Projection
from monitor.schwab.rest.client import Asking
from monitor.schwab.rest.names import INSTRUMENT_FUNDAMENTAL
from monitor.schwab.rest.quotes import fundamentals_of
from monitor.schwab.rest.reading import as_list, as_mapping, as_struct, mapping

_BATCH = 100


class _Found(Struct, rename={"asset_type": "assetType"}):
    symbol: str
    description: str = ""
    exchange: str = ""
    asset_type: str = ""
    cusip: str = ""


def read_instruments(content: bytes, where: str = "instruments") -> InstrumentsAnswer:
    """An answer; ``{}`` is none found. Raises BadData."""
    body = mapping(content, where)
    instruments: list[Instrument] = []
    fundamentals: dict[str, Fundamentals] = {}
    rejected: Counter[str] = Counter()
    # The specification has an instrument by CUSIP come bare; on the wire it is wrapped like all others.
    for raw in [body] if "symbol" in body else as_list(body.get("instruments")):
        found = as_struct(_Found, raw)
        if found is None or not found.symbol:
            rejected["unreadable"] += 1
            continue
        instruments.append(Instrument(found.symbol, found.description, found.exchange, found.asset_type, found.cusip))
        facts = fundamentals_of(found.symbol, as_mapping(as_mapping(raw).get("fundamental")), INSTRUMENT_FUNDAMENTAL)
        if facts is not None:
            fundamentals[found.symbol] = facts
    return InstrumentsAnswer(tuple(instruments), fundamentals, rejected)


class SchwabInstruments(Asking):
    """Implements the port Instruments, and the searches of PriceHistory."""

    async def instruments(self, text: str, projection: Projection = Projection.SYMBOL) -> InstrumentsAnswer:
        kind: Any = self._client.Instrument.Projection(projection.value)
        return read_instruments((await self._client.get_instruments(text, kind)).content)

    async def instrument_of_cusip(self, cusip: str) -> Instrument | None:
        code = cusip.strip().upper()
        if not (len(code) == 9 and code.isascii() and code.isalnum()):
            raise BadData("A CUSIP has nine letters and digits. Example: 037833100.")
        response = await self._client.get_instrument_by_cusip(code)
        return next(iter(read_instruments(response.content).instruments), None)

    async def fundamentals(self, symbols: Sequence[str]) -> dict[str, Fundamentals]:
        wanted, found = list(dict.fromkeys(symbols)), dict[str, Fundamentals]()
        for first in range(0, len(wanted), _BATCH):
            text = ",".join(wanted[first : first + _BATCH])
            found |= (await self.instruments(text, Projection.FUNDAMENTAL)).fundamentals
        return found

    async def find_instruments(self, text: str) -> list[Instrument]:
        return list((await self.instruments(text)).instruments)

    async def search_instruments(self, text: str) -> list[Instrument]:
        found = list[Instrument]()
        try:
            symbol = parse_symbol(text)
        except BadData:
            pass  # words of a description, which no symbol can begin with
        else:
            found += (await self.instruments(f"{_literal(symbol)}.*", Projection.SYMBOL_REGEX)).instruments
        found += (await self.instruments(text.strip(), Projection.DESCRIPTION)).instruments
        return list({instrument.symbol: instrument for instrument in found}.values())


def _literal(symbol: str) -> str:
    return "".join(f"\\{c}" if c in "$.^" else c for c in symbol)
