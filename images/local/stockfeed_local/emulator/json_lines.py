"""Files of JSON lines as COPY reads them: which rows are good, and where the first bad one is.

Snowflake's documentation: "COPY INTO <table>", format type options of JSON (ALLOW_DUPLICATE:
only the last of repeated names is kept; COMPRESSION) and ON_ERROR (JSON: the rows before a parsing
error can be loaded, the rest of its file cannot). A JSON value over several lines is not supported.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
from isal import igzip

from stockfeed_local.emulator.stages import StagedFile

COLUMNS = ("$1", "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER")


@dataclass(frozen=True)
class LineError:
    """What is wrong in a file; line and character count from 1."""

    message: str
    line: int
    character: int


@dataclass(frozen=True)
class ParsedFile:
    """A file's rows up to its first error.

    Attributes:
        rows: Columns as in COLUMNS.
        error: The first one, if any.
    """

    file: StagedFile
    etag: str
    rows: pa.Table
    error: LineError | None


@dataclass(frozen=True)
class JsonFormat:
    """FILE_FORMAT = (TYPE = JSON …)."""

    allow_duplicate: bool
    compression: str


def parse_file(file: StagedFile, file_format: JsonFormat) -> ParsedFile:
    """Reads a file."""
    lines: list[bytes] = []
    numbers: list[int] = []
    error: LineError | None = None
    try:
        for number, line in enumerate(_lines(file, file_format.compression), start=1):
            if line and not line.isspace():
                lines.append(_checked(line, number, allow_duplicate=file_format.allow_duplicate))
                numbers.append(number)
    except _BadLineError as bad:
        error = bad.error
    except (OSError, EOFError, zlib.error, igzip.BadGzipFile) as broken:
        error = LineError(f"Invalid compressed data: {broken}", 1, 0)
    return ParsedFile(file, file.etag(), _table(file.name, lines, numbers), error)


def _lines(file: StagedFile, compression: str) -> list[bytes]:
    data = file.path.read_bytes()
    if compression == "GZIP" or (compression == "AUTO" and file.name.endswith(".gz")):
        data = igzip.decompress(data) if data else b""
    return data.split(b"\n")


def _table(name: str, lines: list[bytes], numbers: list[int]) -> pa.Table:
    text = pa.array(lines, type=pa.binary()).view(pa.string())
    value = pa.ExtensionArray.from_storage(pa.json_(pa.string()), text)
    rows = pa.array(numbers, type=pa.int64())
    return pa.table(dict(zip(COLUMNS, (value, pa.repeat(name, len(lines)), rows), strict=True)))


class _BadLineError(Exception):
    def __init__(self, error: LineError) -> None:
        super().__init__(error.message)
        self.error = error


def _checked(line: bytes, number: int, *, allow_duplicate: bool) -> bytes:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as bad:
        message = f"Error parsing JSON: {bad.msg}"
        raise _BadLineError(LineError(message, number, bad.pos + 1)) from bad
    # Each name has a colon after it; a name that vanished was repeated.
    if _names(value) == line.count(b":"):
        return line
    return _without_repeated(line, number, allow_duplicate=allow_duplicate)


def _names(value: Any) -> int:
    if isinstance(value, dict):
        nested = sum(_names(v) for v in value.values() if isinstance(v, dict | list))
        return len(value) + nested
    if isinstance(value, list):
        return sum(_names(v) for v in value if isinstance(v, dict | list))
    return 0


def _without_repeated(line: bytes, number: int, *, allow_duplicate: bool) -> bytes:
    repeated: list[str] = []

    def last_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(name for name in found if names.count(name) > 1)
        return found

    def as_written(number_text: str) -> orjson.Fragment:
        return orjson.Fragment(number_text)

    value = json.loads(
        line, object_pairs_hook=last_of_each, parse_float=as_written, parse_int=as_written
    )
    if not repeated:
        return line
    if not allow_duplicate:
        message = f'Error parsing JSON: duplicate object attribute "{repeated[0]}"'
        raise _BadLineError(LineError(message, number, 1))
    return orjson.dumps(value)
