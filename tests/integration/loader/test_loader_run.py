"""The complete loader with a real S3 server and the Snowflake emulator."""

from pathlib import Path
from typing import Any

import pytest


def test_loads_each_landed_object_once(landing: Any, target: Any) -> None:
    for partition in range(3):
        landing.land_many(landing.chain(partition), 100 * partition, objects=3)
    first = target.load()
    target.check(landing)
    landing.land(landing.chain(1), 130)
    second = target.load()
    target.check(landing)
    third = target.load()

    assert (first.rows, first.files) == (90, 9)
    assert (second.rows, second.files) == (10, 1)
    assert (third.rows, third.files, third.newest) == (0, 0, None)
    target.check(landing)


def test_fills_the_columns_that_dbt_and_the_demo_read(landing: Any, target: Any) -> None:
    key = landing.land(landing.chain(2), 5, count=2)
    target.load()

    [(file_name, batch_seq, loaded_at, symbol)] = target.query(
        "SELECT DISTINCT FILE_NAME, BATCH_SEQ, LOADED_AT, V:symbol::VARCHAR "
        "FROM SOURCE_STOCK_QUOTES"
    )
    [ledger] = target.query(
        "SELECT FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID, ROW_COUNT, ERROR_COUNT, "
        "FIRST_TIMESTAMP, LAST_TIMESTAMP, BATCH_ID, BATCH_SEQ, LOADED_AT, SKIP_REASON, ETAG "
        "FROM LOAD_LEDGER"
    )
    chain = landing.chain(2)
    assert ledger[:8] == (
        *("us", "autos", chain.topic_id, 2, 2, 0),
        *(1_713_456_789_005, 1_713_456_789_006),
    )
    assert file_name == f"{ledger[8]}/{key}"
    assert (batch_seq, loaded_at, symbol) == (ledger[9], ledger[10], "F")
    assert ledger[11] is None
    assert ledger[12]
    assert target.query("SELECT BATCH_SEQ FROM LOAD_LOCK") == [(1,)]


def test_leaves_nothing_in_the_stage(landing: Any, target: Any) -> None:
    landing.land_many(landing.chain(), 0, objects=3)
    target.load()

    assert target.query("LIST @STG_STOCK_QUOTES") == []


def test_loads_an_object_that_appears_late_in_order(landing: Any, target: Any) -> None:
    chain = landing.chain()
    landing.land(chain, 0)
    later = landing.land(chain, 20)
    landing.land(landing.chain(1), 0)
    first = target.load()
    waiting = landing.landed.pop(later)
    target.check(landing)
    landing.land(chain, 10)
    landing.landed[later] = waiting
    second = target.load()

    [waits] = first.stops
    assert (waits.key, waits.failed, first.waiting) == (later, False, 1)
    assert (second.files, second.stops, second.waiting) == (2, [], 0)
    target.check(landing)


def test_lost_intervals_move_the_position_without_rows(landing: Any, target: Any) -> None:
    chain = landing.chain()
    landing.land(chain, 0)
    landing.land(chain, 10, lost=90)
    landing.land(chain, 100)
    report = target.load()

    target.check(landing)
    assert (report.rows, report.files) == (20, 3)
    assert target.query("SELECT SUM(LOST_COUNT) FROM LOAD_LEDGER") == [(90,)]


def test_object_of_lost_offsets_closes_a_gap(landing: Any, target: Any) -> None:
    """The resolution in docs/runbooks/LoaderAwayTooLong.md."""
    chain = landing.chain()
    landing.land(chain, 0)
    target.load()
    following = landing.land(chain, 100)
    (stop,) = target.load().stops
    assert stop.key == following
    assert not stop.failed

    landing.land(chain, 10, lost=90)
    assert target.load().stops == []

    target.check(landing)


def test_recreated_topic_has_a_separate_chain(landing: Any, target: Any) -> None:
    landing.land(landing.chain(0, group="autos"), 0)
    target.load()
    recreated = landing.chain(0, group="banks")
    landing.land(recreated, 0)
    report = target.load()

    assert report.rows == 10
    assert target.query("SELECT COUNT(*) FROM LOAD_POSITION") == [(2,)]


def test_ignores_other_feeds_objects(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    target.load()
    environment = {**target.environment, "STOCKFEED_FEED": "eu"}
    other = type(target)(environment)

    assert other.load().files == 0
    target.check(landing)


def test_splits_many_objects_into_batches(
    landing: Any, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockfeed.loader.run.MAX_FILES", 4)
    for partition in range(2):
        landing.land_many(landing.chain(partition), 0, objects=5)
    report = target.load()

    target.check(landing)
    assert report.files == 10
    assert target.query("SELECT COUNT(DISTINCT BATCH_SEQ) FROM LOAD_LEDGER") == [(3,)]


def test_writes_the_workflows_outputs(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    report = target.load()

    outputs = Path(target.environment["STOCKFEED_OUTPUTS_DIR"])
    assert (outputs / "rows").read_text() == "10"
    assert (outputs / "files").read_text() == "1"
    assert (outputs / "bytes").read_text() == str(report.bytes)
    assert (outputs / "newest-quote-at").read_text() == "2024-04-18T16:13:09.009Z"
    assert float((outputs / "load-seconds").read_text()) > 0


@pytest.mark.parametrize("rows", ["TRUE", "PARTITION_ID = 1"], ids=["all", "one"])
def test_loads_nothing_twice_after_positions_were_deleted(
    landing: Any, target: Any, rows: str
) -> None:
    for partition in range(3):
        landing.land_many(landing.chain(partition), 0, objects=1)
    target.load()
    target.query(f"DELETE FROM LOAD_POSITION WHERE {rows}")
    repeated = target.load()
    for partition in range(3):
        landing.land(landing.chain(partition), 10)
    following = target.load()

    assert (repeated.rows, repeated.waiting) == (0, 0)
    assert (following.rows, following.stops) == (30, [])
    target.check(landing)


def test_waits_at_a_gap_after_positions_were_deleted(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    target.load()
    target.query("DELETE FROM LOAD_POSITION")
    landing.land(landing.chain(), 20)

    (stop,) = target.load().stops

    assert stop.text == "waits for an object that starts at offset 10"
