"""Validates a quote response and converts it to an event."""

import math
from typing import Final, TypeGuard

import orjson

from stockfeed.contract import events
from stockfeed.producer.provider import Quote, Rejected

_YEAR_10000: Final = 253_402_300_800
"""Upper bound for Unix seconds; current times in milliseconds exceed it and are rejected."""


def read_quote(symbol: str, body: bytes, etag: str | None = None) -> Quote | Rejected:
    """Validates a response and returns its quote.

    The response's bytes are kept unchanged, because parsing and serializing floats would change
    digits. Only line breaks between tokens are removed (JSON strings cannot contain any), and
    `symbol` is inserted at the front if it is missing. A price outside [low, high] is accepted,
    because a provider may not update all fields together.

    Args:
        symbol: the requested symbol.
        body: the response's body.
        etag: the response's ETag; None if it had none.
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
    # Finnhub returns zeros for unknown symbols, and at times briefly for known ones.
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
