"""The table of the pipeline's statements in docs/snowflake.md."""

from collections.abc import Iterable

from generator.statements.privileges import Judged, Need

_BEGIN, _END = "<!-- statements: begin -->\n", "<!-- statements: end -->\n"
_HEAD = """\
| command | sent by | on | grant that it needs | warehouse |
|---|---|---|---|---|
"""


def rendered(found: Iterable[Judged], granted: frozenset[Need]) -> str:
    """Renders the table: a row per command, with the granted privileges that it needs."""
    rows: dict[tuple[str, str], list[Judged]] = {}
    for one in found:
        rows.setdefault((one.demand.command, one.demand.page), []).append(one)
    return _HEAD + "".join(_row(*key, rows[key], granted) for key in sorted(rows))


def put_in(page: str, table: str) -> str:
    """Returns the page with its table replaced."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + table + _END + after


def _row(command: str, page: str, found: list[Judged], granted: frozenset[Need]) -> str:
    senders = sorted({one.statement.step.rpartition(": ")[2] for one in found})
    objects = sorted({_shown(need) for one in found for need in one.demand.needs} - {""})
    asked = sorted({_granted(need) for one in found for need in one.grants & granted} - {""})
    computes = any(need.kind == "WAREHOUSE" for one in found for need in one.demand.needs)
    cells = [
        f"[`{command}`]({page})",
        ", ".join(senders),
        ", ".join(objects) or "-",
        ", ".join(asked) or "-",
        "yes" if computes else "no",
    ]
    return f"| {' | '.join(cells)} |\n"


def _shown(need: Need) -> str:
    """Names the loader's tables; of dbt's many models only the schema."""
    if need.kind == "WAREHOUSE":
        return ""
    _, _, within = need.name.partition(".")
    schema, _, name = within.partition(".")
    if not schema:
        return need.name if need.privilege != "USAGE" else ""
    if not name:
        return "" if need.privilege == "USAGE" else schema
    return f"{schema}.{name}" if schema == "RAW" else f"{schema}.*"


def _granted(need: Need) -> str:
    return "" if need.privilege == "USAGE" else f"{need.privilege} on {need.name}"
