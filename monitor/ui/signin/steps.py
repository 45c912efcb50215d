"""Which steps of the sign-in are not settled yet, in their order."""

from enum import StrEnum

from monitor.ports import Preferences, SignIn, SignInState

#: Holds the status under which the terms were accepted; empty until they are.
TERMS_ACCEPTED = "terms/accepted"


class Step(StrEnum):
    """A step of the way to a sign-in, under the name that the guide shows."""

    UNLOCK = "Unlock"
    TERMS = "Terms"
    KEY = "Developer key"
    KEEPING = "Keeping"
    SIGN_IN = "Sign in"


def steps_left(sign_in: SignIn, preferences: Preferences, sandbox: bool) -> list[Step]:
    """What is still to be settled; signing in itself always is.

    The sandbox brings its own key, its terms are nobody's, and its tokens open nothing.
    """
    if sandbox:
        return [Step.SIGN_IN]
    if sign_in.locked:
        return [Step.UNLOCK]  # what else is left is known once it is open
    steps = []
    if not preferences.get(TERMS_ACCEPTED):
        steps.append(Step.TERMS)
    if not sign_in.configured:
        steps.append(Step.KEY)
    # Whoever has a sign-in kept in memory has made that choice already.
    if sign_in.kept_by == "session" and sign_in.state is SignInState.SIGNED_OUT:
        steps.append(Step.KEEPING)
    return [*steps, Step.SIGN_IN]


def nothing_is_known(sign_in: SignIn, sandbox: bool) -> bool:
    """Whether this is a person's first time here, or the first since signing out."""
    return not sandbox and not sign_in.locked and not sign_in.configured
