import json
from decimal import Decimal

from stockfeed_local.quotes.quote import ZEROS, Quote


def test_json_has_finnhubs_fields_with_exact_decimals() -> None:
    quote = Quote(
        current=Decimal("187.42000"),
        open=Decimal("185.9"),
        high=Decimal("188.1"),
        low=Decimal("184.75"),
        previous_close=Decimal("184.03"),
        time=1713456789,
    )

    assert quote.to_json() == (
        b'{"c":187.42000,"d":3.39000,"dp":1.8421,"h":188.1,"l":184.75,"o":185.9,"pc":184.03,'
        b'"t":1713456789}'
    )


def test_falls_and_tiny_prices_are_written_without_exponents() -> None:
    tiny, more = Decimal("0.00000001"), Decimal("0.00000004")

    body = Quote(tiny, tiny, tiny, tiny, more, 1).to_json()

    assert body.startswith(b'{"c":0.00000001,"d":-0.00000003,"dp":-75.0000,')
    assert json.loads(body)["c"] == 1e-8


def test_zeros_have_the_same_fields_as_a_quote() -> None:
    assert json.loads(ZEROS).keys() == {"c", "d", "dp", "h", "l", "o", "pc", "t"}
