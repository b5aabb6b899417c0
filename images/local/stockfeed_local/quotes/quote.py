"""A quote, and its JSON in the response of Finnhub's `/quote`."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

ZEROS: Final = b'{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}'
"""The body of Finnhub's response, with status 200, to a request for an unknown symbol."""

_PERCENT_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Quote:
    """One quote.

    Attributes:
        current: Price of the latest trade.
        open: First price of the day or bar.
        high: Highest price of the day or bar so far.
        low: Lowest price of the day or bar so far.
        previous_close: Close of the previous day or bar; never 0.
        time: Time of the latest trade, in Unix seconds.
    """

    current: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    previous_close: Decimal
    time: int

    def to_json(self) -> bytes:
        """Returns the response body; prices are written as exact decimals, never as floats."""
        change = self.current - self.previous_close
        percent = (change / self.previous_close * 100).quantize(_PERCENT_PLACES)
        return (
            f'{{"c":{self.current:f},"d":{change:f},"dp":{percent:f},"h":{self.high:f},'
            f'"l":{self.low:f},"o":{self.open:f},"pc":{self.previous_close:f},"t":{self.time}}}'
        ).encode()
