"""A feed's life, every statement of it recorded: rights, credentials and costs.

One file, so that one worker plays that life once.
"""

import os
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pytest
from prometheus_client import CollectorRegistry

from bench import cost
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.report import Report
from stockfeed.loader.service import Service
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import object_store
from stockfeed.settings import LoaderSettings
from support.grants import table
from support.grants.privileges import Judged, Need, judged
from support.grants.recorder import Recording
from support.grants.setup_sql import FILE, grants, statements

# The first test waits for all of that life.
pytestmark = pytest.mark.timeout(600)

WRITE: Final = "WRITE_DOCS"
"""Set in the environment, it makes the test write the table instead of comparing it."""

_REFUSED: Final[Mapping[Need, str]] = {
    Need("SELECT", "TABLE", "STOCKS.RAW.LOAD_LOCK"): (
        "the first load asks for it before it exists; 'does not exist' is the answer it looks for"
    ),
}


@pytest.fixture(scope="session")
def found(recording: Recording) -> list[Judged]:
    return list(judged(recording.statements))


@pytest.fixture(scope="session")
def granted() -> frozenset[Need]:
    return grants(statements(FILE.read_text()), "STOCKFEED")


def test_no_statement_needs_a_grant_that_setup_does_not_give(found, granted):
    missing = {
        need: one.statement.text for one in found for need in one.grants - granted - _REFUSED.keys()
    }
    assert missing == {}


def test_setup_gives_no_grant_that_no_statement_needs(found, granted):
    needed = {need for one in found for need in one.grants}
    assert granted - needed == set()
    assert _REFUSED.keys() - needed == set()


def test_the_page_lists_every_statement(found, granted):
    page = table.PAGE.read_text()
    current = table.put_in(page, table.rendered(found, granted))
    if os.environ.get(WRITE):
        table.PAGE.write_text(current)
    assert page == current or os.environ.get(WRITE), "run: make docs"


def test_no_run_writes_or_prints_the_key_or_its_passphrase(minutes, recording):
    secrets = minutes.home / "secrets"
    secret = secrets / "snowflake"
    # A line of the key's own text, between the ones that every key has.
    key = (secret / "privateKey").read_text().splitlines()[3]
    passphrase = (secret / "privateKeyPassphrase").read_text()
    written = [
        file for file in minutes.home.rglob("*") if file.is_file() and secrets not in file.parents
    ]
    assert any(file.name == "manifest.json" for file in written)
    for text in (key, passphrase):
        assert text not in minutes.printed
        assert [file for file in written if text.encode() in file.read_bytes()] == []
    assert not any(key in statement.text for statement in recording.statements)


def sent(recording, step: str) -> list[str]:
    texts = [one.text for one in recording.statements if one.step == step]
    # Storage that takes a signed address for each file, as the emulator's does, makes the connector
    # repeat a PUT with the file's name alone.
    return [text for text in texts if not text.startswith("PUT 'file://0")]


@pytest.mark.parametrize(("step", "partitions"), [("empty minute", 0), ("later minute", 1)])
def test_statements_of_a_load(recording, step, partitions):
    assert len(sent(recording, f"{step}: load")) == cost.statements(partitions)


def test_statements_of_a_build(recording):
    assert len(sent(recording, "empty minute: build")) == 1
    assert 25 < len(sent(recording, "later minute: build")) < 40


@pytest.mark.parametrize(("groups", "partitions"), [(1, 1), (2, 3)])
def test_requests_of_a_load(minutes, groups, partitions):
    feed = f"counted-{groups}-{partitions}"
    environment = minutes.environment | {
        "STOCKFEED_FEED": feed,
        "STOCKFEED_WAREHOUSE_SCHEMA": f"RAW_{groups}_{partitions}",
    }
    chains = [
        Chain(feed, f"group-{group}", f"{group:032x}", partition)
        for group in range(groups)
        for partition in range(partitions)
    ]
    for chain in chains:
        for start in (0, 1):
            metadata = BatchMetadata(start, 0, 0, None, None, 1)
            assert minutes.store.create(chain.key(start), b"", metadata.to_s3())
    listed = cost.lists(groups, groups, groups * partitions)
    settings = LoaderSettings.from_env(environment)
    assert requests(settings, loads=2 * len(chains)) == {
        "ListObjectsV2": listed,
        "HeadObject": len(chains),  # whether the first object of all is a chain's first; asked once
        "GetObject": 2 * len(chains),
    }
    assert requests(settings, loads=0) == {"ListObjectsV2": listed}


def requests(settings: LoaderSettings, loads: int) -> Counter[str]:
    """The requests to S3 of one load, by name."""
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
