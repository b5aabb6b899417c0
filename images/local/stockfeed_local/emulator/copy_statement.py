"""Parses COPY INTO <table>. Snowflake's documentation: "COPY INTO <table>"."""

from dataclasses import dataclass
from typing import Any

from sqlglot import Expr, exp

from stockfeed_local.emulator.errors import sql_error, unsupported
from stockfeed_local.emulator.json_lines import COLUMNS, JsonFormat

MAX_FILES = 1000
ON_ERROR = ("ABORT_STATEMENT", "CONTINUE", "SKIP_FILE")


@dataclass(frozen=True)
class CopyStatement:
    """A load of JSON files from an internal stage.

    Attributes:
        target: The table.
        columns: Columns of the table to fill; empty means all.
        values: Expressions over `json_lines.COLUMNS`, one per column.
        reference: `@stage/path`.
        files: Names relative to the reference; empty means all files under it.
        pattern: Regular expression for the files' names; None means all files.
        on_error: One of ON_ERROR.
        force: Load files that were loaded before.
        file_format: Options of the JSON format.
    """

    target: exp.Table
    columns: tuple[exp.Identifier, ...]
    values: tuple[Expr, ...]
    reference: str
    files: tuple[str, ...]
    pattern: str | None
    on_error: str
    force: bool
    file_format: JsonFormat

    def insert(self, rows: str) -> exp.Insert:
        """Returns an INSERT from the relation `rows`, whose columns are `json_lines.COLUMNS`."""
        select = exp.select(*(value.copy() for value in self.values)).from_(
            exp.to_table(f'"{rows}"', dialect="duckdb")
        )
        into: Expr = self.target.copy()
        if self.columns:
            into = exp.Schema(this=into, expressions=[c.copy() for c in self.columns])
        return exp.Insert(this=into, expression=select)


def parse(statement: exp.Copy) -> CopyStatement:
    """Parses a COPY statement.

    Raises:
        ProgrammingError: An option is unknown, invalid, or not supported by the emulator.
    """
    options = {p.this.name.upper(): p for p in statement.args.get("params") or []}
    if unknown := options.keys() - {"FILE_FORMAT", "FILES", "PATTERN", "ON_ERROR", "FORCE"}:
        raise unsupported(f"COPY INTO … {', '.join(sorted(unknown))}")
    target = statement.this
    has_columns = isinstance(target, exp.Schema)
    reference, values = _source(statement.args["files"][0])
    return CopyStatement(
        target=target.this if has_columns else target,
        columns=tuple(target.expressions) if has_columns else (),
        values=values,
        reference=reference,
        files=_files(options.get("FILES")),
        pattern=options["PATTERN"].expression.name if "PATTERN" in options else None,
        on_error=_on_error(options.get("ON_ERROR")),
        force=_flag(options.get("FORCE")),
        file_format=_json_format(options.get("FILE_FORMAT")),
    )


def _source(source: Expr) -> tuple[str, tuple[Expr, ...]]:
    if not isinstance(source, exp.Subquery):
        return _reference(source), (exp.column(exp.to_identifier(COLUMNS[0], quoted=True)),)
    select = source.this
    if set(select.args) - {"expressions", "from_", "kind", "hint", "distinct"} and any(
        select.args.get(part) for part in ("where", "joins", "group", "order", "limit", "having")
    ):
        raise sql_error(
            "SQL compilation error:\nCOPY statement only supports simple SELECT from stage "
            "statements for import.",
            2098,
            "0A000",
        )
    values = tuple(_staged_columns(value) for value in select.expressions)
    return _reference(select.args["from_"].this), values


def _reference(source: Expr) -> str:
    text = source.this.name if isinstance(source.this, Expr) else str(source.this)
    if not text.startswith("@"):
        raise sql_error(
            f"SQL compilation error:\ninvalid URL prefix found in: '{text}'", 1011, "42601"
        )
    return text


def _staged_columns(value: Expr) -> Expr:
    """Turns `$1` and `METADATA$…`, with or without the stage's alias, into plain columns."""

    def plain(node: Expr) -> Expr:
        if isinstance(node, exp.Column) and node.name.upper() in COLUMNS[1:]:
            return exp.column(exp.to_identifier(node.name.upper(), quoted=True))
        parameter = node.this if isinstance(node, exp.Column) else node
        if isinstance(parameter, exp.Parameter):
            return _position(parameter)
        return node

    return value.copy().transform(plain)


def _position(parameter: exp.Parameter) -> Expr:
    if parameter.name != "1":
        raise unsupported(f"${parameter.name} of a JSON file, which has only $1")
    return exp.column(exp.to_identifier(COLUMNS[0], quoted=True))


def _files(option: Expr | None) -> tuple[str, ...]:
    files = tuple(literal.name for literal in option.find_all(exp.Literal)) if option else ()
    if len(files) > MAX_FILES:
        raise sql_error(
            f"SQL compilation error:\nFILES names {len(files)} files; the maximum is {MAX_FILES}.",
            1095,
            "22023",
        )
    return files


def _on_error(option: Expr | None) -> str:
    value = str(option.expression.name).upper() if option else ON_ERROR[0]
    if value not in ON_ERROR:
        raise unsupported(f"ON_ERROR = {value}")
    return value


def _flag(option: Expr | None) -> bool:
    return option is not None and bool(getattr(option.expression, "this", False))


def _json_format(option: Expr | None) -> JsonFormat:
    options: dict[str, Any] = {
        each.this.name.upper(): each.args["value"]
        for each in (option.expressions if option else [])
    }
    kind = options.pop("TYPE", None)
    if kind is None or kind.name.upper() != "JSON":
        raise unsupported("COPY INTO of a FILE_FORMAT other than (TYPE = JSON)")
    allow = options.pop("ALLOW_DUPLICATE", None)
    compression = options.pop("COMPRESSION", None)
    if options:
        raise unsupported(f"FILE_FORMAT option {', '.join(options)}")
    name = compression.name.upper() if compression else "AUTO"
    if name not in {"AUTO", "GZIP", "NONE"}:
        raise unsupported(f"COMPRESSION = {name}")
    return JsonFormat(allow_duplicate=bool(allow and allow.this), compression=name)
