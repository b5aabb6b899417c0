"""`stockfeed loader --once` that dies by SIGKILL right before one of its steps.

Usage: dying_loader.py TRACE [STEP NUMBER]

Each call to Snowflake and to the object store is a step; its name is added to the file TRACE
before it is made. The process dies before the NUMBERth step named STEP; without STEP it does not.
"""

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
    """Kills the process before the given step."""

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


def main(trace: str, step: str | None = None, number: str = "1") -> int:
    killer = Killer(Path(trace), step, int(number))
    killer.wrap(SnowflakeCursorBase, "execute", statement_name)
    killer.wrap(warehouse, "connect", lambda *_: "log in")
    killer.wrap(ObjectStore, "list_prefixes", lambda *_: "list prefixes")
    killer.wrap(ObjectStore, "list", lambda *_: "list objects")
    killer.wrap(ObjectStore, "download", lambda *_: "download")
    # Several batches even from few objects.
    vars(run)["MAX_FILES"] = 4
    status = app.main(os.environ, once=True, skip=None, reason=None)
    killer.before("end")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
