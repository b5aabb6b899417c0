"""How often transient errors are tried again."""

from typing import Final

import structlog
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from stockfeed.errors import TransientError

# A run must leave time in its minute; the next run is the next try.
_SECONDS: Final = 30
_ATTEMPTS: Final = 6

_log = structlog.get_logger()


def retrying() -> Retrying:
    """Tries again on TransientError, with growing, random pauses; then raises the last error."""
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS),
        before_sleep=_warn,
        reraise=True,
    )


def _warn(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("trying again", attempt=state.attempt_number, error=str(error))
