"""The emulator's databases: DuckDB files in one directory, and sessions on them."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
from fakesnow import info_schema, macros
from fakesnow.instance import GLOBAL_DATABASE_NAME
from fakesnow.transforms import show

from stockfeed_local.emulator import functions, load_history
from stockfeed_local.emulator.locks import LockTable
from stockfeed_local.emulator.result import RecentResults
from stockfeed_local.emulator.session import EmulatorSession, Shared
from stockfeed_local.emulator.stage_files import StageFiles


class Emulator:
    """A set of databases that survives a restart.

    Args:
        directory: Directory of one file per database, and of the staged files; created if missing.
        idle_transaction_timeout: Seconds after which an idle transaction that blocks another one
            is aborted.
    """

    def __init__(self, directory: Path, idle_transaction_timeout: float) -> None:
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.files = StageFiles(directory / "stages")
        self._shared = Shared(LockTable(idle_transaction_timeout), Lock(), self.files)
        self._results = RecentResults()
        # fakesnow's SQL uses DuckDB's old lambda syntax; see fakesnow.instance.FakeSnow.
        config: dict[str, Any] = {"lambda_syntax": "ENABLE_SINGLE_ARROW"}
        self._duck = duckdb.connect(":memory:", config=config)
        self._attach_all()

    def connect(
        self,
        database: str | None,
        schema: str | None,
        session_parameters: Mapping[str, object],
        nop_regexes: list[str] | None = None,
    ) -> EmulatorSession:
        """Opens a session; creates its database and schema if they do not exist.

        Args:
            database: Current database; None for none.
            schema: Current schema; None for none.
            session_parameters: Initial session parameters.
            nop_regexes: fakesnow's option: statements that match one of these do nothing.
        """
        kwargs: dict[str, Any] = {
            "database": database,
            "schema": schema,
            "results_cache": self._results,
            "db_path": self.directory,
            "nop_regexes": nop_regexes,
        }
        with self._shared.ddl:
            session = EmulatorSession(
                self._duck.cursor(), self._shared, session_parameters, **kwargs
            )
            if database:
                load_history.prepare(self._duck, database)
            return session

    def close(self) -> None:
        """Writes all changes to the files and closes them."""
        self._duck.close()

    def _attach_all(self) -> None:
        self._duck.execute("SET GLOBAL TimeZone = 'UTC'")
        self._attach(GLOBAL_DATABASE_NAME)
        self._duck.execute(info_schema.fs_global_creation_sql())
        self._duck.execute(show.fs_global_creation_sql())
        self._duck.execute(functions.MACROS)
        for file in sorted(self.directory.glob("*.db")):
            if file.stem != GLOBAL_DATABASE_NAME:
                self._attach(file.stem)
                self._duck.execute(info_schema.per_db_creation_sql(file.stem))
                self._duck.execute(macros.creation_sql(file.stem))

    def _attach(self, database: str) -> None:
        file = str(self.directory / f"{database}.db").replace("'", "''")
        self._duck.execute(f"ATTACH '{file}' AS {database}")
