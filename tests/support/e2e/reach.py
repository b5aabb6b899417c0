"""The address of a Service, as seen from this machine; on kind, of a forwarded port."""

import atexit
import re
import subprocess

from support.cluster.platform.install import ON_KIND, service_address
from support.tools.programs import kubectl


class _Forward:
    """A `kubectl port-forward` that is restarted when it ends, as it does with its pod."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._address = ""
        atexit.register(self._end)

    def address(self, service: str, namespace: str) -> str:
        if self._process is None or self._process.poll() is not None:
            self._start(service, namespace)
        return self._address

    def _start(self, service: str, namespace: str) -> None:
        command = [str(kubectl()), "port-forward", f"--namespace={namespace}"]
        self._process = subprocess.Popen(
            [*command, f"service/{service}", ":8080"], stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        found = re.search(r"127\.0\.0\.1:\d+", line)
        self._address = found[0] if found else "127.0.0.1:1"  # port 1 refuses, so callers retry

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()


_forward = _Forward()


def warehouse_address() -> str:
    """Returns host and port of the emulator."""
    if ON_KIND:
        return _forward.address("snowflake", "stocks")
    return service_address("snowflake")
