"""Handling of stop signals: SIGTERM from Kubernetes, and SIGINT from a terminal."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_stop_signal(stop: Callable[[], object]) -> Iterator[None]:
    """Calls `stop` on SIGTERM or SIGINT during a `with` block, instead of ending the process.

    Args:
        stop: runs in the main thread, between two bytecodes; it should only set a flag.
    """
    numbers = (signal.SIGTERM, signal.SIGINT)
    previous = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
