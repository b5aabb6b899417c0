"""Snowflake's documentation: "COPY INTO <table>"."""

import pytest
import sqlglot
from snowflake.connector.errors import ProgrammingError
from sqlglot import exp

from stockfeed_local.emulator.copy_statement import CopyStatement, parse

LOADERS = (
    "COPY INTO RAW.T (V, FILE_NAME, N) FROM (SELECT $1, METADATA$FILENAME, 7 FROM @STG/b1/) "
    "FILES = ('feed=a/x.gz', 'feed=a/y.gz') "
    "FILE_FORMAT = (TYPE = JSON ALLOW_DUPLICATE = TRUE COMPRESSION = GZIP) ON_ERROR = SKIP_FILE"
)


def parsed(sql: str) -> CopyStatement:
    statement = sqlglot.parse_one(sql, read="snowflake")
    assert isinstance(statement, exp.Copy)
    return parse(statement)


def test_parses_the_loaders_statement() -> None:
    copy = parsed(LOADERS)
    assert copy.target.sql() == "RAW.T"
    assert [column.name for column in copy.columns] == ["V", "FILE_NAME", "N"]
    assert copy.reference == "@STG/b1/"
    assert copy.files == ("feed=a/x.gz", "feed=a/y.gz")
    assert (copy.on_error, copy.force, copy.pattern) == ("SKIP_FILE", False, None)
    assert (copy.file_format.allow_duplicate, copy.file_format.compression) == (True, "GZIP")
    assert copy.insert("ROWS").sql() == (
        'INSERT INTO RAW.T (V, FILE_NAME, N) SELECT "$1", "METADATA$FILENAME", 7 FROM "ROWS"'
    )


def test_omitted_options_have_snowflakes_defaults() -> None:
    copy = parsed("copy into t from '@raw.stg/a b' file_format = (type = 'JSON')")
    assert copy.reference == "@raw.stg/a b"
    assert (copy.columns, copy.files, copy.on_error) == ((), (), "ABORT_STATEMENT")
    assert (copy.file_format.allow_duplicate, copy.file_format.compression) == (False, "AUTO")
    assert copy.insert("ROWS").sql() == 'INSERT INTO t SELECT "$1" FROM "ROWS"'


def test_columns_may_have_the_stages_alias() -> None:
    copy = parsed(
        "copy into t from (select s.$1:a::number, s.metadata$file_row_number from @stg s) "
        "file_format = (type = json) pattern = '.*gz' force = true"
    )
    assert [v.sql("snowflake") for v in copy.values] == [
        "CAST(GET_PATH(\"$1\", 'a') AS DECIMAL(38, 0))",
        '"METADATA$FILE_ROW_NUMBER"',
    ]
    assert (copy.pattern, copy.force) == (".*gz", True)


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("copy into t from @stg file_format = (type = csv)", "FILE_FORMAT"),
        ("copy into t from @stg", "FILE_FORMAT"),
        ("copy into t from @stg file_format = (type = json strip_nulls = true)", "STRIP_NULLS"),
        ("copy into t from @stg file_format = (type = json) purge = true", "PURGE"),
        (
            "copy into t from @stg file_format = (type = json) on_error = 'SKIP_FILE_3'",
            "SKIP_FILE_3",
        ),
        ("copy into t from (select $2 from @stg) file_format = (type = json)", r"\$2"),
        (
            "copy into t from (select $1 from @s where 1=1) file_format = (type = json)",
            "simple SELECT",
        ),
        ("copy into t from 's3://bucket/x' file_format = (type = json)", "invalid URL prefix"),
    ],
)
def test_unsupported_option_raises_error_with_its_name(sql: str, what: str) -> None:
    with pytest.raises(ProgrammingError, match=what):
        parsed(sql)


def test_more_than_1000_files_raises_error() -> None:
    files = ", ".join(f"'{n}.gz'" for n in range(1001))
    with pytest.raises(ProgrammingError, match="1000"):
        parsed(f"copy into t from @stg files = ({files}) file_format = (type = json)")
