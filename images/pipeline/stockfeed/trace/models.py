"""Follows a loaded event through bronze, silver and gold."""

# ruff: noqa: S608 - names are checked settings and constants; values are bound

from collections.abc import Iterator
from typing import Any, Final

from stockfeed.reader import MissingTableError, Reader, Row
from stockfeed.trace import stages
from stockfeed.trace.event import Loaded
from stockfeed.trace.stages import Stage
from stockfeed.verify.bronze import BRONZE, IDENTITY, SILVER
from stockfeed.verify.gold import CANDLES, LATEST

_DURATIONS: Final = {"1m": 60, "5m": 300, "1h": 3600, "1d": 90_000}
"""The maximum seconds of a candle by interval: a day has 25 hours when daylight saving ends."""


class ModelSearch:
    """The search for a loaded event in the dbt models.

    Args:
        reader: the session to use.
        loaded: the event in raw.

    Attributes:
        waits: what the event waits for; None once it is in gold, or if it never will be.
    """

    def __init__(self, reader: Reader, loaded: Loaded) -> None:
        self.waits: str | None = None
        self._reader = reader
        self._loaded = loaded

    def stages(self) -> Iterator[Stage]:
        """Yields bronze, silver and gold, as far as the event got."""
        try:
            yield from self._stages()
        except MissingTableError:
            self.waits = "for the first build: the models' tables do not exist yet"

    def _stages(self) -> Iterator[Stage]:
        row = self._bronze()
        yield stages.bronze(self._loaded, row["bad_reason"])
        if row["bad_reason"] is not None:
            return
        found = self._silver(row)
        if found is None:
            self.waits = self._waits_for(SILVER)
            return
        yield stages.silver(found)
        yield from self._gold(row, found["quote_id"])

    def _bronze(self) -> Row:
        event = self._loaded.event
        query = (
            f"SELECT BAD_REASON, QUOTE_AT, {', '.join(IDENTITY)} "
            f"FROM {self._reader.models}.{BRONZE} "
            "WHERE BATCH_SEQ = ? AND TOPIC_ID = ? AND PARTITION_ID = ? AND KAFKA_OFFSET = ?"
        )
        values = (self._loaded.batch_seq, event.chain.topic_id, event.chain.partition)
        return self._reader.rows("read bronze", query, *values, event.offset)[0]

    def _silver(self, row: Row) -> Row | None:
        known: list[str] = [name for name in IDENTITY if row[name.lower()] is not None]
        empty = [name for name in IDENTITY if name not in known]
        same = " AND ".join([*(f"{name} = ?" for name in known), *(f"{n} IS NULL" for n in empty)])
        query = (
            "SELECT QUOTE_ID, FIRST_SEEN_AT, LAST_SEEN_AT, BATCH_SEQ "
            f"FROM {self._reader.models}.{SILVER} WHERE {same}"
        )
        found = self._reader.rows("read silver", query, *(_bound(row[n.lower()]) for n in known))
        return found[0] if found else None

    def _gold(self, row: Row, quote_id: str) -> Iterator[Stage]:
        models, symbol, quote_at = self._reader.models, row["symbol"], row["quote_at"]
        query = f"SELECT QUOTE_ID, QUOTE_AT FROM {models}.{LATEST} WHERE SYMBOL = ?"
        latest = self._reader.rows("read the latest quote", query, symbol)
        yield stages.latest(quote_id, latest[0] if latest else None)
        query = (
            "SELECT BAR_INTERVAL, BUCKET_START, OPEN, HIGH, LOW, CLOSE, QUOTES "
            f"FROM {models}.{CANDLES} WHERE SYMBOL = ? AND BUCKET_START <= TO_TIMESTAMP_NTZ(?) "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY BAR_INTERVAL ORDER BY BUCKET_START DESC) = 1"
        )
        candles = self._reader.rows("read candles", query, symbol, str(quote_at))
        covering = [candle for candle in candles if _covers(candle, quote_at)]
        if not covering:
            self.waits = self._waits_for(CANDLES)
        for candle in sorted(covering, key=lambda found: _DURATIONS[found["bar_interval"]]):
            yield stages.candle(candle)

    def _waits_for(self, table: str) -> str:
        query = f"SELECT COALESCE(MAX(BATCH_SEQ), -1) AS BUILT FROM {self._reader.models}.{table}"
        built = int(self._reader.rows("read the newest build", query)[0]["built"])
        if built < self._loaded.batch_seq:
            return f"for a build: {table.lower()} is built up to batch {built}"
        return (
            f"for a repair: {table.lower()} is built up to batch {built} without it; run stockfeed "
            "verify"
        )


def _covers(candle: Row, quote_at: Any) -> bool:
    age = (quote_at - candle["bucket_start"]).total_seconds()
    return bool(age < _DURATIONS[candle["bar_interval"]])


def _bound(value: object) -> object:
    # The connector may bind a Decimal as FLOAT; Snowflake compares a text exactly, as NUMBER.
    return value if isinstance(value, str | int) else str(value)
