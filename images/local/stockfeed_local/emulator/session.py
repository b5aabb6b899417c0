"""One client's session: routes each statement to the emulator's code or to fakesnow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.dialect import parse_one
from sqlglot import Expr, exp

from stockfeed_local.emulator import (
    column_comments,
    copy_into,
    copy_statement,
    parameters,
    result,
    stage_commands,
)
from stockfeed_local.emulator.copy_into import Copy
from stockfeed_local.emulator.cursor import EmulatorCursor
from stockfeed_local.emulator.load_history import LoadHistory
from stockfeed_local.emulator.locks import DDL, DML, LockTable, changed_tables, takes_lock
from stockfeed_local.emulator.names import QualifiedName, quote, resolve
from stockfeed_local.emulator.parameters import Parameters
from stockfeed_local.emulator.result import Result
from stockfeed_local.emulator.stage_catalog import StageCatalog
from stockfeed_local.emulator.stage_files import StageFiles
from stockfeed_local.emulator.temporary_objects import TemporaryObjects
from stockfeed_local.emulator.transaction_manager import TransactionManager
from stockfeed_local.emulator.uploads import Upload

SUCCESS = "Statement executed successfully."


@dataclass(frozen=True)
class Shared:
    """State that all sessions of one server share."""

    locks: LockTable
    ddl: Lock
    files: StageFiles


class EmulatorSession(FakeSnowflakeConnection):
    """A session; its statements run one at a time.

    Args:
        duck_conn: A DuckDB connection that no other session uses.
        shared: State shared with all other sessions.
        session_parameters: Parameters in the client's login request.
        kwargs: Arguments of fakesnow's connection.
    """

    def __init__(
        self,
        duck_conn: DuckDBPyConnection,
        shared: Shared,
        session_parameters: Mapping[str, object],
        **kwargs: Any,
    ) -> None:
        super().__init__(duck_conn, **kwargs)
        self.parameters = Parameters(session_parameters)
        self.transactions = TransactionManager(duck_conn, shared.locks, shared.ddl, self.parameters)
        self._temporaries = TemporaryObjects(self._resolve)
        self._stages = StageCatalog(duck_conn, shared.files, self._resolve)

    def run(self, sql: str, params: Any = None) -> Result | Upload:
        """Runs one statement.

        Args:
            sql: The statement, in Snowflake's SQL.
            params: Values of its placeholders, if any.

        Raises:
            Exception: Any error of the connector or of DuckDB; `errors.to_snowflake` maps them.
        """
        return self.transactions.statement(partial(self._run, sql, params))

    def run_rows(self, sql: str, rows: list[tuple[Any, ...]]) -> Result | Upload:
        """Runs a statement once per row of values, and returns the total number of changed rows.

        Snowflake's documentation: "Python connector API", `executemany`: one statement, one count.
        """
        if len(rows) < 2:
            return self.run(sql, rows[0] if rows else None)
        results = self.transactions.statement(lambda: [self._run(sql, row) for row in rows])
        changed = [done for done in results if isinstance(done, Result)]
        total = sum(each.table.column(0)[0].as_py() for each in changed)
        counts = pa.table({changed[0].columns[0]["name"]: [total]})
        return Result(changed[0].columns[:1], counts)

    def end(self) -> None:
        """Rolls back the open transaction, if any, and closes the session."""
        self.transactions.end()
        self.close()

    def cursor(self, cursor_class: Any = None) -> EmulatorCursor:  # noqa: ARG002 - fakesnow's signature
        """Returns a new cursor on this session."""
        return EmulatorCursor(self, self._duck_conn, self._temporaries)

    def _run(self, sql: str, params: Any) -> Result | Upload:
        if (comments := column_comments.parse(sql)) is not None:
            return self._comment(comments)
        if (command := stage_commands.parse(sql)) is not None:
            done = stage_commands.execute(command, self._stages)
            return done if isinstance(done, Upload) else result.rows(self._duck_conn, done)
        statement = parse_one(sql)
        for kind, handle in self._handlers():
            if isinstance(statement, kind) and (handled := handle(statement)) is not None:
                return handled
        return self._run_on_fakesnow(statement, sql, params)

    def _handlers(self) -> tuple[tuple[type[Expr], Callable[[Any], Result | None]], ...]:
        """Statements that the emulator may run itself; None leaves the statement to fakesnow."""
        return (
            (exp.Transaction, lambda _: self._run_for_status(self.transactions.begin)),
            (exp.Commit, lambda _: self._run_for_status(self.transactions.commit)),
            (exp.Rollback, lambda _: self._run_for_status(self.transactions.rollback)),
            (exp.Alter, self._alter_session),
            (exp.Command, self._show_parameters),
            (exp.Copy, self._copy),
            (exp.Create, self._create_if_not_exists),
            (exp.Drop, self._drop_stage),
        )

    def _run_on_fakesnow(self, statement: Expr, sql: str, params: Any) -> Result:
        action = partial(self._execute, statement, sql, params)
        if isinstance(statement, DDL):
            done = self.transactions.ddl(self._tables_to_lock(statement), action)
            self._temporaries.record(statement)
            self._stages.delete_unreachable(statement)
            return done
        if isinstance(statement, DML):
            tables = self._tables_to_lock(statement) if takes_lock(statement) else []
            return self.transactions.dml(tables, action)
        return self.transactions.read(action)

    def _execute(self, statement: Expr, sql: str, params: Any) -> Result:
        cursor = self.cursor()
        cursor.execute(sql, binding_params=params, server=True)
        if isinstance(statement, exp.TruncateTable):
            for table in changed_tables(statement):
                LoadHistory(self._duck_conn, self._resolve(table)).clear()
        return cursor.result()

    def _tables_to_lock(self, statement: Expr) -> list[str]:
        """Returns the names of the tables to lock; temporary tables need no lock."""
        names = [self._resolve(table) for table in changed_tables(statement)]
        return [str(name) for name in names if not self._temporaries.is_temporary(name)]

    def _run_for_status(self, action: Callable[[], None]) -> Result:
        action()
        return result.status(self._duck_conn, SUCCESS)

    def _alter_session(self, statement: exp.Alter) -> Result | None:
        if statement.kind != "SESSION":
            return None
        return self._run_for_status(partial(self.parameters.alter, statement))

    def _show_parameters(self, statement: exp.Command) -> Result | None:
        is_show, pattern = parameters.shown_parameters(statement)
        return result.query(self._duck_conn, self.parameters.show_sql(pattern)) if is_show else None

    def _copy(self, statement: exp.Copy) -> Result:
        """Runs COPY, which takes no lock."""
        parsed = copy_statement.parse(statement)
        # Fails if the table does not exist, even if the files have no rows.
        probe = self.cursor().translate(exp.select("1").from_(parsed.target.copy()).limit(0))
        self.transactions.read(partial(self._duck_conn.execute, probe))
        copy = Copy(
            parsed,
            self._resolve(parsed.target),
            self._stages.reference(parsed.reference),
            self._stages.files,
            partial(self._insert_staged, parsed),
        )
        loads = self.transactions.dml([], partial(copy.run, self._duck_conn))
        return result.rows(self._duck_conn, copy_into.result_table(loads))

    def _insert_staged(self, parsed: copy_statement.CopyStatement) -> None:
        self._duck_conn.execute(self.cursor().translate(parsed.insert(copy_into.ROWS)))

    def _create_if_not_exists(self, statement: exp.Create) -> Result | None:
        """Handles CREATE TABLE IF NOT EXISTS of a table that exists.

        fakesnow 0.12.1 would delete the table's load metadata.
        """
        if statement.kind != "TABLE" or not statement.args.get("exists"):
            return None
        (table,) = changed_tables(statement)
        name = self._resolve(table)
        if self._temporaries.is_temporary(name) or not self._exists(name):
            return None
        self.transactions.commit()
        text = f"{name.name} already exists, statement succeeded."
        return result.status(self._duck_conn, text)

    def _exists(self, table: QualifiedName) -> bool:
        found = self._duck_conn.execute(
            "SELECT 1 FROM duckdb_tables() "
            "WHERE database_name = ? AND schema_name = ? AND table_name = ?",
            table.parts,
        )
        return bool(found.fetchall())

    def _drop_stage(self, statement: exp.Drop) -> Result | None:
        if statement.kind != "STAGE":
            return None
        text = self.transactions.ddl([], partial(self._stages.drop, statement))
        return result.status(self._duck_conn, text)

    def _comment(self, comments: column_comments.ColumnComments) -> Result:
        table = self._resolve(comments.table)
        for column, text in comments.by_column.items():
            name = ".".join(quote(part) for part in (*table.parts, column))
            sql = f"COMMENT ON COLUMN {name} IS {exp.Literal.string(text).sql(dialect='duckdb')}"
            self.transactions.ddl([str(table)], partial(self._duck_conn.execute, sql))
        return result.status(self._duck_conn, SUCCESS)

    def _resolve(self, table: exp.Table) -> QualifiedName:
        return resolve(table, self.database, self.schema)
