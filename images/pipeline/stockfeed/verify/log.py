"""Whether everything that Kafka holds, and that is settled, was landed."""

from collections.abc import Iterator

from stockfeed.verify.facts import PartitionFacts
from stockfeed.verify.findings import Finding, Kind
from stockfeed.verify.objects import landed_end


def check_log(facts: PartitionFacts) -> Iterator[Finding]:
    """Messages that were not landed in time, or not at all, and a log that was cut."""
    log, end = facts.log, landed_end(facts)
    if log is None:
        return
    if end is None:
        end = log.low
    if end > log.high:
        yield Finding(
            Kind.TRUNCATED_LOG,
            f"offsets up to {end - 1} are landed, but Kafka's log of {log.topic} ends at "
            f"{log.high}",
        )
    if end < log.low:
        yield Finding(
            Kind.LOST,
            f"offsets {end} to {log.low - 1} are not landed, and Kafka's retention has removed "
            "them",
        )
    first = max(end, log.low)
    if first < log.due:
        yield Finding(
            Kind.NOT_LANDED,
            f"offsets {first} to {log.due - 1} of {log.topic} are acknowledged and not landed",
        )


def in_flight(facts: PartitionFacts) -> int:
    """Messages in the window that Kafka has and no object holds, settled or not."""
    log = facts.log
    if log is None:
        return 0
    end = landed_end(facts)
    return max(0, log.end - max(log.low if end is None else end, log.low))
