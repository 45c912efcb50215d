"""What tokens alone cannot say: which refresh tokens were revoked, and which were replaced by newer ones."""

from collections import Counter

from monitor.sandbox.tokens import Claim, Clock

_Login = tuple[str, float]


class Logins:
    """Remembers, for each login, the newest generation of its tokens that was given out and that was used.

    Tokens hold their generation, so all of them are good after a restart; what was replaced is known until then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: Counter[_Login] = Counter()
        self._used: Counter[_Login] = Counter()
        self._revoked_until = 0.0

    def revoke(self) -> None:
        """The refresh tokens of all logins so far are dead, as after a new password."""
        self._revoked_until = self._clock.now()

    def next_generation(self, claim: Claim) -> int:
        """A generation newer than any given out for the login of ``claim``."""
        login = _login(claim)
        self._given[login] = max(self._given[login], claim.generation) + 1
        return self._given[login]

    def saw(self, claim: Claim) -> None:
        """A token was used: those of an older generation are replaced for good."""
        if claim.generation > self._used[_login(claim)]:
            self._used[_login(claim)] = claim.generation

    def renews(self, claim: Claim) -> bool:
        """Whether the refresh token of ``claim`` is still taken."""
        return claim.login > self._revoked_until and claim.generation >= self._used[_login(claim)]


def _login(claim: Claim) -> _Login:
    return claim.user, claim.login
