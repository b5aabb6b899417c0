import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.producer.provider import Quote, Rejected
from stockfeed.producer.quote import read_quote

GOOD = b'{"c":187.42,"d":3.39,"dp":1.85,"h":188.1,"l":184.75,"o":185.9,"pc":184.03,"t":1713456789}'


def test_keeps_the_response_and_inserts_the_symbol_first() -> None:
    quote = read_quote("AAPL", GOOD, '"7"')
    assert quote == Quote(
        identity=("AAPL", 1713456789, 187.42, 185.9, 188.1, 184.75, 184.03),
        event=b'{"symbol":"AAPL",' + GOOD[1:],
        time=1713456789,
        etag='"7"',
    )


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b'{"symbol":"A","c":1,"t":2}', b'{"symbol":"A","c":1,"t":2}'),
        (b' {"c":1.10,"t":2}\n', b'{"symbol":"A","c":1.10,"t":2}'),
        (b'{\r\n  "c": 1e2,\n  "t": 2\n}', b'{"symbol":"A",  "c": 1e2,  "t": 2}'),
        (
            b'{"c":0.30000000000000004,"t":2,"name":"\xc3\xa9\\n"}',
            b'{"symbol":"A","c":0.30000000000000004,"t":2,"name":"\xc3\xa9\\n"}',
        ),
    ],
    ids=["has a symbol", "surrounding whitespace", "pretty-printed", "digits and text"],
)
def test_event_is_one_line_with_the_original_text(body: bytes, event: bytes) -> None:
    quote = read_quote("A", body)
    assert isinstance(quote, Quote)
    assert quote.event == event


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"<html>", "not_json"),
        (b'{"c":NaN,"t":1}', "not_json"),
        (b'{"c":1e999,"t":1}', "not_json"),
        (b'{"c":1,"t":1}{"c":1,"t":1}', "not_json"),
        (b"[1]", "not_object"),
        (b"null", "not_object"),
        (b"{}", "no_price"),
        (b'{"c":null,"t":1}', "no_price"),
        (b'{"c":"187.42","t":1}', "no_price"),
        (b'{"c":true,"t":1}', "no_price"),
        (b'{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}', "zero_price"),
        (b'{"c":-1.5,"t":1}', "zero_price"),
        (b'{"c":1}', "bad_time"),
        (b'{"c":1,"t":0}', "bad_time"),
        (b'{"c":1,"t":-5}', "bad_time"),
        (b'{"c":1,"t":"2024-01-01"}', "bad_time"),
        (b'{"c":1,"t":1.5}', "bad_time"),
        (b'{"c":1,"t":1713456789123}', "bad_time"),
        (b'{"c":1,"t":1,"symbol":"B"}', "other_symbol"),
        (b'{"c":1,"t":1,"symbol":null}', "other_symbol"),
    ],
)
def test_rejects_invalid_quotes_with_a_reason(body: bytes, reason: str) -> None:
    assert read_quote("A", body) == Rejected(reason)


def test_accepts_a_price_outside_low_and_high() -> None:
    assert isinstance(read_quote("A", b'{"c":9,"h":2,"l":1,"o":1,"pc":1,"t":1}'), Quote)


prices = st.floats(min_value=1e-5, max_value=1e9)
texts = st.dictionaries(st.text().filter(lambda name: name not in "symbol c t"), st.text())


@given(prices, st.integers(1, 2**33), texts, st.sampled_from([None, 0, 2]))
def test_event_has_the_same_content_as_the_response(
    price: float, time: int, others: dict[str, str], indent: int | None
) -> None:
    answer = {**others, "c": price, "t": time}
    quote = read_quote("BRK.B", json.dumps(answer, indent=indent).encode())
    assert isinstance(quote, Quote)
    event = quote.event
    assert json.loads(event) == {"symbol": "BRK.B", **answer}
    assert event.startswith(b"{")
    assert event.endswith(b"}")
    assert b"\n" not in event


@given(st.binary(max_size=60))
def test_any_bytes_are_a_quote_or_rejected(body: bytes) -> None:
    assert isinstance(read_quote("A", body), Quote | Rejected)
