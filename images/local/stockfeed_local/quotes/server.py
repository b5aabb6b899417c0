"""The HTTP server: Finnhub's `GET /api/v1/quote`, and controls for tests and the demo.

The controls are not part of Finnhub's API. They require no token and must be enabled:

    POST   /control/limit {"released": K}    reveals at most K quotes in total; null: no limit
    POST   /control/fault {"kind": …, …}     injects a fault, see `faults.Fault`
    DELETE /control/fault                    discards all pending faults
    GET    /control/stats                    see `QuoteApi.stats`
"""

import asyncio
import secrets
from dataclasses import asdict, dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from stockfeed_local.quotes.faults import Fault, FaultKind, Faults
from stockfeed_local.quotes.quote import ZEROS
from stockfeed_local.quotes.ratelimit import RateLimit, headers
from stockfeed_local.quotes.source import QuoteReply, Source

TOKEN_HEADER: Final = "X-Finnhub-Token"  # noqa: S105 - a header's name
LIMIT_BODY: Final = b'{"error":"API limit reached. Please try again later. Remaining Limit: 0"}'

_JSON: Final = "application/json; charset=utf-8"
_TIMEOUT_SECONDS: Final = 3600.0
_NOT_MODIFIED: Final = 304
# The demo polls without a pause: a symbol at the end of its tape would starve the others.
_NOTHING_NEW_SECONDS: Final = 0.25


class Hold(BaseModel):
    """The body of `POST /control/limit`.

    Attributes:
        released: Quotes that may be revealed, of all symbols together; None removes the limit.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    released: NonNegativeInt | None


@dataclass(slots=True)
class QuoteApi:
    """The server's state.

    Attributes:
        source: Where the quotes come from.
        token: API key that clients must send; None accepts any client.
        limit: Rate limit per API key.
        faults: Pending faults.
        polled: Requests that reached the source: its response was a quote, zeros or a 304.
    """

    source: Source
    token: str | None = None
    limit: RateLimit = field(default_factory=RateLimit)
    faults: Faults = field(default_factory=Faults)
    polled: int = 0

    async def quote(self, request: Request) -> Response:
        """Handles `GET /api/v1/quote?symbol=X` as Finnhub does; quotes of a tape have an ETag."""
        token = request.headers.get(TOKEN_HEADER) or request.query_params.get("token", "")
        refusal = self._authenticate(token)
        if refusal is not None:
            return refusal
        decision = self.limit.take(token)
        if not decision.allowed:
            return Response(LIMIT_BODY, 429, decision.headers, _JSON)
        symbol = request.query_params.get("symbol", "")
        fault = self.faults.next(symbol)
        response = await self._faulty(fault) if fault else None
        if response is None:
            response = self._poll(symbol, request.headers.get("If-None-Match"))
        if response.status_code == _NOT_MODIFIED:
            await asyncio.sleep(_NOTHING_NEW_SECONDS)
        response.headers.update(decision.headers)
        return response

    async def set_limit(self, request: Request) -> Response:
        """Handles `POST /control/limit`."""
        try:
            hold = Hold.model_validate_json(await request.body())
        except ValidationError as error:
            return _bad_request(error)
        self.source.release(hold.released)
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        """Handles `POST /control/fault`."""
        try:
            self.faults.add(Fault.model_validate_json(await request.body()))
        except ValidationError as error:
            return _bad_request(error)
        return Response(status_code=204)

    async def clear_faults(self, _: Request) -> Response:
        """Handles `DELETE /control/fault`."""
        self.faults.clear()
        return Response(status_code=204)

    async def stats(self, _: Request) -> Response:
        """Handles `GET /control/stats`: `polled`, and the tape's progress, in total and by symbol.

        `done` is true once each symbol's last quote is confirmed; never for a random walk.
        """
        symbols = self.source.progress()
        total = {
            name: sum(getattr(progress, name) for progress in symbols.values())
            for name in ("revealed", "confirmed", "remaining")
        }
        done = bool(symbols) and total["confirmed"] == total["revealed"] + total["remaining"]
        by_symbol = {symbol: asdict(progress) for symbol, progress in symbols.items()}
        return JSONResponse({"polled": self.polled, **total, "done": done, "symbols": by_symbol})

    def _authenticate(self, token: str) -> Response | None:
        if self.token is None or secrets.compare_digest(token.encode(), self.token.encode()):
            return None
        reason = "Invalid API key." if token else "Please use an API key."
        return JSONResponse({"error": reason}, 401)

    def _poll(self, symbol: str, etag: str | None) -> Response:
        self.polled += 1
        reply = self.source.poll(symbol, etag) or QuoteReply(ZEROS)
        tag = {"ETag": reply.etag} if reply.etag else None
        if reply.body is None:
            return Response(None, 304, tag)
        return Response(reply.body, 200, tag, _JSON)

    async def _faulty(self, fault: Fault) -> Response | None:
        """Returns the faulty response; None after the delay of a slow one."""
        match fault.kind:
            case FaultKind.ERROR:
                return Response(b"Internal Server Error", 500, media_type="text/plain")
            case FaultKind.RATE_LIMIT:
                reset = self.limit.clock() + 1
                return Response(LIMIT_BODY, 429, headers(60, 0, reset), _JSON)
            case FaultKind.MALFORMED:
                return Response(b'{"c":187.42,"d":', 200, media_type=_JSON)
            case FaultKind.ZEROS:
                return Response(ZEROS, 200, media_type=_JSON)
            case FaultKind.SLOW:
                await asyncio.sleep(fault.seconds)
                return None
            case FaultKind.TIMEOUT:
                await asyncio.sleep(_TIMEOUT_SECONDS)
                return Response(status_code=504)


def application(api: QuoteApi, *, controls: bool) -> Starlette:
    """Returns the ASGI application; `controls` opens `/control/…` to any client."""
    routes: list[BaseRoute] = [Route("/api/v1/quote", api.quote), Route("/healthz", _healthy)]
    if controls:
        routes += [
            Route("/control/limit", api.set_limit, methods=["POST"]),
            Route("/control/fault", api.add_fault, methods=["POST"]),
            Route("/control/fault", api.clear_faults, methods=["DELETE"]),
            Route("/control/stats", api.stats),
        ]
    return Starlette(routes=routes)


async def _healthy(_: Request) -> Response:
    return Response(b"ok\n", media_type="text/plain")


def _bad_request(error: ValidationError) -> Response:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return JSONResponse({"error": f"{field}: {first['msg']}"}, 400)
