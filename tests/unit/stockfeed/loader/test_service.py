import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from stockfeed.contract import endpoints
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import ConfigurationError, TransientError
from stockfeed.loader import service as module
from stockfeed.loader.plan import Piece, Stop
from stockfeed.loader.report import Report
from stockfeed.loader.run import StoppedError
from stockfeed.loader.service import Service
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import ObjectStore
from stockfeed.ownership import Owner, claim_feed
from stockfeed.settings import LoaderSettings

PIECE = Piece(Chain("us", "a", "t", 0), 0, 50, "etag", BatchMetadata(9, 10, 0, 1000, 2000))

Behaviour = Callable[[Report, Callable[[], None]], None]


class Harness:
    """A service whose loads behave as a test defines."""

    def __init__(
        self, settings: LoaderSettings, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.registry = CollectorRegistry()
        self.stop = threading.Event()
        self.from_first: bool | None = None
        self.behaviour: Behaviour = lambda report, checkpoint: None
        harness = self

        class Run:
            def __init__(
                self,
                _s: object,
                _w: object,
                _f: str,
                report: Report,
                checkpoint: Callable[[], None],
                *,
                from_first: bool,
            ) -> None:
                harness.from_first = from_first
                self._report, self._checkpoint = report, checkpoint

            def load(self) -> None:
                harness.behaviour(self._report, self._checkpoint)

        monkeypatch.setattr(module, "Run", Run)
        warehouse, metrics = Warehouse(settings), LoaderMetrics(self.registry)
        self.service = Service(settings, store, warehouse, metrics, self.stop, from_first=True)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def ready(self) -> bool:
        return self.service.checks()[endpoints.READYZ]().ok


@pytest.fixture
def harness(settings: LoaderSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    quick = settings.model_copy(update={"outputs_dir": tmp_path, "load_interval": 0.01})
    return Harness(quick, ObjectStore(None, "bucket"), monkeypatch)  # type: ignore[arg-type]


def test_publishes_metrics_and_outputs_of_a_load(harness: Harness, tmp_path: Path) -> None:
    harness.behaviour = lambda report, _: report.add([PIECE])
    harness.service.load(Report())

    assert harness.from_first is True
    assert harness.metric("stockfeed_loads_total", result="loaded") == 1
    assert harness.metric("stockfeed_rows_loaded_total") == 10
    assert harness.metric("stockfeed_newest_quote_timestamp_seconds") == 2.0
    assert (tmp_path / "rows").read_text() == "10"


def test_failed_load_reports_what_it_loaded(harness: Harness, tmp_path: Path) -> None:
    def partly(report: Report, _: object) -> None:
        report.add([PIECE])
        report.stops = [Stop("k", "is broken"), Stop("h", "waits", failed=False)]
        report.waiting = 3
        raise TransientError("gone")

    harness.behaviour = partly
    with pytest.raises(TransientError):
        harness.service.load(Report())

    assert harness.metric("stockfeed_loads_total", result="failed") == 1
    assert harness.metric("stockfeed_objects_waiting") == 3
    assert harness.metric("stockfeed_partitions_stopped", cause="failed") == 1
    assert harness.metric("stockfeed_partitions_stopped", cause="hole") == 1
    assert (tmp_path / "files").read_text() == "1"


def test_loop_continues_after_a_failure_and_readiness_follows(harness: Harness) -> None:
    readiness: list[bool] = []

    def one_run(*_: object) -> None:
        readiness.append(harness.ready())
        if len(readiness) == 1:
            return
        if len(readiness) == 2:
            raise TransientError("gone")
        harness.stop.set()

    harness.behaviour = one_run
    harness.service.loop()

    assert readiness == [False, True, False]
    assert harness.ready()
    assert harness.metric("stockfeed_loads_total", result="empty") == 2


def test_stop_ends_the_load_at_its_next_step(harness: Harness) -> None:
    steps: list[int] = []

    def step_by_step(_: Report, checkpoint: Callable[[], None]) -> None:
        checkpoint()
        steps.append(1)
        harness.stop.set()
        checkpoint()
        steps.append(2)

    harness.behaviour = step_by_step
    with pytest.raises(StoppedError):
        harness.service.load(Report())

    assert steps == [1]


def test_loader_without_progress_is_not_live(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = harness.service.checks()[endpoints.HEALTHZ]
    assert health().ok
    monkeypatch.setattr(module, "_STALLED_SECONDS", -1.0)
    assert not health().ok


def test_loads_nothing_of_another_owners_feed(
    settings: LoaderSettings, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_feed(object_store, settings.feed, Owner("default", "stocks"))
    owned = settings.model_copy(update={"owner_namespace": "tenant"})
    harness = Harness(owned, object_store, monkeypatch)
    harness.behaviour = lambda report, _: report.add([PIECE])
    with pytest.raises(ConfigurationError, match=r"'tenant' of cluster .* 'stocks' of cluster"):
        harness.service.load(Report())
    assert harness.from_first is None
    assert harness.metric("stockfeed_loads_total", result="failed") == 1
