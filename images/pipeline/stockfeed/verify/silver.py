"""Silver: checks inside Snowflake that it counts every good row of bronze exactly once."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from collections.abc import Iterator
from typing import Final

from stockfeed.contract.times import format_rfc3339
from stockfeed.reader import Reader, Row
from stockfeed.verify.bronze import IDENTITY, SILVER, BronzeRows
from stockfeed.verify.facts import PartitionFacts, SilverRows, Window
from stockfeed.verify.findings import Finding, Kind

_DAY: Final = 86_400

# NULL equals NULL here: a provider may omit prices, and the quote's identity then has NULL.
_SAME: Final = " AND ".join(
    f"N.{name} = K.{name}"
    if name in ("SYMBOL", "T", "C")
    else f"N.{name} IS NOT DISTINCT FROM K.{name}"
    for name in IDENTITY
)


def read_silver(
    reader: Reader, bronze: BronzeRows, window: Window
) -> dict[tuple[str, int], SilverRows]:
    """Counts each partition's rows by their state in silver, by topic id and partition.

    Args:
        reader: the session to use.
        bronze: the rows to verify.
        window: its settled time decides which unbuilt rows are late.

    Raises:
        MissingTableError: nothing was ever built.
    """
    settled = format_rfc3339(window.settled).removesuffix("Z")
    values = (*bronze.values, *bronze.market_times(_DAY), settled)
    rows = reader.rows("compare bronze with silver", _query(bronze.query, reader.models), *values)
    return {(row["topic_id"], int(row["partition_id"])): _silver_rows(row) for row in rows}


def _query(lines: str, models: str) -> str:
    identity = ", ".join(IDENTITY)
    return f"""
        WITH LINES AS ({lines}),
        KNOWN AS (
            SELECT {identity}, COUNT(*) AS COPIES,
                   MIN(FIRST_SEEN_AT) AS SEEN_FROM, MAX(LAST_SEEN_AT) AS SEEN_TO
            FROM {models}.{SILVER}
            WHERE T >= ? AND T < ? GROUP BY {identity}
        ),
        JUDGED AS (
            SELECT N.*,
                   CASE
                       WHEN N.BAD_REASON IS NOT NULL THEN 'bad'
                       WHEN N.BATCH_SEQ > B.NEWEST AND N.LOADED_AT < TO_TIMESTAMP_NTZ(?) THEN 'late'
                       WHEN N.BATCH_SEQ > B.NEWEST THEN 'unbuilt'
                       WHEN K.COPIES IS NULL THEN 'missing'
                       WHEN K.COPIES > 1 THEN 'repeated'
                       WHEN N.POLL_AT < K.SEEN_FROM OR N.POLL_AT > K.SEEN_TO THEN 'unseen'
                       ELSE 'silver'
                   END AS VERDICT
            FROM LINES N
            CROSS JOIN (SELECT COALESCE(MAX(BATCH_SEQ), -1) AS NEWEST FROM {models}.{SILVER}) B
            LEFT JOIN KNOWN K ON {_SAME}
        )
        SELECT TOPIC_ID, PARTITION_ID, COUNT(*) AS LINES, {_COUNTS},
               MIN(CASE WHEN VERDICT IN ('missing', 'repeated', 'unseen') THEN KAFKA_OFFSET END)
                   AS EXAMPLE
        FROM JUDGED GROUP BY 1, 2
    """


_VERDICTS: Final = ("bad", "late", "unbuilt", "missing", "repeated", "unseen", "silver")
_COUNTS: Final = ", ".join(
    f"SUM(CASE WHEN VERDICT = '{name}' THEN 1 ELSE 0 END) AS ROWS_{name.upper()}"
    for name in _VERDICTS
)


def _silver_rows(row: Row) -> SilverRows:
    counts = {name: int(row[f"rows_{name}"]) for name in _VERDICTS}
    example = row["example"]
    return SilverRows(
        lines=int(row["lines"]),
        example=None if example is None else int(example),
        **counts | {"unbuilt": counts["unbuilt"] + counts["late"]},
    )


def check_silver(facts: PartitionFacts) -> Iterator[Finding]:
    """Yields late rows, quotes that are missing from silver, and quotes that it has twice."""
    found = facts.silver
    if found is None:
        return
    if found.late:
        yield Finding(Kind.NOT_BUILT, f"{found.late} loaded rows were not built yet")
    where = f", e.g. at offset {found.example}"
    if found.missing:
        yield Finding(
            Kind.MISSING_IDENTITY, f"silver lacks the quotes of {found.missing} rows{where}"
        )
    if found.unseen:
        yield Finding(
            Kind.MISSING_IDENTITY,
            f"silver has the quotes of {found.unseen} rows, but their polls are outside "
            f"first_seen_at and last_seen_at{where}",
        )
    if found.repeated:
        yield Finding(
            Kind.DUPLICATE_IDENTITY,
            f"silver has the quotes of {found.repeated} rows more than once{where}",
        )
