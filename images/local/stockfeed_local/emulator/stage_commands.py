"""Parses and runs PUT, LIST and REMOVE.

sqlglot cannot parse them: it misreads `=` in a path, and AUTO_COMPRESS. Snowflake's documentation:
"PUT", "LIST", "REMOVE".
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa

from stockfeed_local.emulator.errors import sql_error, unsupported
from stockfeed_local.emulator.stage_catalog import StageCatalog
from stockfeed_local.emulator.stage_files import StagedFile, StageReference
from stockfeed_local.emulator.uploads import Upload

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
_LISTED = pa.schema(
    [
        ("name", pa.string()),
        ("size", pa.int64()),
        ("md5", pa.string()),
        ("last_modified", pa.string()),
    ]
)
_REMOVED = pa.schema([("name", pa.string()), ("result", pa.string())])


@dataclass(frozen=True)
class Put:
    """PUT: uploads local files to a stage.

    Attributes:
        source: The path on the client's machine, which may have wildcards.
        reference: `@stage/path`, a directory in the stage.
        parallel: Maximum number of concurrent uploads.
        auto_compress: Compress files that are not compressed.
        source_compression: Compression of the files, e.g. `gzip`, or `auto_detect`.
        overwrite: Replace files of the same name.
    """

    source: str
    reference: str
    parallel: int
    auto_compress: bool
    source_compression: str
    overwrite: bool


@dataclass(frozen=True)
class List:
    """LIST: shows the files of a stage whose names start with a path and match a pattern."""

    reference: str
    pattern: str | None


@dataclass(frozen=True)
class Remove:
    """REMOVE: deletes the files that LIST would show."""

    reference: str
    pattern: str | None


def parse(sql: str) -> Put | List | Remove | None:
    """Parses a stage command; returns None if the statement is another one.

    Raises:
        ProgrammingError: The stage command has a syntax error or is not supported.
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


def execute(command: Put | List | Remove, stages: StageCatalog) -> pa.Table | Upload:
    """Runs a stage command.

    Returns:
        The rows of the result; for PUT, the upload that the client may start.
    """
    reference = stages.reference(command.reference)
    if isinstance(command, Put):
        return _upload(command, reference)
    files = _files(stages, reference, command.pattern)
    if isinstance(command, List):
        rows = [_listed(file, reference) for file in files]
        return pa.Table.from_pylist(rows, schema=_LISTED)
    for file in files:
        stages.files.remove(file, reference.stage)
    names = [{"name": _display_name(file, reference), "result": "removed"} for file in files]
    return pa.Table.from_pylist(names, schema=_REMOVED)


def _upload(put: Put, reference: StageReference) -> Upload:
    return Upload(
        source=put.source,
        stage=reference.stage,
        path=reference.path,
        parallel=put.parallel,
        auto_compress=put.auto_compress,
        source_compression=put.source_compression,
        overwrite=put.overwrite,
    )


def _files(
    stages: StageCatalog, reference: StageReference, pattern: str | None
) -> list[StagedFile]:
    files = stages.files.files(reference)
    return [
        f for f in files if pattern is None or re.fullmatch(pattern, _display_name(f, reference))
    ]


def _listed(file: StagedFile, reference: StageReference) -> dict[str, object]:
    return {
        "name": _display_name(file, reference),
        "size": file.path.stat().st_size,
        "md5": file.etag(),
        "last_modified": file.last_modified(),
    }


def _display_name(file: StagedFile, reference: StageReference) -> str:
    return f"{reference.stage.name.lower()}/{file.name}"
