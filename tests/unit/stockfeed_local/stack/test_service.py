from pathlib import Path

import pytest

from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService, ProcessService, ServiceError


class Shell(ProcessService):
    """A shell script that is ready once it has printed `ready`."""

    endpoint = "nowhere"
    waits_for = "`ready` in the log"
    ready_timeout = 20.0
    stop_grace = 0.0

    def __init__(self, script: str, directory: Path) -> None:
        super().__init__(Process("shell", ["/bin/sh", "-c", script], directory))

    def is_ready(self) -> bool:
        return "ready" in self.process.log_tail()


class Never(PortFileService):
    endpoint = "nowhere"


def test_service_runs_inside_its_context(tmp_path: Path) -> None:
    with Shell("echo ready; sleep 60", tmp_path) as service:
        assert service.process.alive

    assert not service.process.alive


def test_service_that_ends_early_raises_error_with_log(tmp_path: Path) -> None:
    service = Shell("echo no disk; exit 3", tmp_path)

    with pytest.raises(ServiceError) as failed:
        service.start()

    message = str(failed.value)
    assert "shell ended with exit code 3 while waiting for `ready` in the log" in message
    assert message.endswith("shell.log:\nno disk")


def test_service_that_is_not_ready_in_time_is_killed(tmp_path: Path) -> None:
    service = Shell("sleep 60", tmp_path)
    service.ready_timeout = 0.1

    with pytest.raises(ServiceError, match=r"shell was not ready after 0\.1 s while waiting for"):
        service.start()

    assert not service.process.alive


def test_interrupted_start_kills_the_process(tmp_path: Path) -> None:
    class Interrupted(Shell):
        def is_ready(self) -> bool:
            raise KeyboardInterrupt

    service = Interrupted("sleep 60", tmp_path)

    with pytest.raises(KeyboardInterrupt):
        service.start()

    assert not service.process.alive


def test_port_of_a_service_that_was_not_started_raises_error(tmp_path: Path) -> None:
    service = Never(Process("never", ["true"], tmp_path), tmp_path / "port")

    with pytest.raises(ServiceError, match="never has not reported a port; start it first"):
        _ = service.port
