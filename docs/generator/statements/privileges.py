"""The privileges that the pipeline's statements need.

The source is Snowflake's SQL reference: section "Access control requirements" of each command's
page. A statement of unknown shape is an error: look up its privileges there and add it here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import sqlglot
from sqlglot import Expr, exp

from generator.statements.recorder import Statement

WAREHOUSE = "STOCKFEED"
"""The warehouse that setup.sql creates; the emulator has none, so sessions do not name theirs."""

_REFERENCE = "https://docs.snowflake.com/en/sql-reference"


class UnknownStatementError(Exception):
    """The statement has a shape that this module does not cover; the message is its text."""


@dataclass(frozen=True, order=True)
class Need:
    """A privilege on an object; `name` is qualified, in upper case."""

    privilege: str
    kind: str
    name: str


@dataclass(frozen=True)
class Demand:
    """A statement's command and the privileges that it needs.

    Attributes:
        command: its name in Snowflake's reference.
        page: URL of its documentation.
        needs: the privileges, whoever owns the objects.
        creates: the object that it creates, which the role then owns; None if it creates none.
        if_exists: whether the command succeeds without the object, and so needs no privilege on it.
    """

    command: str
    page: str
    needs: frozenset[Need] = field(default=frozenset())
    creates: str | None = None
    if_exists: bool = False


def demand(statement: Statement) -> Demand:
    """Returns the privileges that a statement needs.

    Raises:
        UnknownStatementError: this module does not cover its shape.
    """
    bare = re.sub(r"/\*.*?\*/|--[^\n]*", " ", statement.text, flags=re.DOTALL)
    text = " ".join(bare.replace(";", " ").split())
    for pattern, meaning in _PLAIN:
        if (match := re.fullmatch(pattern, text, re.IGNORECASE)) is not None:
            return meaning(match, statement)
    try:
        tree = sqlglot.parse_one(statement.text, dialect="snowflake")
    except sqlglot.ParseError as error:
        raise UnknownStatementError(statement.text) from error
    for kind, read in _PARSED:
        if isinstance(tree, kind):
            return read(tree, statement)
    raise UnknownStatementError(statement.text)


def _page(name: str) -> str:
    return f"{_REFERENCE}/sql/{name}"


def _place(name: str) -> frozenset[Need]:
    """Returns USAGE on the object's database and schema."""
    database, schema, _ = name.split(".")
    return frozenset(
        {Need("USAGE", "DATABASE", database), Need("USAGE", "SCHEMA", f"{database}.{schema}")}
    )


def _on(name: str, kind: str, *privileges: str) -> frozenset[Need]:
    return _place(name) | {Need(privilege, kind, name) for privilege in privileges}


def _computed() -> frozenset[Need]:
    return frozenset({Need("USAGE", "WAREHOUSE", WAREHOUSE)})


def _qualified(name: str, statement: Statement) -> str:
    parts = name.upper().split(".")
    return ".".join([statement.database, statement.schema, *parts][-3:])


# Commands that sqlglot does not parse, or only in part.


def _session(page: str) -> Callable[[re.Match[str], Statement], Demand]:
    return lambda match, _: Demand(_words(match[0]), _page(page))


def _words(text: str) -> str:
    return " ".join(re.findall(r"^\w+(?: SESSION(?: SET \w+)?)?", text, re.IGNORECASE)).upper()


def _put(match: re.Match[str], statement: Statement) -> Demand:
    stage = _qualified(match["stage"], statement)
    return Demand("PUT", _page("put"), _on(stage, "STAGE", "READ", "WRITE"))


def _list(match: re.Match[str], statement: Statement) -> Demand:
    stage = _qualified(match["stage"], statement)
    return Demand("LIST", _page("list"), _on(stage, "STAGE", "READ"))


def _remove(match: re.Match[str], statement: Statement) -> Demand:
    stage = _qualified(match["stage"], statement)
    return Demand("REMOVE", _page("remove"), _on(stage, "STAGE", "WRITE"))


def _copy(match: re.Match[str], statement: Statement) -> Demand:
    stage = _qualified(match["stage"], statement)
    table = _qualified(match["table"], statement)
    needs = _on(stage, "STAGE", "READ") | _on(table, "TABLE", "INSERT", "SELECT") | _computed()
    return Demand("COPY INTO <table>", _page("copy-into-table"), needs)


def _show_schemas(match: re.Match[str], _: Statement) -> Demand:
    needs = frozenset({Need("USAGE", "DATABASE", match["database"].upper())})
    return Demand("SHOW SCHEMAS", _page("show-schemas"), needs)


def _show_objects(match: re.Match[str], _: Statement) -> Demand:
    return Demand("SHOW OBJECTS", _page("show-objects"), _place(f"{match['schema']}.".upper()))


_STAGE = r"@(?P<stage>[\w.]+)"
_PLAIN: tuple[tuple[str, Callable[[re.Match[str], Statement], Demand]], ...] = (
    ("BEGIN", _session("begin")),
    ("COMMIT", _session("commit")),
    ("ROLLBACK", _session("rollback")),
    (r"ALTER SESSION SET \w+ ?= ?('[^']*'|\w+)", _session("alter-session")),
    (rf"PUT '[^']*' '{_STAGE}/[^']*'( \w+ ?= ?\w+)*", _put),
    (rf"LIST {_STAGE}(/\S*)?", _list),
    (rf"REMOVE {_STAGE}/\S*", _remove),
    (rf"COPY INTO (?P<table>[\w.]+) .* FROM {_STAGE}/\S*\) FILES = .*", _copy),
    (r"SHOW TERSE SCHEMAS IN DATABASE (?P<database>\w+)( LIMIT \d+)?", _show_schemas),
    (r"SHOW OBJECTS IN (?P<schema>\w+\.\w+)( LIMIT \d+)?", _show_objects),
)


# Commands that sqlglot parses.


def _name(table: exp.Table, statement: Statement) -> str:
    parts = [part for part in (table.catalog, table.db, table.name) if part]
    return _qualified(".".join(parts), statement)


def _read(tree: Expr, statement: Statement) -> frozenset[Need]:
    """Returns SELECT on each table and view that a part of a statement reads."""
    ctes = {cte.alias.upper() for cte in tree.root().find_all(exp.CTE)}
    needs: frozenset[Need] = frozenset()
    for table in tree.find_all(exp.Table):
        plain = isinstance(table.this, exp.Identifier)
        if plain and not (table.name.upper() in ctes and not table.db):
            needs |= _on(_name(table, statement), "TABLE", "SELECT")
    return needs


def _query(tree: exp.Query, statement: Statement) -> Demand:
    return Demand("SELECT", f"{_REFERENCE}/constructs/from", _read(tree, statement) | _computed())


def _target(tree: Expr, statement: Statement) -> str:
    places = tree.args.get("tables") or [tree.this]
    found = [place.find(exp.Table) for place in places]
    if len(found) != 1 or found[0] is None:
        raise UnknownStatementError(statement.text)
    return _name(found[0], statement)


def _insert(tree: exp.Insert, statement: Statement) -> Demand:
    needs = _on(_target(tree, statement), "TABLE", "INSERT") | _read(tree.expression, statement)
    return Demand("INSERT", _page("insert"), needs | _computed())


def _update(tree: exp.Update, statement: Statement) -> Demand:
    needs = _on(_target(tree, statement), "TABLE", "UPDATE") | _read(tree, statement)
    return Demand("UPDATE", _page("update"), needs | _computed())


def _delete(tree: exp.Delete, statement: Statement) -> Demand:
    needs = _on(_target(tree, statement), "TABLE", "DELETE") | _read(tree, statement)
    return Demand("DELETE", _page("delete"), needs | _computed())


def _merge(tree: exp.Merge, statement: Statement) -> Demand:
    kinds = {type(when.args["then"]): when for when in tree.args["whens"].expressions}
    writes = {exp.Insert: "INSERT", exp.Update: "UPDATE"}
    if unknown := set(kinds) - set(writes):
        raise UnknownStatementError(f"{unknown}: {statement.text}")
    needs = _on(_target(tree, statement), "TABLE", *(writes[kind] for kind in kinds))
    return Demand("MERGE", _page("merge"), needs | _read(tree, statement) | _computed())


def _create(tree: exp.Create, statement: Statement) -> Demand:
    kind = str(tree.kind).upper()
    if kind == "SCHEMA":
        database = tree.this.catalog.upper() or statement.database
        needs = frozenset({Need("USAGE", "DATABASE", database)})
        needs |= {Need("CREATE SCHEMA", "DATABASE", database)}
        return Demand("CREATE SCHEMA", _page("create-schema"), needs)
    if kind not in {"TABLE", "VIEW", "STAGE"}:
        raise UnknownStatementError(statement.text)
    return _create_in_schema(tree, statement, kind, _target(tree, statement))


def _create_in_schema(tree: exp.Create, statement: Statement, kind: str, name: str) -> Demand:
    needs = _place(name)
    temporary = any(isinstance(p, exp.TemporaryProperty) for p in tree.find_all(exp.Property))
    # Documented for temporary tables only, not for temporary views.
    if not (temporary and kind == "TABLE"):
        needs |= {Need(f"CREATE {kind}", "SCHEMA", name.rpartition(".")[0])}
    if tree.args.get("replace"):
        needs |= {Need("OWNERSHIP", kind, name)}
    if tree.expression is not None:
        needs |= _read(tree.expression, statement)
        needs |= _computed() if kind == "TABLE" else frozenset()
    words = ["CREATE", *(["TEMPORARY"] if temporary else []), kind]
    words += ["AS SELECT"] if tree.expression is not None and kind == "TABLE" else []
    return Demand(" ".join(words), _page(f"create-{kind.lower()}"), needs, creates=name)


def _drop(tree: exp.Drop, statement: Statement) -> Demand:
    kind, name = str(tree.kind).upper(), _target(tree, statement)
    if kind not in {"TABLE", "VIEW"}:
        raise UnknownStatementError(statement.text)
    exists = bool(tree.args.get("exists"))
    needs = _on(name, kind, "OWNERSHIP")
    return Demand(f"DROP {kind}", _page(f"drop-{kind.lower()}"), needs, if_exists=exists)


def _alter(tree: exp.Alter, statement: Statement) -> Demand:
    if str(tree.kind).upper() != "TABLE":
        raise UnknownStatementError(statement.text)
    needs = _on(_target(tree, statement), "TABLE", "OWNERSHIP")
    return Demand("ALTER TABLE", _page("alter-table"), needs)


def _describe(tree: exp.Describe, statement: Statement) -> Demand:
    return Demand("DESCRIBE TABLE", _page("desc-table"), _read(tree, statement))


def _use(tree: exp.Use, statement: Statement) -> Demand:
    if str(tree.args.get("kind")).upper() != "SCHEMA":
        raise UnknownStatementError(statement.text)
    name = ".".join(part for part in (tree.this.db, tree.this.name) if part)
    return Demand("USE SCHEMA", _page("use-schema"), _place(_qualified(f"{name}.", statement)))


_PARSED: tuple[tuple[type[Expr], Callable[..., Demand]], ...] = (
    (exp.Query, _query),
    (exp.Insert, _insert),
    (exp.Update, _update),
    (exp.Delete, _delete),
    (exp.Merge, _merge),
    (exp.Create, _create),
    (exp.Drop, _drop),
    (exp.Alter, _alter),
    (exp.Describe, _describe),
    (exp.Use, _use),
)


@dataclass(frozen=True)
class Judged:
    """A statement with its privileges; `grants` are those that ownership does not imply."""

    statement: Statement
    demand: Demand
    grants: frozenset[Need]


def judged(statements: list[Statement]) -> Iterator[Judged]:
    """Determines which grants the statements need, run in this order by one role.

    A role needs no grant on an object that it created.

    Raises:
        UnknownStatementError: see `demand`.
    """
    owned: set[str] = set()
    for statement in statements:
        wanted = demand(statement)
        known = wanted.creates is None or wanted.creates in owned
        open_ = {
            need
            for need in wanted.needs
            if need.name not in owned
            # Replacing or dropping an object that does not exist needs no privilege on it.
            and not (need.privilege == "OWNERSHIP" and (not known or wanted.if_exists))
        }
        if wanted.creates is not None:
            owned.add(wanted.creates)
        yield Judged(statement, wanted, frozenset(open_))
