"""Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds."""

from datetime import UTC, datetime


def parse_time(text: str | None) -> datetime | None:
    """The time, or None where there is none."""
    return None if not text else datetime.fromisoformat(text).astimezone(UTC)


def format_time(moment: datetime) -> str:
    """The time as text."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
