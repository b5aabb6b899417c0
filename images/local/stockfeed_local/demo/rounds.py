"""Load and build, again and again, as the CronWorkflow does each minute."""

import threading
from pathlib import Path

from stockfeed.errors import StockfeedError, TransientError
from stockfeed_local.demo.roles import Environment, one_shot

# A build takes a core from the tape, which has two; rounds still begin within a minute.
_PAUSE_SECONDS = 15.0
_TICK_SECONDS = 0.2
# A killed load is no failure of the pipeline, the next round is its retry; five in a row are.
_PATIENCE = 5


class DemoStoppedError(TransientError):
    """The demo ends; the round under way was ended, too."""


class Rounds:
    """Runs rounds on a thread of its own until told that the next one is the last.

    Args:
        environment: of the roles.
        logs: where they log.

    Attributes:
        activity: what is done now, for people.
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
        """Begins with the first round."""
        self._thread.start()

    def finish(self) -> None:
        """Waits for the round under way, runs one more, and returns when it is done.

        Raises:
            StockfeedError: too many rounds failed in a row; the message shows the log's end.
        """
        self._last.set()
        self._thread.join()
        self.raise_if_failed()
        self._round()

    def raise_if_failed(self) -> None:
        """Raises what ended the rounds, if anything did.

        Raises:
            StockfeedError: see `finish`.
        """
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ends at once whatever runs."""
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
            self._until_done(role)
        self.activity = "between two rounds"

    def _until_done(self, role: str) -> None:
        process = self._roles[role]
        for _ in range(_PATIENCE):
            process.start()
            while process.wait(_TICK_SECONDS) is None:
                """It runs."""
            if self._stopped.is_set():
                raise DemoStoppedError("the demo was stopped")
            if process.exit_code == 0:
                return
        raise StockfeedError(
            f"{role} failed {_PATIENCE} times in a row; the end of {process.log_path}:\n"
            f"{process.log_tail(40)}"
        )
