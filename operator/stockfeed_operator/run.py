"""Starts the operator: probes first, then leader election, then kopf until a signal arrives."""

import asyncio
import os
import signal
import sys
import threading
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from typing import Final

import kopf
import structlog
from kubernetes import config
from kubernetes.client import ApiClient
from prometheus_client import CollectorRegistry

from stockfeed_operator import logs
from stockfeed_operator.handlers import build_registry
from stockfeed_operator.kube.cluster import KubernetesCluster
from stockfeed_operator.kube.leader import Election, LeaseLock
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.metrics import OperatorMetrics
from stockfeed_operator.probes import Heartbeat, web_server
from stockfeed_operator.reconcile import reconcile
from stockfeed_operator.settings import Settings
from stockfeed_operator.wakeups import Wakeups
from stockfeed_operator.watchdog import Watchdog, allow_deep_json
from stockfeed_operator.worker import Worker

_log = structlog.get_logger()

_LOG_SECONDS: Final = 1.0


def run(settings: Settings) -> None:
    """Runs the operator until SIGTERM or SIGINT, then releases the Lease.

    The process exits immediately with status 1 if it loses the Lease or if a watcher dies.

    Args:
        settings: the parsed operator settings.
    """
    logs.configure(settings.log_level, settings.log_format)
    allow_deep_json()
    # Process 1 of a container ignores signals without a handler. kopf sets its own while it runs.
    # Until then, a standby that waits for the Lease must end on a signal, too.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    client = _client()
    metrics_registry = CollectorRegistry()
    metrics = OperatorMetrics(metrics_registry)
    lock = LeaseLock(client, settings.lease_name, settings.lease_namespace, settings.pod_name)
    election = Election(lock, _exit)
    heartbeat, watchdog = Heartbeat(), Watchdog(_exit_without_watcher)
    with ExitStack() as stack:
        web = stack.enter_context(
            web_server(
                settings.http_port,
                metrics_registry,
                lambda: _problem(election, heartbeat, watchdog),
                host=str(settings.http_host),
            )
        )
        _log.info("waiting for the Lease", lease=settings.lease_name, http_port=web.port)
        election.start()
        stack.callback(election.stop)
        election.wait()
        metrics.leader.set(1)
        _log.info("leading", namespaces=settings.namespaces or "all")
        cluster = KubernetesCluster(client, settings.pod_name)
        asyncio.run(_operate(settings, cluster, metrics, heartbeat, watchdog))


def installation_of(settings: Settings) -> Installation:
    """Returns the settings that apply to every feed of this installation."""
    return Installation(
        pipeline_image=settings.pipeline_image,
        dbt_image=settings.dbt_image,
        task_results_role=settings.task_results_role,
        version=version("stockfeed"),
        cluster=settings.cluster,
    )


def _client() -> ApiClient:
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    return ApiClient()


def _exit() -> None:
    # Another replica may already be reconciling, so running reconciles must not continue: exit
    # without cleanup.
    # A full pipe blocks the log, which must not delay the exit.
    log = threading.Thread(target=_log.error, args=("lost the Lease, exiting",), daemon=True)
    log.start()
    log.join(_LOG_SECONDS)
    os._exit(1)


def _exit_without_watcher(name: str, error: BaseException) -> None:
    # A restart, or another replica, lists and watches everything again.
    _log.error("a watcher has died, exiting", watcher=name, error=repr(error), exc_info=error)
    os._exit(1)


def _problem(election: Election, heartbeat: Heartbeat, watchdog: Watchdog) -> str | None:
    if not election.alive:
        return "leader election has ended"
    return (heartbeat.problem() or watchdog.problem()) if election.leads else None


async def _operate(
    settings: Settings,
    cluster: KubernetesCluster,
    metrics: OperatorMetrics,
    heartbeat: Heartbeat,
    watchdog: Watchdog,
) -> None:
    reconcile_feed = partial(reconcile, cluster, installation_of(settings))
    worker = Worker(reconcile_feed, metrics, settings.resync_interval)
    wakeups = Wakeups(worker.reconcile, settings.max_workers)
    watchdog.started()
    checks = [asyncio.create_task(check.run()) for check in (heartbeat, watchdog)]
    try:
        await kopf.operator(
            registry=build_registry(wakeups),
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            standalone=True,
        )
    finally:
        for check in checks:
            check.cancel()
        # The Lease is released afterwards, so no reconcile may still be running.
        await wakeups.close()
