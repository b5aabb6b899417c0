"""A scripted Snowflake session."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pytest

from stockfeed.loader import warehouse as module
from stockfeed.loader.warehouse import Warehouse
from stockfeed.settings import LoaderSettings

Answer = Sequence[Mapping[str, Any]] | Exception
Script = Callable[[str], Answer]


class ScriptedSession:
    """A fake of the connector's connection and cursor.

    Attributes:
        log: the statements of all sessions, including `connect` and `close`.
    """

    def __init__(self, script: Script, log: list[str]) -> None:
        self._script = script
        self._rows: Sequence[Mapping[str, Any]] = []
        self.log = log

    def cursor(self, _: type) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the cursor."""

    def execute(self, text: str, _: object) -> None:
        self.log.append(text)
        answer = self._script(text)
        if isinstance(answer, Exception):
            raise answer
        self._rows = answer

    def fetchall(self) -> Sequence[Mapping[str, Any]]:
        return self._rows

    def close(self) -> None:
        self.log.append("close")


class Server:
    """Answers statements like Snowflake; tests set its attributes.

    Attributes:
        positions: the rows of LOAD_POSITION as (partition, next offset).
        rows_loaded: COPY's result by key, as (status, rows); a file that is absent was loaded.
        commits: the answers to each COMMIT in turn.
        recorded: the number of the batch's objects in the ledger.
        copy_error: fails the next COPY as a whole.
    """

    def __init__(self) -> None:
        self.positions: list[tuple[int, int]] = []
        self.rows_loaded: dict[str, tuple[str, int]] = {}
        self.commits: list[Any] = []
        self.recorded = 0
        self.copy_error: Exception | None = None

    def __call__(self, text: str) -> Any:
        answers: dict[str, Callable[[str], Any]] = {
            "PUT": self._put,
            "COPY": self._copy,
            "SELECT FEED": self._positions,
            "SELECT BATCH_SEQ": lambda _: [{"BATCH_SEQ": 7, "LOADED_AT": datetime(2026, 11, 22)}],  # noqa: DTZ001
            "SELECT COUNT": lambda _: [{"OBJECTS": self.recorded}],
            "COMMIT": lambda _: self.commits.pop(0) if self.commits else [],
        }
        for start, answer in answers.items():
            if text.startswith(start):
                return answer(text)
        return []

    def _put(self, text: str) -> Any:
        pattern = text.split("'")[1].removeprefix("file://")
        files = sorted(Path(pattern).parent.iterdir())
        return [{"source": file.name, "status": "UPLOADED"} for file in files]

    def _copy(self, text: str) -> Any:
        error, self.copy_error = self.copy_error, None
        path = text.partition("@STG_STOCK_QUOTES")[2].partition("/)")[0]
        return error or [self._copied(path, key) for key in _files(text)]

    def _positions(self, _: str) -> Any:
        return [
            {"FEED": "us", "GROUP_NAME": "autos", "TOPIC_ID": "ab12"}
            | {"PARTITION_ID": partition, "NEXT_OFFSET": offset}
            for partition, offset in self.positions
        ]

    def _copied(self, path: str, key: str) -> dict[str, Any]:
        status, rows = self.rows_loaded.get(key, ("LOADED", 10))
        error = None if status == "LOADED" else "Error parsing JSON"
        return {
            "file": f"stg_stock_quotes{path}/{key}",
            "status": status,
            "rows_loaded": rows,
            "first_error": error,
            "first_error_line": None if error is None else 3,
        }


def _files(copy: str) -> list[str]:
    names = copy.partition("FILES = (")[2].partition(")")[0]
    return [name.strip(" '") for name in names.split(",")]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def settings() -> LoaderSettings:
    return LoaderSettings.from_env(
        {
            "STOCKFEED_FEED": "us",
            "STOCKFEED_S3_BUCKET": "source-transaction",
            "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
            "SNOWFLAKE_ACCOUNT": "a",
            "SNOWFLAKE_USER": "u",
            "SNOWFLAKE_PRIVATE_KEY": "k",
        }
    )


@pytest.fixture
def scripted(
    monkeypatch: pytest.MonkeyPatch, settings: LoaderSettings
) -> Callable[[Script], tuple[Warehouse, list[str]]]:
    """Creates a warehouse with scripted sessions, and the log of the statements it sends."""

    def make(script: Script) -> tuple[Warehouse, list[str]]:
        log: list[str] = []

        def connect(_: LoaderSettings, role: str) -> ScriptedSession:
            log.append("connect")
            return ScriptedSession(script, log)

        monkeypatch.setattr(module, "connect", connect)
        return Warehouse(settings), log

    return make
