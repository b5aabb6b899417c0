"""`stockfeed loader`: settings, signals and health around load runs."""

import threading
from collections.abc import Mapping
from pathlib import Path
from time import time

import structlog
from prometheus_client import CollectorRegistry

from stockfeed import logs
from stockfeed.contract import env, outputs
from stockfeed.errors import ConfigurationError, PartialLoadError, TransientError
from stockfeed.health import health_server
from stockfeed.loader.report import Report
from stockfeed.loader.retry import retrying
from stockfeed.loader.run import THREADS, StoppedError
from stockfeed.loader.service import Service
from stockfeed.loader.skip import skip as skip_object
from stockfeed.loader.warehouse import Warehouse
from stockfeed.metrics import LoaderMetrics
from stockfeed.objectstore import object_store
from stockfeed.settings import LoaderSettings
from stockfeed.signals import on_stop_signal

_log = structlog.get_logger()


def main(
    environ: Mapping[str, str],
    once: bool,
    skip: str | None,
    reason: str | None,
    build_follows: bool = False,
    from_first: bool = False,
) -> int:
    """Loads once, or in a loop until SIGTERM or SIGINT, or skips one object.

    Args:
        environ: see `stockfeed.settings.LoaderSettings`.
        once: load what is new, print a summary, end.
        skip: the key of an object to pass over; nothing is loaded then.
        reason: why; kept in the ledger.
        build_follows: with `once`: a `stockfeed build` runs next in the same workspace, and fails
            for the objects that this load leaves out.
        from_first: with `once`: as `open_backlogs` says.

    Returns:
        the exit status.

    Raises:
        StockfeedError: with what to do. What was loaded before it stays loaded.
    """
    settings = LoaderSettings.from_env(environ)
    if build_follows and settings.outputs_dir is None:
        raise ConfigurationError(f"{env.OUTPUTS_DIR}: not set, so a build would not hear of this")
    logs.configure(settings.log_level, settings.log_format)
    stop = threading.Event()
    store = object_store(settings, max_connections=THREADS)
    registry = CollectorRegistry()
    with on_stop_signal(stop.set), Warehouse(settings) as warehouse:
        if skip is not None:
            retrying()(skip_object, store, warehouse, settings.feed, skip, reason or "")
            _log.info("skipped", key=skip, reason=reason)
            return 0
        metrics = LoaderMetrics(registry)
        service = Service(settings, store, warehouse, metrics, stop, from_first=from_first)
        if once:
            _load_once(service, settings.outputs_dir if build_follows else None)
        else:
            with health_server(settings.http_port, registry, service.checks()):
                service.loop()
    return 0


def _load_once(service: Service, workspace: Path | None) -> None:
    report = Report()
    try:
        service.load(report)
    except StoppedError:
        raise TransientError(
            "stopped by a signal before all was loaded; the next run goes on from there"
        ) from None
    except PartialLoadError as error:
        # Argo starts no container behind one that failed: what did load would not be built.
        if workspace is None:
            raise
        (workspace / outputs.LOAD_FAILURE).write_text(str(error))
        _log.error("left to the build to fail for", error=str(error))
    finally:
        print(report.summary(time()))
