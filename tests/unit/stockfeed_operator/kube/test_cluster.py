from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

from stockfeed.contract import endpoints
from stockfeed_operator.kube.api import DrainStatus, Event
from stockfeed_operator.kube.cluster import KubernetesCluster
from stockfeed_operator.kube.errors import (
    ClusterError,
    ConflictError,
    FailedRequestError,
    ForbiddenError,
    InvalidObjectError,
    NamespaceTerminatingError,
)
from stockfeed_operator.kube.kinds import CONFIG_MAP, FEED, TOPIC
from support.inmemory.http import Request, StubServer

CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "n", "uid": "u", "resourceVersion": "7"},
}
US: dict[str, Any] = {
    "apiVersion": FEED.api_version,
    "kind": FEED.kind,
    "metadata": {"name": "us", "namespace": "n", "uid": "u", "resourceVersion": "7"},
}
FEED_PATH = "/apis/stockfeed.dev/v1alpha1/namespaces/n/stockfeeds/us"


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(lambda request: (200, CONFIG)) as stub:
        yield stub


@pytest.fixture
def cluster(server: StubServer) -> KubernetesCluster:
    return KubernetesCluster(ApiClient(Configuration(host=server.url)), "operator-0")


def test_get_returns_the_object_or_none(cluster: KubernetesCluster, server: StubServer) -> None:
    assert cluster.get(CONFIG_MAP, "n", "c") == CONFIG
    server.answer = lambda request: (404, {})
    assert cluster.get(TOPIC, "n", "t") is None
    assert [request.path for request in server.requests] == [
        "/api/v1/namespaces/n/configmaps/c",
        "/apis/kafka.strimzi.io/v1/namespaces/n/kafkatopics/t",
    ]


def test_list_adds_api_version_and_kind_to_items(
    cluster: KubernetesCluster, server: StubServer
) -> None:
    server.answer = lambda request: (200, {"items": [{"metadata": {"name": "c"}}]})
    found = cluster.list(CONFIG_MAP, "n", {"a": "1", "b/c": "2"})
    assert found == [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}]
    assert server.requests[0].path.endswith("configmaps?labelSelector=a%3D1%2Cb%2Fc%3D2")


def test_list_returns_none_when_the_crd_is_missing(
    cluster: KubernetesCluster, server: StubServer
) -> None:
    server.answer = lambda request: (404, {"message": "the server could not find it"})
    assert cluster.list(TOPIC, "n", {}) is None


def test_apply_forces_a_server_side_apply(cluster: KubernetesCluster, server: StubServer) -> None:
    cluster.apply(CONFIG)
    assert server.requests == [
        Request(
            "PATCH",
            "/api/v1/namespaces/n/configmaps/c?fieldManager=stockfeed-operator&force=true",
            "application/apply-patch+yaml",
            CONFIG,
        )
    ]


def test_delete_requires_the_same_uid_and_ignores_a_missing_object(
    cluster: KubernetesCluster, server: StubServer
) -> None:
    cluster.delete(CONFIG)
    (request,) = server.requests
    assert (request.method, request.path) == ("DELETE", "/api/v1/namespaces/n/configmaps/c")
    assert request.body["preconditions"] == {"uid": "u"}
    server.answer = lambda request: (404, {})
    cluster.delete(CONFIG)


def test_set_status_applies_the_complete_status_and_ignores_a_missing_feed(
    cluster: KubernetesCluster, server: StubServer
) -> None:
    cluster.set_status(US, {"symbols": 3})
    (request,) = server.requests
    assert request.path == f"{FEED_PATH}/status?fieldManager=stockfeed-operator&force=true"
    assert request.body["status"] == {"symbols": 3}
    server.answer = lambda request: (404, {})
    cluster.set_status(US, {})


def test_set_finalizers_sends_the_resource_version_that_was_read(
    cluster: KubernetesCluster, server: StubServer
) -> None:
    cluster.set_finalizers(US, ["a"])
    assert server.requests == [
        Request(
            "PATCH",
            FEED_PATH,
            "application/merge-patch+json",
            {"metadata": {"finalizers": ["a"], "resourceVersion": "7"}},
        )
    ]


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (403, ForbiddenError, "PATCH /api/v1/namespaces/n/configmaps/c: 403: because"),
        (409, ConflictError, "409: because"),
        (422, InvalidObjectError, "because"),
        (400, InvalidObjectError, "because"),
        (500, FailedRequestError, "500: because"),
        (429, FailedRequestError, "429: because"),
    ],
)
def test_maps_http_status_codes_to_error_types(
    cluster: KubernetesCluster,
    server: StubServer,
    status: int,
    error: type[ClusterError],
    text: str,
) -> None:
    server.answer = lambda request: (status, {"message": "because"})
    with pytest.raises(error) as caught:
        cluster.apply(CONFIG)
    assert type(caught.value) is error
    assert text in str(caught.value)


def test_raises_cluster_error_when_the_api_server_is_unreachable() -> None:
    with StubServer(lambda request: (200, {})) as stub:
        url = stub.url
    configuration = Configuration(host=url)
    configuration.retries = False
    cluster = KubernetesCluster(ApiClient(configuration), "operator-0")
    with pytest.raises(ClusterError, match="GET /api/v1"):
        cluster.get(CONFIG_MAP, "n", "c")


def test_record_event_refers_to_the_feed_and_truncates_the_note(
    cluster: KubernetesCluster, server: StubServer
) -> None:
    cluster.record_event(US, Event("Warning", "DrainTimedOut", "x" * 2000))
    (request,) = server.requests
    assert request.path == "/apis/events.k8s.io/v1/namespaces/n/events"
    assert request.body["regarding"]["name"] == "us"
    assert (request.body["type"], request.body["reason"]) == ("Warning", "DrainTimedOut")
    assert len(request.body["note"]) == 1024


def test_recognises_a_terminating_namespace(cluster: KubernetesCluster, server: StubServer) -> None:
    causes = [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]
    body = {"message": "being terminated", "reason": "Forbidden", "details": {"causes": causes}}
    server.answer = lambda request: (403, body)
    with pytest.raises(NamespaceTerminatingError):
        cluster.apply(CONFIG)


def test_record_event_ignores_failures(cluster: KubernetesCluster, server: StubServer) -> None:
    server.answer = lambda request: (403, {"message": "no"})
    cluster.record_event(US, Event("Normal", "Running", ""))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            200,
            {"drained": True, "lag": 0, "buffered": 0, "partitions": [0, 2]},
            DrainStatus(drained=True, lag=0, buffered=0, partitions=frozenset({0, 2})),
        ),
        (
            503,
            {"drained": False, "lag": 9, "buffered": 4, "partitions": []},
            DrainStatus(drained=False, lag=9, buffered=4, partitions=frozenset()),
        ),
        (200, {"drained": True}, None),
        (200, ["not", "it"], None),
    ],
)
def test_drain_status_queries_the_pod_ip(
    cluster: KubernetesCluster,
    server: StubServer,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: Any,
    expected: DrainStatus | None,
) -> None:
    monkeypatch.setattr(endpoints, "HTTP_PORT", server.port)
    server.answer = lambda request: (status, body)
    pod = {"metadata": {"name": "p"}, "status": {"podIP": "127.0.0.1"}}
    assert cluster.drain_status(pod) == expected
    assert server.requests[0].path == "/drained"


def test_drain_status_is_none_when_the_pod_does_not_respond(
    cluster: KubernetesCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StubServer(lambda request: (200, {})) as stub:
        monkeypatch.setattr(endpoints, "HTTP_PORT", stub.port)
    for status in ({"podIP": "127.0.0.1"}, {}):
        assert cluster.drain_status({"metadata": {"name": "p"}, "status": status}) is None
