"""Ends real processes in every way, and checks in /proc which are left."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stockfeed_local.stack.process import Process

SLEEP = ("sleep", "60")
DEADLINE_SECONDS = 20


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts commands, and kills them when the test ends."""
    started: list[Process] = []

    def spawn(*command: str, env: dict[str, str] | None = None) -> Process:
        process = Process("child", command, tmp_path, env)
        started.append(process)
        process.start()
        return process

    yield spawn
    for process in started:
        process.kill()


def runs(pid: int | None) -> bool:
    """Returns whether the process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_output_goes_to_the_log_and_env_is_passed(
    spawn: Callable[..., Process],
) -> None:
    process = spawn("/bin/sh", "-c", "echo out $A $HOME; echo err >&2; exit 3", env={"A": "a"})

    assert process.wait(DEADLINE_SECONDS) == 3
    assert process.log_path.read_text() == "out a\nerr\n"
    assert not process.alive


def test_log_tail_returns_the_last_lines(spawn: Callable[..., Process]) -> None:
    process = spawn("seq", "100000")
    process.wait(DEADLINE_SECONDS)

    assert process.log_tail(2) == "99999\n100000"


def test_missing_command_is_reported_in_the_log(spawn: Callable[..., Process]) -> None:
    process = spawn("no-such-command")

    assert process.wait(DEADLINE_SECONDS) == 127
    assert "cannot run no-such-command: No such file" in process.log_tail()


def test_terminate_sends_sigterm_and_waits(spawn: Callable[..., Process]) -> None:
    process = spawn(
        "/bin/sh", "-c", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"
    )
    assert eventually(lambda: "up" in process.log_tail())

    assert process.terminate(grace=DEADLINE_SECONDS) == 7
    assert process.log_tail() == "up\nbye"


def test_terminate_kills_after_the_grace_period(spawn: Callable[..., Process]) -> None:
    process = spawn("/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done")
    assert eventually(lambda: "up" in process.log_tail())

    assert process.terminate(grace=0.1) == -signal.SIGKILL


def test_kill_includes_grandchildren(spawn: Callable[..., Process]) -> None:
    process = spawn("/bin/sh", "-c", "sleep 60 & echo $!; wait")
    assert eventually(lambda: process.log_tail().isdigit())
    grandchild = int(process.log_tail())

    assert process.kill() == -signal.SIGKILL
    assert eventually(lambda: not runs(grandchild))


def test_start_does_nothing_if_running(spawn: Callable[..., Process]) -> None:
    process = spawn(*SLEEP)
    pid = process.pid

    process.start()

    assert process.pid == pid


def test_restart_starts_a_new_child_with_the_same_log(spawn: Callable[..., Process]) -> None:
    process = spawn("/bin/sh", "-c", "echo up; sleep 60")
    assert eventually(lambda: process.log_tail() == "up")
    pid = process.pid

    process.restart()

    assert process.pid != pid
    assert not runs(pid)
    assert eventually(lambda: process.log_tail() == "up\nup")


def test_stopping_a_process_that_was_never_started_does_nothing(tmp_path: Path) -> None:
    process = Process("idle", SLEEP, tmp_path)

    assert process.terminate() is None
    assert process.kill() is None
    assert not process.alive


def test_child_outlives_the_thread_that_started_it(spawn: Callable[..., Process]) -> None:
    started: list[Process] = []

    def start() -> None:
        process = spawn(*SLEEP)
        # The parent-death signal is set once the command itself runs.
        eventually(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n")
        started.append(process)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert started[0].wait(timeout=0.2) is None
    assert started[0].alive


PARENT = """
import sys, time
from pathlib import Path
from stockfeed_local.stack.process import Process
child = Process("child", ["sleep", "60"], Path(sys.argv[1]))
child.start()
while Path(f"/proc/{child.pid}/comm").read_text() != "sleep\\n":
    time.sleep(0.01)
print(child.pid, flush=True)
if sys.argv[2] == "end":
    sys.exit()
time.sleep(60)
"""


@pytest.mark.parametrize("ending", ["end", "kill -9"])
def test_child_dies_with_its_parent(tmp_path: Path, ending: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), ending], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if ending == "kill -9":
            assert runs(child)
            os.kill(parent.pid, signal.SIGKILL)

    assert eventually(lambda: not runs(child))
