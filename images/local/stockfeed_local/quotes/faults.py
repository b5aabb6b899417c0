"""Injected faults: the next responses fail in the way that a test requested."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt


class FaultKind(StrEnum):
    """How a response fails."""

    ERROR = "500"
    """Status 500."""
    RATE_LIMIT = "429"
    """Status 429; the rate-limit headers give the next second as the reset time."""
    SLOW = "slow"
    """The correct response, after a delay."""
    TIMEOUT = "timeout"
    """No response within an hour."""
    MALFORMED = "malformed"
    """Status 200 with a truncated JSON object."""
    ZEROS = "zeros"
    """Status 200 with all zeros: Finnhub's response to an unknown symbol, and now and then to a
    known one."""


class Fault(BaseModel):
    """A fault that applies to the next `count` responses for `symbol`.

    Attributes:
        kind: How the responses fail.
        count: Responses that it still applies to.
        symbol: Ticker; None applies to every symbol.
        seconds: Delay of a slow response.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: FaultKind
    count: PositiveInt = 1
    symbol: str | None = None
    seconds: NonNegativeFloat = 1.0


class Faults:
    """Faults that are still pending; the oldest one that matches a request applies to it."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Makes the next matching responses fail."""
        self._pending.append(fault)

    def clear(self) -> None:
        """Discards all pending faults."""
        self._pending.clear()

    def next(self, symbol: str) -> Fault | None:
        """Returns the fault for this request, if any, and counts it as used."""
        matching = (fault for fault in self._pending if fault.symbol in (None, symbol))
        fault = next(matching, None)
        if fault is not None:
            fault.count -= 1
            if fault.count == 0:
                self._pending.remove(fault)
        return fault
