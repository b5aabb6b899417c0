"""Checks a feed's recorded statements: privileges, credentials and costs.

All tests are in one file, so that a single worker runs the life cycle once.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pytest
from prometheus_client import CollectorRegistry

from generator import cost
from generator.statements import setup_sql, table
from generator.statements.life import FeedLife
from generator.statements.privileges import Judged, Need, judged
from generator.statements.recorder import Recording
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.report import Report
from stockfeed.loader.service import Service
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import object_store
from stockfeed.settings import LoaderSettings
from stockfeed.transform import backlog

# The first test waits for the complete life cycle.
pytestmark = pytest.mark.timeout(1800)

PAGE: Final = setup_sql.FILE.parents[1] / "docs" / "snowflake.md"
_REFUSED: Final[Mapping[Need, str]] = {
    Need("SELECT", "TABLE", "STOCKS.RAW.LOAD_LOCK"): (
        "the first load queries it before it exists, and expects the answer 'does not exist'"
    ),
    **{
        Need("SELECT", "TABLE", f"STOCKS.ANALYTICS.{name}"): (
            "the first build queries it before dbt creates it, and then leaves the query to dbt"
        )
        for name in (backlog.SILVER, *backlog.GOLD)
    },
}


@pytest.fixture(scope="session")
def found(recording: Recording) -> list[Judged]:
    return list(judged(recording.statements))


@pytest.fixture(scope="session")
def granted() -> frozenset[Need]:
    return setup_sql.granted()


def test_setup_grants_every_needed_privilege(found: list[Judged], granted: frozenset[Need]) -> None:
    missing = {
        need: one.statement.text for one in found for need in one.grants - granted - _REFUSED.keys()
    }
    assert missing == {}


def test_setup_grants_no_unneeded_privilege(found: list[Judged], granted: frozenset[Need]) -> None:
    needed = {need for one in found for need in one.grants}
    assert granted - needed == set()
    assert _REFUSED.keys() - needed == set()


def test_docs_list_every_statement(found: list[Judged], granted: frozenset[Need]) -> None:
    page = PAGE.read_text()
    assert table.put_in(page, table.rendered(found, granted)) == page, "run: make docs"


def test_never_writes_or_prints_the_key_or_its_passphrase(
    feed: FeedLife, recording: Recording
) -> None:
    secrets = feed.home / "secrets"
    secret = secrets / "snowflake"
    # A line from the middle of the key, because all keys share the first and last lines.
    key = (secret / "privateKey").read_text().splitlines()[3]
    passphrase = (secret / "privateKeyPassphrase").read_text()
    written = [
        file for file in feed.home.rglob("*") if file.is_file() and secrets not in file.parents
    ]
    assert any(file.name == "manifest.json" for file in written)
    for text in (key, passphrase):
        assert text not in feed.printed
        assert [file for file in written if text.encode() in file.read_bytes()] == []
    assert not any(key in statement.text for statement in recording.statements)


def sent(recording: Recording, step: str) -> list[str]:
    texts = [one.text for one in recording.statements if one.step == step]
    # With storage that needs a presigned URL for each file, like the emulator's, the connector
    # repeats the PUT for each file with only its name.
    return [text for text in texts if not text.startswith("PUT 'file://0")]


@pytest.mark.parametrize(("step", "partitions"), [("empty minute", 0), ("later minute", 1)])
def test_statements_of_a_load(recording: Recording, step: str, partitions: int) -> None:
    assert len(sent(recording, f"{step}: load")) == cost.statements(partitions)


def test_statements_of_a_build(recording: Recording) -> None:
    assert len(sent(recording, "empty minute: build")) == 1
    assert 25 < len(sent(recording, "later minute: build")) < 40


@pytest.mark.parametrize(("groups", "partitions"), [(1, 1), (2, 3)])
def test_requests_of_a_load(feed: FeedLife, groups: int, partitions: int) -> None:
    name = f"counted-{groups}-{partitions}"
    environment = feed.environment | {
        "STOCKFEED_FEED": name,
        "STOCKFEED_WAREHOUSE_SCHEMA": f"RAW_{groups}_{partitions}",
    }
    chains = [
        Chain(name, f"group-{group}", f"{group:032x}", partition)
        for group in range(groups)
        for partition in range(partitions)
    ]
    for chain in chains:
        for start in (0, 1):
            metadata = BatchMetadata(start, 0, 0, None, None, 1)
            assert feed.store.create(chain.key(start), b"", metadata.to_s3())
    listed = cost.lists(groups, groups, groups * partitions)
    settings = LoaderSettings.from_env(environment)
    assert requests(settings, loads=2 * len(chains)) == {
        "ListObjectsV2": listed,
        "HeadObject": len(
            chains
        ),  # reads once whether each chain's first object names an earlier one
        "GetObject": 2 * len(chains),
    }
    assert requests(settings, loads=0) == {"ListObjectsV2": listed}


def requests(settings: LoaderSettings, loads: int) -> Counter[str]:
    """Runs a load and counts its requests to S3 by operation."""
    counted: Counter[str] = Counter()
    store = object_store(settings)
    store._client.meta.events.register(
        "before-send.s3", lambda event_name, **_: counted.update([event_name.rpartition(".")[2]])
    )
    report = Report()
    with Warehouse(settings) as warehouse:
        metrics = LoaderMetrics(CollectorRegistry())
        Service(settings, store, warehouse, metrics, threading.Event()).load(report)
    assert report.files == loads
    return counted
