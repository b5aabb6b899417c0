"""The retry policy for transient errors."""

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

# A load runs every minute, so the next load is the next retry.
_SECONDS: Final = 30
_ATTEMPTS: Final = 6

_log = structlog.get_logger()


def retrying() -> Retrying:
    """Returns a caller that retries on TransientError, for up to 6 attempts or 30 s.

    The pauses grow exponentially, with jitter, up to 8 s. The last error is raised.
    """
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS),
        before_sleep=_warn,
        reraise=True,
    )


def _warn(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("retrying", attempt=state.attempt_number, error=str(error))
