"""An answer's bytes become an event, or are rejected because they are no quote."""

import math
from typing import Final, TypeGuard

import orjson

from stockfeed.contract import events
from stockfeed.producer.provider import Quote, Rejected

_YEAR_10000: Final = 253_402_300_800
"""Unix seconds beyond every calendar; a time in milliseconds lies above it."""


def read_quote(symbol: str, body: bytes, etag: str | None = None) -> Quote | Rejected:
    """The quote in an answer.

    The answer's bytes are kept as they are, numbers' text included: a float's round trip would
    change digits. `symbol` is put first where the answer lacks it, and line breaks between tokens
    are removed (JSON strings cannot hold any). A price outside [low, high] is no reason to reject:
    fields of one answer need not be updated together.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Rejected("not_json")
    if not isinstance(fields, dict):
        return Rejected("not_object")
    reason = _rejection_reason(symbol, fields)
    if reason is not None:
        return Rejected(reason)
    identity = tuple(fields.get(name) for name in events.IDENTITY[1:])
    event = _with_symbol(symbol, body) if events.SYMBOL not in fields else _one_line(body)
    return Quote((symbol, *identity), event, int(fields[events.TIME]), etag)


def _rejection_reason(symbol: str, fields: dict[str, object]) -> str | None:
    price = fields.get(events.CURRENT)
    if not _is_finite_number(price):
        return "no_price"
    # Finnhub answers zeros for unknown symbols, and briefly for known ones.
    if price <= 0:
        return "zero_price"
    time = fields.get(events.TIME)
    if not _is_finite_number(time) or time != int(time) or not 0 < time < _YEAR_10000:
        return "bad_time"
    if fields.get(events.SYMBOL, symbol) != symbol:
        return "other_symbol"
    return None


def _is_finite_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _one_line(body: bytes) -> bytes:
    return body.strip().translate(None, b"\r\n")


def _with_symbol(symbol: str, body: bytes) -> bytes:
    return b'{"symbol":' + orjson.dumps(symbol) + b"," + _one_line(body)[1:]
