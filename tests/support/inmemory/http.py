"""An HTTP server with scripted responses, which records the requests."""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

DRIP: Final = 0
"""As a response's status: send one byte every half second, and never complete the response."""


@dataclass(frozen=True)
class Request:
    """A received request."""

    method: str
    path: str
    content_type: str | None
    body: Any


Answer = Callable[[Request], tuple[int, Any]]


class StubServer:
    """Serves on a free loopback port until closed.

    Args:
        answer: returns the status and JSON body for a request.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Returns the port."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Returns the server's address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(stub: StubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(text) if text else None
            request = Request(self.command, self.path, self.headers.get("Content-Type"), body)
            stub.requests.append(request)
            status, answer = stub.answer(request)
            if status == DRIP:
                self._drip()
                return
            encoded = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # the client has been killed
                self.wfile.write(encoded)

        def _drip(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):  # the client has closed the connection
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
                while True:
                    self.wfile.write(b"x")
                    time.sleep(0.5)

        do_GET = _serve  # noqa: N815 - the base's names
        do_POST = _serve  # noqa: N815
        do_PUT = _serve  # noqa: N815
        do_PATCH = _serve  # noqa: N815
        do_DELETE = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Logs nothing; tests read `requests`."""

    return Handler
