"""Snowflake's documentation: "COPY INTO <table>", "Querying metadata for staged files"."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

COLUMNS = "v variant, file_name varchar, batch_seq number(38,0), loaded_at timestamp_ntz"
GOOD = (b'{"symbol":"AAPL","c":187.42000}', b'{"symbol":"F","c":12.12345678,"c":12.5}')
BAD = (b'{"symbol":"IBM","c":1}', b"{bad", b'{"symbol":"GM","c":2}')


@pytest.fixture
def loading(run: Any, stage_file: Callable[..., Path]) -> Any:
    """A session, a table T, and a stage with a valid, an invalid and an empty file."""
    run("create stage stg")
    run(f"create table t ({COLUMNS})")
    stage_file("b1/feed=us/good.jsonl.gz", *GOOD)
    stage_file("b1/feed=us/bad.jsonl.gz", *BAD)
    stage_file("b1/feed=us/empty.jsonl.gz")
    return run


def copy(*names: str, on_error: str = "SKIP_FILE", options: str = "") -> str:
    files = ", ".join(f"'feed=us/{name}.jsonl.gz'" for name in names)
    return (
        "COPY INTO T (V, FILE_NAME, BATCH_SEQ, LOADED_AT) "
        "FROM (SELECT $1, METADATA$FILENAME, 7, '2026-01-01'::TIMESTAMP_NTZ FROM @STG/b1/) "
        f"FILES = ({files}) FILE_FORMAT = (TYPE = JSON ALLOW_DUPLICATE = TRUE) "
        f"ON_ERROR = {on_error} {options}"
    )


def count(run: Any) -> int:
    ((rows,),) = run("select count(*) from t")
    return int(rows)


def statuses(result: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    return [
        (row["file"].rpartition("/")[2], row["status"], row["rows_parsed"], row["rows_loaded"])
        for row in result
    ]


def test_loads_a_valid_file_with_its_metadata(loading: Any) -> None:
    assert loading.dicts(copy("good")) == [
        {
            "file": "stg/b1/feed=us/good.jsonl.gz",
            "status": "LOADED",
            "rows_parsed": 2,
            "rows_loaded": 2,
            "error_limit": 1,
            "errors_seen": 0,
            "first_error": None,
            "first_error_line": None,
            "first_error_character": None,
            "first_error_column_name": None,
        }
    ]
    rows = loading(
        "select v:symbol::varchar, v:c::number(20,8), file_name, batch_seq, loaded_at from t "
        "order by 1"
    )
    where = ("b1/feed=us/good.jsonl.gz", 7, datetime.datetime(2026, 1, 1))  # noqa: DTZ001 - TIMESTAMP_NTZ
    assert rows == [("AAPL", Decimal("187.42"), *where), ("F", Decimal("12.5"), *where)]


def test_skip_file_loads_no_row_of_an_invalid_file(loading: Any) -> None:
    result = loading.dicts(copy("good", "bad", "empty"))
    assert statuses(result) == [
        ("good.jsonl.gz", "LOADED", 2, 2),
        ("bad.jsonl.gz", "LOAD_FAILED", 2, 0),
        ("empty.jsonl.gz", "LOADED", 0, 0),
    ]
    bad = result[1]
    assert bad["first_error"].startswith("Error parsing JSON: ")
    assert (bad["errors_seen"], bad["error_limit"], bad["first_error_line"]) == (1, 1, 2)
    assert bad["first_error_column_name"] == '"T"["$1":1]'
    assert count(loading) == 2


def test_continue_loads_the_rows_before_the_error(loading: Any) -> None:
    result = loading.dicts(copy("good", "bad", on_error="CONTINUE"))
    assert statuses(result) == [
        ("good.jsonl.gz", "LOADED", 2, 2),
        ("bad.jsonl.gz", "PARTIALLY_LOADED", 2, 1),
    ]
    assert count(loading) == 3


def test_abort_statement_raises_error_with_file_and_line(loading: Any) -> None:
    with pytest.raises(ProgrammingError, match=r"bad\.jsonl\.gz', line 2, character") as caught:
        loading(copy("good", "bad", on_error="ABORT_STATEMENT"))
    assert (caught.value.errno, caught.value.sqlstate) == (100069, "22P02")
    assert count(loading) == 0


def test_aborted_copy_keeps_the_transaction_open(loading: Any) -> None:
    loading("begin")
    loading("insert into t (batch_seq) values (1)")
    with pytest.raises(ProgrammingError):
        loading(copy("bad", on_error="ABORT_STATEMENT"))
    loading(copy("good"))
    loading("commit")
    assert count(loading) == 3


@pytest.mark.parametrize("on_error", ["SKIP_FILE", "CONTINUE", "ABORT_STATEMENT"])
def test_missing_file_raises_error_for_every_on_error(loading: Any, on_error: str) -> None:
    with pytest.raises(ProgrammingError, match=r"stg/b1/feed=us/nothing\.jsonl\.gz") as caught:
        loading(copy("good", "nothing", on_error=on_error))
    assert caught.value.errno == 91016
    assert count(loading) == 0


def test_skips_loaded_files_and_retries_failed_ones(
    loading: Any, stage_file: Callable[..., Path]
) -> None:
    loading(copy("good", "bad"))
    stage_file("b1/feed=us/bad.jsonl.gz", b'{"symbol":"IBM","c":1}')
    result = loading.dicts(copy("good", "bad"))
    assert statuses(result) == [
        ("good.jsonl.gz", "LOAD_SKIPPED", 0, 0),
        ("bad.jsonl.gz", "LOADED", 1, 1),
    ]
    assert result[0]["first_error"] == "File was loaded before."


def test_changed_file_is_loaded_again(loading: Any, stage_file: Callable[..., Path]) -> None:
    loading(copy("good"))
    stage_file("b1/feed=us/good.jsonl.gz", b"{}")
    assert statuses(loading.dicts(copy("good"))) == [("good.jsonl.gz", "LOADED", 1, 1)]


def test_force_loads_a_file_again(loading: Any) -> None:
    loading(copy("good"))
    loading(copy("good", options="FORCE = TRUE"))
    assert count(loading) == 4


def test_load_metadata_is_rolled_back_with_the_load(loading: Any) -> None:
    loading("begin")
    loading(copy("good"))
    loading("rollback")
    assert count(loading) == 0
    assert statuses(loading.dicts(copy("good"))) == [("good.jsonl.gz", "LOADED", 2, 2)]


@pytest.mark.parametrize(
    "forgotten",
    [
        "truncate table t",
        f"create or replace table t ({COLUMNS})",
    ],
)
def test_truncating_or_recreating_the_table_deletes_load_metadata(
    loading: Any, forgotten: str
) -> None:
    loading(copy("good"))
    loading(forgotten)
    loading(copy("good"))
    assert count(loading) == 2


def test_create_if_not_exists_keeps_load_metadata(loading: Any) -> None:
    loading(copy("good"))
    result = loading("create table if not exists t (v variant)")
    assert result == [("T already exists, statement succeeded.",)]
    assert statuses(loading.dicts(copy("good"))) == [("good.jsonl.gz", "LOAD_SKIPPED", 0, 0)]


def test_copy_without_files_loads_all_new_files_under_the_path(loading: Any) -> None:
    every = (
        "copy into t (v) from @stg/b1/ file_format = (type = json allow_duplicate = true) "
        "pattern = '.*(good|empty).*'"
    )
    assert len(loading(every)) == 2
    assert loading(every) == [("Copy executed with 0 files processed.",)]


def test_supports_row_numbers_and_expressions(loading: Any) -> None:
    loading("create table n (symbol varchar, line number(38,0))")
    loading(
        "copy into n from (select upper(s.$1:symbol::varchar) || '!', metadata$file_row_number "
        "from @stg/b1 s) files = ('feed=us/good.jsonl.gz') "
        "file_format = (type = json allow_duplicate = true)"
    )
    assert loading("select * from n order by line") == [("AAPL!", 1), ("F!", 2)]


def test_two_sessions_can_copy_concurrently(loading: Any, connect: Callable[..., Any]) -> None:
    other = connect(LOCK_TIMEOUT=0)
    loading("begin")
    loading(copy("good"))
    other(copy("empty"))
    other(copy("good"))
    loading("commit")
    assert count(loading) == 4


def test_unknown_stage_or_table_raises_error(loading: Any) -> None:
    with pytest.raises(ProgrammingError, match=r"Stage 'STOCKS\.RAW\.NONE' does not exist"):
        loading("copy into t from @none file_format = (type = json)")
    with pytest.raises(ProgrammingError, match="Object 'NONE' does not exist"):
        loading("copy into none from @stg/b1/feed=us/empty file_format = (type = json)")
