"""The verdict on a feed: the findings of all comparisons, by partition and overall."""

from collections.abc import Sequence
from dataclasses import dataclass

from stockfeed.verify.broker import check_broker, in_flight
from stockfeed.verify.bucket import check_bucket, waiting
from stockfeed.verify.collect import Collected
from stockfeed.verify.facts import PartitionFacts, Window
from stockfeed.verify.findings import Finding
from stockfeed.verify.ledger import check_ledger
from stockfeed.verify.raw import check_raw
from stockfeed.verify.silver import check_silver


@dataclass(frozen=True, slots=True)
class PartitionVerdict:
    """The verdict on one partition.

    Attributes:
        facts: what was read.
        findings: its discrepancies.
        unlanded: messages in transit from Kafka to the bucket.
        unloaded: objects in transit to raw.
        unbuilt: rows in transit to silver.
    """

    facts: PartitionFacts
    findings: tuple[Finding, ...]
    unlanded: int
    unloaded: int
    unbuilt: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a feed over a time range.

    Attributes:
        feed: the feed's name.
        window: the time range.
        partitions: the partitions with data or findings in the range.
        findings: discrepancies that do not belong to a single partition.
    """

    feed: str
    window: Window
    partitions: tuple[PartitionVerdict, ...]
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether there are no findings; data in transit is not missing."""
        return not self.findings and not any(part.findings for part in self.partitions)


def judge(feed: str, window: Window, collected: Collected) -> Verdict:
    """Compares everything that was read."""
    parts = [judge_partition(facts, window) for facts in collected.partitions]
    shown = tuple(part for part in parts if part.findings or _has_data(part))
    return Verdict(feed, window, shown, tuple(collected.findings))


def judge_partition(facts: PartitionFacts, window: Window) -> PartitionVerdict:
    """Compares the stages of one partition, from the broker to silver."""
    findings: Sequence[Finding] = [
        *check_broker(facts),
        *check_ledger(facts),
        *check_bucket(facts, window),
        *check_raw(facts),
        *check_silver(facts),
    ]
    unbuilt = 0 if facts.silver is None else facts.silver.unbuilt
    return PartitionVerdict(facts, tuple(findings), in_flight(facts), len(waiting(facts)), unbuilt)


def _has_data(part: PartitionVerdict) -> bool:
    return bool(part.facts.intervals or part.facts.objects or part.unlanded)
