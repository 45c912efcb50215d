"""The tiers of the store: where streamed rows are kept as they grow old, for how long, and moving them there."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from monitor.errors import BadData

#: Where the rules are kept among the preferences.
STORAGE_KEY = "storage"
#: The tables whose rows move, with the word for what a row of each is.
STREAMED = {
    "quote": "quotes",
    "quote_detail": "details",
    "trade": "prints",
    "book": "books",
    "screener": "rankings",
}
_LONGEST_DAYS = 36_500


class Tier(StrEnum):
    """Where rows are: in the database, in files beside it, or in files at a place of the person's choice."""

    DATABASE = "database"
    WARM = "warm"
    COLD = "cold"


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a table's rows are kept, in days, and how many bytes of files; None is for ever, and any number."""

    days: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class StorageRules:
    """When rows move, where to, and how long each table keeps them.

    ``cold`` is a folder, or ``s3://bucket/folder?region=…&endpoint_override=…&scheme=…``; empty leaves old files where
    they are. Credentials are never part of it.
    """

    warm_days: int = 7
    cold_days: int = 90
    cold: str = ""
    keep: dict[str, Keep] = field(default_factory=dict)

    def check(self) -> None:
        """Raises BadData with a sentence for rules that make no sense."""
        if not 1 <= self.warm_days <= self.cold_days <= _LONGEST_DAYS:
            raise BadData(
                "Rows stay in the database for a day at least, and their files where they are at least as long as that."
            )
        check_cold(self.cold)
        for table, keep in self.keep.items():
            if table not in STREAMED:
                raise BadData(f"“{table}” is no table whose rows move.")
            if keep.days is not None and not self.warm_days <= keep.days <= _LONGEST_DAYS:
                raise BadData(
                    f"The {STREAMED[table]} cannot be kept for {keep.days} days: they are in the database for"
                    f" {self.warm_days}, and only files are deleted."
                )
            if keep.bytes is not None and keep.bytes < 0:
                raise BadData("A size cannot be negative.")


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")


def check_cold(cold: str) -> None:
    """Raises BadData for what is neither a folder's whole path nor the address of a bucket."""
    if not cold:
        return
    if not cold.startswith("s3://"):
        if not Path(cold).is_absolute():
            raise BadData("Give the whole path of the folder for old files.")
        return
    try:
        address = urlsplit(cold)
    except ValueError as error:
        raise BadData("That is no address of a bucket.", str(error)) from error
    if "@" in address.netloc:
        raise BadData("Keep keys out of the address: they are read from the AWS environment or credentials file.")
    if not _BUCKET.fullmatch(address.netloc):
        raise BadData(f"“{address.netloc}” is no name of a bucket.")


def chosen_rules(text: str) -> StorageRules:
    """The rules kept as ``text``; the usual ones, which delete nothing, where there are none that can be read."""
    try:
        rules = msgspec.json.decode(text, type=StorageRules)
        rules.check()
    except (msgspec.MsgspecError, BadData):
        return StorageRules()
    return rules


def rules_text(rules: StorageRules) -> str:
    """The rules as ``chosen_rules`` reads them."""
    return msgspec.json.encode(rules).decode()


@dataclass(frozen=True, slots=True)
class TierUse:
    """What a table takes in a tier; ``bytes`` is None where that cannot be told, the days are New York's.

    The database's rows are in no ``files``.
    """

    table: str
    tier: Tier
    rows: int
    bytes: int | None
    first: date | None = None
    last: date | None = None
    files: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """What moving came to: days and rows that went to files, files that went on to the cold tier, and were deleted.

    ``returned`` is a sentence on days whose files the database had lost sight of, empty where there were none;
    ``troubles`` are sentences on what could not be done; all else was.
    """

    days: int = 0
    rows: int = 0
    cold: int = 0
    deleted: int = 0
    returned: str = ""
    troubles: tuple[str, ...] = ()


class Tiers(Protocol):
    """The tiers; every call raises StoreUnavailable."""

    async def uses(self) -> Sequence[TierUse]:
        """What each table takes in each tier. Counting the database's rows may take a while."""

    async def missing(self) -> Sequence[str]:
        """A sentence for each file that is not there, or is not whole, oldest day first. Buckets are not asked."""

    async def due(self, rules: StorageRules) -> int:
        """How many days of tables would be moved now."""

    async def freed(self, rules: StorageRules) -> Sequence[TierUse]:
        """What the rules would delete now, by table and tier; only files are deleted, whole days of them."""

    def in_doubt(self) -> bool:
        """Whether a damaged database was saved since ``adopt`` or ``move`` last looked through the files."""

    async def adopt(self, rules: StorageRules) -> Moved:
        """Take in the files of old rows that the database does not know, or not rightly: it may have been damaged, or
        be a backup from before a move. A move does so first, too."""

    async def move(
        self, rules: StorageRules, progress: Callable[[str], None], cancelled: Callable[[], bool], gently: bool = False
    ) -> Moved:
        """Move what is old enough, and delete what need not be kept; ``progress`` hears sentences, on the loop.

        ``gently`` rests as long as it works. A move that is under way is waited for. Raises BadData for such rules.
        """
