"""A quote in the form of Finnhub's `/quote` answer."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

ZEROS: Final = b'{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}'
"""What Finnhub answers, with status 200, for a symbol that it does not know."""

_PERCENT_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Quote:
    """One quote.

    Attributes:
        current: price now.
        open: of the day or bar so far, as are high and low.
        previous_close: close of the day or bar before; never 0.
        time: Unix seconds.
    """

    current: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    previous_close: Decimal
    time: int

    def to_json(self) -> bytes:
        """The answer's body; prices are the exact decimals, which no float could promise."""
        change = self.current - self.previous_close
        percent = (change / self.previous_close * 100).quantize(_PERCENT_PLACES)
        return (
            f'{{"c":{self.current:f},"d":{change:f},"dp":{percent:f},"h":{self.high:f},'
            f'"l":{self.low:f},"o":{self.open:f},"pc":{self.previous_close:f},"t":{self.time}}}'
        ).encode()
