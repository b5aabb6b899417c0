"""Formats a trace as lines for people, and as JSON for programs."""

from typing import Any

from stockfeed.contract.times import format_rfc3339
from stockfeed.trace.search import Trace
from stockfeed.trace.stages import Stage


def text(trace: Trace) -> str:
    """Returns a line for each stage, with its time and its delay after the poll."""
    lines = [
        f"{trace.wanted.feed}: {trace.wanted.symbol}, "
        f"polled {format_rfc3339(trace.event.polled_at)}"
    ]
    lines += [_line(trace, stage) for stage in trace.stages]
    if trace.waits is not None:
        lines.append(f"waits   {trace.waits}")
    if trace.others:
        lines.append(f"{trace.others} more events match; give a more precise time to see them")
    return "\n".join(lines)


def document(trace: Trace) -> dict[str, Any]:
    """Returns the trace as JSON-compatible data."""
    return {
        "feed": trace.wanted.feed,
        "symbol": trace.wanted.symbol,
        "polledAt": format_rfc3339(trace.event.polled_at),
        "stages": [
            {
                "stage": stage.name,
                "at": None if stage.at is None else format_rfc3339(stage.at),
                "secondsAfterPoll": _delay(trace, stage),
                **stage.facts,
            }
            for stage in trace.stages
        ],
        "waits": trace.waits,
        "others": trace.others,
    }


def _line(trace: Trace, stage: Stage) -> str:
    when = "" if stage.at is None else format_rfc3339(stage.at)
    delay = _delay(trace, stage)
    later = "" if not delay else f"+{delay:.1f} s"
    return f"{stage.name:<7} {when:<24} {later:>10}  {stage.text}"


def _delay(trace: Trace, stage: Stage) -> float | None:
    if stage.at is None:
        return None
    return round((stage.at - trace.event.polled_at).total_seconds(), 3)
