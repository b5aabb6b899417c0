"""Tests of the producer as a process, with the quote server and a real Kafka."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.ports import free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.quote_server import QuoteServer

SYMBOLS = ("AAPL", "BRK.B")
BARS = 30
QUOTES = BARS * 4 * len(SYMBOLS)
Events = dict[str, list[str]]
StartServer = Callable[..., QuoteServer]
StartProducer = Callable[..., "Producer"]
ReadEvents = Callable[[], Events]


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """A CSV file of one-minute bars, all different."""
    lines = ["Ticker,Date,Open,High,Low,Close,Volume"]
    for symbol in SYMBOLS:
        for n in range(BARS):
            date = f"2024-01-02T{14 + n // 60}:{n % 60:02}:00"
            lines.append(f"{symbol},{date},1{n:02}.10,1{n:02}.90000,1{n:02}.05,1{n:02}.5,100")
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def tape(quote_server: StartServer, bars: Path) -> StartServer:
    """Starts a quote server that plays the bars."""

    def start(*options: str) -> QuoteServer:
        return quote_server("--bars", str(bars), "--bar-interval", "1m", "--controls", *options)

    return start


class Producer:
    def __init__(self, environment: dict[str, str], log_dir: Path) -> None:
        (self.port,) = free_ports(1)
        command = [sys.executable, "-c", "from stockfeed.cli import main; main()", "producer"]
        env = {**os.environ, **environment, "STOCKFEED_HTTP_PORT": str(self.port)}
        self.process = Process("producer", command, log_dir, env)

    def get(self, path: str) -> tuple[int, str]:
        """Returns status and text; status 0 if the connection fails."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}{path}")
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text

    def metric(self, name: str) -> float:
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split(" ")[1])
        return 0.0


@pytest.fixture
def producer(kafka: JavaKafka, kafka_topic: str, tmp_path: Path) -> Iterator[StartProducer]:
    """Starts a producer for a quote server, with additional variables."""
    started: list[Producer] = []

    def start(server: QuoteServer, **more: object) -> Producer:
        names = {
            "FEED": "us",
            "GROUP": "megacaps",
            "KAFKA_BOOTSTRAP_SERVERS": kafka.endpoint,
            "KAFKA_TOPIC": kafka_topic,
            "SYMBOLS": ",".join(SYMBOLS),
            "SOURCE_BASE_URL": server.base_url,
            "SOURCE_API_KEY": "sesame",
            "POLL_INTERVAL": "1ms",
            "HEARTBEAT_INTERVAL": "off",
            "REQUESTS_PER_MINUTE": "1000000",
            **more,
        }
        environment = {f"STOCKFEED_{name}": str(value) for name, value in names.items()}
        started.append(Producer(environment, tmp_path / "logs"))
        started[-1].process.start()
        return started[-1]

    yield start
    for each in started:
        each.process.kill()


@pytest.fixture
def published(kafka: JavaKafka, kafka_topic: str) -> ReadEvents:
    """Reads all messages of the topic and returns the events by symbol, in order."""

    def read() -> Events:
        consumer = Consumer({"bootstrap.servers": kafka.endpoint, "group.id": "test"})
        consumer.assign([TopicPartition(kafka_topic, 0, OFFSET_BEGINNING)])
        _, end = consumer.get_watermark_offsets(TopicPartition(kafka_topic, 0), timeout=10)
        events: Events = {symbol: [] for symbol in SYMBOLS}
        position = 0
        while position < end:
            for message in consumer.consume(end - position, timeout=5):
                key, value, offset = message.key(), message.value(), message.offset()
                assert key is not None
                assert value is not None
                assert offset is not None
                events[key.decode()].append(value.decode())
                position = offset + 1
        consumer.close()
        return events

    return read


@pytest.fixture
def expected(tape: StartServer) -> Events:
    """The expected events by symbol, in order, from a separate quote server."""
    server = tape()
    events: Events = {}
    with httpx.Client() as client:
        for symbol in SYMBOLS:
            events[symbol] = []
            headers: dict[str, str] = {}
            while True:
                url = f"{server.base_url}/quote?symbol={symbol}"
                answer = client.get(url, headers=headers)
                if answer.status_code == 304:
                    break
                events[symbol].append(f'{{"symbol":"{symbol}",{answer.text[1:]}')
                headers = {"If-None-Match": answer.headers["ETag"]}
    return events


def until(condition: Callable[[], bool], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out waiting for the condition"
        time.sleep(0.02)


def stats(server: QuoteServer) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{server.endpoint}/control/stats").json()
    return document


def has_confirmed_more(server: QuoteServer, quotes: float) -> bool:
    return bool(stats(server)["confirmed"] > quotes)


def without_repeats(events: Events) -> Events:
    return {symbol: [event for event, _ in groupby(each)] for symbol, each in events.items()}


def test_publishes_every_quote_of_the_tape_exactly_once(
    tape: StartServer, producer: StartProducer, published: ReadEvents, expected: Events
) -> None:
    server = tape()
    running = producer(server)
    until(lambda: stats(server)["done"])
    assert running.metric("stockfeed_quotes_published_total") == QUOTES
    assert running.get("/readyz")[0] == 200
    assert running.process.terminate(grace=25) == 0
    assert published() == expected


def test_killed_producer_loses_no_quotes(
    tape: StartServer, producer: StartProducer, published: ReadEvents, expected: Events
) -> None:
    server = tape()
    for part in (0.2, 0.6):
        running = producer(server)
        until(partial(has_confirmed_more, server, part * QUOTES))
        running.process.kill()
    running = producer(server)
    until(lambda: stats(server)["done"])
    assert running.process.terminate(grace=25) == 0
    events = published()
    assert without_repeats(events) == expected
    # Each kill can repeat one quote per symbol, whose delivery the quote server had not seen.
    assert sum(map(len, events.values())) <= QUOTES + 2 * len(SYMBOLS)


def test_loses_no_quotes_while_the_broker_restarts(
    kafka: JavaKafka,
    tape: StartServer,
    producer: StartProducer,
    published: ReadEvents,
    expected: Events,
) -> None:
    server = tape()
    running = producer(server)
    until(lambda: stats(server)["confirmed"] > 0.2 * QUOTES)
    kafka.process.kill()
    until(lambda: "Kafka" in running.get("/readyz")[1])
    polled = stats(server)["polled"]
    until(lambda: stats(server)["polled"] > polled + len(SYMBOLS))
    kafka.start()
    until(lambda: stats(server)["done"])
    until(lambda: running.get("/readyz")[0] == 200)
    assert running.process.terminate(grace=25) == 0
    assert published() == expected


def test_loses_no_quotes_to_rate_limits_and_api_errors(
    tape: StartServer, producer: StartProducer, published: ReadEvents, expected: Events
) -> None:
    server = tape("--requests-per-second", "100")
    for fault in (
        {"kind": "429", "count": 3},
        {"kind": "500", "count": 2},
        {"kind": "malformed"},
        {"kind": "zeros", "count": 2},
        {"kind": "timeout", "symbol": "AAPL"},
    ):
        httpx.post(f"{server.endpoint}/control/fault", json=fault).raise_for_status()
    # Long enough for a busy machine, where a slow response would count as another error.
    running = producer(server, SOURCE_TIMEOUT="3s")
    until(lambda: stats(server)["done"])
    assert running.metric('stockfeed_polls_total{outcome="error"}') == 3
    assert running.metric('stockfeed_quotes_rejected_total{reason="not_json"}') == 1
    assert running.metric('stockfeed_quotes_rejected_total{reason="zero_price"}') == 2
    # Three were injected; in addition, a request may be in flight when another exhausts the limit.
    windows = QUOTES / 100 + 1
    limited = running.metric('stockfeed_polls_total{outcome="rate_limited"}')
    assert 3 <= limited <= 3 + windows * len(SYMBOLS)
    assert running.metric("stockfeed_rate_limit_wait_seconds_total") > 0
    assert running.process.terminate(grace=25) == 0
    assert published() == expected


def test_recovers_with_a_rotated_key_without_a_restart(
    tape: StartServer,
    producer: StartProducer,
    published: ReadEvents,
    expected: Events,
    tmp_path: Path,
) -> None:
    server = tape("--token", "sesame")
    token = tmp_path / "token"
    token.write_text("wrong")
    running = producer(server, SOURCE_API_KEY="", SOURCE_API_KEY_FILE=token)
    until(lambda: str(token) in running.get("/readyz")[1])
    assert running.get("/readyz")[0] == 503
    assert running.get("/healthz")[0] == 200
    token.write_text("sesame\n")
    until(lambda: stats(server)["done"])
    assert running.get("/readyz")[0] == 200
    assert running.process.terminate(grace=25) == 0
    assert published() == expected


def test_applies_a_changed_budget_file_without_a_restart(
    tape: StartServer, producer: StartProducer, tmp_path: Path
) -> None:
    share = tmp_path / "megacaps"
    share.write_text("1")
    server = tape()
    running = producer(server, REQUESTS_PER_MINUTE_FILE=share)
    until(lambda: running.metric("stockfeed_request_budget_per_minute") == 1)
    share.write_text("600000")
    until(lambda: stats(server)["done"])
    assert running.metric("stockfeed_request_budget_per_minute") == 600_000
