import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from stockfeed_local.quotes.quote import ZEROS, Quote
from stockfeed_local.quotes.ratelimit import RateLimit
from stockfeed_local.quotes.replay import Replay
from stockfeed_local.quotes.server import QuoteApi, application

QUOTE = "/api/v1/quote"


class Client:
    """An httpx client that calls the application directly, without a socket."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self._request("GET", path, **request))

    def post(self, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self._request("POST", path, **request))

    def delete(self, path: str) -> httpx.Response:
        return asyncio.run(self._request("DELETE", path))

    async def _request(self, method: str, path: str, **request: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://quotes") as client:
            return await client.request(method, path, **request)


Serve = Callable[..., Client]


def tape() -> Replay:
    price = Decimal("1.50")
    return Replay({"A": [Quote(price, price, price, price, price, time) for time in range(2)]})


@pytest.fixture
def serve() -> Serve:
    def serve(
        *, controls: bool = True, token: str | None = None, limit: RateLimit | None = None
    ) -> Client:
        api = QuoteApi(tape(), token, limit or RateLimit())
        return Client(application(api, controls=controls))

    return serve


def test_sending_back_the_etag_returns_the_next_quote(serve: Serve) -> None:
    client = serve()

    first = client.get(QUOTE, params={"symbol": "A"})
    second = client.get(
        QUOTE, params={"symbol": "A"}, headers={"If-None-Match": first.headers["ETag"]}
    )
    end = client.get(
        QUOTE, params={"symbol": "A"}, headers={"If-None-Match": second.headers["ETag"]}
    )

    assert first.content.startswith(b'{"c":1.50,"d":0.00,')
    assert (first.json()["t"], second.json()["t"]) == (0, 1)
    assert (end.status_code, end.content) == (304, b"")
    assert end.headers["ETag"] == second.headers["ETag"]


def test_unknown_symbol_returns_zeros(serve: Serve) -> None:
    response = serve().get(QUOTE, params={"symbol": "NOPE"})

    assert (response.status_code, response.content) == (200, ZEROS)
    assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("headers", "query", "status", "body"),
    [
        ({}, {}, 401, {"error": "Please use an API key."}),
        ({"X-Finnhub-Token": "wrong"}, {}, 401, {"error": "Invalid API key."}),
        ({"X-Finnhub-Token": "right"}, {}, 200, None),
        ({}, {"token": "right"}, 200, None),
    ],
)
def test_token_is_checked_if_configured(
    serve: Serve,
    headers: dict[str, str],
    query: dict[str, str],
    status: int,
    body: dict[str, str] | None,
) -> None:
    client = serve(token="right")

    response = client.get(QUOTE, params={"symbol": "A", **query}, headers=headers)

    assert response.status_code == status
    if body is not None:
        assert response.json() == body


def test_request_over_the_limit_returns_429_with_rate_limit_headers(
    serve: Serve,
) -> None:
    client = serve(limit=RateLimit(per_minute=1, clock=lambda: 1_000.0))

    passed, refused = (client.get(QUOTE, params={"symbol": "A"}) for _ in range(2))

    assert passed.headers["X-Ratelimit-Remaining"] == "0"
    assert refused.status_code == 429
    assert refused.headers["X-Ratelimit-Reset"] == "1060"
    assert refused.json() == {
        "error": "API limit reached. Please try again later. Remaining Limit: 0"
    }


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("500", 500, b"Internal Server Error"),
        ("malformed", 200, b'{"c":187.42,"d":'),
        ("zeros", 200, ZEROS),
    ],
)
def test_fault_affects_one_response_and_does_not_advance_the_tape(
    serve: Serve, kind: str, status: int, content: bytes
) -> None:
    client = serve()
    client.post("/control/fault", json={"kind": kind})

    faulty, good = (client.get(QUOTE, params={"symbol": "A"}) for _ in range(2))

    assert (faulty.status_code, faulty.content) == (status, content)
    assert good.json()["t"] == 0


def test_rate_limit_fault_has_rate_limit_headers(serve: Serve) -> None:
    client = serve(limit=RateLimit(clock=lambda: 1_000.0))
    client.post("/control/fault", json={"kind": "429"})

    response = client.get(QUOTE, params={"symbol": "A"})

    assert response.status_code == 429
    assert response.headers["X-Ratelimit-Remaining"] == "0"
    assert response.headers["X-Ratelimit-Reset"] == "1001"


def test_slow_response_is_correct(serve: Serve) -> None:
    client = serve()
    client.post("/control/fault", json={"kind": "slow", "seconds": 0.01})

    assert client.get(QUOTE, params={"symbol": "A"}).json()["t"] == 0


def test_deleting_faults_discards_pending_ones(serve: Serve) -> None:
    client = serve()
    client.post("/control/fault", json={"kind": "500", "count": 9})

    client.delete("/control/fault")

    assert client.get(QUOTE, params={"symbol": "A"}).status_code == 200


def test_hold_returns_304_until_released(serve: Serve) -> None:
    client = serve()
    client.post("/control/limit", json={"released": 1})
    etag = client.get(QUOTE, params={"symbol": "A"}).headers["ETag"]
    confirm = {"If-None-Match": etag}
    assert client.get(QUOTE, params={"symbol": "A"}, headers=confirm).status_code == 304

    client.post("/control/limit", json={"released": None})

    assert client.get(QUOTE, params={"symbol": "A"}, headers=confirm).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/control/limit", b'{"released":-1}', "released"),
        ("/control/limit", b'{"released":"many"}', "released"),
        ("/control/limit", b"{}", "released"),
        ("/control/fault", b"{}", "kind"),
        ("/control/fault", b'{"kind":"418"}', "kind"),
        ("/control/fault", b'{"kind":"500","count":0}', "count"),
        ("/control/fault", b'{"kind":"500","symbol":5}', "symbol"),
        ("/control/fault", b'{"kind":"slow","seconds":-1}', "seconds"),
        ("/control/fault", b'{"kind":"500","often":2}', "often"),
        ("/control/fault", b"{", "body"),
    ],
)
def test_invalid_control_request_returns_400_with_field_name(
    serve: Serve, path: str, body: bytes, field: str
) -> None:
    response = serve().post(path, content=body)

    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{field}: ")


def test_stats_report_the_tapes_progress(serve: Serve) -> None:
    client = serve()
    client.get(QUOTE, params={"symbol": "A"})
    early = client.get("/control/stats").json()
    for etag in ('"0"', '"1"'):
        client.get(QUOTE, params={"symbol": "A"}, headers={"If-None-Match": etag})
    late = client.get("/control/stats").json()

    assert early == {
        "polled": 1,
        "revealed": 1,
        "confirmed": 0,
        "remaining": 1,
        "done": False,
        "symbols": {"A": {"revealed": 1, "confirmed": 0, "remaining": 1}},
    }
    assert (late["polled"], late["confirmed"], late["done"]) == (3, 2, True)


def test_without_controls_only_quotes_and_health_are_served(serve: Serve) -> None:
    client = serve(controls=False)

    assert client.get("/control/stats").status_code == 404
    assert client.post("/control/limit", json={"released": 1}).status_code == 404
    assert client.get("/healthz").text == "ok\n"
