"""Uses the emulator through the unmodified snowflake-connector-python, over HTTP."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import snowflake.connector
from snowflake.connector.connection import SnowflakeConnection
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.stack.snowflake import SnowflakeEmulator

Connect = Callable[..., SnowflakeConnection]


def open_session(
    emulator: SnowflakeEmulator, database: str, **parameters: object
) -> SnowflakeConnection:
    return snowflake.connector.connect(
        host=emulator.host,
        port=emulator.port,
        protocol="http",
        account="emulator",
        user="emulator",
        password="emulator",
        database=database,
        schema="RAW",
        network_timeout=60,
        session_parameters=parameters,
    )


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeEmulator]:
    """An emulator whose idle timeout no test reaches."""
    home = tmp_path_factory.mktemp("emulator")
    with SnowflakeEmulator(home / "data", home / "logs", 300) as service:
        yield service


@pytest.fixture
def connect(emulator: SnowflakeEmulator, request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Opens sessions on the test's own database; arguments are session parameters."""
    opened: list[SnowflakeConnection] = []
    database = request.node.originalname.upper()

    def open_one(**parameters: object) -> SnowflakeConnection:
        opened.append(open_session(emulator, database, **parameters))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


def run(connection: SnowflakeConnection, sql: str) -> list[tuple[Any, ...]]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def write_gzip(path: Path, *lines: bytes) -> None:
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))


def test_files_can_be_put_listed_copied_and_removed(connect: Connect, tmp_path: Path) -> None:
    session = connect()
    for number in range(12):
        write_gzip(tmp_path / f"{number:020}.jsonl.gz", b'{"c":187.42000}')
    path = "b1/feed=us/group=megacaps/topic=00ff/partition=00003"
    run(session, "create stage if not exists STG")
    run(session, "create table T (V variant, FILE_NAME varchar)")
    put = (
        f"PUT file://{tmp_path}/*.jsonl.gz @STG/{path} "
        "AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP PARALLEL=4"
    )
    assert [(row[1], row[6]) for row in run(session, put)] == [
        (f"{number:020}.jsonl.gz", "UPLOADED") for number in range(12)
    ]
    listed = run(session, f"LIST @STG/{path}/")
    assert [row[0] for row in listed] == [f"stg/{path}/{n:020}.jsonl.gz" for n in range(12)]
    copied = run(
        session,
        "COPY INTO T (V, FILE_NAME) FROM (SELECT $1, METADATA$FILENAME FROM @STG/b1/) "
        f"FILES = ('{path.removeprefix('b1/')}/{3:020}.jsonl.gz') "
        "FILE_FORMAT = (TYPE = JSON ALLOW_DUPLICATE = TRUE) ON_ERROR = SKIP_FILE",
    )
    assert copied == [
        (f"stg/{path}/{3:020}.jsonl.gz", "LOADED", 1, 1, 1, 0, None, None, None, None)
    ]
    rows = run(session, "select v:c::number(20,8), file_name from t")
    assert rows == [(Decimal("187.42000000"), f"{path}/{3:020}.jsonl.gz")]
    assert len(run(session, "REMOVE @STG/b1/")) == 12
    assert run(session, "LIST @STG") == []


def test_put_keeps_an_existing_file_unless_overwrite_is_set(
    connect: Connect, tmp_path: Path
) -> None:
    session = connect()
    run(session, "create stage STG")
    file = tmp_path / "x.json"
    sizes = []
    for content, options in ((b"{}", ""), (b'{"a":1}', ""), (b'{"a":1}', "OVERWRITE=TRUE")):
        file.write_bytes(content)
        run(session, f"PUT file://{file} @STG AUTO_COMPRESS=FALSE {options}")
        sizes.append(run(session, "LIST @STG")[0][1])
    assert sizes == [2, 2, 7]


def test_upload_to_an_unsigned_url_is_rejected(
    emulator: SnowflakeEmulator, connect: Connect
) -> None:
    database = connect().database
    url = f"{emulator.endpoint}/stage-files/{database}/RAW/STG/x?overwrite=true&signature=00"
    assert httpx.put(url, content=b"x").status_code == 403


@pytest.mark.parametrize("sql", ["selec", "select * from nothing", "undrop table t", "select 1/0"])
def test_failures_are_immediate_and_have_number_and_state(connect: Connect, sql: str) -> None:
    session = connect()
    with pytest.raises(ProgrammingError) as caught:
        run(session, sql)
    assert caught.value.errno
    assert len(caught.value.sqlstate or "") == 5
    assert run(session, "select 1") == [(1,)]


def test_values_have_the_expected_python_types(connect: Connect) -> None:
    ((whole, exact, text, flag, nothing),) = run(
        connect(), "select sum(a), sum(b), 'x', true, null from (select 1 a, 1.5::number(20,8) b)"
    )
    assert (whole, exact, text, flag, nothing) == (1, Decimal("1.5"), "x", True, None)


def test_cursor_reports_row_counts_of_execute_and_executemany(connect: Connect) -> None:
    session = connect()
    run(session, "create table T (a number(38,0), b varchar)")
    with closing(session.cursor()) as cursor:
        cursor.executemany("insert into T values (%s, %s)", [(1, "x"), (2, None), (3, "z")])
        assert cursor.rowcount == 3
        cursor.execute("update T set b = 'y' where a > %s", (1,))
        assert cursor.rowcount == 2
        cursor.execute("delete from T where b is null")
        assert cursor.rowcount == 0


def test_waiting_sessions_do_not_block_others(connect: Connect) -> None:
    """More sessions wait than asyncio's default thread pool has threads on two cores."""
    holder, other = connect(), connect()
    run(holder, "create table T (n number(38,0))")
    run(holder, "insert into T values (0)")
    run(holder, "begin")
    run(holder, "update T set n = n + 1")
    waiting = [connect(LOCK_TIMEOUT=600) for _ in range(10)]
    threads = [
        threading.Thread(target=run, args=(session, "update T set n = n + 1"))
        for session in waiting
    ]
    for thread in threads:
        thread.start()
    assert run(other, "select n from T") == [(0,)]
    run(holder, "commit")
    for thread in threads:
        thread.join(60)
    assert run(other, "select n from T") == [(11,)]


def test_idle_transaction_that_blocks_another_is_aborted(tmp_path: Path) -> None:
    with (
        SnowflakeEmulator(tmp_path / "data", tmp_path / "logs", 0.5) as emulator,
        open_session(emulator, "STOCKS") as silent,
        open_session(emulator, "STOCKS", LOCK_TIMEOUT=60) as other,
    ):
        run(silent, "create table T (n number(38,0))")
        run(silent, "insert into T values (0)")
        run(silent, "begin")
        run(silent, "update T set n = 100")
        run(other, "update T set n = n + 1")
        assert run(other, "select n from T") == [(1,)]
        with pytest.raises(ProgrammingError, match="Transaction aborted"):
            run(silent, "commit")


def test_statement_timeout_cancels_the_statement(connect: Connect) -> None:
    session = connect()
    with closing(session.cursor()) as cursor, pytest.raises(ProgrammingError):
        cursor.execute(
            "select count(*) from table(generator(rowcount => 2000000)) a, "
            "table(generator(rowcount => 2000000)) b",
            timeout=1,
        )
    assert run(session, "select 1") == [(1,)]


def test_unknown_session_must_log_in_again(emulator: SnowflakeEmulator) -> None:
    response = httpx.post(
        f"{emulator.endpoint}/queries/v1/query-request",
        headers={"Authorization": 'Snowflake Token="none"'},
        json={"sqlText": "select 1"},
    )
    assert response.status_code == 200
    assert (response.json()["success"], response.json()["code"]) == (False, "390111")


def test_repeated_request_runs_once(emulator: SnowflakeEmulator, connect: Connect) -> None:
    session = connect()
    run(session, "create table T (n number(38,0))")
    for _ in range(2):
        assert session.rest is not None
        response = httpx.post(
            f"{emulator.endpoint}/queries/v1/query-request?requestId=twice",
            headers={"Authorization": f'Snowflake Token="{session.rest.token}"'},
            json={"sqlText": "insert into T values (1)"},
        )
        assert response.json()["success"]
    assert run(session, "select count(*) from T") == [(1,)]


def test_databases_and_stages_survive_a_restart(tmp_path: Path) -> None:
    staged = tmp_path / "x.json"
    staged.write_bytes(b"{}")
    with SnowflakeEmulator(tmp_path / "data", tmp_path / "logs") as service:
        with open_session(service, "KEPT") as first:
            run(first, "create stage STG")
            run(first, f"PUT file://{staged} @STG AUTO_COMPRESS=FALSE")
            run(first, "create table T as select 7 as n")
            run(first, "begin")
            run(first, "update T set n = 8")
            service.stop()
            service.start()
        with open_session(service, "KEPT") as second:
            assert run(second, "select n from T") == [(7,)]
            assert [row[0] for row in run(second, "LIST @STG")] == ["stg/x.json"]
