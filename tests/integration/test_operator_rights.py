"""The chart gives the operator the rights that it uses, and no other.

A feed lives through all that the operator does, and a process started as the chart starts it leads
and watches; what a real API server would have asked its authorizer is kept, and compared with what
the chart's roles and bindings allow.
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
OF_THE_POD = {"metadata.name": "operator-0", "metadata.namespace": "streams"}

# What the API server's own ClusterRole `system:discovery` lets every client read.
DISCOVERY = ("/api", "/apis", "/version")


@dataclass(frozen=True)
class Comparison:
    """What the chart gives, and what the operator did.

    Attributes:
        given: the rights.
        accesses: to objects.
        others: method and path of requests that were about no object.
    """

    given: Sequence[Right]
    accesses: frozenset[Access]
    others: frozenset[tuple[str, str]]


class Client(KubernetesCluster):
    """Reaches the API server over HTTP; what consumers say does not pass by it."""

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
        "namespace": OF_THE_POD["metadata.namespace"],
    }
    given = rights_of(account, chart)
    return Comparison(given, frozenset(recorder.accesses), frozenset(recorder.others))


def _environment(pod: Manifest) -> dict[str, str]:
    given = {
        entry["name"]: entry["value"]
        if "value" in entry
        else OF_THE_POD[entry["valueFrom"]["fieldRef"]["fieldPath"]]
        for entry in pod["containers"][0]["env"]
    }
    return {**given, PREFIX + "HTTP_PORT": str(free_port())}


def _live(life: Life) -> None:
    """Takes a feed from its creation through drift, prune and stop to its deletion."""
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
    seen = {(access.verb, access.resource) for access in [*accesses]}
    watched = (FEED.plural, *(kind.plural for kind in MANAGED), "customresourcedefinitions")
    return ("update", "leases") in seen and {("watch", plural) for plural in watched} <= seen


def test_all_that_the_operator_does_is_allowed(comparison: Comparison) -> None:
    refused = [
        access
        for access in comparison.accesses
        if not any(right.allows(access) for right in comparison.given)
    ]
    assert not refused, "\n".join(map(str, sorted(refused)))


def test_every_right_is_used(comparison: Comparison) -> None:
    unused = [
        right
        for right in comparison.given
        if not any(right.allows(access) for access in comparison.accesses)
    ]
    assert not unused, "\n".join(map(str, sorted(unused)))


def test_no_right_is_given_twice(comparison: Comparison) -> None:
    assert sorted(comparison.given) == sorted(set(comparison.given))


def test_all_else_is_discovery_which_every_client_may_use(comparison: Comparison) -> None:
    for method, path in comparison.others:
        assert (method, "/" + path.split("/")[1]) in {("GET", root) for root in DISCOVERY}
