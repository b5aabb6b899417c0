"""A Snowflake emulator that records the statements it receives."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.requests import Request

from stockfeed_local.emulator import protocol
from stockfeed_local.emulator.app import Server
from stockfeed_local.emulator.instance import Emulator
from stockfeed_local.emulator.queries import ResponseBody
from stockfeed_local.emulator.session import EmulatorSession
from stockfeed_local.stack.ports import HOST, listen

_IDLE_TRANSACTION_SECONDS = 5.0
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Statement:
    """A statement as it arrived.

    Attributes:
        step: the name of the command that ran then.
        tag: the session's QUERY_TAG.
        database: the session's current database before the statement; empty if it has none.
        schema: the session's current schema before the statement; empty if it has none.
        text: the SQL, with placeholders not replaced.
    """

    step: str
    tag: str
    database: str
    schema: str
    text: str


@dataclass
class Recording:
    """A running emulator and the statements that it recorded.

    Attributes:
        port: its port, on loopback.
        stages: the directory with the staged files.
        step: the name under which statements are recorded; if empty, none are.
        statements: the recorded statements, in their order.
    """

    port: int
    stages: Path
    step: str = ""
    statements: list[Statement] = field(default_factory=list)

    @contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Records statements under `step` while the block runs."""
        self.step = step
        try:
            yield
        finally:
            self.step = ""

    def record(self, session: EmulatorSession, text: str) -> None:
        """Adds a statement if a step is running."""
        if self.step:
            tag = session.parameters["QUERY_TAG"]
            database, schema = session.database or "", session.schema or ""
            self.statements.append(Statement(self.step, tag, database, schema, text))


class _RecordingServer(Server):
    def __init__(self, emulator: Emulator, recording: Recording) -> None:
        super().__init__(emulator)
        self._recording = recording

    async def query(self, request: Request, session: EmulatorSession) -> ResponseBody:
        self._recording.record(session, (await protocol.body_of(request))["sqlText"])
        return await super().query(request, session)


@contextmanager
def recording_emulator(directory: Path) -> Iterator[Recording]:
    """Runs the emulator in this process, on a free port.

    Raises:
        TimeoutError: it does not start.
    """
    with listen(HOST, 0) as listener:
        recording = Recording(listener.getsockname()[1], directory / "stages")
        server = _RecordingServer(Emulator(directory, _IDLE_TRANSACTION_SECONDS), recording)
        web = uvicorn.Server(
            uvicorn.Config(server.app(), log_level="warning", timeout_graceful_shutdown=3)
        )
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait_until_started(web)
            yield recording
        finally:
            web.should_exit = True
            thread.join()
            server.close()


def _wait_until_started(web: uvicorn.Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not web.started:
        if time.monotonic() >= deadline:
            raise TimeoutError(f"the emulator did not start within {_START_SECONDS} s")
        time.sleep(0.01)
