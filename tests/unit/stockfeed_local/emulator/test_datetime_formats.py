"""Snowflake's documentation: "Date and time input and output formats"."""

import pytest
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.emulator.datetime_formats import to_strftime


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ('YYYY-MM-DD"T"HH24:MI:SS"Z"', "%Y-%m-%dT%H:%M:%SZ"),
        ("YYYY-MM-DDTHH24:MI:SS.FF3", "%Y-%m-%dT%H:%M:%S.%g"),
        ("yyyymmdd", "%Y%m%d"),
        ("DY, DD MON YY 100%", "%a, %d %b %y 100%%"),
        ("MMMM", "%B"),
    ],
)
def test_translates_formats_to_strftime(form: str, pattern: str) -> None:
    assert to_strftime(form) == pattern


@pytest.mark.parametrize("form", ["TZH", "YYYY-WW", '"open'])
def test_unsupported_element_raises_error(form: str) -> None:
    with pytest.raises(ProgrammingError, match="format"):
        to_strftime(form)
