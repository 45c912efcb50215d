"""GET /chains: a chain whole, in as many answers as it takes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from msgspec.structs import replace as changed

from monitor.errors import Refused
from monitor.market.chain import Chain, OptionContract, OptionSide, in_order
from monitor.ports import ChainAnswer, ExpirationsAnswer
from monitor.schwab.answers import TooLarge
from monitor.schwab.rest.client import Asking
from monitor.schwab.rest.contracts import Part, read_chain, read_expirations

# In the money, out of it, and near it: the last so that nothing is lost at the seam of the other two.
_RANGES = ("ITM", "OTM", "NTM")
_SIDES = {OptionSide.CALL: "CALL", OptionSide.PUT: "PUT", None: "ALL"}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a chain that is asked for at once: some expiries in a row, one side or both, a range of strikes."""

    days: tuple[date, ...]
    side: OptionSide | None
    range: str = "ALL"

    def smaller(self) -> list["_Piece"]:
        """The same in pieces, the nearest expiry last; none when Schwab has no way to ask for less."""
        if len(self.days) > 1:
            half = (len(self.days) + 1) // 2
            return [replace(self, days=self.days[half:]), replace(self, days=self.days[:half])]
        if self.side is None:
            return [replace(self, side=side) for side in reversed(OptionSide)]
        return [replace(self, range=strikes) for strikes in reversed(_RANGES)] if self.range == "ALL" else []


class SchwabChains(Asking):
    """Implements the port OptionChains."""

    async def expirations(self, symbol: str) -> ExpirationsAnswer:
        return read_expirations((await self._client.get_option_expiration_chain(symbol)).content)

    async def chain(
        self,
        symbol: str,
        first: date | None = None,
        last: date | None = None,
        side: OptionSide | None = None,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> ChainAnswer:
        try:
            part = await self._ask_chain(symbol, first, last, side)
        except TooLarge:
            part = None
        if part is not None and not part.is_truncated:
            return ChainAnswer(part.chain, True, part.rejected)
        expirations = (await self.expirations(symbol)).expirations
        days = tuple(sorted({e.day for e in expirations if (first or e.day) <= e.day <= (last or e.day)}))
        if not days:
            raise Refused(
                f"The chain of {symbol} is too large for Schwab to send, and it names no expiries to ask for."
            )
        return await self._gather(symbol, days, side, on_progress)

    async def _gather(
        self, symbol: str, days: tuple[date, ...], side: OptionSide | None, on_progress: Callable[[int, int], None]
    ) -> ChainAnswer:
        """The chain in pieces, each cut smaller until it can be sent; what cannot leaves it not whole."""
        left = [_Piece(days, side)]
        if len(days) > 1:  # all of them at once is what has just been refused
            left = left[0].smaller()
        parts: list[Part] = []
        is_whole = True
        while left:
            on_progress(len(set(days).difference(*(piece.days for piece in left))), len(days))
            piece = left.pop()
            try:
                part = await self._ask_chain(symbol, piece.days[0], piece.days[-1], piece.side, piece.range)
            except TooLarge:
                part = None
            if part is not None and not part.is_truncated:
                parts.append(part)
            elif smaller := piece.smaller():
                left += smaller
            else:
                is_whole = False
                parts += [part] if part is not None else []
        if not parts:
            raise Refused(f"The chain of {symbol} is too large for Schwab to send, even in the smallest parts.")
        on_progress(len(days), len(days))
        return _joined(parts, is_whole)

    async def _ask_chain(
        self, symbol: str, first: date | None, last: date | None, side: OptionSide | None, strikes: str = "ALL"
    ) -> Part:
        options: Any = self._client.Options
        response = await self._client.get_option_chain(
            symbol,
            contract_type=options.ContractType(_SIDES[side]),
            include_underlying_quote=True,
            strike_range=None if strikes == "ALL" else options.StrikeRange(strikes),
            from_date=first,
            to_date=last,
        )
        return read_chain(response.content, symbol, self._now_ms())


def _joined(parts: list[Part], is_whole: bool) -> ChainAnswer:
    """One chain of all parts, as taken when the first one came; ranges of strikes may overlap."""
    contracts: dict[str, OptionContract] = {}
    rejected: Counter[str] = Counter()
    for part in parts:
        contracts |= {contract.symbol: contract for contract in part.chain.contracts}
        rejected.update(part.rejected)
    # A part without contracts has no rates.
    told: Chain = next((part.chain for part in parts if part.chain.contracts), parts[0].chain)
    chain = changed(told, contracts=tuple(sorted(contracts.values(), key=in_order)), taken_ms=parts[0].chain.taken_ms)
    return ChainAnswer(chain, is_whole, rejected)
