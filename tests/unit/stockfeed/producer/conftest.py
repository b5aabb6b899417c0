"""Fixtures of the producer's tests: virtual time, and a scripted quote API."""

import asyncio
import selectors
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar

import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from stockfeed import logs
from stockfeed.metrics import ProducerMetrics

T = TypeVar("T")
Clock = Callable[[], float]
Main = Callable[[Clock], Coroutine[Any, Any, T]]


class RunVirtually(Protocol):
    """Runs the coroutine `main(clock)` in virtual time; `clock()` returns seconds."""

    def __call__(self, main: Main[T]) -> T: ...


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that does not wait but advances the loop's clock by the timeout."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            assert timeout is not None, "the loop waits for an event that never occurs"
            self.now += timeout
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


@pytest.fixture(scope="session")
def run_virtually() -> RunVirtually:
    """Runs the coroutine `main(clock)` in virtual time; `clock()` returns seconds."""

    def run(main: Main[T]) -> T:
        async def started() -> T:
            return await main(asyncio.get_running_loop().time)

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(started())

    return run


@pytest.fixture(autouse=True)
def _keep_logging_unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured logger would keep a stream that pytest closes after the test."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)


@pytest.fixture
def metrics() -> ProducerMetrics:
    return ProducerMetrics(CollectorRegistry())


@dataclass
class Reply:
    status: int = 200
    body: bytes = b'{"c":187.42,"h":188.1,"l":184.75,"o":185.9,"pc":184.03,"t":1713456789}'
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


@dataclass
class QuoteApi:
    """Sends each reply once and then repeats the last; records requests' paths and headers."""

    replies: deque[Reply] = field(default_factory=lambda: deque([Reply()]))
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def will(self, *replies: Reply) -> None:
        self.replies = deque(replies)

    def next_reply(self) -> Reply:
        return self.replies.popleft() if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def api() -> Iterator[QuoteApi]:
    """A quote API on a loopback address."""
    api = QuoteApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api.requests.append((self.path, dict(self.headers)))
            reply = api.next_reply()
            if reply.hold is not None:
                reply.hold.wait(10)
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignores disconnects, which some tests cause."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        api.url = f"http://127.0.0.1:{server.server_address[1]}/api/v1"
        yield api
        server.shutdown()


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture(scope="session")
def mock_kafka() -> Iterator[str]:
    """Bootstrap address of librdkafka's mock cluster, which runs in this process."""
    cluster = Producer({"test.mock.num.brokers": 1})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del cluster
