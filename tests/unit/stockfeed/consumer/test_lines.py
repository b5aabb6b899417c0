import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.consumer.lines import LineEncoder

ENCODER = LineEncoder("stock-quotes.us.autos", 3)
META = {"topic": "stock-quotes.us.autos", "partition": 3, "offset": 7, "timestamp": 1713456789123}


def encode(value: bytes | None) -> tuple[bytes, bool]:
    return ENCODER.encode(value, 7, 1713456789123)


@pytest.mark.parametrize(
    "value",
    [
        b'{"symbol":"F","c":187.4200,"n":1e3}',
        b'{"symbol":"F","c":187.4200,"last_size":1.50}',
        b'{"symbol":"F","c":187.4200,"name":"\\u0046ord"}',
    ],
)
def test_event_keeps_its_bytes_and_gains_provenance(value: bytes) -> None:
    line, is_event = encode(value)
    assert is_event
    assert line.startswith(value[:-1] + b',"_meta":{')
    assert json.loads(line)["_meta"] == META


@pytest.mark.parametrize(
    "value",
    [
        b'{"symbol":"F","c":1}\n',
        b' {"symbol":"F","c":1} ',
        b'{\n "symbol": "F",\r\n "c": 1\n}',
        b'{"symbol":"F","c":1,"_meta":{"offset":99}}',
        b'{"symbol":"F","c":1,"\\u005fmeta":{"offset":99}}',
    ],
)
def test_serializes_an_event_again_if_splicing_is_unsafe(value: bytes) -> None:
    line, is_event = encode(value)
    assert is_event
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"symbol": "F", "c": 1, "_meta": META}


def test_keeps_a_nested_meta_field() -> None:
    line, is_event = encode(b'{"symbol":"F","x":{"_meta":1}}')
    assert is_event
    assert json.loads(line) == {"symbol": "F", "x": {"_meta": 1}, "_meta": META}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "not JSON"),
        (b"", "not JSON"),
        (b"nonsense", "not JSON"),
        (b'{"symbol":"F"', "not JSON"),
        (b'{"symbol":"F","c":NaN}', "not JSON"),
        (b'\xff{"symbol":"F"}', "not JSON"),
        (b'["F"]', "not a JSON object: list"),
        (b"null", "not a JSON object: NoneType"),
        (b"{}", "no string 'symbol'"),
        (b'{"symbol":null}', "no string 'symbol'"),
        (b'{"symbol":7}', "no string 'symbol'"),
    ],
)
def test_wraps_invalid_messages_in_an_error_line(value: bytes | None, reason: str) -> None:
    line, is_event = encode(value)
    landed = json.loads(line)
    assert not is_event
    assert landed["_error"].startswith(reason)
    assert base64.b64decode(landed["_raw"]) == (value or b"")
    assert landed["_meta"] == META


@given(st.binary())
def test_any_bytes_become_one_json_line(value: bytes) -> None:
    line, _ = encode(value)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["_meta"] == META


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.dictionaries(st.text(), json_values),
    st.text(),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
)
def test_any_event_is_preserved_with_provenance(
    fields: dict[str, object], symbol: str, indent: int | None, ascii_only: bool
) -> None:
    event = {**fields, "symbol": symbol}
    value = json.dumps(event, indent=indent, ensure_ascii=ascii_only).encode()
    line, is_event = encode(value)
    assert is_event
    assert json.loads(line) == {**event, "_meta": META}
