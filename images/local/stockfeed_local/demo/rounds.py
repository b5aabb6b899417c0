"""Rounds of load and build, which a CronWorkflow starts every minute on a cluster."""

import threading
from pathlib import Path

from stockfeed.errors import StockfeedError, TransientError
from stockfeed_local.demo.roles import Environment, one_shot

# A build keeps one core busy. This pause leaves the tape both of a small machine's two cores most
# of the time, and rounds still start less than a minute apart.
_PAUSE_SECONDS = 15.0
_TICK_SECONDS = 0.2
# A killed load is harmless, because the next attempt repeats it. This many failures in a row mean
# that the role cannot run.
_MAX_ATTEMPTS = 5


class DemoStoppedError(TransientError):
    """The demo was stopped in the middle of a round."""


class Rounds:
    """Runs rounds on a background thread.

    Args:
        environment: Environment variables of the loader and the build.
        logs: Directory of the log files.

    Attributes:
        activity: The current activity, for display.
    """

    def __init__(self, environment: Environment, logs: Path) -> None:
        self.activity = "waiting for the first load"
        self._roles = {
            "loader": one_shot("loader", environment.loader(), logs),
            "build": one_shot("build", environment.build(), logs),
        }
        self._last = threading.Event()
        self._stopped = threading.Event()
        self._failure: StockfeedError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Starts the thread; the first round starts after a pause."""
        self._thread.start()

    def finish(self) -> None:
        """Waits for the current round, and runs a last one.

        Raises:
            StockfeedError: A role failed too often in a row; the message shows its log's end.
        """
        self._last.set()
        self._thread.join()
        self.raise_if_failed()
        self._round()

    def raise_if_failed(self) -> None:
        """Raises the error that ended the rounds, if any.

        Raises:
            StockfeedError: See `finish`.
        """
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Terminates the running role and ends the thread."""
        self._stopped.set()
        for process in self._roles.values():
            process.terminate(grace=5)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._last.wait(_PAUSE_SECONDS):
                self._round()
        except StockfeedError as error:
            self._failure = error

    def _round(self) -> None:
        for role, text in (("loader", "loading"), ("build", "building")):
            self.activity = text
            self._run_until_success(role)
        self.activity = "between two rounds"

    def _run_until_success(self, role: str) -> None:
        process = self._roles[role]
        for _ in range(_MAX_ATTEMPTS):
            process.start()
            while process.wait(_TICK_SECONDS) is None:
                pass  # still running
            if self._stopped.is_set():
                raise DemoStoppedError("the demo was stopped during a round")
            if process.exit_code == 0:
                return
        raise StockfeedError(
            f"{role} failed {_MAX_ATTEMPTS} times in a row; the end of {process.log_path}:\n"
            f"{process.log_tail(40)}"
        )
