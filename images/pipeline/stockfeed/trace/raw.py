"""Finds an event in raw."""

# ruff: noqa: S608 - names are constants of the contract; values are bound

from collections.abc import Iterator
from datetime import UTC, timedelta
from difflib import get_close_matches
from typing import Final

import orjson

from stockfeed.contract import tables
from stockfeed.contract.objects import Chain, feed_prefix
from stockfeed.contract.times import to_milliseconds
from stockfeed.moments import Moment
from stockfeed.reader import MissingTableError, Reader, Row
from stockfeed.trace.event import Event, EventQuery, Loaded

_MARGINS: Final = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=36_500))
"""How far around a time to search, in turn: the ledger gives the batches to read."""

_NEWEST_BATCHES: Final = (100, 10_000)
"""How many of the newest batches to search for a symbol, before searching all of them."""


_BATCHES: Final = f"""
    SELECT MIN(BATCH_SEQ) AS LO, MAX(BATCH_SEQ) AS HI FROM {tables.LEDGER}
    WHERE FEED = ? AND LAST_TIMESTAMP >= ? AND FIRST_TIMESTAMP < ?
"""
_NEWEST: Final = (
    f"SELECT MIN(BATCH_SEQ) AS LO, MAX(BATCH_SEQ) AS HI FROM {tables.LEDGER} WHERE FEED = ?"
)
_EVENTS: Final = f"""
    SELECT V, SUBSTR(FILE_NAME, CHARINDEX('/feed=', FILE_NAME) + 1) AS OBJECT_KEY,
           BATCH_SEQ, LOADED_AT, V:_meta.timestamp::NUMBER(38,0) AS POLL_MS
    FROM {tables.QUOTES}
    WHERE BATCH_SEQ BETWEEN ? AND ? AND CHARINDEX(?, FILE_NAME) > 0 AND V:symbol::VARCHAR = ?
      AND V:_meta.timestamp::NUMBER(38,0) >= ? AND V:_meta.timestamp::NUMBER(38,0) < ?
"""
_SYMBOLS: Final = f"""
    SELECT DISTINCT V:symbol::VARCHAR AS SYMBOL FROM {tables.QUOTES}
    WHERE BATCH_SEQ BETWEEN ? AND ? AND CHARINDEX(?, FILE_NAME) > 0
"""
_FAR_FUTURE: Final = 10**15


def find_loaded(reader: Reader, wanted: EventQuery) -> list[Loaded]:
    """Returns the events of the moment, oldest first; if there are none, the nearest around it.

    Without a moment, it returns the newest event. The result is empty if raw has no event of the
    symbol.
    """
    try:
        if wanted.moment is None:
            return _newest(reader, wanted)
        return _around(reader, wanted, wanted.moment)
    except MissingTableError:
        return []


def similar_symbols(reader: Reader, wanted: EventQuery) -> list[str]:
    """Returns symbols of the feed's newest batches that are spelled like the queried one."""
    try:
        for lo, hi in _newest_batches(reader, wanted.feed):
            rows = reader.rows("read symbols", _SYMBOLS, lo, hi, _files(wanted))
            known = [row["symbol"] for row in rows if row["symbol"]]
            return get_close_matches(wanted.symbol.upper(), known, cutoff=0.5) or sorted(known)[:5]
    except MissingTableError:
        pass
    return []


def _newest(reader: Reader, wanted: EventQuery) -> list[Loaded]:
    query = f"{_EVENTS} ORDER BY POLL_MS DESC LIMIT 1"
    for lo, hi in _newest_batches(reader, wanted.feed):
        values = (lo, hi, _files(wanted), wanted.symbol, 0, _FAR_FUTURE)
        rows = reader.rows("find the newest event", query, *values)
        if rows:
            return [_loaded(row) for row in rows]
    return []


def _newest_batches(reader: Reader, feed: str) -> Iterator[tuple[int, int]]:
    """Yields ranges of batches: a few of the newest, then more, then all."""
    (row,) = reader.rows("read the newest batch", _NEWEST, feed)
    if row["hi"] is None:
        return
    oldest, newest = int(row["lo"]), int(row["hi"])
    for count in _NEWEST_BATCHES:
        if newest - count > oldest:
            yield newest - count, newest
    yield oldest, newest


def _around(reader: Reader, wanted: EventQuery, moment: Moment) -> list[Loaded]:
    for margin in _MARGINS:
        found = _between(reader, wanted, moment, margin)
        if found:
            return found
    return []


def _between(reader: Reader, wanted: EventQuery, moment: Moment, margin: timedelta) -> list[Loaded]:
    start, end = to_milliseconds(moment.start - margin), to_milliseconds(moment.end + margin)
    (batches,) = reader.rows("find batches by time", _BATCHES, wanted.feed, start, end)
    if batches["lo"] is None:
        return []
    values = (int(batches["lo"]), int(batches["hi"]), _files(wanted), wanted.symbol)
    if margin == timedelta(0):
        query = f"{_EVENTS} ORDER BY POLL_MS LIMIT 100"
        return _all(reader, query, *values, start, end)
    before = f"{_EVENTS} ORDER BY POLL_MS DESC LIMIT 1"
    after = f"{_EVENTS} ORDER BY POLL_MS LIMIT 1"
    return [
        *_all(reader, before, *values, start, to_milliseconds(moment.start)),
        *_all(reader, after, *values, to_milliseconds(moment.end), end),
    ]


def _all(reader: Reader, query: str, *values: object) -> list[Loaded]:
    return [_loaded(row) for row in reader.rows("find the event", query, *values)]


def _files(wanted: EventQuery) -> str:
    return f"/{feed_prefix(wanted.feed)}"


def _loaded(row: Row) -> Loaded:
    key = row["object_key"]
    chain, _ = Chain.parse(key)
    return Loaded(
        Event.of_line(chain, orjson.loads(row["v"])),
        key,
        int(row["batch_seq"]),
        row["loaded_at"].replace(tzinfo=UTC),
    )
