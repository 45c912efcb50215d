"""What the kinds of audit entries are called, and the icon and colour each wears."""

from typing import NamedTuple

#: The renewal of the access token that goes well every half hour.
RENEWAL = "renewal"


class Kind(NamedTuple):
    """Words, the name of an icon and of a colour of the theme."""

    words: str
    icon: str
    colour: str = "dim"


_KINDS = {
    "sign-in": Kind("Signed in", "sign-in", "good"),
    RENEWAL: Kind("Renewed", "reload"),
    "renewal-failed": Kind("Not renewed", "warning", "amber"),
    "refusal": Kind("Refused", "error", "bad"),
    "sign-in-ended": Kind("Sign-in ended", "error", "bad"),
    "sign-out": Kind("Signed out", "sign-out"),
    "take-over": Kind("Take-over", "world", "amber"),
    "terms": Kind("Terms accepted", "check"),
    "key": Kind("Developer key", "lock"),
    "storage": Kind("Storage", "folder", "amber"),
    "export": Kind("Exported", "export"),
    "import": Kind("Imported", "download"),
    "schedule": Kind("Schedule", "table"),
    "deletion": Kind("Deleted", "delete", "amber"),
}


def kind_of(word: str) -> Kind:
    """How entries of the kind ``word`` are shown; one from another version wears its own word."""
    return _KINDS.get(word) or Kind(word.replace("-", " ").capitalize(), "info")
