"""The process's request rate: its share of the API key's limit, from a mounted file."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from stockfeed.contract import env
from stockfeed.metrics import ProducerMetrics

_CHECK_SECONDS = 1.0
_log = structlog.get_logger()


class RequestRate:
    """The number of requests per minute that this process may make.

    A feed's groups share one API key. The operator writes each group's share to a file, so that
    adding a group does not restart the others.

    Args:
        default: requests per minute if there is no file or it has never been valid.
        file: contains one number and is reread every second. While it is missing or invalid, the
            last valid number is used, which is logged and exported as a metric.
        metrics: the producer's metrics.
        clock: monotonic clock, seconds.
    """

    def __init__(
        self,
        default: float,
        file: Path | None,
        metrics: ProducerMetrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._value = default
        self._file = file
        self._metrics = metrics
        self._clock = clock
        self._next_check = -math.inf
        self._problem: str | None = None
        metrics.requests_per_minute.set(default)

    def per_minute(self) -> float:
        """Returns the current rate in requests per minute."""
        if self._file is not None and self._clock() >= self._next_check:
            self._next_check = self._clock() + _CHECK_SECONDS
            self._read(self._file)
        return self._value

    def _read(self, file: Path) -> None:
        try:
            self._value = _parse_positive(file.read_text())
        except (OSError, ValueError) as error:
            self._set_problem(f"{env.REQUESTS_PER_MINUTE_FILE}: {file}: {error}")
        else:
            self._set_problem(None)
        self._metrics.requests_per_minute.set(self._value)

    def _set_problem(self, problem: str | None) -> None:
        if problem is not None and problem != self._problem:
            _log.warning(
                "invalid request budget file, keeping the last valid rate",
                per_minute=self._value,
                reason=problem,
            )
        self._problem = problem
        self._metrics.budget_file_invalid.set(problem is not None)


def _parse_positive(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError(f"{text.strip()!r} is not a positive number")
    return number
