"""`stockfeed verify` of a complete feed, and of one broken at each stage."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from integration.inspection.conftest import Feed
from stockfeed import logs
from stockfeed.contract.times import from_milliseconds
from stockfeed.errors import ConfigurationError, DataError
from stockfeed.verify import app
from stockfeed_local.stack.s3 import SeaweedS3

Verify = Callable[..., tuple[int, dict[str, Any]]]
LEDGER, POSITION, RAW = "LOAD_LEDGER", "LOAD_POSITION", "SOURCE_STOCK_QUOTES"
SILVER, CANDLES, VOLATILITY, LATEST = (
    f"ANALYTICS.{name}"
    for name in ("SILVER_CLEAN_STOCK", "GOLD_CANDLESTICK", "GOLD_VOLATILITY", "GOLD_KPI")
)
# The second of a partition's three objects.
SECOND = "(SELECT OBJECT_KEY FROM LOAD_LEDGER WHERE BATCH_SEQ = 2 AND PARTITION_ID = 0)"
A_ROW = (
    f"V:_meta.offset::NUMBER = (SELECT START_OFFSET FROM LOAD_LEDGER WHERE OBJECT_KEY = {SECOND})"
)
A_QUOTE = "QUOTE_ID = (SELECT MIN(QUOTE_ID) FROM ANALYTICS.SILVER_CLEAN_STOCK)"


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts written to the termination log."""
    texts: list[str] = []
    monkeypatch.setattr(logs, "write_termination_message", texts.append)
    return texts


@pytest.fixture
def verify(feed: Feed, capsys: pytest.CaptureFixture[str], reported: list[str]) -> Verify:
    """Runs the command in this process and returns its status and JSON output."""

    def run(
        start: str = "3h",
        end: str | None = None,
        patience: str = "5m",
        models: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        options = app.Options(start, end, patience, models, as_json=True)
        status = app.main(environment or feed.environment, options)
        return status, json.loads(capsys.readouterr().out)

    return run


def kinds(document: dict[str, Any]) -> set[str]:
    parts = [found for part in document["partitions"] for found in part["findings"]]
    return {found["kind"] for found in (*parts, *document["findings"])}


def total(document: dict[str, Any], name: str) -> int:
    return sum(part[name] for part in document["partitions"])


def test_complete_feed_has_no_findings(feed: Feed, verify: Verify, reported: list[str]) -> None:
    status, document = verify()
    assert (status, document["complete"], kinds(document)) == (0, True, set())
    assert len(document["partitions"]) == 2
    assert reported == []
    assert total(document, "rows") == feed.sent
    assert total(document, "errors") == total(document, "leftOut") == 3
    assert total(document, "silver") == feed.sent - 3
    for part in document["partitions"]:
        assert part["topic"] == feed.topic
        assert part["kafka"] == part["ledger"]


def test_command_prints_a_table(feed: Feed) -> None:
    result = feed.run("verify", "--from", "3h")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "complete"


@pytest.mark.parametrize(
    ("table", "statement", "expected"),
    [
        (
            LEDGER,
            f"DELETE FROM {LEDGER} WHERE OBJECT_KEY = {SECOND}",
            {"gap", "not-loaded", "foreign-rows"},
        ),
        (
            LEDGER,
            f"UPDATE {LEDGER} SET END_OFFSET = END_OFFSET + 1 WHERE OBJECT_KEY = {SECOND}",
            {"overlap"},
        ),
        (
            LEDGER,
            f"UPDATE {LEDGER} SET ETAG = 'other' WHERE OBJECT_KEY = {SECOND}",
            {"changed-object"},
        ),
        (POSITION, f"UPDATE {POSITION} SET NEXT_OFFSET = NEXT_OFFSET - 1", {"position"}),
        (RAW, f"DELETE FROM {RAW} WHERE {A_ROW} AND BATCH_SEQ = 2", {"row-count"}),
        (
            RAW,
            f"INSERT INTO {RAW} SELECT * FROM {RAW} WHERE {A_ROW} AND BATCH_SEQ = 2",
            {"duplicate-rows"},
        ),
        (
            RAW,
            f"UPDATE {RAW} SET FILE_NAME = REPLACE(FILE_NAME, 'group=autos', 'group=other') "
            "WHERE BATCH_SEQ = 2",
            {"row-count", "foreign-rows"},
        ),
        (SILVER, f"DELETE FROM {SILVER} WHERE {A_QUOTE}", {"missing-identity", "gold"}),
        (
            SILVER,
            f"UPDATE {SILVER} SET LAST_SEEN_AT = DATEADD('day', -1, FIRST_SEEN_AT) WHERE {A_QUOTE}",
            {"missing-identity"},
        ),
        (
            SILVER,
            f"INSERT INTO {SILVER} SELECT * FROM {SILVER} WHERE {A_QUOTE}",
            {"duplicate-identity", "gold"},
        ),
        (CANDLES, f"UPDATE {CANDLES} SET QUOTES = QUOTES - 1", {"gold"}),
        (CANDLES, f"DELETE FROM {CANDLES} WHERE BAR_INTERVAL = '5m' AND SYMBOL = 'GM'", {"gold"}),
        (CANDLES, f"DELETE FROM {CANDLES} WHERE BAR_INTERVAL = '1d' AND SYMBOL = 'F'", {"gold"}),
        (VOLATILITY, f"UPDATE {VOLATILITY} SET CLOSE = CLOSE + 1 WHERE SYMBOL = 'GM'", {"gold"}),
        (VOLATILITY, f"DELETE FROM {VOLATILITY} WHERE SYMBOL = 'F'", {"gold"}),
        (LATEST, f"UPDATE {LATEST} SET T = T - 1 WHERE SYMBOL = 'BRK.B'", {"gold"}),
    ],
)
def test_finds_each_break_in_the_warehouse(
    feed: Feed, verify: Verify, table: str, statement: str, expected: set[str]
) -> None:
    with feed.broken(table, statement):
        status, document = verify()
    assert (status, kinds(document)) == (1, expected)


def test_unbuilt_rows_are_late_once_they_are_settled(feed: Feed, verify: Verify) -> None:
    with feed.broken(SILVER, f"DELETE FROM {SILVER}"):
        status, document = verify(patience="1h")
        assert (status, total(document, "unbuilt")) == (0, feed.sent - 3)
        status, document = verify(patience="0s")
        assert (status, kinds(document)) == (1, {"not-built"})


def test_finds_a_missing_object(
    feed: Feed, verify: Verify, reported: list[str], s3: SeaweedS3
) -> None:
    ((key,),) = feed.query(f"SELECT {SECOND}")
    client = s3.client()
    kept = client.get_object(Bucket=feed.name, Key=key)
    body = kept["Body"].read()
    client.delete_object(Bucket=feed.name, Key=key)
    status, document = verify()
    client.put_object(Bucket=feed.name, Key=key, Body=body, Metadata=kept["Metadata"])
    assert (status, kinds(document)) == (1, {"missing-object"})
    assert key in str(document)
    (text,) = reported
    assert text.startswith("NOT complete: 1 findings\nmissing-object: autos/")
    assert key in text


def test_finds_a_foreign_object(feed: Feed, verify: Verify, s3: SeaweedS3) -> None:
    client = s3.client()
    ((key,),) = feed.query(f"SELECT {SECOND}")
    client.put_object(Bucket=feed.name, Key=f"{key}.bak", Body=b"x")
    status, document = verify()
    client.delete_object(Bucket=feed.name, Key=f"{key}.bak")
    assert (status, kinds(document)) == (1, {"foreign-object"})


def test_range_includes_its_batch_and_the_neighbours(feed: Feed, verify: Verify) -> None:
    """The range of the middle batch has its objects, plus one on either side."""
    start, end = (
        from_milliseconds(feed.first_poll + 1000 * second).isoformat(timespec="seconds")
        for second in (35, 45)
    )
    status, document = verify(start, end)
    assert (status, total(document, "objects")) == (0, 6)
    with feed.broken(LEDGER, f"UPDATE {LEDGER} SET ETAG = 'x' WHERE BATCH_SEQ = 2"):
        assert verify(start, end)[0] == 1
        early = from_milliseconds(feed.first_poll - 60_000).isoformat(timespec="seconds")
        assert verify("4h", early)[0] == 0


def test_finds_a_gap_as_long_as_the_range(feed: Feed, verify: Verify) -> None:
    start, end = (
        from_milliseconds(feed.first_poll + 1000 * second).isoformat(timespec="seconds")
        for second in (35, 45)
    )
    with feed.broken(LEDGER, f"DELETE FROM {LEDGER} WHERE BATCH_SEQ = 2"):
        status, document = verify(start, end)
    assert status == 1
    assert "gap" in kinds(document)


def test_verifies_the_rest_without_models_and_kafka(feed: Feed, verify: Verify) -> None:
    environment = {name: v for name, v in feed.environment.items() if "KAFKA" not in name}
    with feed.broken(SILVER, f"DELETE FROM {SILVER}"):
        status, document = verify(models=False, environment=environment)
    assert status == 0
    assert {(part["kafka"], part["silver"]) for part in document["partitions"]} == {(None, None)}


def test_refuses_a_feed_without_any_data(feed: Feed, verify: Verify) -> None:
    with pytest.raises(DataError, match="'nobody' has neither a topic nor an object"):
        verify(environment={**feed.environment, "STOCKFEED_FEED": "nobody"})


@pytest.mark.parametrize(("start", "end"), [("yesterday", None), ("1h", "2h")])
def test_refuses_an_invalid_range(verify: Verify, start: str, end: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"is not a time|ends before that"):
        verify(start, end)
