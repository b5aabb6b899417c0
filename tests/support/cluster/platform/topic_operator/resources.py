"""The KafkaTopics of a namespace, accessed through the API server."""

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_MERGE = {"Content-Type": "application/merge-patch+json"}


class Resources:
    """KafkaTopics with a cluster's label.

    Args:
        client: a client of the API server that may list and patch them.
        namespace: their namespace.
        cluster: value of the label `strimzi.io/cluster`.
    """

    def __init__(self, client: httpx.Client, namespace: str, cluster: str) -> None:
        self._client = client
        self._path = f"/apis/kafka.strimzi.io/v1/namespaces/{namespace}/kafkatopics"
        self._query = {"labelSelector": f"strimzi.io/cluster={cluster}"}

    def all(self) -> Sequence[dict[str, Any]]:
        """Returns all KafkaTopics."""
        answer = self._client.get(self._path, params=self._query).raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def set_finalizers(self, resource: Mapping[str, Any], finalizers: Sequence[str]) -> None:
        """Replaces the finalizers; no error if the resource no longer exists."""
        version = resource["metadata"]["resourceVersion"]
        body = {"metadata": {"finalizers": [*finalizers], "resourceVersion": version}}
        self._patch(resource, "", body)

    def set_status(self, resource: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """Writes the status; no error if the resource no longer exists."""
        self._patch(resource, "/status", {"status": status})

    def _patch(self, resource: Mapping[str, Any], part: str, body: Mapping[str, Any]) -> None:
        path = f"{self._path}/{resource['metadata']['name']}{part}"
        answer = self._client.patch(path, json=body, headers=_MERGE)
        if answer.status_code not in (
            404,
            409,
        ):  # deleted or changed meanwhile: the next reconcile handles it
            answer.raise_for_status()


def in_cluster() -> httpx.Client:
    """Returns a client with the pod's identity.

    The token is read once: it outlives the tests.
    """
    context = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
    token = (_ACCOUNT / "token").read_text()
    return httpx.Client(
        base_url="https://kubernetes.default.svc",
        headers={"Authorization": f"Bearer {token}"},
        verify=context,
        timeout=30,
    )
