"""Running statements, each on its own thread, so that a waiting one does not block the others.

As in Snowflake, a slow statement returns "in progress" and the client polls for its result, and a
request that a client sends twice (with the same request id) runs once.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

from stockfeed_local.emulator.session import EmulatorSession

ResponseBody = dict[str, Any]
"""The JSON object of a response; see `protocol`."""

THREADS = 256
KEPT = 512
"""Requests that are remembered, for clients that repeat one or fetch its result later."""


@dataclass(frozen=True)
class Query:
    """A statement that was started, and its future response."""

    session: EmulatorSession
    response: Future[ResponseBody]


class Queries:
    """The latest statements of all sessions, by request id."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="statement")
        self._lock = Lock()
        self._recent: OrderedDict[str, Query] = OrderedDict()

    def start(
        self, request_id: str, session: EmulatorSession, action: Callable[[], ResponseBody]
    ) -> Query:
        """Starts a statement, unless its request id is known; returns the known or new one."""
        with self._lock:
            if (known := self._recent.get(request_id)) is None:
                known = Query(session, self._threads.submit(action))
                self._recent[request_id] = known
                self._evict_oldest()
            return known

    def find(self, request_id: str) -> Query | None:
        """Returns the statement of a request, or None if it is unknown."""
        return self._recent.get(request_id)

    def close(self) -> None:
        """Cancels all running statements and waits until they have ended."""
        for query in list(self._recent.values()):
            if not query.response.done():
                query.session.transactions.cancel()
        self._threads.shutdown(cancel_futures=True)

    def _evict_oldest(self) -> None:
        while len(self._recent) > KEPT and next(iter(self._recent.values())).response.done():
            self._recent.popitem(last=False)
