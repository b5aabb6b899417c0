"""What a comparison finds."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of breaks, from the broker to gold."""

    NOT_LANDED = "not-landed"
    """Messages that Kafka has, that are settled, and that no object holds."""
    TRUNCATED_LOG = "truncated-log"
    """Kafka's log ends before what was landed of it."""
    LOST = "lost"
    """Kafka's retention removed messages before they were landed."""
    GAP = "gap"
    """Offsets between two intervals that no object claims."""
    OVERLAP = "overlap"
    """Offsets that two objects claim."""
    MISSING_OBJECT = "missing-object"
    """An object of the ledger that the bucket does not have."""
    CHANGED_OBJECT = "changed-object"
    """An object whose content is not what was loaded."""
    FOREIGN_OBJECT = "foreign-object"
    """An object below the feed's prefix that no consumer wrote."""
    NOT_LOADED = "not-loaded"
    """An object that is settled and not in the ledger."""
    POSITION = "position"
    """LOAD_POSITION and LOAD_LEDGER disagree."""
    ROW_COUNT = "row-count"
    """Raw has fewer or more rows of an object than the ledger says."""
    DUPLICATE_ROWS = "duplicate-rows"
    """Raw has an offset of an object more than once."""
    FOREIGN_ROWS = "foreign-rows"
    """Raw has rows of an object that the ledger does not know, or offsets beside the object's."""
    NOT_BUILT = "not-built"
    """Settled rows that no build has come to."""
    MISSING_IDENTITY = "missing-identity"
    """A good row whose quote silver lacks, or does not count as seen."""
    DUPLICATE_IDENTITY = "duplicate-identity"
    """A quote that silver has more than once."""
    GOLD = "gold"
    """A candle or a latest quote that is not what silver says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One break.

    Attributes:
        kind: for programs.
        text: what is wrong, where, and what it means, for people.
    """

    kind: Kind
    text: str
