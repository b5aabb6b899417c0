"""Loaders that are killed by SIGKILL immediately before one of their steps.

The program forks a loader for each line of JSON on stdin, because imports take longer than a load:
{"environment": {…}, "trace": FILE, "step": NAME or null, "number": N}. Each call of the loader to
Snowflake or the object store is a step; its name is appended to FILE before the call. The loader is
killed before the Nth step with the name NAME. The response on stdout is its exit status, negative
for a signal.
"""

import json
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snowflake.connector.cursor import SnowflakeCursorBase

from stockfeed.loader import app, run, warehouse
from stockfeed.objectstore import ObjectStore

_NAME = re.compile(r"CREATE TABLE IF NOT EXISTS \w+|CREATE \w+|SELECT \w+|\w+")


class Killer:
    """Kills the process before a given step."""

    def __init__(self, trace: Path, step: str | None, number: int) -> None:
        self._trace = trace
        self._fatal = (step, number)
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def before(self, name: str) -> None:
        with self._lock:
            self._seen[name] += 1
            with self._trace.open("a") as file:
                file.write(f"{name}\n")
            if (name, self._seen[name]) == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: Any, method: str, name: Callable[..., str]) -> None:
        original = getattr(owner, method)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.before(name(*args))
            return original(*args, **kwargs)

        setattr(owner, method, wrapped)


def statement_name(_: object, text: str, *__: object) -> str:
    found = _NAME.match(text)
    return found[0].removeprefix("CREATE TABLE IF NOT EXISTS ") if found else text


def load(environment: dict[str, str], trace: str, step: str | None, number: int) -> int:
    """Runs `stockfeed loader --once`, to be killed before a step."""
    killer = Killer(Path(trace), step, number)
    killer.wrap(SnowflakeCursorBase, "execute", statement_name)
    killer.wrap(warehouse, "connect", lambda *_: "log in")
    killer.wrap(ObjectStore, "list_prefixes", lambda *_: "list prefixes")
    killer.wrap(ObjectStore, "list", lambda *_: "list objects")
    killer.wrap(ObjectStore, "download", lambda *_: "download")
    # Few objects then make up several batches.
    vars(run)["MAX_FILES"] = 4
    status = app.main(environment, once=True, skip=None, reason=None)
    killer.before("end")
    return status


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # Keeps the loaders' output apart from the responses.
    os.dup2(2, 1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(load(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers)


if __name__ == "__main__":
    main()
