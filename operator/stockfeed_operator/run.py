"""Wires the operator: probes first, then the Lease, then kopf until a signal comes."""

import asyncio
import os
from functools import partial
from importlib.metadata import version
from time import monotonic
from typing import Final

import kopf
import structlog
from kubernetes import config
from kubernetes.client import ApiClient
from prometheus_client import CollectorRegistry

from stockfeed_operator import logs
from stockfeed_operator.handlers import registry_of
from stockfeed_operator.kube.cluster import KubernetesCluster
from stockfeed_operator.kube.leader import Election, LeaseLock
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.metrics import OperatorMetrics
from stockfeed_operator.reconcile import reconcile
from stockfeed_operator.settings import Settings
from stockfeed_operator.wakeups import Wakeups
from stockfeed_operator.web import web_server
from stockfeed_operator.worker import Worker

_log = structlog.get_logger()

_STUCK_SECONDS: Final = 60.0


class Heart:
    """Beats as long as the event loop turns."""

    def __init__(self) -> None:
        self._beat = monotonic()

    async def beat(self) -> None:
        """Beats every second, for ever."""
        while True:
            self._beat = monotonic()
            await asyncio.sleep(1.0)

    def problem(self) -> str | None:
        """What is wrong, if anything is."""
        silent = monotonic() - self._beat
        return f"the event loop stands for {silent:.0f} s" if silent > _STUCK_SECONDS else None


def run(settings: Settings) -> None:
    """Runs the operator until SIGTERM or SIGINT; a lost Lease ends the process at once.

    Args:
        settings: where, with what, as whom.
    """
    logs.configure(settings.log_level, settings.log_format)
    client = _client()
    metrics_registry = CollectorRegistry()
    metrics = OperatorMetrics(metrics_registry)
    lock = LeaseLock(client, settings.lease_name, settings.lease_namespace, settings.pod_name)
    election = Election(lock, _lost)
    heart = Heart()
    with web_server(settings.http_port, metrics_registry, lambda: _problem(election, heart)) as web:
        _log.info("waiting for the lease", lease=settings.lease_name, http_port=web.port)
        election.start()
        election.wait()
        metrics.leader.set(1)
        _log.info("leading", namespaces=settings.namespaces or "all")
        cluster = KubernetesCluster(client, settings.pod_name)
        asyncio.run(_operate(settings, cluster, metrics, heart))


def installation_of(settings: Settings) -> Installation:
    """What the installation gives to every feed."""
    return Installation(
        pipeline_image=settings.pipeline_image,
        dbt_image=settings.dbt_image,
        task_results_role=settings.task_results_role,
        version=version("stockfeed"),
    )


def _client() -> ApiClient:
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()
    return ApiClient()


def _lost() -> None:
    # Another replica may be at work already: nothing may be finished, only ended.
    _log.error("the lease is lost")
    os._exit(1)


def _problem(election: Election, heart: Heart) -> str | None:
    if not election.alive:
        return "the leader election has ended"
    return heart.problem() if election.leads else None


async def _operate(
    settings: Settings, cluster: KubernetesCluster, metrics: OperatorMetrics, heart: Heart
) -> None:
    look = partial(reconcile, cluster, installation_of(settings))
    worker = Worker(look, metrics, settings.resync_interval)
    wakeups = Wakeups(worker.look, settings.max_workers)
    beating = asyncio.create_task(heart.beat())
    try:
        await kopf.operator(
            registry=registry_of(wakeups),
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            standalone=True,
        )
    finally:
        beating.cancel()
