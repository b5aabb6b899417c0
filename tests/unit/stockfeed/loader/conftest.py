"""A session of Snowflake that answers from a script."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import pytest

from stockfeed.loader import warehouse as module
from stockfeed.loader.warehouse import Warehouse
from stockfeed.settings import LoaderSettings

Answer = Sequence[Mapping[str, Any]] | Exception
Script = Callable[[str], Answer]


class ScriptedSession:
    """Stands for the connector's connection and its cursor.

    Attributes:
        log: the statements of all sessions; `connect` and `close` among them.
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
        """A cursor's end."""

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
    """Makes a warehouse whose sessions answer from a script, and the log of what it sends."""

    def make(script: Script) -> tuple[Warehouse, list[str]]:
        log: list[str] = []

        def connect(_: LoaderSettings) -> ScriptedSession:
            log.append("connect")
            return ScriptedSession(script, log)

        monkeypatch.setattr(module, "connect", connect)
        return Warehouse(settings), log

    return make
