"""A run's results: the summary, the files in the output directory, and the closing lines."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console

from stockfeed.contract.times import format_rfc3339
from stockfeed_local.demo.bucket import Audit
from stockfeed_local.demo.check import CheckResult
from stockfeed_local.demo.inspection import Inspection
from stockfeed_local.demo.report import Sample
from stockfeed_local.demo.warehouse import CandleRow

Summary: TypeAlias = dict[str, int | float | str]
"""The content of summary.json."""

_SUMMARY = "summary.json"
_CANDLES = "gold_candlestick.csv"
_KPIS = "gold_kpi.csv"
_REPORT = "report.html"
_SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """The measurements and the check of a run."""

    summary: Summary
    check: CheckResult
    inspection: Inspection
    candles: list[CandleRow]


def summarize(last: Sample, audit: Audit, check: CheckResult, broker: str) -> Summary:
    """Builds the content of summary.json.

    Args:
        last: The sample taken after the last round.
        audit: Counts from the bucket.
        check: Counts of problems.
        broker: Name of the Kafka that was used.
    """
    return {
        "polled": last.polled,
        "published": last.published,
        "repeats": audit.landed - audit.distinct,
        "landed": audit.landed,
        "loaded": last.loaded,
        "silver": last.silver,
        "bars": check.exact_bars,
        "mismatches": len(check.mismatches),
        "gaps": len(check.gaps),
        "duplicates": len(check.duplicates),
        "findings": len(check.findings),
        "seconds": round(last.seconds, 1),
        "quotes_per_second": round(last.published / last.seconds, 1),
        "broker": broker,
    }


def delete_results(out: Path) -> None:
    """Deletes the result files of an earlier run, if there are any."""
    for name in (_SUMMARY, _CANDLES, _KPIS, _REPORT):
        (out / name).unlink(missing_ok=True)


def write_results(
    out: Path, outcome: Outcome, kpis: Sequence[Mapping[str, Any]], report: str
) -> None:
    """Writes summary, candles, KPIs and the HTML report to the output directory."""
    write_summary(out / _SUMMARY, outcome.summary)
    write_candles(out / _CANDLES, outcome.candles)
    write_table(out / _KPIS, kpis)
    (out / _REPORT).write_text(report, encoding="utf-8")


def write_summary(path: Path, summary: Mapping[str, object]) -> None:
    """Writes `summary.json`."""
    path.write_text(json.dumps(summary, indent=2) + "\n")


def write_candles(path: Path, candles: Iterable[CandleRow]) -> None:
    """Writes `gold_candlestick.csv`; start times are ISO 8601 in UTC."""
    header = ("symbol", "interval", "bucket_start", "open", "high", "low", "close", "quotes")
    _write_csv(path, header, candles)


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes a table as CSV, with its columns in the order of the first row."""
    header = tuple(rows[0]) if rows else ()
    _write_csv(path, header, ([row[name] for name in header] for row in rows))


def print_outcome(outcome: Outcome, out: Path, console: Console) -> None:
    """Prints the output of verify and trace, the first problems, and a one-line summary."""
    summary, problems = outcome.summary, outcome.check.problems
    for text in (outcome.inspection.verified, outcome.inspection.traced):
        # Without wrapping: tables stay readable when they are wider than the terminal.
        console.print(text, markup=False, highlight=False, soft_wrap=True, end="\n\n")
    for problem in problems[:_SHOWN_PROBLEMS]:
        console.print(problem, style="red")
    if len(problems) > _SHOWN_PROBLEMS:
        console.print(f"… and {len(problems) - _SHOWN_PROBLEMS} more", style="red")
    console.print(
        f"{summary['bars']:,} bars exact, {summary['silver']:,} quotes in silver, "
        f"{summary['mismatches']} mismatches, {summary['gaps']} gaps, "
        f"{summary['duplicates']} duplicates, {summary['findings']} findings; "
        f"{summary['seconds']} s on {summary['broker']}",
        style="bold red" if problems else "bold green",
    )
    console.print(f"report: {out / _REPORT}")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        # A datetime with a zone is in UTC here. Snowflake's TIMESTAMP_NTZ has no zone; gold's
        # are in UTC unless the name of the column says otherwise.
        return value.isoformat() if value.tzinfo is None else format_rfc3339(value, "auto")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value
