"""A Kubernetes cluster behind its API: the only file that talks to Kubernetes.

Requests are made by path, because the operator knows its few kinds, and custom resources and
Kubernetes' own are then the same thing. Consumers are asked directly, pod by pod: going through the
API server would take the right to reach every pod of the cluster.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
import urllib3
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException

from stockfeed.contract import endpoints
from stockfeed.contract.times import format_rfc3339
from stockfeed_operator.kube.api import FIELD_MANAGER, DrainStatus, Event
from stockfeed_operator.kube.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
)
from stockfeed_operator.kube.kinds import EVENT, FEED, Kind, Manifest, kind_of

_log = structlog.get_logger()

_TIMEOUT_SECONDS: Final = 30
_DRAINED_SECONDS: Final = 3.0
_APPLY: Final = "application/apply-patch+yaml"
_MERGE: Final = "application/merge-patch+json"
_ERRORS: Final[dict[int, type[ClusterError]]] = {
    400: InvalidObjectError,
    403: ForbiddenError,
    409: ConflictError,
    422: InvalidObjectError,
}
_NOTE_LIMIT: Final = 1024


class KubernetesCluster:
    """Does what `api.Cluster` says.

    Args:
        client: knows the API server and the operator's credentials.
        instance: this replica's name, for Events.
    """

    def __init__(self, client: ApiClient, instance: str) -> None:
        self._client = client
        self._instance = instance
        self._pods = urllib3.PoolManager(timeout=_DRAINED_SECONDS, retries=False)

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """The object, or None."""
        return self._request("GET", _path(kind, namespace, name))

    def list(
        self, kind: Kind, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest] | None:
        """The objects with all of these labels; None when the cluster does not know the kind."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        query = [("labelSelector", selector)] if selector else []
        found = self._request("GET", _path(kind, namespace), query=query)
        if found is None:
            return None
        # Items of a list do not say what they are.
        stamp = {"apiVersion": kind.api_version, "kind": kind.kind}
        return [{**stamp, **item} for item in found["items"]]

    def apply(self, manifest: Manifest) -> Manifest:
        """Server-side apply, taking over fields that others set."""
        metadata = manifest["metadata"]
        path = _path(kind_of(manifest), metadata["namespace"], metadata["name"])
        applied = self._request("PATCH", path, manifest, _APPLY, _force())
        if applied is None:
            raise ClusterError(f"{path}: its kind or namespace is gone")
        return applied

    def delete(self, manifest: Manifest) -> None:
        """Deletes this very object, not a later one of its name; no error when it is gone."""
        metadata = manifest["metadata"]
        path = _path(kind_of(manifest), metadata["namespace"], metadata["name"])
        options = {
            "preconditions": {"uid": metadata["uid"]},
            "propagationPolicy": "Background",
        }
        self._request("DELETE", path, options)

    def set_status(self, feed: Manifest, status: Manifest) -> None:
        """Replaces the operator's part of the feed's status; no error when the feed is gone."""
        metadata = feed["metadata"]
        path = _path(FEED, metadata["namespace"], metadata["name"]) + "/status"
        body = {
            "apiVersion": FEED.api_version,
            "kind": FEED.kind,
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "status": status,
        }
        self._request("PATCH", path, body, _APPLY, _force())

    def set_finalizers(self, feed: Manifest, finalizers: Sequence[str]) -> None:
        """Replaces the feed's finalizers; no error when the feed is gone."""
        metadata = feed["metadata"]
        # The version makes it a conflict when somebody else has changed them meanwhile.
        changed = {
            "finalizers": [*finalizers],
            "resourceVersion": metadata["resourceVersion"],
        }
        path = _path(FEED, metadata["namespace"], metadata["name"])
        self._request("PATCH", path, {"metadata": changed}, _MERGE)

    def drain_status(self, pod: Manifest) -> DrainStatus | None:
        """What the consumer in the pod says; None when it does not answer."""
        address = pod.get("status", {}).get("podIP")
        if not address:
            return None
        host = f"[{address}]" if ":" in address else address
        url = f"http://{host}:{endpoints.HTTP_PORT}{endpoints.DRAINED}"
        try:
            body = json.loads(self._pods.request("GET", url).data)
            return DrainStatus(
                drained=bool(body["drained"]),
                lag=int(body["lag"]),
                buffered=int(body["buffered"]),
                partitions=frozenset(map(int, body["partitions"])),
            )
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
            _log.info("no answer", pod=pod["metadata"]["name"], error=str(error))
            return None

    def record_event(self, feed: Manifest, event: Event) -> None:
        """Tells the news as an Event about the feed; it is lost when that fails."""
        manifest = _event_manifest(feed, event, self._instance)
        try:
            self._request("POST", _path(EVENT, manifest["metadata"]["namespace"]), manifest)
        except ClusterError as error:
            _log.warning("event lost", reason=event.reason, error=str(error))

    def _request(
        self,
        method: str,
        path: str,
        body: Manifest | None = None,
        content_type: str = "application/json",
        query: Sequence[tuple[str, str]] = (),
    ) -> Manifest | None:
        """The answer's body; None for 404.

        Raises:
            ClusterError: any other failure.
        """
        try:
            answer: Manifest = self._client.call_api(
                path,
                method,
                query_params=[*query],
                header_params={"Accept": "application/json", "Content-Type": content_type},
                body=body,
                response_types_map={200: "object", 201: "object", 202: "object"},
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _request_timeout=_TIMEOUT_SECONDS,
            )
        except ApiException as error:
            if error.status == 404:
                return None
            raise _error(method, path, error) from error
        except urllib3.exceptions.HTTPError as error:
            raise ClusterError(f"{method} {path}: {error}") from error
        return answer


def _path(kind: Kind, namespace: str, name: str | None = None) -> str:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    path = f"{root}/namespaces/{namespace}/{kind.plural}"
    return path if name is None else f"{path}/{name}"


def _force() -> list[tuple[str, str]]:
    return [("fieldManager", FIELD_MANAGER), ("force", "true")]


def _error(method: str, path: str, error: ApiException) -> ClusterError:
    try:
        text = json.loads(error.body)["message"]
    except (TypeError, ValueError, KeyError):
        text = str(error.reason)
    kind = _ERRORS.get(error.status, ClusterError)
    # A rejected object is told to the feed's user, who knows nothing of requests.
    return kind(text if kind is InvalidObjectError else f"{method} {path}: {error.status}: {text}")


def _event_manifest(feed: Manifest, event: Event, instance: str) -> dict[str, Any]:
    metadata = feed["metadata"]
    moment = datetime.now(UTC)
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {
            "name": f"{metadata['name']}.{int(moment.timestamp() * 1_000_000):x}",
            "namespace": metadata["namespace"],
        },
        "eventTime": format_rfc3339(moment, "microseconds"),
        "type": event.type,
        "reason": event.reason,
        "note": event.message[:_NOTE_LIMIT],
        "action": "Reconcile",
        "reportingController": FIELD_MANAGER,
        "reportingInstance": instance,
        "regarding": {
            "apiVersion": FEED.api_version,
            "kind": FEED.kind,
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
    }
