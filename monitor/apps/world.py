"""The two worlds a program can live in, which share nothing: the real Schwab's, and a sandbox's."""

from dataclasses import dataclass

from monitor.schwab.address import Address

#: Where Schwab's own sign-in pages and what they load live; nothing else is reached by the embedded page.
SCHWAB_HOSTS = (".schwabapi.com", ".schwab.com", ".schwabcdn.com")


@dataclass(frozen=True, slots=True)
class World:
    """Where Schwab is in this world, and the only ``hosts`` that its sign-in page may reach."""

    address: Address
    hosts: tuple[str, ...]

    @property
    def sandbox(self) -> bool:
        return self.address.sandbox


def live_world() -> World:
    """The real one. A test that lets a sandbox pose as Schwab puts another function in the place of this one."""
    return World(Address(), SCHWAB_HOSTS)


def sandbox_world(base_url: str) -> World:
    """The one of the sandbox that listens there. Raises Unusable unless that is on this very machine."""
    address = Address.of_sandbox(base_url)
    return World(address, (address.base_url.removeprefix("http://"),))
