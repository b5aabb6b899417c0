"""Files of JSON lines as COPY reads them: which rows are good, and where the first bad one is.

Snowflake's documentation: "COPY INTO <table>", format type options of JSON (ALLOW_DUPLICATE:
only the last of repeated names is kept; COMPRESSION) and ON_ERROR (JSON: the rows before a parsing
error can be loaded, the rest of its file cannot). A JSON value over several lines is not supported.
"""

import json
import secrets
import zlib
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
from isal import igzip

from stockfeed_local.emulator.stage_files import StagedFile

COLUMNS = ("$1", "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER")


_MARK = secrets.token_hex(16)
"""Between lines that are parsed together: no line holds it."""


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
    rows, error = _Rows([], []), None
    try:
        rows = _rows(file, file_format.compression)
        if not _are_good(rows.lines):
            rows, error = _up_to_error(rows, allow_duplicate=file_format.allow_duplicate)
    except (OSError, EOFError, zlib.error, igzip.BadGzipFile) as broken:
        error = LineError(f"Invalid compressed data: {broken}", 1, 0)
    return ParsedFile(file, file.etag(), _table(file.name, rows), error)


@dataclass(frozen=True)
class _Rows:
    """Lines that are not blank, and their numbers in the file."""

    lines: list[bytes]
    numbers: list[int]


def _rows(file: StagedFile, compression: str) -> _Rows:
    numbered = [(n, line) for n, line in enumerate(_lines(file, compression), 1) if line.strip()]
    return _Rows([line for _, line in numbered], [n for n, _ in numbered])


def _are_good(lines: list[bytes]) -> bool:
    """Whether each line is a JSON value without repeated names; in a few calls, for speed.

    The marks between the lines show that each is one value. Each name has a colon: one that
    vanished was repeated. False means only that the lines must be looked at one by one.
    """
    try:
        values = orjson.loads(b"[" + f',"{_MARK}",'.encode().join(lines) + b"]")
    except orjson.JSONDecodeError:
        return False
    if len(values) != max(2 * len(lines) - 1, 0) or any(v != _MARK for v in values[1::2]):
        return False
    colons = sum(line.count(b":") for line in lines)
    has_escaped = any(b"\\u003a" in line or b"\\u003A" in line for line in lines)
    return not has_escaped and orjson.dumps(values).count(b":") == colons


def _up_to_error(rows: _Rows, *, allow_duplicate: bool) -> tuple[_Rows, LineError | None]:
    good = _Rows([], [])
    for number, line in zip(rows.numbers, rows.lines, strict=True):
        try:
            good.lines.append(_checked(line, number, allow_duplicate=allow_duplicate))
        except _BadLineError as bad:
            return good, bad.error
        good.numbers.append(number)
    return good, None


def _lines(file: StagedFile, compression: str) -> list[bytes]:
    data = file.path.read_bytes()
    if compression == "GZIP" or (compression == "AUTO" and file.name.endswith(".gz")):
        data = igzip.decompress(data) if data else b""  # type: ignore[no-untyped-call]  # no types
    return data.split(b"\n")


def _table(name: str, rows: _Rows) -> pa.Table:
    text = pa.array(rows.lines, type=pa.binary()).view(pa.string())
    value = pa.ExtensionArray.from_storage(pa.json_(pa.string()), text)
    numbers = pa.array(rows.numbers, type=pa.int64())
    columns = (value, pa.repeat(name, len(rows.lines)), numbers)
    return pa.table(dict(zip(COLUMNS, columns, strict=True)))


class _BadLineError(Exception):
    def __init__(self, error: LineError) -> None:
        super().__init__(error.message)
        self.error = error


def _checked(line: bytes, number: int, *, allow_duplicate: bool) -> bytes:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as bad:
        message = f"Error parsing JSON: {bad.msg}"
        raise _BadLineError(LineError(message, number, bad.pos + 1)) from bad
    return line if _are_good([line]) else _without_repeated(line, number, allow=allow_duplicate)


def _without_repeated(line: bytes, number: int, *, allow: bool) -> bytes:
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
    if not allow:
        message = f'Error parsing JSON: duplicate object attribute "{repeated[0]}"'
        raise _BadLineError(LineError(message, number, 1))
    return orjson.dumps(value)
