"""PUT, LIST and REMOVE, parsed: sqlglot takes `=` in a path, or AUTO_COMPRESS, for something else.

Snowflake's documentation: "PUT", "LIST", "REMOVE".
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from stockfeed_local.emulator.errors import sql_error, unsupported

_REFERENCE = r"(?:'@(?:[^']|'')*'|@[^\s;]+)"
_PUT = re.compile(
    rf"\s*PUT\s+(?P<file>'file://(?:[^']|'')*'|file://[^\s;]+)\s+(?P<reference>{_REFERENCE})"
    r"(?P<options>(?:\s+\w+\s*=\s*\w+)*)\s*;?\s*",
    re.IGNORECASE,
)
_LIST_OR_REMOVE = re.compile(
    rf"\s*(?P<verb>LIST|LS|REMOVE|RM)\s+(?P<reference>{_REFERENCE})"
    r"(?:\s+PATTERN\s*=\s*'(?P<pattern>[^']*)')?\s*;?\s*",
    re.IGNORECASE,
)
_VERB = re.compile(r"\s*(PUT|LIST|LS|REMOVE|RM|GET)\s", re.IGNORECASE)


@dataclass(frozen=True)
class Put:
    """PUT: the client sends local files to a stage.

    Attributes:
        source: The client's path, with wildcards.
        reference: `@stage/path`, a directory of the stage.
        parallel: Uploads at once.
    """

    source: str
    reference: str
    parallel: int
    auto_compress: bool
    source_compression: str
    overwrite: bool


@dataclass(frozen=True)
class List:
    """LIST: the files of a stage whose names begin with a path and match a pattern."""

    reference: str
    pattern: str | None


@dataclass(frozen=True)
class Remove:
    """REMOVE: deletes what LIST would show."""

    reference: str
    pattern: str | None


def parse(sql: str) -> Put | List | Remove | None:
    """The stage command in a statement, if it is one.

    Raises:
        ProgrammingError: It is one, but cannot be understood.
    """
    if _VERB.match(sql) is None:
        return None
    if match := _PUT.fullmatch(sql):
        return _put(match)
    if match := _LIST_OR_REMOVE.fullmatch(sql):
        kind = List if match["verb"].upper() in {"LIST", "LS"} else Remove
        return kind(_unquoted(match["reference"]), match["pattern"])
    raise sql_error(f"SQL compilation error:\nsyntax error in '{sql.strip()}'.", 1003, "42000")


def _put(match: re.Match[str]) -> Put:
    options = {k.upper(): v.upper() for k, v in re.findall(r"(\w+)\s*=\s*(\w+)", match["options"])}
    put = Put(
        source=unquote(_unquoted(match["file"])).removeprefix("file://"),
        reference=_unquoted(match["reference"]),
        parallel=int(options.pop("PARALLEL", "4")),
        auto_compress=options.pop("AUTO_COMPRESS", "TRUE") == "TRUE",
        source_compression=options.pop("SOURCE_COMPRESSION", "AUTO_DETECT").lower(),
        overwrite=options.pop("OVERWRITE", "FALSE") == "TRUE",
    )
    if options:
        raise unsupported(f"PUT … {', '.join(options)}")
    return put


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text
