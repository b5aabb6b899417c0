"""The operator as a process: it talks over HTTP to a fake API server."""

import signal
from pathlib import Path

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from stockfeed.contract.metrics.operator import METRICS
from stockfeed_operator.kube.kinds import CRON_WORKFLOW, FEED, MANAGED, POD_MONITOR, WORKFLOW, Key
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.settings import PREFIX
from support.inmemory.apiserver import ApiServer
from support.inmemory.cluster import InMemoryCluster
from support.inmemory.feeds import Life
from support.inmemory.http import StubServer
from support.inmemory.process import free_port, operator, until

_SETTINGS = {
    "PIPELINE_IMAGE": "stockfeed/pipeline:1",
    "DBT_IMAGE": "stockfeed/dbt:1",
    "TASK_RESULTS_ROLE": "task-results",
    "LEASE_NAMESPACE": "stockfeed",
    "POD_NAME": "operator-0",
    "RESYNC_INTERVAL": "10s",
}
_MISSING = frozenset({CRON_WORKFLOW, WORKFLOW, POD_MONITOR})


def _settings(port: int) -> dict[str, str]:
    given = {**_SETTINGS, "HTTP_PORT": str(port)}
    return {PREFIX + name: value for name, value in given.items()}


@pytest.fixture
def life() -> Life:
    return Life(InMemoryCluster(missing=set(_MISSING)))


def test_reconciles_feeds_without_the_optional_crds(life: Life, tmp_path: Path) -> None:
    server = ApiServer(life.cluster)
    log, port = tmp_path / "log", free_port()
    with StubServer(server) as stub, operator(stub.url, tmp_path, _settings(port)) as process:
        life.create()
        until(lambda: life.condition("LoadHealthy"), "the first status", log)
        assert life.condition("LoadHealthy")["reason"] == "ArgoMissing"
        assert life.replicas("autos-producer") == 1
        assert server.leases["stockfeed-operator"]["spec"]["holderIdentity"] == "operator-0"

        del life.cluster.objects[Key("ConfigMap", "us-shares")]
        # The counter is incremented right after the write of the repaired object.
        repaired = 'stockfeed_operator_drift_repairs_total{kind="ConfigMap"} 1.0'
        until(lambda: repaired in _metrics(port), "the repair", log)
        assert Key("ConfigMap", "us-shares") in life.cluster.objects
        response = _metrics(port)
        assert _families(response) == {metric.name: metric.kind for metric in METRICS}
        assert "stockfeed_operator_leader 1.0" in response
        assert repaired in response
        # A cluster may have many other Deployments and ConfigMaps: watches select by label.
        selectors = {kind.plural: {FEED_LABEL} for kind in MANAGED if kind not in _MISSING}
        assert server.selectors.items() >= selectors.items()
        assert server.selectors[FEED.plural] == {""}
        assert urllib3.request("GET", f"http://127.0.0.1:{port}/healthz").status == 200

        life.cluster.remove(Key(FEED.kind, "us"))
        until(lambda: life.condition("Stopped"), "the start of the stop", log)
        until(lambda: all(server.watches.values()), "an open watch of each kind", log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(180) == 0
    assert "Traceback" not in log.read_text()


def _metrics(port: int) -> str:
    return urllib3.request("GET", f"http://127.0.0.1:{port}/metrics").data.decode()


def _families(response: str) -> dict[str, str]:
    """Returns the type of each metric by the name that queries use."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in text_string_to_metric_families(response)
    }


def test_exits_when_the_lease_is_lost(life: Life, tmp_path: Path) -> None:
    server = ApiServer(life.cluster)
    log = tmp_path / "log"
    settings = _settings(free_port())
    with StubServer(server) as stub, operator(stub.url, tmp_path, settings) as process:
        until(lambda: "leading" in log.read_text(), "the lease", log)
        server.give_lease("stockfeed-operator", "operator-1")
        assert process.wait(180) == 1
    assert "lost the Lease" in log.read_text()
