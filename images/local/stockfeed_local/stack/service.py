"""Base classes of the services: start, wait until ready, stop.

StockfeedError
└── ServiceError            a service did not start, or ended unexpectedly
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
    """A service did not start in time or ended; the message has the last lines of its log."""


class Service(ABC):
    """A server that is reachable at `endpoint` once `start()` has returned."""

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """The address of the service."""

    @abstractmethod
    def start(self) -> None:
        """Starts the service and returns when it is ready.

        Raises:
            ServiceError: It ended or was not ready in time; its process was killed.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stops the service; does nothing if it is not running."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class ProcessService(Service):
    """A service that runs as one child process.

    Attributes:
        process: The process, with its log.
        ready_timeout: Seconds that a start may take.
        stop_grace: Seconds between SIGTERM and SIGKILL; 0 sends SIGKILL immediately.
    """

    ready_timeout: float = 60.0
    stop_grace: float = 10.0

    def __init__(self, process: Process) -> None:
        self.process = process

    @property
    @abstractmethod
    def waits_for(self) -> str:
        """The condition for being ready, as a phrase for error messages."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Returns whether the service is ready; polled while it starts."""

    def start(self) -> None:
        """Starts the process and waits until the service is ready; see `Service.start`."""
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
    """A service that picks a free port itself and writes it to a file."""

    def __init__(self, process: Process, port_file: Path) -> None:
        super().__init__(process)
        self._port_file = port_file

    @property
    def port(self) -> int:
        """The port that the service listens on.

        Raises:
            ServiceError: The service was not started.
        """
        port = ports.read_port_file(self._port_file)
        if port is None:
            raise ServiceError(f"{self.process.name} has not reported a port; start it first")
        return port

    @property
    def waits_for(self) -> str:
        """A port in the port file that accepts connections."""
        return f"a port in {self._port_file} that accepts connections"

    def is_ready(self) -> bool:
        """Returns whether the port is known and accepts connections."""
        port = ports.read_port_file(self._port_file)
        return port is not None and ports.accepts(port)

    def start(self) -> None:
        """Starts the service after deleting the port file of an earlier start."""
        self._port_file.parent.mkdir(parents=True, exist_ok=True)
        if not self.process.alive:
            self._port_file.unlink(missing_ok=True)
        super().start()


def wait_until(
    is_ready: Callable[[], bool], process: Process, waits_for: str, timeout: float
) -> None:
    """Polls `is_ready` until it returns true.

    Args:
        is_ready: The condition.
        process: The process that must keep running meanwhile.
        waits_for: The condition in words, for the error message.
        timeout: Seconds to wait.

    Raises:
        ServiceError: The process ended, or the timeout expired.
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
