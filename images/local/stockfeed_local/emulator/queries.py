"""Running statements: each on a thread of its own, so that one that waits blocks no other.

A statement that takes long answers "in progress" and the client asks again, as with Snowflake
itself; a request that the client sent twice (same request id) runs once.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

from stockfeed_local.emulator.session import EmulatorSession

ResponseBody = dict[str, Any]

THREADS = 256
KEPT = 512
"""How many requests are remembered, for clients that repeat one or fetch a result late."""


@dataclass(frozen=True)
class Query:
    """A statement that was started."""

    session: EmulatorSession
    answer: Future[ResponseBody]


class Queries:
    """The statements of all sessions by their request ids."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="statement")
        self._lock = Lock()
        self._recent: OrderedDict[str, Query] = OrderedDict()

    def start(
        self, request_id: str, session: EmulatorSession, action: Callable[[], ResponseBody]
    ) -> Query:
        """Starts a statement, unless the same request was started before."""
        with self._lock:
            if (known := self._recent.get(request_id)) is None:
                known = Query(session, self._threads.submit(action))
                self._recent[request_id] = known
                self._forget()
            return known

    def find(self, request_id: str) -> Query | None:
        """A statement that was started, if it is still known."""
        return self._recent.get(request_id)

    def close(self) -> None:
        """Cancels what still runs and waits for it."""
        for query in list(self._recent.values()):
            if not query.answer.done():
                query.session.transactions.cancel()
        self._threads.shutdown(cancel_futures=True)

    def _forget(self) -> None:
        while len(self._recent) > KEPT and next(iter(self._recent.values())).answer.done():
            self._recent.popitem(last=False)
