"""Translates Snowflake's date and time formats to strftime.

Snowflake's documentation: "Date and time input and output formats".
"""

import re

from stockfeed_local.emulator.errors import unsupported

_ELEMENTS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MMMM": "%B",
    "MM": "%m",
    "MON": "%b",
    "DD": "%d",
    "DY": "%a",
    "HH24": "%H",
    "HH12": "%I",
    "MI": "%M",
    "SS": "%S",
    "FF3": "%g",
    "FF6": "%f",
    "AM": "%p",
    "PM": "%p",
}
_TOKEN = re.compile(
    rf'"(?P<text>[^"]*)"|(?P<element>{"|".join(_ELEMENTS)})|(?P<other>[^A-Z"]|T)', re.IGNORECASE
)


def to_strftime(form: str) -> str:
    """Translates a format for DuckDB's strftime.

    Raises:
        ProgrammingError: The format has an element that the emulator does not support.
    """
    parts: list[str] = []
    place = 0
    while place < len(form):
        if (match := _TOKEN.match(form, place)) is None:
            raise unsupported(f"'{form[place:]}' in the format '{form}'")
        parts.append(_part(match))
        place = match.end()
    return "".join(parts)


def _part(match: re.Match[str]) -> str:
    if match["element"]:
        return _ELEMENTS[match["element"].upper()]
    return (match["text"] or match["other"] or "").replace("%", "%%")
