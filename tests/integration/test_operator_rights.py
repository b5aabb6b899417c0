"""The chart grants the operator exactly the permissions that it uses.

A feed is taken through its whole life, and an operator process with the chart's settings acquires
the Lease and opens its watches. The fake API server records each access that a real one would pass
to its authorizer; the tests compare the accesses with the chart's roles and bindings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from kubernetes.client import ApiClient, Configuration

from stockfeed_operator.kube.api import DrainStatus
from stockfeed_operator.kube.cluster import KubernetesCluster
from stockfeed_operator.kube.kinds import DEPLOYMENT, FEED, MANAGED, Key, Manifest
from stockfeed_operator.run import installation_of
from stockfeed_operator.settings import PREFIX, Settings
from support.helm.cli import template
from support.inmemory.apiserver import ApiServer
from support.inmemory.cluster import NAMESPACE, InMemoryCluster
from support.inmemory.feeds import Life
from support.inmemory.http import StubServer
from support.inmemory.process import free_port, operator, until
from support.inmemory.rbac import Access, Recorder, Right, rights_of

CHART = Path(__file__).parents[2] / "charts" / "stockfeed-operator"
POD_FIELDS = {"metadata.name": "operator-0", "metadata.namespace": "streams"}

# Paths that Kubernetes' own ClusterRole `system:discovery` lets every client read.
DISCOVERY = ("/api", "/apis", "/version")


@dataclass(frozen=True)
class Comparison:
    """The granted permissions and the recorded requests.

    Attributes:
        granted: the permissions that the chart grants.
        accesses: accesses to objects.
        others: method and path of all other requests.
    """

    granted: Sequence[Right]
    accesses: frozenset[Access]
    others: frozenset[tuple[str, str]]


class Client(KubernetesCluster):
    """A client of the fake API server; drain status comes directly from the in-memory pods."""

    def __init__(self, url: str, memory: InMemoryCluster) -> None:
        super().__init__(ApiClient(Configuration(host=url)), "operator-0")
        self._memory = memory

    def drain_status(self, pod: Manifest) -> DrainStatus | None:
        return self._memory.drain_status(pod)


@pytest.fixture(
    scope="module",
    params=[(), ("--set", f"namespaces={{{NAMESPACE}}}")],
    ids=["clusterwide", "namespaces"],
)
def comparison(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Comparison:
    chart = template(CHART, None, *request.param)
    (deployment,) = (part for part in chart if part["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    environment = _environment(pod)
    life = Life(installation=installation_of(Settings.from_env(environment)))
    recorder = Recorder(ApiServer(life.cluster))
    with StubServer(recorder) as stub:
        life.client = Client(stub.url, life.cluster)
        _live(life)
        home = tmp_path_factory.mktemp("operator")
        with operator(stub.url, home, environment):
            life.create()
            until(lambda: life.condition("Ready"), "the first status", home / "log")
            until(lambda: _leads_and_watches(recorder.accesses), "lease and watches", home / "log")
    account = {
        "kind": "ServiceAccount",
        "name": pod["serviceAccountName"],
        "namespace": POD_FIELDS["metadata.namespace"],
    }
    granted = rights_of(account, chart)
    return Comparison(granted, frozenset(recorder.accesses), frozenset(recorder.others))


def _environment(pod: Manifest) -> dict[str, str]:
    given = {
        entry["name"]: entry["value"]
        if "value" in entry
        else POD_FIELDS[entry["valueFrom"]["fieldRef"]["fieldPath"]]
        for entry in pod["containers"][0]["env"]
    }
    return {**given, PREFIX + "HTTP_PORT": str(free_port())}


def _live(life: Life) -> None:
    """Takes a feed from creation through drift, pruning and suspension to deletion."""
    life.create(kafka={"deletionPolicy": "Delete"})
    life.rest()

    del life.cluster.objects[Key("ConfigMap", "us-shares")]
    life.cluster.edit(DEPLOYMENT, "us-autos-producer", lambda live: live["spec"].update(replicas=7))
    life.rest()
    life.change(symbolGroups=life.resource["spec"]["symbolGroups"][:1])
    life.rest()
    assert life.cluster.names(DEPLOYMENT) == {"us-megacaps-producer", "us-megacaps-consumer"}

    life.change(suspend=True)
    life.rest()
    assert life.condition("Stopped")["reason"] == "Suspended"
    life.change(suspend=False)
    life.rest()

    life.cluster.remove(Key(FEED.kind, "us"))
    life.rest()
    assert not life.exists
    life.cluster.settle()


def _leads_and_watches(accesses: set[Access]) -> bool:
    recorded = {(access.verb, access.resource) for access in [*accesses]}
    watched = (FEED.plural, *(kind.plural for kind in MANAGED), "customresourcedefinitions")
    return ("update", "leases") in recorded and {
        ("watch", plural) for plural in watched
    } <= recorded


def test_every_access_is_allowed(comparison: Comparison) -> None:
    denied = [
        access
        for access in comparison.accesses
        if not any(right.allows(access) for right in comparison.granted)
    ]
    assert not denied, "\n".join(map(str, sorted(denied)))


def test_every_permission_is_used(comparison: Comparison) -> None:
    unused = [
        right
        for right in comparison.granted
        if not any(right.allows(access) for access in comparison.accesses)
    ]
    assert not unused, "\n".join(map(str, sorted(unused)))


def test_no_permission_is_granted_twice(comparison: Comparison) -> None:
    assert sorted(comparison.granted) == sorted(set(comparison.granted))


def test_all_other_requests_are_discovery(comparison: Comparison) -> None:
    for method, path in comparison.others:
        assert (method, "/" + path.split("/")[1]) in {("GET", root) for root in DISCOVERY}
