"""What all services have in common: start, wait until ready, stop.

StockfeedError
└── ServiceError            a service did not start, or went away
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from stockfeed.errors import StockfeedError
from stockfeed_local.stack import ports
from stockfeed_local.stack.process import Process

_POLL_SECONDS: Final = 0.05


class ServiceError(StockfeedError):
    """A service did not start in time or ended by itself; the message shows the end of its log."""


class Service(ABC):
    """Something that others reach at `endpoint` as soon as `start()` has returned."""

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """Where clients reach the service."""

    @abstractmethod
    def start(self) -> None:
        """Starts the service and returns when it is ready.

        Raises:
            ServiceError: it ended or was not ready in time; nothing is left behind.
        """

    @abstractmethod
    def stop(self) -> None:
        """Ends the service; harmless if it does not run."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class ProcessService(Service):
    """A service that is one process of ours.

    Attributes:
        process: the service's process, for its log and for tests that kill it.
        ready_timeout: seconds that a start may take.
        stop_grace: seconds between SIGTERM and SIGKILL; 0 kills at once.
    """

    ready_timeout: float = 60.0
    stop_grace: float = 10.0

    def __init__(self, process: Process) -> None:
        self.process = process

    @property
    @abstractmethod
    def waits_for(self) -> str:
        """What must happen before the service counts as ready, in words."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the service does its work; asked again and again while it starts."""

    def start(self) -> None:
        """As `Service.start`."""
        try:
            self.process.start()
            wait_until(self.is_ready, self.process, self.waits_for, self.ready_timeout)
        except BaseException:
            self.process.kill()
            raise

    def stop(self) -> None:
        """As `Service.stop`."""
        if self.stop_grace:
            self.process.terminate(self.stop_grace)
        else:
            self.process.kill()


class PortFileService(ProcessService):
    """A service that picks a free port by itself and writes it to a file."""

    def __init__(self, process: Process, port_file: Path) -> None:
        super().__init__(process)
        self._port_file = port_file

    @property
    def port(self) -> int:
        """The port that the service listens on.

        Raises:
            ServiceError: the service was not started.
        """
        port = ports.read_port_file(self._port_file)
        if port is None:
            raise ServiceError(f"{self.process.name} has no port yet; start it first")
        return port

    @property
    def waits_for(self) -> str:
        """The port file and a connection."""
        return f"a port in {self._port_file} that accepts connections"

    def is_ready(self) -> bool:
        """Whether the port is known and open."""
        port = ports.read_port_file(self._port_file)
        return port is not None and ports.accepts(port)

    def start(self) -> None:
        """As `Service.start`; the port of an earlier start is forgotten."""
        self._port_file.parent.mkdir(parents=True, exist_ok=True)
        if not self.process.alive:
            self._port_file.unlink(missing_ok=True)
        super().start()


def wait_until(
    is_ready: Callable[[], bool], process: Process, waits_for: str, timeout: float
) -> None:
    """Returns as soon as `is_ready` does, asked while the process runs.

    Raises:
        ServiceError: the process ended, or `timeout` seconds passed.
    """
    deadline = time.monotonic() + timeout
    while not is_ready():
        if not process.alive:
            raise _failure(process, f"ended with exit code {process.exit_code}", waits_for)
        if time.monotonic() > deadline:
            raise _failure(process, f"was not ready after {timeout:g} s", waits_for)
        time.sleep(_POLL_SECONDS)


def _failure(process: Process, what: str, waits_for: str) -> ServiceError:
    return ServiceError(
        f"{process.name} {what} while waiting for {waits_for}; "
        f"the end of {process.log_path}:\n{process.log_tail()}"
    )
