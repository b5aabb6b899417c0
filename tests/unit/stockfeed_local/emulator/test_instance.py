from pathlib import Path
from typing import Any

from stockfeed_local.emulator.instance import Emulator
from stockfeed_local.emulator.result import Result


def query(emulator: Emulator, sql: str) -> list[Any]:
    session = emulator.connect("STOCKS", "RAW", {})
    result = session.run(sql)
    session.end()
    assert isinstance(result, Result)
    return [tuple(row.values()) for row in result.table.to_pylist()]


def test_databases_and_stages_survive_a_restart(tmp_path: Path) -> None:
    first = Emulator(tmp_path / "data", 300)
    query(first, "create stage stg")
    query(first, "create table t (v variant)")
    query(first, "create view w as select v:a::number(20,8) as a from t")
    query(first, "comment on table t is 'kept'")
    staged = tmp_path / "data/stages/STOCKS/RAW/STG/x.json"
    staged.parent.mkdir(parents=True)
    staged.write_bytes(b'{"a":1.5}')
    copy = "copy into t from @stg file_format = (type = json)"
    assert len(query(first, copy)) == 1
    first.close()

    second = Emulator(tmp_path / "data", 300)
    assert query(second, "select a::varchar as a from w") == [("1.50000000",)]
    assert [name for name, *_ in query(second, "list @stg")] == ["stg/x.json"]
    assert query(second, copy) == [("Copy executed with 0 files processed.",)]
    comment = "select comment from information_schema.tables where table_name = 'T'"
    assert query(second, comment) == [("kept",)]
    second.close()


def test_session_without_database_works(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, 300)
    session = emulator.connect(None, None, {})
    assert isinstance(session.run("select 1"), Result)
    session.end()
    emulator.close()
