"""The operator as a process, connected to a test's own API server."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from stockfeed_local.stack.ports import free_ports


def until(condition: Callable[[], object], what: str, log: Path) -> None:
    """Waits up to a minute for a condition; on a timeout the error includes the log."""
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come:\n{log.read_text()}"
        time.sleep(0.1)


def free_port() -> int:
    """Returns a free loopback port that the kernel does not give to clients in the meantime."""
    return free_ports(1)[0]


@contextmanager
def operator(
    url: str, home: Path, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the operator, which logs to `home`/log.

    Args:
        url: the API server's address.
        home: a directory for the process.
        settings: additional environment variables.
    """
    config = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "c", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    }
    (home / "kubeconfig").write_text(yaml.safe_dump(config))
    environment = {**os.environ, **settings, "KUBECONFIG": str(home / "kubeconfig")}
    command = [str(Path(sys.executable).with_name("stockfeed-operator")), "run"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
