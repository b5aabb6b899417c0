"""An emulator in the test process, without its HTTP server."""

import gzip
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stockfeed_local.emulator.errors import to_snowflake
from stockfeed_local.emulator.instance import Emulator
from stockfeed_local.emulator.result import Result
from stockfeed_local.emulator.session import EmulatorSession


class Client:
    """A session that returns rows as tuples and raises Snowflake's errors."""

    def __init__(self, session: EmulatorSession) -> None:
        self.session = session

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.dicts(sql)]

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        try:
            result = self.session.run(sql)
        except Exception as error:
            raise to_snowflake(error) from error
        assert isinstance(result, Result)
        rows: list[dict[str, Any]] = result.table.to_pylist()
        return rows


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
        yield


@pytest.fixture
def idle_timeout() -> float:
    """Seconds after which an idle transaction that blocks another one is aborted."""
    return 300


@pytest.fixture
def emulator(tmp_path: Path, idle_timeout: float) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path / "data", idle_timeout)
    yield emulator
    emulator.close()


@pytest.fixture
def connect(emulator: Emulator) -> Iterator[Callable[..., Client]]:
    """Opens sessions on STOCKS.RAW; keyword arguments are session parameters."""
    clients: list[Client] = []

    def open_session(**parameters: object) -> Client:
        clients.append(Client(emulator.connect("STOCKS", "RAW", parameters)))
        return clients[-1]

    yield open_session
    for client in clients:
        if not client.session.is_closed():
            client.session.end()


@pytest.fixture
def run(connect: Callable[..., Client]) -> Client:
    """A session on STOCKS.RAW."""
    return connect()


@pytest.fixture
def stage_file(emulator: Emulator) -> Callable[..., Path]:
    """Writes lines to a gzip file in the stage STOCKS.RAW.STG, as an upload would."""

    def put(name: str, *lines: bytes) -> Path:
        path = emulator.directory / "stages" / "STOCKS" / "RAW" / "STG" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))
        return path

    return put
