"""Runs loads, once or in a loop, and publishes metrics, outputs, logs and health."""

import threading
from time import monotonic, time

import structlog

from stockfeed.contract import endpoints
from stockfeed.contract.metrics.loader import FAILED, HOLE
from stockfeed.errors import StockfeedError
from stockfeed.health import Check, CheckResult
from stockfeed.loader.report import Report
from stockfeed.loader.retry import retrying
from stockfeed.loader.run import Run, StoppedError
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import ObjectStore
from stockfeed.ownership import check_owner, owner_of
from stockfeed.settings import LoaderSettings

_log = structlog.get_logger()

# More than the longest step: waiting for a killed loader's lock takes up to ten minutes.
_STALLED_SECONDS = 900
_MAX_LOGGED = 1000


class Service:
    """Loads a feed once or in a loop.

    Args:
        settings: the feed, and the interval between loads.
        store: the raw zone.
        warehouse: the session to use.
        metrics: accumulates over all loads.
        stop: when set, the current load ends at its next step.
        from_first: see `open_backlogs`.
    """

    def __init__(
        self,
        settings: LoaderSettings,
        store: ObjectStore,
        warehouse: Warehouse,
        metrics: LoaderMetrics,
        stop: threading.Event,
        *,
        from_first: bool = False,
    ) -> None:
        self._settings = settings
        self._store = store
        self._warehouse = warehouse
        self._metrics = metrics
        self._stop = stop
        self._from_first = from_first
        self._last_step = monotonic()
        self._problem = "no load has finished yet"

    def load(self, report: Report) -> None:
        """Runs one load.

        Args:
            report: updated also when the load fails.

        Raises:
            StockfeedError: see `Run.load`.
            StoppedError: a signal ended the load.
        """
        started = monotonic()
        result = "failed"
        try:
            retrying()(check_owner, self._store, self._settings.feed, owner_of(self._settings))
            self._run(report).load()
            result = "loaded" if report.files else "empty"
        finally:
            report.seconds = monotonic() - started
            self._publish(report, result)

    def _run(self, report: Report) -> Run:
        feed, from_first = self._settings.feed, self._from_first
        return Run(
            self._store, self._warehouse, feed, report, self._checkpoint, from_first=from_first
        )

    def loop(self) -> None:
        """Loads at each interval until stopped; logs a failed load and continues."""
        while not self._stop.is_set():
            started = monotonic()
            try:
                self.load(Report())
            except StoppedError:
                break
            except StockfeedError as error:
                self._problem = f"{type(error).__name__}: {error}"
                _log.error("load failed", error=self._problem)
            else:
                self._problem = ""
            self._record_step()
            self._stop.wait(max(0.0, self._settings.load_interval - (monotonic() - started)))

    def checks(self) -> dict[str, Check]:
        """Returns the probes: live while steps finish, ready if the last load succeeded."""
        return {endpoints.HEALTHZ: self._health, endpoints.READYZ: self._ready}

    def _checkpoint(self) -> None:
        self._record_step()
        if self._stop.is_set():
            raise StoppedError

    def _record_step(self) -> None:
        self._last_step = monotonic()

    def _health(self) -> CheckResult:
        idle = monotonic() - self._last_step
        limit = _STALLED_SECONDS + self._settings.load_interval
        return CheckResult(idle < limit, {"seconds_since_last_step": round(idle, 1)})

    def _ready(self) -> CheckResult:
        return CheckResult(not self._problem, {"problem": self._problem or None})

    def _publish(self, report: Report, result: str) -> None:
        metrics = self._metrics
        metrics.loads.labels(result).inc()
        metrics.rows.inc(report.rows)
        metrics.files.inc(report.files)
        metrics.bytes.inc(report.bytes)
        metrics.load_latency.observe(report.seconds)
        metrics.waiting.set(report.waiting)
        failed = len(report.failures)
        metrics.stopped_partitions.labels(FAILED).set(failed)
        metrics.stopped_partitions.labels(HOLE).set(len(report.stops) - failed)
        if report.newest is not None:
            metrics.newest_quote_timestamp.set(report.newest / 1000)
        if self._settings.outputs_dir is not None:
            report.write(self._settings.outputs_dir)
        _log.info("load finished", result=result, **report.fields(time()))
        for stop in report.stops[:_MAX_LOGGED]:
            _log.warning("partition stopped", key=stop.key, why=stop.text, failed=stop.failed)
