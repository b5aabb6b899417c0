"""The findings of a verification."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of findings, from the broker to gold."""

    NOT_LANDED = "not-landed"
    """Kafka has settled messages that no object holds."""
    TRUNCATED_LOG = "truncated-log"
    """Kafka's log ends before the last landed offset."""
    LOST = "lost"
    """Kafka's retention removed messages before they were landed."""
    GAP = "gap"
    """No object claims the offsets between two intervals."""
    OVERLAP = "overlap"
    """Two objects claim the same offsets."""
    MISSING_OBJECT = "missing-object"
    """An object of the ledger is not in the bucket."""
    CHANGED_OBJECT = "changed-object"
    """An object's content differs from what was loaded."""
    FOREIGN_OBJECT = "foreign-object"
    """An object below the feed's prefix was not written by a consumer."""
    NOT_LOADED = "not-loaded"
    """A settled object is not in the ledger."""
    POSITION = "position"
    """LOAD_POSITION and LOAD_LEDGER disagree."""
    ROW_COUNT = "row-count"
    """The numbers of an object's rows in raw and in the ledger differ."""
    DUPLICATE_ROWS = "duplicate-rows"
    """Raw has an offset of an object more than once."""
    FOREIGN_ROWS = "foreign-rows"
    """Raw has rows of an object that is not in the ledger, or offsets outside the object's."""
    NOT_BUILT = "not-built"
    """Settled rows were not built yet."""
    MISSING_IDENTITY = "missing-identity"
    """Silver lacks the quote of a good row, or did not count its poll."""
    DUPLICATE_IDENTITY = "duplicate-identity"
    """Silver has a quote more than once."""
    GOLD = "gold"
    """A candle, a volatility or a latest quote does not match silver."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One discrepancy.

    Attributes:
        kind: for programs.
        text: for people: what is wrong, and where.
    """

    kind: Kind
    text: str
