"""One client's session: current schema, parameters, temporary objects, transaction, locks."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Event, Lock, RLock
from typing import Any, TypeVar

import pyarrow as pa
from duckdb import DuckDBPyConnection
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.dialect import parse_one
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype
from fakesnow.statement_type import statement_type_id
from sqlglot import exp

from stockfeed_local.emulator import (
    comments,
    copy_into,
    copy_statement,
    parameters,
    stage_answers,
    stage_commands,
)
from stockfeed_local.emulator.copy_into import Copy
from stockfeed_local.emulator.cursor import EmulatorCursor
from stockfeed_local.emulator.errors import sql_error
from stockfeed_local.emulator.locks import LockTable
from stockfeed_local.emulator.names import QualifiedName, quote, resolve
from stockfeed_local.emulator.parameters import Parameters
from stockfeed_local.emulator.stage_catalog import StageCatalog
from stockfeed_local.emulator.stages import StageFiles
from stockfeed_local.emulator.temporary import TemporaryObjects
from stockfeed_local.emulator.transactions import Transaction, retry
from stockfeed_local.emulator.uploads import Upload

SUCCESS = "SELECT 'Statement executed successfully.' AS status"
DDL = (exp.Create, exp.Drop, exp.Alter, exp.Comment)
DML = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)
"""As Snowflake's documentation of "Transactions" divides them."""


T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """What a statement answered."""

    columns: list[ColumnInfo]
    table: pa.Table
    statement_type: int


@dataclass(frozen=True)
class Shared:
    """What the sessions of one server have in common."""

    locks: LockTable
    ddl: Lock
    files: StageFiles


class EmulatorSession(FakeSnowflakeConnection):  # type: ignore[misc]  # fakesnow has no types
    """A session; its statements run one at a time.

    Args:
        duck_conn: A DuckDB connection of its own.
        shared: Locks of all sessions.
        session_parameters: As the client's login named them.
        kwargs: fakesnow's arguments of a connection.
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
        self._shared = shared
        self._temporaries = TemporaryObjects(self._resolve)
        self._stages = StageCatalog(duck_conn, shared.files, self._resolve)
        self._transaction = Transaction(duck_conn)
        self._statement_lock = RLock()
        self._cancelled = Event()
        self._last_used = time.monotonic()

    def run(self, sql: str, params: Any = None) -> Result | Upload:
        """Runs one statement.

        Args:
            sql: Snowflake's SQL.
            params: Values of its placeholders, if any.

        Raises:
            ProgrammingError: Or another error of the connector, or DuckDB's: see `errors`.
        """
        with self._statement_lock:
            self._cancelled.clear()
            try:
                return self._run(sql, params)
            finally:
                self._last_used = time.monotonic()

    def run_rows(self, sql: str, rows: list[tuple[Any, ...]]) -> Result | Upload:
        """Runs one statement, once per row of values for its placeholders.

        Snowflake's documentation: "Python connector API", `executemany`: one statement, one count.
        """
        if len(rows) < 2:
            return self.run(sql, rows[0] if rows else None)
        with self._statement_lock:
            results = [self.run(sql, row) for row in rows]
        total = sum(result.table.column(0)[0].as_py() for result in results)
        counts = pa.table({results[0].columns[0]["name"]: [total]})
        return Result(results[0].columns[:1], counts, results[0].statement_type)

    def cancel(self) -> None:
        """Makes the running statement fail soon."""
        self._cancelled.set()
        self._duck_conn.interrupt()

    def end(self) -> None:
        """Rolls back what is open and gives the locks up."""
        self.cancel()
        with self._statement_lock:
            self._transaction.rollback()
            self._shared.locks.release_all(self)
            self.close()

    def abort_if_idle(self, seconds: float) -> bool:
        """Rolls the open transaction back if no statement ran for that long."""
        if not self._statement_lock.acquire(blocking=False):
            return False
        try:
            if time.monotonic() - self._last_used < seconds:
                return False
            self._transaction.abort(f"idle for {seconds:g} s while it blocked another transaction")
            self._shared.locks.release_all(self)
            return True
        finally:
            self._statement_lock.release()

    def check_cancelled(self) -> None:
        """Raises if the client gave its statement up."""
        if self._cancelled.is_set():
            raise sql_error("SQL execution canceled", 604, "57014")

    def _run(self, sql: str, params: Any) -> Result | Upload:
        if (column_comments := comments.parse(sql)) is not None:
            return self._comment(column_comments)
        if (command := stage_commands.parse(sql)) is not None:
            reply = stage_answers.answer(command, self._stages)
            return reply if isinstance(reply, Upload) else self._rows(reply, exp.Command())
        statement = parse_one(sql)
        if isinstance(statement, exp.Transaction):
            self._transaction.begin()
        elif isinstance(statement, exp.Commit):
            self._finish(self._transaction.commit)
        elif isinstance(statement, exp.Rollback):
            self._finish(self._transaction.rollback)
        elif isinstance(statement, exp.Alter) and statement.kind == "SESSION":
            self._alter_session(statement)
        elif (shown := parameters.shown_parameters(statement))[0]:
            return self._query(self.parameters.show_sql(shown[1]), statement)
        else:
            return self._run_on_fakesnow(statement, sql, params)
        return self._query(SUCCESS, statement)

    def _run_on_fakesnow(self, statement: exp.Expression, sql: str, params: Any) -> Result:
        if isinstance(statement, exp.Copy):
            return self._copy(copy_statement.parse(statement), statement)
        if isinstance(statement, exp.Drop) and statement.kind == "STAGE":
            text = self._ddl(statement, partial(self._stages.drop, statement))
            return self._query(f"SELECT '{text}' AS status", statement)
        action = self._action(sql, params)
        if isinstance(statement, DDL):
            result = self._ddl(statement, action)
            self._temporaries.record(statement)
            self._stages.after_ddl(statement)
            return result
        if isinstance(statement, DML):
            return self._dml(statement, action)
        return self._transaction.read(action)

    def _ddl(self, statement: exp.Expression, action: Callable[[], T]) -> T:
        """DDL commits the open transaction and is one of its own."""
        self._finish(self._transaction.commit)
        try:
            for table in self._tables(statement):
                self._lock(table)
            with self._shared.ddl:
                return retry(action)
        finally:
            self._shared.locks.release_all(self)

    def _dml(self, statement: exp.Expression, action: Callable[[], Result]) -> Result:
        if not isinstance(statement, exp.Insert) or statement.args.get("overwrite"):
            self._transaction.check_alive()
            self._lock(self._target(statement))
        try:
            return self._without_lock(action)
        finally:
            if not self._transaction.is_open:
                self._shared.locks.release_all(self)

    def _copy(self, parsed: copy_statement.CopyStatement, statement: exp.Copy) -> Result:
        """Runs COPY; it takes no lock."""
        copy = Copy(
            parsed,
            self._resolve(parsed.target),
            self._stages.reference(parsed.reference),
            self._stages.files,
            partial(self._insert_staged, parsed),
        )
        loads = self._without_lock(partial(copy.run, self._duck_conn))
        return self._rows(copy_into.answer(loads), statement)

    def _insert_staged(self, parsed: copy_statement.CopyStatement) -> None:
        self._duck_conn.execute(self.cursor().translate(parsed.insert(copy_into.ROWS)))

    def _without_lock(self, action: Callable[[], T]) -> T:
        if self.parameters["AUTOCOMMIT"] != "true":
            self._transaction.begin()
        if self._transaction.is_open:
            return self._transaction.write(action)
        return self._transaction.autocommit(action)

    def _finish(self, end: Callable[[], None]) -> None:
        try:
            end()
        finally:
            self._shared.locks.release_all(self)

    def _lock(self, name: QualifiedName) -> None:
        if not self._temporaries.is_temporary(name):
            self._shared.locks.acquire(str(name), self, float(self.parameters["LOCK_TIMEOUT"]))

    def _target(self, statement: exp.Expression) -> QualifiedName:
        target = (
            statement.expressions[0] if isinstance(statement, exp.TruncateTable) else statement.this
        )
        return self._resolve(target.this if isinstance(target, exp.Schema) else target)

    def _tables(self, statement: exp.Expression) -> list[QualifiedName]:
        """The tables that a DDL statement changes, not those it reads."""
        if isinstance(statement, exp.Create | exp.Drop) and statement.kind != "TABLE":
            return []
        targets = statement.args.get("tables")
        if not targets:
            target = (
                statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
            )
            targets = [target]
        return sorted((self._resolve(t) for t in targets if isinstance(t, exp.Table)), key=str)

    def _comment(self, column_comments: comments.ColumnComments) -> Result:
        table = self._resolve(column_comments.table)
        for column, text in column_comments.by_column.items():
            name = ".".join(quote(part) for part in (*table.parts, column))
            sql = f"COMMENT ON COLUMN {name} IS {exp.Literal.string(text).sql(dialect='duckdb')}"
            self._ddl(exp.Alter(this=column_comments.table), partial(self._duck_conn.execute, sql))
        return self._query(SUCCESS, exp.Alter())

    def _alter_session(self, statement: exp.Alter) -> None:
        parameters.apply_alter_session(statement, self.parameters)

    def _action(self, sql: str, params: Any) -> Callable[[], Result]:
        def action() -> Result:
            cursor = self.cursor()
            cursor.execute(sql, binding_params=params, server=True)
            return self._result(cursor, statement_type_id(parse_one(sql)))

        return action

    def _query(self, duck_sql: str, statement: exp.Expression) -> Result:
        """Answers with a query of the emulator's own, in DuckDB's dialect."""
        table = self._duck_conn.execute(duck_sql).to_arrow_table()
        columns = [(d[0], str(d[1]), None, None, None, None) for d in self._duck_conn.description]
        return Result(describe_as_rowtype(columns), table, statement_type_id(statement))

    def _rows(self, table: pa.Table, statement: exp.Expression) -> Result:
        """Answers with rows of the emulator's own."""
        self._duck_conn.register("_ANSWER", table)
        try:
            return self._query('SELECT * FROM "_ANSWER"', statement)
        finally:
            self._duck_conn.unregister("_ANSWER")

    def _result(self, cursor: EmulatorCursor, statement_type: int) -> Result:
        columns = describe_as_rowtype(cursor._describe_last_sql())  # noqa: SLF001 - its subclass's
        return Result(columns, cursor._arrow_table, statement_type)  # noqa: SLF001

    def cursor(self, cursor_class: Any = None) -> EmulatorCursor:  # noqa: ARG002 - fakesnow's
        """A cursor on this session."""
        return EmulatorCursor(self, self._duck_conn, self._temporaries)

    def _resolve(self, table: exp.Table) -> QualifiedName:
        return resolve(table, self.database, self.schema)
