"""Times as StockFeed writes and reads them: RFC 3339 in UTC, or Unix milliseconds."""

from datetime import UTC, datetime


def format_rfc3339(moment: datetime, timespec: str = "milliseconds") -> str:
    """Formats a time in UTC, with `Z`: `2026-11-20T14:30:00.123Z`.

    Args:
        moment: a time with a zone.
        timespec: the precision, as `datetime.isoformat` names it. Kubernetes has `seconds` in a
            `Time` and `microseconds` in a `MicroTime`.
    """
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """Parses a time and converts it to UTC.

    Raises:
        ValueError: the text is not a time, or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def parse_optional_rfc3339(text: str | None) -> datetime | None:
    """Parses a time as `parse_rfc3339` does; returns None for None and for an empty text."""
    return parse_rfc3339(text) if text else None


def to_milliseconds(moment: datetime) -> int:
    """Converts a time to Unix milliseconds, Kafka's unit."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """Converts Unix milliseconds to a time in UTC."""
    return datetime.fromtimestamp(value / 1000, UTC)
