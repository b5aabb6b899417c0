"""Runs the quote server as a process and talks to it over real sockets."""

import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from stockfeed_local.stack.quote_server import QuoteServer
from stockfeed_local.stack.service import ServiceError

Start = Callable[..., QuoteServer]

BARS = """Ticker,Date,Open,High,Low,Close,Volume
A,2024-01-02T14:30:00,10.00001,12.5,9.75,11.00000,100
A,2024-01-02T14:31:00,11.0,11.5,8,9,100
B,2024-01-02T14:30:00,1,1,1,1,1
"""


def test_client_that_sends_back_etags_sees_every_quote_once(
    quote_server: Start, tmp_path: Path
) -> None:
    bars = tmp_path / "bars.csv"
    bars.write_text(BARS)
    server = quote_server("--bars", str(bars), "--bar-interval", "1m")

    with httpx.Client() as client:
        seen = {symbol: play(client, server, symbol) for symbol in ("A", "B")}
        stats = client.get(f"{server.endpoint}/control/stats").json()

    assert [price(body) for body in seen["A"]] == [
        "10.00001", "9.75", "12.5", "11.00000", "11.0", "11.5", "8", "9",
    ]  # fmt: skip
    assert len(set(seen["A"])) == 8
    assert len(set(seen["B"])) == 4
    assert stats["done"]
    assert (stats["polled"], stats["revealed"], stats["remaining"]) == (14, 12, 0)


def play(client: httpx.Client, server: QuoteServer, symbol: str) -> list[str]:
    """Returns the bodies of all quotes of a symbol, up to the first 304."""
    bodies: list[str] = []
    headers: dict[str, str] = {}
    while True:
        response = client.get(
            f"{server.base_url}/quote", params={"symbol": symbol}, headers=headers
        )
        if response.status_code == 304:
            return bodies
        bodies.append(response.text)
        headers = {"If-None-Match": response.headers["ETag"]}


def price(body: str) -> str:
    return body.removeprefix('{"c":').partition(",")[0]


def test_default_tape_has_48616_quotes(quote_server: Start) -> None:
    server = quote_server()

    assert httpx.get(f"{server.endpoint}/control/stats").json()["remaining"] == 48_616


def test_random_walk_checks_token_and_rate_limit(
    quote_server: Start,
) -> None:
    server = quote_server(
        "--random-walk", "--symbols", "AAPL", "--token", "t", "--requests-per-minute", "1"
    )
    url = f"{server.base_url}/quote?symbol=AAPL"
    token = {"X-Finnhub-Token": "t"}

    responses = [httpx.get(url), httpx.get(url, headers=token), httpx.get(url, headers=token)]

    assert [response.status_code for response in responses] == [401, 200, 429]
    assert responses[1].json()["c"] > 0


def test_timeout_fault_blocks_one_request_only(
    quote_server: Start,
) -> None:
    server = quote_server()
    httpx.post(f"{server.endpoint}/control/fault", json={"kind": "timeout"})
    url = f"{server.base_url}/quote?symbol=AAPL"

    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.2)

    assert httpx.get(url).status_code == 200


def test_server_stops_while_a_request_is_in_flight(quote_server: Start) -> None:
    server = quote_server()
    httpx.post(f"{server.endpoint}/control/fault", json={"kind": "timeout"})
    with socket.create_connection(("127.0.0.1", server.port)) as waiting:
        waiting.sendall(b"GET /api/v1/quote?symbol=AAPL HTTP/1.1\r\nHost: x\r\n\r\n")
        assert httpx.get(f"{server.endpoint}/healthz").status_code == 200

        assert server.process.terminate(grace=20) != -9


def test_invalid_bars_stop_the_server_with_line_and_column(
    quote_server: Start, tmp_path: Path
) -> None:
    bars = tmp_path / "bars.csv"
    bars.write_text(BARS + "C,2024-01-02T14:30:00,0,1,1,1,1\n")

    with pytest.raises(ServiceError, match=r"bars\.csv, line 5, column Open: 0 is not a price"):
        quote_server("--bars", str(bars), "--bar-interval", "1m")
