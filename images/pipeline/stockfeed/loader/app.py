"""`stockfeed loader`: settings, signals and health around loads."""

import threading
from collections.abc import Mapping, Sequence
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
from stockfeed.ownership import check_owner, owner_of
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
    lines: Sequence[int] = (),
) -> int:
    """Loads once, or in a loop until SIGTERM or SIGINT, or skips one object.

    Args:
        environ: see `stockfeed.settings.LoaderSettings`.
        once: loads what is new, prints a summary and returns.
        skip: the key of an object to skip; nothing else is loaded then.
        reason: why it is skipped; kept in the ledger.
        build_follows: with `once`: leaves it to the `stockfeed build` that runs next in the same
            workspace to fail for the objects that could not be loaded.
        from_first: with `once`: see `open_backlogs`.
        lines: with `skip`: skips only these lines of the object, and loads the others.

    Returns:
        The exit status.

    Raises:
        StockfeedError: the message says what to do; committed batches stay loaded.
    """
    settings = LoaderSettings.from_env(environ)
    if build_follows and settings.outputs_dir is None:
        raise ConfigurationError(
            f"{env.OUTPUTS_DIR}: not set, so the build could not read this load's failure"
        )
    logs.configure(settings.log_level, settings.log_format)
    stop = threading.Event()
    store = object_store(settings, max_connections=THREADS)
    registry = CollectorRegistry()
    with on_stop_signal(stop.set), Warehouse(settings) as warehouse:
        if skip is not None:
            retrying()(check_owner, store, settings.feed, owner_of(settings))
            retrying()(skip_object, store, warehouse, settings.feed, skip, reason or "", lines)
            _log.info("skipped", key=skip, reason=reason, lines=list(lines))
            return 0
        metrics = LoaderMetrics(registry)
        service = Service(settings, store, warehouse, metrics, stop, from_first=from_first)
        if once:
            _load_once(service, settings.outputs_dir if build_follows else None)
        else:
            with health_server(
                settings.http_port, registry, service.checks(), host=str(settings.http_host)
            ):
                service.loop()
    return 0


def _load_once(service: Service, workspace: Path | None) -> None:
    report = Report()
    try:
        service.load(report)
    except StoppedError:
        raise TransientError(
            "stopped by a signal before everything was loaded; the next load continues from there"
        ) from None
    except PartialLoadError as error:
        # Argo starts no further container after a failed one, and what was loaded must be built.
        if workspace is None:
            raise
        (workspace / outputs.LOAD_FAILURE).write_text(str(error))
        _log.error("the build will fail for this", error=str(error))
    finally:
        print(report.summary(time()))
