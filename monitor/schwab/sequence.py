"""The numbers that Schwab gives to the items of some services, by which it is known that one did not come."""


class Sequence:
    """The numbers of one service on one connection; 0 is what a subscription is told at once, out of the count.

    Whether each key has numbers of its own or the service one for all is not documented. The same number at two keys
    in a row shows the former; until then a number counts as missing only if it is missing either way.
    """

    def __init__(self) -> None:
        self._last: tuple[str, int] | None = None
        self._of_key: dict[str, int] = {}
        self.each_key = False  # has numbers of its own

    def missing(self, key: str, number: int) -> int:
        """How many items did not come before this one."""
        last, own = self._last, self._of_key.pop(key, None)
        if not number:
            self._last = None  # what was counted while nothing was subscribed is not missing
            return 0
        self._last, self._of_key[key] = (key, number), number
        if last is not None and last[1] == number and last[0] != key:
            self.each_key = True
        known = [n for n in (own, None if self.each_key or last is None else last[1]) if n is not None]
        return max(0, number - max(known) - 1) if known else 0
