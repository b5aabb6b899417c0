from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from stockfeed.settings.values import Bytes, Days, Name, Seconds, SecondsOrOff, Symbols


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Seconds, "1m30s", 90.0),
        (SecondsOrOff, "5m", 300.0),
        (SecondsOrOff, "off", None),
        (Days, "30d", 30),
        (Days, "24h", 1),
        (Days, "1441m", 2),
        (Bytes, "16Mi", 16 * 2**20),
        (Symbols, "AAPL, BRK.B,", ("AAPL", "BRK.B")),
        (Name, "us-equities", "us-equities"),
    ],
)
def test_parses_text(kind: Any, text: str, value: float | str | tuple[str, str] | None) -> None:
    assert TypeAdapter(kind).validate_python(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Seconds, "0s"),
        (Seconds, "off"),
        (SecondsOrOff, "0s"),
        (SecondsOrOff, "never"),
        (Days, "0d"),
        (Days, "30"),
        (Bytes, "0"),
        (Bytes, "16MB"),
        (Symbols, ""),
        (Symbols, " , "),
        (Symbols, "AAPL,F,AAPL"),
        (Name, "a/b"),
        (Name, "A"),
        (Name, "a" * 64),
        (Name, "-a"),
    ],
)
def test_rejects_invalid_text(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)
