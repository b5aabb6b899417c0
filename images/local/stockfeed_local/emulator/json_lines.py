"""Parses files of JSON lines for COPY, up to the first invalid line.

Snowflake's documentation: "COPY INTO <table>", format type options of JSON (ALLOW_DUPLICATE: of
repeated names, only the last is kept; COMPRESSION) and ON_ERROR (JSON: the rows before a parsing
error can be loaded, the rest of the file cannot). JSON values that span lines are not supported.
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
"""Columns of a staged file that a COPY can select."""

_MARK = secrets.token_hex(16)
"""Separates lines that are parsed together; random, so that no line contains it."""


@dataclass(frozen=True)
class LineError:
    """An error in a file; line and character are counted from 1."""

    message: str
    line: int
    character: int


@dataclass(frozen=True)
class ParsedFile:
    """A file's rows up to its first error.

    Attributes:
        file: The file.
        etag: MD5 of its bytes.
        rows: A table with the columns COLUMNS.
        error: The first error; None if the file is valid.
    """

    file: StagedFile
    etag: str
    rows: pa.Table
    error: LineError | None


@dataclass(frozen=True)
class JsonFormat:
    """Options of FILE_FORMAT = (TYPE = JSON …).

    Attributes:
        allow_duplicate: Accept repeated names in an object.
        compression: `AUTO`, `GZIP` or `NONE`.
    """

    allow_duplicate: bool
    compression: str


def parse_file(file: StagedFile, file_format: JsonFormat) -> ParsedFile:
    """Parses a file."""
    rows, error = _Rows([], []), None
    try:
        rows = _rows(file, file_format.compression)
        if not _are_valid(rows.lines):
            rows, error = _rows_before_error(rows, allow_duplicate=file_format.allow_duplicate)
    except (OSError, EOFError, zlib.error, igzip.BadGzipFile) as invalid:
        error = LineError(f"Invalid compressed data: {invalid}", 1, 0)
    return ParsedFile(file, file.etag(), _table(file.name, rows), error)


@dataclass(frozen=True)
class _Rows:
    """Lines that are not blank, and their line numbers in the file."""

    lines: list[bytes]
    numbers: list[int]


def _rows(file: StagedFile, compression: str) -> _Rows:
    numbered = [(n, line) for n, line in enumerate(_lines(file, compression), 1) if line.strip()]
    return _Rows([line for _, line in numbered], [n for n, _ in numbered])


def _are_valid(lines: list[bytes]) -> bool:
    """Returns True only if each line is one JSON value without repeated names.

    Parses all lines in one call, for speed. The marks between the lines prove that each line is
    exactly one value. A repeated name is detected by its colon, which is lost when the values are
    serialized again. False means only that the lines must be checked one by one.
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


def _rows_before_error(rows: _Rows, *, allow_duplicate: bool) -> tuple[_Rows, LineError | None]:
    valid = _Rows([], [])
    for number, line in zip(rows.numbers, rows.lines, strict=True):
        try:
            valid.lines.append(_checked(line, number, allow_duplicate=allow_duplicate))
        except _InvalidLineError as error:
            return valid, error.error
        valid.numbers.append(number)
    return valid, None


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


class _InvalidLineError(Exception):
    def __init__(self, error: LineError) -> None:
        super().__init__(error.message)
        self.error = error


def _checked(line: bytes, number: int, *, allow_duplicate: bool) -> bytes:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as error:
        message = f"Error parsing JSON: {error.msg}"
        raise _InvalidLineError(LineError(message, number, error.pos + 1)) from error
    return line if _are_valid([line]) else _without_repeated(line, number, allow=allow_duplicate)


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
        raise _InvalidLineError(LineError(message, number, 1))
    return orjson.dumps(value)
