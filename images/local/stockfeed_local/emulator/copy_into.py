"""COPY INTO <table>: loads files of JSON lines from a stage.

Snowflake's documentation: "COPY INTO <table>" (FILES: a missing file is an error; ON_ERROR, FORCE,
the columns of the result) and "Querying metadata for staged files".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection

from stockfeed_local.emulator.copy_statement import CopyStatement
from stockfeed_local.emulator.errors import sql_error
from stockfeed_local.emulator.json_lines import LineError, ParsedFile, parse_file
from stockfeed_local.emulator.load_history import FileLoad, LoadHistory
from stockfeed_local.emulator.names import QualifiedName
from stockfeed_local.emulator.stage_files import StagedFile, StageFiles, StageReference

ROWS = "_STAGED_ROWS"
RESULT_SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("status", pa.string()),
        ("rows_parsed", pa.int64()),
        ("rows_loaded", pa.int64()),
        ("error_limit", pa.int64()),
        ("errors_seen", pa.int64()),
        ("first_error", pa.string()),
        ("first_error_line", pa.int64()),
        ("first_error_character", pa.int64()),
        ("first_error_column_name", pa.string()),
    ]
)
_HELP = (
    "If you would like to continue loading when an error is encountered, use other values such as "
    "'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading options, "
    "please run 'info loading_data' in a SQL client."
)


@dataclass(frozen=True)
class Copy:
    """One COPY, ready to run in the session's transaction.

    Args:
        statement: The parsed statement.
        table: Qualified name of the target table.
        source: The stage and the path of the files.
        files: The stages' files.
        insert: Inserts the rows of the relation ROWS into the table.
    """

    statement: CopyStatement
    table: QualifiedName
    source: StageReference
    files: StageFiles
    insert: Callable[[], None]

    def run(self, duck_conn: DuckDBPyConnection) -> list[FileLoad]:
        """Loads the files.

        Returns:
            The outcome for each file. A file that was loaded before is left out, unless the
            statement's FILES option names it.

        Raises:
            ProgrammingError: A file is missing, or it has an error and ON_ERROR is
                ABORT_STATEMENT. No file is loaded.
        """
        history = LoadHistory(duck_conn, self.table)
        loaded = {} if self.statement.force else history.loaded()
        found = self._find_files()
        new = [f for f in found if loaded.get(self._display_name(f)) != f.etag()]
        # Parses all files before it inserts the first row: after an error, no row may be inserted.
        parsed = [parse_file(file, self.statement.file_format) for file in new]
        loads = {p.file.name: self._outcome(p) for p in parsed}
        self._insert(duck_conn, [p for p in parsed if loads[p.file.name].rows_loaded])
        history.record(list(loads.values()))
        return [loads.get(f.name) or self._skipped(f) for f in found if self._is_reported(f, loads)]

    def _is_reported(self, file: StagedFile, loads: dict[str, FileLoad]) -> bool:
        return file.name in loads or bool(self.statement.files)

    def _find_files(self) -> list[StagedFile]:
        if self.statement.files:
            return [self._find_named(name) for name in dict.fromkeys(self.statement.files)]
        files = self.files.files(self.source)
        pattern = self.statement.pattern
        return [f for f in files if pattern is None or re.fullmatch(pattern, f.name)]

    def _find_named(self, name: str) -> StagedFile:
        path = f"{self.source.path.rstrip('/')}/{name}".lstrip("/")
        if (file := self.files.find(self.source.stage, path)) is None:
            raise sql_error(
                f"Remote file '{self._prefix()}{path}' was not found. There are several potential "
                "causes. The file might not exist. The required credentials may be missing or "
                "invalid. If you are running a copy command, please make sure files are not "
                "deleted when they are being loaded or files are not being loaded into two "
                "different tables concurrently with auto purge option.",
                91016,
                "22000",
            )
        return file

    def _outcome(self, parsed: ParsedFile) -> FileLoad:
        """Applies ON_ERROR to a parsed file."""
        rows, shown = parsed.rows.num_rows, self._display_name(parsed.file)
        mode = self.statement.on_error
        if parsed.error is None:
            return FileLoad(shown, parsed.etag, "LOADED", rows, rows, _limit(mode, rows), 0)
        if mode == "ABORT_STATEMENT":
            raise _aborted(shown, parsed.error, self.table)
        loaded = rows if mode == "CONTINUE" else 0
        return FileLoad(
            file=shown,
            etag=parsed.etag,
            status="PARTIALLY_LOADED" if loaded else "LOAD_FAILED",
            rows_parsed=rows + 1,
            rows_loaded=loaded,
            error_limit=_limit(mode, rows + 1),
            errors_seen=1,
            first_error=parsed.error.message,
            first_error_line=parsed.error.line,
            first_error_character=parsed.error.character,
            first_error_column_name=f'"{self.table.name}"["$1":1]',
        )

    def _insert(self, duck_conn: DuckDBPyConnection, parsed: Sequence[ParsedFile]) -> None:
        if parsed:
            duck_conn.register(ROWS, pa.concat_tables([p.rows for p in parsed]))
            try:
                self.insert()
            finally:
                duck_conn.unregister(ROWS)

    def _skipped(self, file: StagedFile) -> FileLoad:
        name, reason = self._display_name(file), "File was loaded before."
        return FileLoad(name, file.etag(), "LOAD_SKIPPED", 0, 0, None, 1, reason)

    def _display_name(self, file: StagedFile) -> str:
        return f"{self._prefix()}{file.name}"

    def _prefix(self) -> str:
        return f"{self.source.stage.name.lower()}/"


def result_table(loads: Sequence[FileLoad]) -> pa.Table:
    """Returns the result of COPY: one row per file, or a message if there was no file."""
    if not loads:
        return pa.table({"status": ["Copy executed with 0 files processed."]})
    rows = [{name: getattr(load, name) for name in RESULT_SCHEMA.names} for load in loads]
    return pa.Table.from_pylist(rows, schema=RESULT_SCHEMA)


def _limit(mode: str, rows: int) -> int:
    return rows if mode == "CONTINUE" else 1


def _aborted(shown: str, error: LineError, table: QualifiedName) -> Exception:
    return sql_error(
        f"{error.message}\n  File '{shown}', line {error.line}, character {error.character}\n"
        f'  Row {error.line}, column "{table.name}"["$1":1]\n  {_HELP}',
        100069,
        "22P02",
    )
