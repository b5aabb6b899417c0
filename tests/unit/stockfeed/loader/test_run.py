"""A load from a real S3 server into a scripted Snowflake."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector.errors import OperationalError

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import DataError, TransientError
from stockfeed.loader import run as module
from stockfeed.loader.report import Report
from stockfeed.loader.run import Run, StoppedError
from stockfeed.loader.warehouse import Warehouse
from stockfeed.objectstore import ObjectStore

Make = Callable[[Callable[[str], Any]], tuple[Warehouse, list[str]]]

CHAIN = Chain("us", "autos", "ab12", 0)
GONE = OperationalError("connection reset", errno=250003)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)


@pytest.fixture
def store(object_store: ObjectStore) -> ObjectStore:
    """Four objects of ten quotes."""
    for start in range(0, 40, 10):
        metadata = BatchMetadata(start + 9, 10, 0, 1, 2)
        object_store.create(CHAIN.key(start), gzip.compress(b"{}"), metadata.to_s3())
    return object_store


def go_on() -> None:
    """A checkpoint that never stops the run."""


def test_broken_session_costs_one_attempt_only(
    store: ObjectStore, scripted: Make, server: Any
) -> None:
    failures = iter([GONE])
    warehouse, log = scripted(
        lambda text: (
            next(failures, None) or server(text) if text.startswith("PUT") else server(text)
        )
    )
    report = Report()
    Run(store, warehouse, "us", report, go_on).load()

    assert report.rows == 40
    assert log.count("connect") == 2
    assert sum(text.startswith("COPY") for text in log) == 1


def test_counts_attempts_from_zero_after_progress(
    store: ObjectStore, scripted: Make, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 1)
    monkeypatch.setattr("stockfeed.loader.retry._ATTEMPTS", 2)
    failures = iter([None, GONE, GONE, None, GONE, GONE])

    def flaky(text: str) -> Any:
        return (next(failures, None) if text == "BEGIN" else None) or server(text)

    warehouse, _ = scripted(flaky)
    report = Report()
    Run(store, warehouse, "us", report, go_on).load()

    assert report.files >= 4


def test_fails_after_all_attempts_without_progress(store: ObjectStore, scripted: Make) -> None:
    warehouse, log = scripted(lambda text: GONE)
    with pytest.raises(TransientError):
        Run(store, warehouse, "us", Report(), go_on).load()

    assert log.count("connect") == 6


def test_stop_between_steps_leaves_nothing_staged(
    store: ObjectStore, scripted: Make, server: Any
) -> None:
    warehouse, log = scripted(server)

    def stop_once_staged() -> None:
        if any(text.startswith("PUT") for text in log):
            raise StoppedError

    report = Report()
    with pytest.raises(StoppedError):
        Run(store, warehouse, "us", report, stop_once_staged).load()

    assert log[-1].startswith("REMOVE")
    assert "BEGIN" not in log
    assert report.files == 0


def test_rejected_file_fails_the_run_with_its_name_and_the_skip_command(
    store: ObjectStore, scripted: Make, server: Any
) -> None:
    server.rows_loaded = {CHAIN.key(20): ("LOAD_FAILED", 0)}
    warehouse, _ = scripted(server)
    report = Report()
    with pytest.raises(DataError, match=f"--skip {CHAIN.key(20)}"):
        Run(store, warehouse, "us", report, go_on).load()

    assert (report.files, report.waiting) == (2, 2)


def test_failure_of_many_foreign_prefixes_stays_short(
    store: ObjectStore, scripted: Make, server: Any
) -> None:
    for number in range(60):
        store.create(f"feed=us/other-{number}/x", b"", {})
    warehouse, _ = scripted(server)
    with pytest.raises(DataError, match="60 partitions stopped") as caught:
        Run(store, warehouse, "us", Report(), go_on).load()

    assert len(str(caught.value).splitlines()) == 52
    assert str(caught.value).endswith("and 10 more")


def test_failed_sweep_does_not_fail_the_run(
    store: ObjectStore, scripted: Make, server: Any
) -> None:
    warehouse, _ = scripted(lambda text: GONE if text.startswith("LIST") else server(text))
    report = Report()
    Run(store, warehouse, "us", report, go_on).load()

    assert report.files == 4


def test_sweeps_staged_files_of_killed_loaders(
    object_store: ObjectStore, scripted: Make, server: Any
) -> None:
    left = {"name": "stg_stock_quotes/dead/x", "last_modified": "Sat, 1 Nov 2025 11:00:00 GMT"}
    warehouse, log = scripted(lambda text: [left] if text.startswith("LIST") else server(text))
    Run(object_store, warehouse, "us", Report(), go_on).load()

    assert log[-1] == "REMOVE @STG_STOCK_QUOTES/dead/"
