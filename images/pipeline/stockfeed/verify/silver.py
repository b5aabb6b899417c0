"""Silver: checks inside Snowflake that it counts every good row of bronze exactly once."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from collections.abc import Iterator
from typing import Final

from stockfeed.contract.times import format_rfc3339
from stockfeed.reader import Reader, Row
from stockfeed.verify.bronze import IDENTITY, SILVER, Lines
from stockfeed.verify.facts import Modelled, PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind

_DAY: Final = 86_400

# NULL is a value here: a provider may leave prices out, and then the quote's identity has none.
_SAME: Final = " AND ".join(
    f"N.{name} = K.{name}"
    if name in ("SYMBOL", "T", "C")
    else f"N.{name} IS NOT DISTINCT FROM K.{name}"
    for name in IDENTITY
)


def read_silver(reader: Reader, lines: Lines, window: Window) -> dict[tuple[str, int], Modelled]:
    """What became of each chain's rows, by topic id and partition.

    Args:
        reader: a session.
        lines: the rows.
        window: says which of those that no build came to are late.

    Raises:
        MissingTableError: nothing was ever built.
    """
    settled = format_rfc3339(window.settled).removesuffix("Z")
    values = (*lines.values, *lines.slices(_DAY), settled)
    rows = reader.rows("compare bronze with silver", _query(lines.query, reader.models), *values)
    return {(row["topic_id"], int(row["partition_id"])): _modelled(row) for row in rows}


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


def _modelled(row: Row) -> Modelled:
    counts = {name: int(row[f"rows_{name}"]) for name in _VERDICTS}
    example = row["example"]
    return Modelled(
        lines=int(row["lines"]),
        example=None if example is None else int(example),
        **counts | {"unbuilt": counts["unbuilt"] + counts["late"]},
    )


def check_silver(facts: PartitionFacts) -> Iterator[Finding]:
    """Rows that no build came to, quotes that silver lacks, and those that it has twice."""
    found = facts.modelled
    if found is None:
        return
    if found.late:
        yield Finding(Kind.NOT_BUILT, f"{found.late} loaded rows are in no build yet")
    where = f", e.g. at offset {found.example}"
    if found.missing:
        yield Finding(
            Kind.MISSING_IDENTITY, f"silver lacks the quotes of {found.missing} rows{where}"
        )
    if found.unseen:
        yield Finding(
            Kind.MISSING_IDENTITY,
            f"silver has the quotes of {found.unseen} rows, but says that it saw them at other "
            f"times only{where}",
        )
    if found.repeated:
        yield Finding(
            Kind.DUPLICATE_IDENTITY,
            f"silver has the quotes of {found.repeated} rows more than once{where}",
        )
