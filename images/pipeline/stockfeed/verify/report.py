"""Formats a verdict as a table for people, and as JSON for programs."""

from typing import Any, Final

from stockfeed.contract.times import format_rfc3339
from stockfeed.verify.facts import PartitionFacts
from stockfeed.verify.findings import Finding
from stockfeed.verify.verdict import PartitionVerdict, Verdict

_HEAD: Final = (
    *("group", "topic", "partition", "kafka", "ledger", "objects", "rows", "errors", "lost"),
    *("skipped", "silver", "left out", "in transit", "verdict"),
)
_NOTHING: Final = "-"


def text(verdict: Verdict) -> str:
    """Returns the table, a line for each finding, and the result as the last line."""
    window = verdict.window
    span = f"{verdict.feed} from {format_rfc3339(window.start)} to {format_rfc3339(window.end)}"
    table = ["", *_table(verdict), ""] if verdict.partitions else ["no data in this range"]
    return "\n".join([span, *table, *findings(verdict), _result(verdict)])


def summary(verdict: Verdict) -> str:
    """Returns the result and the findings, without the table, for a termination message."""
    return "\n".join([_result(verdict), *findings(verdict)])


def _result(verdict: Verdict) -> str:
    count = len(findings(verdict))
    return "complete" if verdict.complete else f"NOT complete: {count} findings"


def findings(verdict: Verdict) -> list[str]:
    """Returns a line for each finding."""
    return [f"{found.kind}: {found.text}" for found in (*_with_place(verdict), *verdict.findings)]


def document(verdict: Verdict) -> dict[str, Any]:
    """Returns the verdict as JSON-compatible data."""
    return {
        "feed": verdict.feed,
        "from": format_rfc3339(verdict.window.start),
        "to": format_rfc3339(verdict.window.end),
        "settled": format_rfc3339(verdict.window.settled),
        "complete": verdict.complete,
        "partitions": [_partition(part) for part in verdict.partitions],
        "findings": [_finding(found) for found in verdict.findings],
    }


def _with_place(verdict: Verdict) -> list[Finding]:
    return [
        Finding(found.kind, f"{_place(part.facts)}: {found.text}")
        for part in verdict.partitions
        for found in part.findings
    ]


def _place(facts: PartitionFacts) -> str:
    chain = facts.chain
    return f"{chain.group}/{_short(chain.topic_id)}/{chain.partition}"


def _short(topic_id: str) -> str:
    return topic_id[:8]


def _table(verdict: Verdict) -> list[str]:
    rows = [_HEAD, *(_row(part) for part in verdict.partitions)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _row(part: PartitionVerdict) -> tuple[str, ...]:
    found = _partition(part)
    return (
        found["group"],
        _short(found["topicId"]),
        str(found["partition"]),
        _span(found["kafka"]),
        _span(found["ledger"]),
        *(str(found[name]) for name in ("objects", "rows", "errors", "lost", "skipped")),
        *(_NOTHING if found[name] is None else str(found[name]) for name in ("silver", "leftOut")),
        _in_transit(part),
        f"{len(part.findings)} findings" if part.findings else "complete",
    )


def _span(span: dict[str, int] | None) -> str:
    return _NOTHING if span is None else f"{span['first']}-{span['last']}"


def _in_transit(part: PartitionVerdict) -> str:
    parts = (
        (part.unlanded, "messages"),
        (part.unloaded, "objects"),
        (part.unbuilt, "rows"),
    )
    return ", ".join(f"{count} {what}" for count, what in parts if count) or _NOTHING


def _partition(part: PartitionVerdict) -> dict[str, Any]:
    facts, silver, log = part.facts, part.facts.silver, part.facts.broker_log
    return {
        "group": facts.chain.group,
        "topicId": facts.chain.topic_id,
        "partition": facts.chain.partition,
        "topic": None if log is None else log.topic,
        "kafka": None if log is None else _bounds(log.low, log.high),
        "ledger": _ledger(facts),
        "objects": len(facts.intervals),
        "rows": sum(interval.rows for interval in facts.intervals),
        "errors": sum(interval.errors for interval in facts.intervals),
        "lost": sum(interval.lost for interval in facts.intervals),
        "skipped": sum(interval.skip_reason is not None for interval in facts.intervals),
        "silver": None if silver is None else silver.silver,
        "leftOut": None if silver is None else silver.bad,
        "unlanded": part.unlanded,
        "unloaded": part.unloaded,
        "unbuilt": part.unbuilt,
        "findings": [_finding(found) for found in part.findings],
    }


def _ledger(facts: PartitionFacts) -> dict[str, int] | None:
    if not facts.intervals:
        return None
    return _bounds(facts.intervals[0].start, max(i.end for i in facts.intervals) + 1)


def _bounds(first: int, following: int) -> dict[str, int] | None:
    return {"first": first, "last": following - 1} if following > first else None


def _finding(found: Finding) -> dict[str, str]:
    return {"kind": found.kind.value, "text": found.text}
