"""Client for Finnhub's quote API and compatible servers."""

import asyncio
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from stockfeed import __version__
from stockfeed.contract import env
from stockfeed.errors import ConfigurationError
from stockfeed.producer.provider import (
    Failed,
    Outcome,
    PollResult,
    RateLimited,
    Unauthorized,
    Unchanged,
)
from stockfeed.producer.quote import read_quote
from stockfeed.secrets import Secret

TOKEN_HEADER: Final = "X-Finnhub-Token"  # noqa: S105 - the name of a header
"""The key is sent in a header, because URLs end up in logs."""
REMAINING_HEADER: Final = "X-Ratelimit-Remaining"
RESET_HEADER: Final = "X-Ratelimit-Reset"
"""Unix seconds at which the server resets its request count."""

_DEFAULT_PAUSE_SECONDS = 1.0
"""For a 429 without headers, which Finnhub's limit of 30 requests per second returns."""
_MAX_PAUSE_SECONDS = 3600.0
"""A longer pause is assumed to be a server error."""
_CONNECTIONS = 32


class Finnhub:
    """The `finnhub` provider.

    Args:
        base_url: e.g. `https://finnhub.io/api/v1`.
        api_key: read for each request, so that a rotated key takes effect at once.
        timeout: time limit of a request including connecting, seconds.
    """

    def __init__(self, base_url: str, api_key: Secret, timeout: float) -> None:
        self._api_key = api_key
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            timeout=timeout,
            headers={"User-Agent": f"stockfeed/{__version__}", "Accept": "application/json"},
            limits=httpx.Limits(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                # Longer than common poll intervals, to avoid a TLS handshake for each poll.
                keepalive_expiry=60.0,
            ),
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def poll(self, symbol: str, etag: str | None) -> PollResult:
        """See `Provider.poll`."""
        try:
            headers = {TOKEN_HEADER: self._api_key.get()}
            if etag is not None:
                headers["If-None-Match"] = etag
            # httpx's timeout applies to each read, so a server that sends slowly never exceeds it.
            async with asyncio.timeout(self._timeout):
                response = await self._client.get(
                    "quote", params={"symbol": symbol}, headers=headers
                )
        except (ConfigurationError, UnicodeEncodeError, httpx.LocalProtocolError) as error:
            return PollResult(Unauthorized(f"{env.SOURCE_API_KEY} is unusable: {error}"))
        except TimeoutError:
            return PollResult(Failed(f"no response within {self._timeout:g} s"))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return PollResult(Failed(f"{type(error).__name__}: {error}"))
        return PollResult(self._outcome(symbol, response), _pause_seconds(response))

    def _outcome(self, symbol: str, response: httpx.Response) -> Outcome:
        status = response.status_code
        if status == httpx.codes.OK:
            return read_quote(symbol, response.content, response.headers.get("ETag"))
        if status == httpx.codes.NOT_MODIFIED:
            return Unchanged()
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return RateLimited("the API returned 429: request limit exceeded")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return Unauthorized(f"the API returned {status}: {self._key_remedy()}")
        if status < httpx.codes.INTERNAL_SERVER_ERROR:
            return Failed(f"the API returned {status}: check {env.SOURCE_BASE_URL}")
        return Failed(f"the API returned {status}")

    def _key_remedy(self) -> str:
        place = self._api_key.variable if self._api_key.file is None else str(self._api_key.file)
        return f"set {place} to a key with access to these symbols"


def _pause_seconds(response: httpx.Response) -> float:
    """Returns the seconds to pause before the next request, as requested by the server."""
    limited = response.status_code == httpx.codes.TOO_MANY_REQUESTS
    # Relative to the server's clock if it sends one, because the local clock may be wrong.
    now = _http_date(response.headers.get("Date", "")) or time.time()
    seconds = _retry_after_seconds(response, now)
    if limited or response.headers.get(REMAINING_HEADER) == "0":
        seconds = max(seconds, _reset_seconds(response, now))
    if limited and seconds <= 0:
        seconds = _DEFAULT_PAUSE_SECONDS
    return min(max(seconds, 0.0), _MAX_PAUSE_SECONDS)


def _retry_after_seconds(response: httpx.Response, now: float) -> float:
    """Returns the seconds in `Retry-After`, a number or a date (RFC 9110, section 10.2.3)."""
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    return (_http_date(text) or now) - now


def _reset_seconds(response: httpx.Response, now: float) -> float:
    text = response.headers.get(RESET_HEADER, "")
    return float(text) - now if text.isdecimal() else 0.0


def _http_date(text: str) -> float | None:
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
