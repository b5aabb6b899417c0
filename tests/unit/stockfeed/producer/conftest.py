"""Fixtures of the producer's tests: virtual time, and a scripted quote API."""

import asyncio
import selectors
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from stockfeed import logs
from stockfeed.metrics import ProducerMetrics


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that does not wait but advances the loop's clock by the timeout."""

    now = 0.0

    def select(self, timeout=None):
        events = super().select(0)
        if not events:
            assert timeout is not None, "the loop waits for an event that never occurs"
            self.now += timeout
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self):
        return self._virtual.now


@pytest.fixture(scope="session")
def run_virtually():
    """Runs the coroutine `main(clock)` in virtual time; `clock()` returns seconds."""

    def run(main):
        async def started():
            return await main(asyncio.get_running_loop().time)

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(started())

    return run


@pytest.fixture(autouse=True)
def _keep_logging_unconfigured(monkeypatch):
    """A configured logger would keep a stream that pytest closes after the test."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)


@pytest.fixture
def metrics():
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

    def will(self, *replies):
        self.replies = deque(replies)

    def next_reply(self):
        return self.replies.popleft() if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def api():
    """A quote API on a loopback address."""
    api = QuoteApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
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

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        block_on_close = False

        def handle_error(self, request, client_address):
            """Ignores disconnects, which some tests cause."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        api.url = f"http://127.0.0.1:{server.server_address[1]}/api/v1"
        yield api
        server.shutdown()


@pytest.fixture
def reply():
    return Reply


@pytest.fixture(scope="session")
def mock_kafka():
    """Bootstrap address of librdkafka's mock cluster, which runs in this process."""
    cluster = Producer({"test.mock.num.brokers": 1})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del cluster
