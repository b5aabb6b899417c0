"""dbt_stocks/setup.sql, parsed by SQLFluff.

SQLFluff's Snowflake grammar rejects statements that it cannot parse. sqlglot would not do: it
accepts them as a `Command`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from sqlfluff.core import FluffConfig, Linter

from generator.statements.privileges import Need

FILE = Path(__file__).parents[3] / "dbt_stocks" / "setup.sql"

_GRANT = re.compile(
    r"GRANT (?P<privileges>[A-Z, ]+) ON (?P<kind>WAREHOUSE|DATABASE|SCHEMA) (?P<name>[\w.]+)"
    r" TO ROLE (?P<role>\w+)"
)


class SyntaxProblems(Exception):  # noqa: N818 - one for all problems
    """SQL that the grammar cannot parse; the message has a line for each problem."""


def statements(text: str) -> list[str]:
    """Returns the statements of a script, without comments and with whitespace collapsed.

    Raises:
        SyntaxProblems: the script is not valid in Snowflake's dialect.
    """
    config = FluffConfig(overrides={"dialect": "snowflake"})
    parsed = Linter(config=config).parse_string(text, fname="<text>")
    if parsed.violations or parsed.tree is None:
        raise SyntaxProblems("\n".join(str(problem.desc()) for problem in parsed.violations))
    found = parsed.tree.recursive_crawl("statement", recurse_into=False)
    return [" ".join(_code(statement.raw_segments)) for statement in found]


def _code(segments: Sequence[object]) -> list[str]:
    words: list[str] = [""]
    for segment in segments:
        if segment.is_code:  # type: ignore[attr-defined]
            words[-1] += segment.raw  # type: ignore[attr-defined]
        elif words[-1]:
            words.append("")
    return [word for word in words if word]


def grants(script: Sequence[str], role: str) -> frozenset[Need]:
    """Returns the privileges that a script's statements grant to a role."""
    needs: set[Need] = set()
    for statement in script:
        match = _GRANT.fullmatch(statement)
        if match is not None and match["role"] == role:
            privileges = [privilege.strip() for privilege in match["privileges"].split(",")]
            needs |= {Need(privilege, match["kind"], match["name"]) for privilege in privileges}
    return frozenset(needs)


def granted() -> frozenset[Need]:
    """Returns the privileges that setup.sql grants to the pipeline's role."""
    return grants(statements(FILE.read_text()), "STOCKFEED")
