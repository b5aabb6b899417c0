"""Signal dispositions for the processes that tests start."""

import signal
from typing import Final

_STARTERS_CHOICE: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)


def start_children_with_default_signals() -> None:
    """Makes later child processes start with default dispositions and an empty signal mask.

    A process keeps ignoring what its parent ignored (POSIX, exec). A shell without job control
    ignores SIGINT and SIGQUIT in a background command, and nohup ignores SIGHUP, so a test that
    interrupts a child would depend on how the test run was started. This process goes on ignoring
    what it was told to ignore, but by a handler that does nothing, which exec resets.
    """
    for number in _STARTERS_CHOICE:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
