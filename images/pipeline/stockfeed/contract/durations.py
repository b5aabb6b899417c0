"""Parsing of durations and sizes in user notation: `6s`, `1m30s`, `500ms`, `16Mi`."""

import re
from typing import Final

DURATION_PATTERN: Final = r"^([0-9]+(ms|s|m|h))+$"
SIZE_PATTERN: Final = r"^[0-9]+(Ki|Mi|Gi|k|M|G)?$"

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES: Final = {
    "": 1,
    "k": 1000,
    "M": 1000**2,
    "G": 1000**3,
    "Ki": 1024,
    "Mi": 1024**2,
    "Gi": 1024**3,
}


def parse_duration(text: str) -> float:
    """Returns the seconds in a duration such as `1m30s`.

    Days (`d`) are accepted too, although `DURATION_PATTERN` excludes them from custom resources.

    Raises:
        ValueError: the text is not a duration; the message gives examples.
    """
    if not re.fullmatch(r"([0-9]+(ms|s|m|h|d))+", text):
        raise ValueError(f"{text!r} is not a duration; examples: 500ms, 6s, 1m30s")
    parts = re.findall(r"([0-9]+)(ms|s|m|h|d)", text)
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def parse_size(text: str) -> int:
    """Returns the bytes in a size such as `16Mi`.

    Raises:
        ValueError: the text is not a size; the message gives examples.
    """
    match = re.fullmatch(r"([0-9]+)(Ki|Mi|Gi|k|M|G)?", text)
    if match is None:
        raise ValueError(f"{text!r} is not a size; examples: 65536, 512Ki, 16Mi")
    return int(match[1]) * _BYTES[match[2] or ""]
