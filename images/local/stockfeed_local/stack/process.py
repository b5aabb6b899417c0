"""A child process that never outlives its parent, for services and for the pipeline's roles."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from stockfeed_local.stack import die_with_parent

_Request: TypeAlias = tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]

_TAIL_BYTES: Final = 16_384


class Process:
    """A child process in a new session, with its output appended to `log_path`.

    Args:
        name: Name of the process and of its log file.
        command: Program and arguments.
        log_dir: Directory of `<name>.log`; created if missing.
        env: Complete environment of the child; None passes on this process's environment.
        cwd: Working directory; None keeps this process's directory.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log_dir: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log_path = log_dir / f"{name}.log"
        self._command = tuple(command)
        self._env = env
        self._cwd = cwd
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the child is running."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """The child's process id, even after it has ended; None before the first start."""
        return self._child.pid if self._child else None

    @property
    def exit_code(self) -> int | None:
        """The child's exit code, negative for a signal; None while it is running."""
        return self._child.poll() if self._child else None

    def start(self) -> None:
        """Starts the child, unless it is running."""
        if self.alive:
            return
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._child = _spawn(lambda: self._popen(log.fileno()))

    def terminate(self, grace: float = 10.0) -> int | None:
        """Sends SIGTERM to the child, and SIGKILL if it has not ended after `grace` seconds.

        Returns:
            The exit code, or None if the child was never started.
        """
        if self._child is None:
            return None
        self._child.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(grace)
        return self.kill()

    def kill(self) -> int | None:
        """Sends SIGKILL to the child and to all processes in its session.

        Returns:
            The exit code, or None if the child was never started.
        """
        if self._child is None:
            return None
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        return self._child.wait()

    def restart(self, grace: float = 10.0) -> None:
        """Terminates the child if it is running, and starts it again with the same log file."""
        self.terminate(grace)
        self.start()

    def wait(self, timeout: float | None = None) -> int | None:
        """Waits for the child to end, for at most `timeout` seconds; None waits without limit.

        Returns:
            The exit code, or None if the child is still running or was never started.
        """
        if self._child is not None:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout)
        return self.exit_code

    def log_tail(self, lines: int = 20) -> str:
        """Returns the last lines of the log; empty if there is no log."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(max(0, self.log_path.stat().st_size - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _popen(self, log: int) -> subprocess.Popen[bytes]:
        prefix = [sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())]
        return subprocess.Popen(  # noqa: S603 - no shell is involved
            [*prefix, *self._command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self._env,
            cwd=self._cwd,
            start_new_session=True,
        )


def _spawn(popen: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    started: Future[subprocess.Popen[bytes]] = Future()
    _SPAWNER.put((popen, started))
    return started.result()


class _Spawner:
    """Starts all children from one thread that lives as long as the interpreter.

    A child dies with the *thread* that started it (see `die_with_parent`), so a short-lived worker
    thread must not start one itself.
    """

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, request: _Request) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="spawner", daemon=True)
                self._thread.start()
        self._requests.put(request)

    def _serve(self) -> None:
        while True:
            popen, started = self._requests.get()
            try:
                started.set_result(popen())
            except Exception as error:  # noqa: BLE001 - raised in the caller's thread
                started.set_exception(error)


_SPAWNER: Final = _Spawner()
