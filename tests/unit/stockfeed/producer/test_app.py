"""Tests of the complete producer in this process, stopped by SIGTERM as in Kubernetes."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from stockfeed import logs
from stockfeed.errors import ConfigurationError
from stockfeed.producer import app
from unit.stockfeed.producer.conftest import QuoteApi, Reply

RunProducer = Callable[[dict[str, str], Callable[[], bool]], int]


@pytest.fixture
def environment(api: QuoteApi) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "STOCKFEED_FEED": "us",
        "STOCKFEED_GROUP": "autos",
        "STOCKFEED_HTTP_PORT": str(port),
        "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "STOCKFEED_KAFKA_TOPIC": "app",
        "STOCKFEED_SYMBOLS": "TSLA,F",
        "STOCKFEED_SOURCE_BASE_URL": api.url,
        "STOCKFEED_SOURCE_API_KEY": "sesame",
        "STOCKFEED_POLL_INTERVAL": "50ms",
        "STOCKFEED_REQUESTS_PER_MINUTE": "60000",
    }


def get(environment: dict[str, str], path: str) -> tuple[int, str]:
    """Returns status and body; status 0 if the connection fails."""
    url = f"http://127.0.0.1:{environment['STOCKFEED_HTTP_PORT']}{path}"
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


@pytest.fixture
def run() -> RunProducer:
    """Runs the producer until `done()`, sends SIGTERM, and returns the exit status."""

    def running(environment: dict[str, str], done: Callable[[], bool]) -> int:
        seen: list[bool] = []

        def watch() -> None:
            deadline = time.monotonic() + 20
            while not seen and time.monotonic() < deadline:
                if done():
                    seen.append(True)
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGTERM)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = app.main(environment)
        watcher.join()
        assert seen, "timed out waiting for the condition"
        return code

    return running


def test_becomes_ready_and_stops_without_unacknowledged_quotes(
    api: QuoteApi, environment: dict[str, str], run: RunProducer, mock_kafka: str
) -> None:
    environment["STOCKFEED_KAFKA_BOOTSTRAP_SERVERS"] = mock_kafka

    def ready() -> bool:
        return get(environment, "/readyz")[0] == 200 and get(environment, "/healthz")[0] == 200

    assert run(environment, ready) == 0
    assert {path for path, _ in api.requests} == {
        "/api/v1/quote?symbol=TSLA",
        "/api/v1/quote?symbol=F",
    }


def test_without_kafka_keeps_polling_and_reports_unacknowledged_quotes(
    api: QuoteApi, environment: dict[str, str], run: RunProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(logs, "write_termination_message", reported.append)
    monkeypatch.setattr(app, "_FLUSH_SECONDS", 0.3)

    def kept_polling_and_reported_the_reason() -> bool:
        status, body = get(environment, "/readyz")
        return status == 503 and "brokers are down" in body and len(api.requests) > 4

    assert run(environment, kept_polling_and_reported_the_reason) == 1
    assert reported == [
        "2 quotes were not acknowledged by Kafka before the shutdown deadline",
    ]


def test_readiness_reports_a_refused_key(
    api: QuoteApi, reply: type[Reply], environment: dict[str, str], run: RunProducer
) -> None:
    api.will(reply(401, b"{}"))

    def reported() -> bool:
        reasons = json.loads(get(environment, "/readyz")[1] or "{}").get("reasons", [""])
        return "set STOCKFEED_SOURCE_API_KEY to a key with access to these symbols" in reasons[0]

    assert run(environment, reported) == 0


def test_serves_metrics(
    api: QuoteApi, environment: dict[str, str], run: RunProducer, mock_kafka: str
) -> None:
    environment["STOCKFEED_KAFKA_BOOTSTRAP_SERVERS"] = mock_kafka

    def counted() -> bool:
        lines = get(environment, "/metrics")[1].splitlines()
        return {
            "stockfeed_quotes_published_total 2.0",
            'stockfeed_last_quote_timestamp_seconds{symbol="TSLA"} 1.713456789e+09',
        } <= set(lines)

    assert run(environment, counted) == 0


def test_missing_settings_prevent_the_start(api: QuoteApi) -> None:
    with pytest.raises(ConfigurationError, match="STOCKFEED_SYMBOLS: not set"):
        app.main({})
    assert api.requests == []
