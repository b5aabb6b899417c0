"""What all comparisons together say: per partition, and of the feed as a whole."""

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
    """One partition.

    Attributes:
        facts: what was read.
        findings: its breaks.
        unlanded: messages on their way from Kafka to the bucket.
        unloaded: objects on their way to the warehouse.
        unbuilt: rows on their way to silver.
    """

    facts: PartitionFacts
    findings: tuple[Finding, ...]
    unlanded: int
    unloaded: int
    unbuilt: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """A feed over a window.

    Attributes:
        feed: its name.
        window: what was looked at.
        partitions: those that have anything in it.
        findings: breaks that are of no single partition.
    """

    feed: str
    window: Window
    partitions: tuple[PartitionVerdict, ...]
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing; what is on its way is not missing."""
        return not self.findings and not any(part.findings for part in self.partitions)


def judge(feed: str, window: Window, collected: Collected) -> Verdict:
    """Compares what was read."""
    parts = [judge_partition(facts, window) for facts in collected.partitions]
    shown = tuple(part for part in parts if part.findings or _has_something(part))
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
    unbuilt = 0 if facts.modelled is None else facts.modelled.unbuilt
    return PartitionVerdict(facts, tuple(findings), in_flight(facts), len(waiting(facts)), unbuilt)


def _has_something(part: PartitionVerdict) -> bool:
    return bool(part.facts.intervals or part.facts.objects or part.unlanded)
