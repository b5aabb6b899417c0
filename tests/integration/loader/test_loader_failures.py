"""Objects that cannot be loaded: the others are, the load reports why, and a skip continues."""

import gzip
import os
from dataclasses import replace
from typing import Any

import pytest

from stockfeed.errors import ConfigurationError, DataError, TransientError
from stockfeed.loader.report import Report


def broken_json(landing: Any, chain: Any) -> str:
    return str(landing.land(chain, 10, body=b'{"symbol":"F"}\n{"symbol":\n', records=2))


def wrong_count(landing: Any, chain: Any) -> str:
    return str(landing.land(chain, 10, records=7))


def no_metadata(landing: Any, chain: Any) -> str:
    key = str(chain.key(10))
    assert landing.store.create(key, gzip.compress(b"{}\n"), {})
    return key


def no_archive(landing: Any, chain: Any) -> str:
    key = str(landing.land(chain, 10))
    landing.landed.pop(key)
    landing.store._delete(key)
    metadata = {"end-offset": "19", "record-count": "10", "error-count": "0"}
    assert landing.store.create(key, b"this is not gzip", metadata)
    return key


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (broken_json, "COPY reported LOAD_FAILED"),
        (wrong_count, "has 10 rows, but its record-count is 7"),
        (no_metadata, "no usable metadata"),
        (no_archive, "10.jsonl.gz"),
    ],
)
def test_bad_object_stops_only_its_partition_and_is_reported(
    landing: Any, target: Any, spoil: Any, why: str
) -> None:
    landing.land(landing.chain(0), 0)
    landing.land_many(landing.chain(1), 0, objects=3)
    key = spoil(landing, landing.chain(0))
    following = landing.land(landing.chain(0), 20)
    for unloaded in (key, following):
        landing.landed.pop(unloaded, None)

    report = Report()
    with pytest.raises(DataError, match=key) as caught:
        target.load_into(report)

    assert why in str(caught.value)
    assert (report.files, report.waiting) == (4, 2)
    target.check(landing)


def test_skip_continues_the_partition_and_records_the_reason(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    key = broken_json(landing, landing.chain())
    landing.land(landing.chain(), 20)
    with pytest.raises(DataError, match=f"stockfeed loader --skip {key}"):
        target.load()

    process = target.process("--skip", key, "--reason", "broken at the source")
    _, errors = process.communicate(timeout=180)
    report = target.load()

    assert process.returncode == 0, errors
    assert (report.rows, report.waiting) == (10, 0)
    assert target.query(
        "SELECT OBJECT_KEY, ROW_COUNT, END_OFFSET, SKIP_REASON FROM LOAD_LEDGER "
        "WHERE SKIP_REASON IS NOT NULL"
    ) == [(key, 0, 19, "broken at the source")]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("feed=us/x", "does not match the landing layout"),
        ("feed=eu/group=a/topic=t/partition=00000/00000000000000000000.jsonl.gz", "feed 'eu'"),
        ("feed=us/group=a/topic=t/partition=00000/00000000000000000000.jsonl.gz", "does not exist"),
    ],
)
def test_refuses_to_skip_foreign_and_missing_keys(
    landing: Any, target: Any, key: str, why: str
) -> None:
    with pytest.raises(DataError, match=why):
        target.skip(key, "none")


def test_only_the_next_object_can_be_skipped(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    later = landing.land(landing.chain(), 10)
    with pytest.raises(DataError, match="starts at offset 0"):
        target.skip(later, "too early")
    assert target.load().files == 2
    with pytest.raises(DataError, match="starts at offset 20"):
        target.skip(later, "too late")


def test_waits_for_a_missing_first_object_until_told_otherwise(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 10, previous=0)
    left = landing.land(landing.chain(), 20, previous=10)
    landing.land(landing.chain(1), 0)

    report = target.load()

    assert (report.rows, report.waiting) == (10, 2)
    assert [stop.text for stop in report.stops] == ["waits for an object that starts at offset 0"]
    with pytest.raises(DataError, match="starts at offset 0"):
        target.skip(left, "not over a gap")

    process = target.process("--once", "--from-first-object")
    _, errors = process.communicate(timeout=180)

    assert process.returncode == 0, errors
    target.check(landing)
    assert target.load().waiting == 0


def test_refuses_to_skip_an_object_without_metadata(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    key = no_metadata(landing, landing.chain())
    with pytest.raises(DataError, match="copy-object"):
        target.skip(key, "a guess")


def test_never_loads_overlapping_objects(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    landing.land_many(landing.chain(1), 0, objects=2)
    for start in (10, 15):
        landing.landed.pop(landing.land(landing.chain(), start))
    for _ in range(2):
        with pytest.raises(DataError, match="overlaps"):
            target.load()
        target.check(landing)


def test_reports_a_foreign_prefix(landing: Any, target: Any) -> None:
    landing.land(landing.chain(), 0)
    landing.store.create("feed=us/backup/of/things/x.json", b"{}", {})
    with pytest.raises(DataError, match="feed=us/backup/"):
        target.load()
    target.check(landing)


@pytest.mark.parametrize("topic", ["a" * 300, "a'b"], ids=["long", "quote"])
def test_topic_that_no_consumer_writes_stops_nothing_else(
    landing: Any, target: Any, topic: str
) -> None:
    landing.land(landing.chain(), 0)
    foreign = replace(landing.chain(1), topic_id=topic)
    metadata = {"end-offset": "9", "record-count": "10", "error-count": "0"}
    assert landing.store.create(foreign.key(0), gzip.compress(b"{}\n"), metadata)

    with pytest.raises(DataError, match="1 partitions stopped"):
        target.load()

    target.check(landing)


def test_oversized_object_stops_only_its_partition(
    landing: Any, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockfeed.loader.download.MAX_OBJECT_BYTES", 10_000)
    landing.land_many(landing.chain(1), 0, objects=3)
    key = landing.land(landing.chain(), 0, body=os.urandom(20_000), records=1)
    landing.landed.pop(key)

    with pytest.raises(DataError, match=rf"{key}: has \d+ bytes, more than the limit of 10000"):
        target.load()

    target.check(landing)


@pytest.mark.parametrize(
    "metadata",
    [
        {"end-offset": "9" * 40, "record-count": "1", "error-count": "0"},
        {"end-offset": "9", "record-count": "1", "error-count": "-5"},
        {"end-offset": "9", "record-count": "1", "error-count": "2"},
        {"end-offset": "9", "record-count": "-1", "error-count": "0", "lost": "5"},
    ],
)
def test_metadata_out_of_range_stops_only_its_partition(
    landing: Any, target: Any, metadata: dict[str, str]
) -> None:
    landing.land(landing.chain(1), 0)
    assert landing.store.create(landing.chain().key(0), gzip.compress(b"{}\n"), metadata)

    with pytest.raises(DataError, match="1 partitions stopped"):
        target.load()

    target.check(landing)


def test_unreachable_warehouse_writes_zeros_to_the_outputs(
    landing: Any, target: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockfeed.loader.retry._ATTEMPTS", 1)
    monkeypatch.setattr("stockfeed.snowflake._LOGIN_SECONDS", 1)
    landing.land(landing.chain(), 0)
    away = type(target)({**target.environment, "SNOWFLAKE_PORT": "1"})
    with pytest.raises(TransientError, match="log in"):
        away.load()

    assert (tmp_path / "outputs" / "rows").read_text() == "0"


def test_reports_all_missing_settings_at_once(target: Any) -> None:
    process = type(target)({}).process("--once")
    _, errors = process.communicate(timeout=180)

    assert process.returncode == 1
    for name in ("STOCKFEED_FEED", "STOCKFEED_S3_BUCKET", "STOCKFEED_WAREHOUSE_DATABASE"):
        assert name in errors
    assert "SNOWFLAKE_ACCOUNT" in errors


def test_missing_bucket_is_a_configuration_error(landing: Any, target: Any) -> None:
    away = type(target)({**target.environment, "STOCKFEED_S3_BUCKET": "no-such-bucket"})
    with pytest.raises(ConfigurationError, match="no-such-bucket"):
        away.load()
