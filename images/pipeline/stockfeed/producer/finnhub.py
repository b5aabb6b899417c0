"""Client for Finnhub's quote API and compatible servers."""

import asyncio
import time
import zlib
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
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
    Rejected,
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
_MAX_BODY_BYTES: Final = 65_536
"""Limit of a response's body, both as transferred and decompressed."""
_MAX_ETAG_LENGTH: Final = 256
_MAX_ERROR_LENGTH: Final = 300
"""h11 quotes the server's bytes in its errors, up to 100 KiB."""
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
"""Makes zlib detect the header of either format."""
_HTTP_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"


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
            headers={
                "User-Agent": f"stockfeed/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",  # the encodings that `_read_body` decodes
            },
            # Quote APIs need no cookies, and a server could set any number of them.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
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
            headers = {TOKEN_HEADER: _sendable(self._api_key.get())}
        except ConfigurationError as error:
            return PollResult(Unauthorized(f"{env.SOURCE_API_KEY} is unusable: {error}"))
        if etag is not None:
            headers["If-None-Match"] = etag
        try:
            # httpx's timeout applies to each read, so a server that sends slowly never exceeds it.
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream(
                    "GET", "quote", params={"symbol": symbol}, headers=headers
                ) as response,
            ):
                body = await _read_body(response)
        except TimeoutError:
            return PollResult(Failed(f"no response within {self._timeout:g} s"))
        # ValueError: e.g. a Location header that httpx cannot encode.
        except (httpx.HTTPError, httpx.InvalidURL, zlib.error, ValueError) as error:
            message = f"{type(error).__name__}: {error}"
            return PollResult(Failed(message[:_MAX_ERROR_LENGTH]))
        return PollResult(self._outcome(symbol, response, body), _pause_seconds(response))

    def _outcome(self, symbol: str, response: httpx.Response, body: bytes | None) -> Outcome:
        status = response.status_code
        if status == httpx.codes.OK:
            etag = _etag(response)
            return Rejected("too_large") if body is None else read_quote(symbol, body, etag)
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


def _sendable(key: str) -> str:
    """Returns the key.

    Raises:
        ConfigurationError: the key has characters that a header cannot contain.
    """
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError("it has line breaks or characters outside ASCII")
    return key


async def _read_body(response: httpx.Response) -> bytes | None:
    """Returns the decompressed body, or None if it exceeds the limit.

    httpx would decompress each chunk without a limit, and gzip expands up to 1,032 times.

    Raises:
        zlib.error: the body is not compressed as its header claims.
        ValueError: the body has an encoding that was not requested.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise ValueError("the response has an unsupported Content-Encoding")
    unpacker = None if encoding == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        if received > _MAX_BODY_BYTES:
            return None
        # One byte more than allowed shows that the limit is exceeded; 0 would mean no limit.
        free = _MAX_BODY_BYTES + 1 - len(body)
        body += unpacker.decompress(chunk, free) if unpacker else chunk
        if len(body) > _MAX_BODY_BYTES:
            return None
    return bytes(body)


def _etag(response: httpx.Response) -> str | None:
    """Returns the ETag if it can be sent back in a request, or None."""
    etag: str | None = response.headers.get("ETag")
    if etag and len(etag) <= _MAX_ETAG_LENGTH and etag.isascii() and etag.isprintable():
        return etag
    return None


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
    """Returns the Unix seconds of a date in the format that servers must send (RFC 9110, 5.6.7).

    `email.utils` accepts years and offsets of any length, which overflow.
    """
    try:
        return datetime.strptime(text, _HTTP_DATE).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
