"""Faults that tests ask for: the next answers go wrong in a given way."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt


class FaultKind(StrEnum):
    """How an answer goes wrong."""

    ERROR = "500"
    """Status 500."""
    RATE_LIMIT = "429"
    """Status 429 with rate headers that name the next second."""
    SLOW = "slow"
    """The right answer, late."""
    TIMEOUT = "timeout"
    """No answer at all."""
    MALFORMED = "malformed"
    """Status 200 and half a JSON object."""
    ZEROS = "zeros"
    """Status 200 and zeros, as for an unknown symbol; Finnhub does so briefly for known ones."""


class Fault(BaseModel):
    """An order of the kind "the next `count` answers for `symbol`".

    Attributes:
        kind: how they go wrong.
        count: how many are left.
        symbol: None for any.
        seconds: how late a slow answer is.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: FaultKind
    count: PositiveInt = 1
    symbol: str | None = None
    seconds: NonNegativeFloat = 1.0


class Faults:
    """Orders not yet used up; the oldest that fits an answer takes it."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def add(self, order: Fault) -> None:
        """Lets the next answers go wrong."""
        self._orders.append(order)

    def clear(self) -> None:
        """Forgets all orders."""
        self._orders.clear()

    def next(self, symbol: str) -> Fault | None:
        """The fault of this answer, if any; it is used up."""
        fitting = (order for order in self._orders if order.symbol in (None, symbol))
        order = next(fitting, None)
        if order is not None:
            order.count -= 1
            if order.count == 0:
                self._orders.remove(order)
        return order
