"""Snowflake's documentation: "COPY INTO <table>", ALLOW_DUPLICATE, COMPRESSION and ON_ERROR."""

import gzip
from pathlib import Path

import pytest

from stockfeed_local.emulator.json_lines import JsonFormat, LineError, ParsedFile, parse_file
from stockfeed_local.emulator.stage_files import StagedFile

ANY = JsonFormat(allow_duplicate=True, compression="AUTO")


def parse(
    directory: Path, data: bytes, file_format: JsonFormat = ANY, name: str = "f.json"
) -> ParsedFile:
    path = directory / name
    path.write_bytes(data)
    return parse_file(StagedFile(f"b1/{name}", path), file_format)


def values(parsed: ParsedFile) -> list[str]:
    texts: list[str] = parsed.rows.column("$1").combine_chunks().storage.to_pylist()
    return texts


def test_numbers_keep_all_digits(tmp_path: Path) -> None:
    line = '{"c":187.42000,"o":0.1234567890123456789,"t":1713456789,"s":"a:b"}'
    assert values(parse(tmp_path, line.encode())) == [line]


def test_rows_have_file_name_and_line_number(tmp_path: Path) -> None:
    rows = parse(tmp_path, b'{"a":1}\n\n  \n{"a":2}\n').rows
    assert rows.column("METADATA$FILENAME").to_pylist() == ["b1/f.json"] * 2
    assert rows.column("METADATA$FILE_ROW_NUMBER").to_pylist() == [1, 4]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('{"a":1,"a":2.50}', '{"a":2.50}'),
        ('{"a":{"b":1,"c":7,"b":3}}', '{"a":{"b":3,"c":7}}'),
        ('[{"a":1},{"a":1,"a":2}]', '[{"a":1},{"a":2}]'),
        ('{"a\\u003a":1,"a":1,"a":2}', '{"a:":1,"a":2}'),
        ('{"a":1,"\\u0061":2}', '{"a":2}'),
        ('{"a":"x:y","b":":"}', '{"a":"x:y","b":":"}'),
        ('{"a:":1}', '{"a:":1}'),
        ('{"a":"\\u003a"}', '{"a":"\\u003a"}'),
    ],
)
def test_allow_duplicate_keeps_the_last_value(tmp_path: Path, line: str, kept: str) -> None:
    assert values(parse(tmp_path, line.encode())) == [kept]


def test_repeated_name_is_an_error_by_default(tmp_path: Path) -> None:
    strict = JsonFormat(allow_duplicate=False, compression="AUTO")
    parsed = parse(tmp_path, b'{"a":1}\n{"b":1,"b":2}\n', strict)
    assert values(parsed) == ['{"a":1}']
    assert parsed.error == LineError('Error parsing JSON: duplicate object attribute "b"', 2, 1)


@pytest.mark.parametrize(
    "bad",
    [
        b"{bad",
        b'{"a":1',
        b"\xff\xfe",
        b'{"a":1},{"b":2}',
        b'{"a":1}]',
        b'{"a":"\xff"}',
        b'{"a":[{"x":1}\n{"y":2}]}',
        b"nul",
    ],
)
def test_rows_before_the_first_invalid_line_are_kept(tmp_path: Path, bad: bytes) -> None:
    parsed = parse(tmp_path, b'{"a":1}\n' + bad + b'\n{"a":3}\n')
    assert values(parsed) == ['{"a":1}']
    assert parsed.error is not None
    assert parsed.error.line == 2
    assert parsed.error.message.startswith("Error parsing JSON: ")


def test_value_split_across_lines_is_an_error(tmp_path: Path) -> None:
    """The number of values may equal the number of lines although one value spans two lines."""
    parsed = parse(tmp_path, b'{"a":[{"x":1}\n{"y":2}]}\n{"a":1},null,{"b":2}\n')
    assert parsed.error is not None
    assert parsed.error.line == 1


@pytest.mark.parametrize("data", [b"", b"\n", gzip.compress(b"", mtime=0)])
def test_empty_file_has_no_rows(tmp_path: Path, data: bytes) -> None:
    name = "f.json.gz" if data[:2] == b"\x1f\x8b" else "f.json"
    parsed = parse(tmp_path, data, name=name)
    assert (parsed.rows.num_rows, parsed.error) == (0, None)


@pytest.mark.parametrize(
    ("compression", "name"), [("GZIP", "f"), ("AUTO", "f.jsonl.gz"), ("GZIP", "f.gz")]
)
def test_gzip_is_detected_by_option_or_file_name(
    tmp_path: Path, compression: str, name: str
) -> None:
    file_format = JsonFormat(allow_duplicate=True, compression=compression)
    assert values(parse(tmp_path, gzip.compress(b"{}\n"), file_format, name)) == ["{}"]


def test_truncated_gzip_is_an_error_of_the_file(tmp_path: Path) -> None:
    parsed = parse(tmp_path, gzip.compress(b'{"a":1}\n')[:-9], name="f.gz")
    assert parsed.error is not None
    assert parsed.error.message.startswith("Invalid compressed data")
