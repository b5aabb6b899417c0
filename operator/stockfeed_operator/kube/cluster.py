"""The `Cluster` protocol, implemented with the Kubernetes Python client.

Requests are built from URL paths rather than the client's typed API classes, so custom resources
and built-in kinds share the same code. Consumer pods are queried at their pod IPs: a request
through the API server's pod proxy would require the `pods/proxy` permission for every pod in the
cluster.
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
    FailedRequestError,
    ForbiddenError,
    InvalidObjectError,
    NamespaceTerminatingError,
)
from stockfeed_operator.kube.kinds import EVENT, FEED, Kind, Manifest, kind_of

_log = structlog.get_logger()

_TIMEOUT_SECONDS: Final = 30
# A pod that is being created or deleted may not respond; the reconcile must not wait for long.
_DRAINED_SECONDS: Final = 3.0
# Kubernetes defines no JSON type for server-side apply; JSON is valid YAML.
_APPLY: Final = "application/apply-patch+yaml"
_MERGE: Final = "application/merge-patch+json"
_ERRORS: Final[dict[int, type[ClusterError]]] = {
    400: InvalidObjectError,
    403: ForbiddenError,
    409: ConflictError,
    422: InvalidObjectError,
}
# events.k8s.io/v1 rejects a longer note: "Maximal length of the note is 1kB".
_NOTE_LIMIT: Final = 1024


class KubernetesCluster:
    """A `Cluster` backed by a Kubernetes API server.

    Args:
        client: configured with the API server's address and the operator's credentials.
        instance: this replica's name, recorded in Events.
    """

    def __init__(self, client: ApiClient, instance: str) -> None:
        self._client = client
        self._instance = instance
        self._pods = urllib3.PoolManager(timeout=_DRAINED_SECONDS, retries=False)

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Returns the object, or None if it does not exist."""
        return self._request("GET", _path(kind, namespace, name))

    def list(
        self, kind: Kind, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest] | None:
        """Returns the objects that have all these labels; None if the kind's CRD is missing."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        query = [("labelSelector", selector)] if selector else []
        found = self._request("GET", _path(kind, namespace), query=query)
        if found is None:
            return None
        # The API server omits apiVersion and kind from the items of a list.
        stamp = {"apiVersion": kind.api_version, "kind": kind.kind}
        return [{**stamp, **item} for item in found["items"]]

    def apply(self, manifest: Manifest) -> Manifest:
        """Applies the manifest server-side, taking ownership of conflicting fields."""
        metadata = manifest["metadata"]
        path = _path(kind_of(manifest), metadata["namespace"], metadata["name"])
        applied = self._request("PATCH", path, manifest, _APPLY, _force())
        if applied is None:
            raise ClusterError(f"{path}: the kind or the namespace no longer exists")
        return applied

    def delete(self, manifest: Manifest) -> None:
        """Deletes the object if it still has the manifest's uid.

        A missing object is not an error.
        """
        metadata = manifest["metadata"]
        path = _path(kind_of(manifest), metadata["namespace"], metadata["name"])
        options = {
            "preconditions": {"uid": metadata["uid"]},
            "propagationPolicy": "Background",
        }
        self._request("DELETE", path, options)

    def set_status(self, feed: Manifest, status: Manifest) -> None:
        """Applies the feed's status; does nothing if the feed no longer exists."""
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
        """Replaces the feed's finalizers; does nothing if the feed no longer exists."""
        metadata = feed["metadata"]
        # With a resourceVersion, a concurrent change fails with 409 instead of being overwritten.
        changed = {
            "finalizers": [*finalizers],
            "resourceVersion": metadata["resourceVersion"],
        }
        path = _path(FEED, metadata["namespace"], metadata["name"])
        self._request("PATCH", path, {"metadata": changed}, _MERGE)

    def drain_status(self, pod: Manifest) -> DrainStatus | None:
        """Asks a consumer pod for its drain status; None if it does not respond."""
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
            _log.info("no drain status", pod=pod["metadata"]["name"], error=str(error))
            return None

    def record_event(self, feed: Manifest, event: Event) -> None:
        """Records an Event about the feed. Best effort: failures are logged, not raised."""
        manifest = _event_manifest(feed, event, self._instance)
        try:
            self._request("POST", _path(EVENT, manifest["metadata"]["namespace"]), manifest)
        except ClusterError as error:
            _log.warning("event not recorded", reason=event.reason, error=str(error))

    def _request(
        self,
        method: str,
        path: str,
        body: Manifest | None = None,
        content_type: str = "application/json",
        query: Sequence[tuple[str, str]] = (),
    ) -> Manifest | None:
        """Returns the response body; None for 404.

        Raises:
            ClusterError: the request failed in any other way.
        """
        try:
            response: Manifest = self._client.call_api(
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
        # The API server accepted the request and is slow with this one, e.g. because of a webhook.
        # Errors of the connection, below, concern all requests.
        except urllib3.exceptions.ReadTimeoutError as error:
            raise FailedRequestError(f"{method} {path}: {error}", "no answer") from error
        except urllib3.exceptions.HTTPError as error:
            raise ClusterError(f"{method} {path}: {error}") from error
        return response


def _path(kind: Kind, namespace: str, name: str | None = None) -> str:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    path = f"{root}/namespaces/{namespace}/{kind.plural}"
    return path if name is None else f"{path}/{name}"


def _force() -> list[tuple[str, str]]:
    return [("fieldManager", FIELD_MANAGER), ("force", "true")]


def _error(method: str, path: str, error: ApiException) -> ClusterError:
    try:
        body = json.loads(error.body)
        text = body["message"]
    except (TypeError, ValueError, KeyError):
        body, text = {}, str(error.reason)
    kind = _ERRORS.get(error.status)
    if kind is None:
        return FailedRequestError(f"{method} {path}: {error.status}: {text}", str(error.status))
    if kind is ForbiddenError and _is_terminating(body):
        kind = NamespaceTerminatingError
    # The text about an invalid object is shown in the feed's status, so it omits the HTTP details.
    return kind(text if kind is InvalidObjectError else f"{method} {path}: {error.status}: {text}")


def _is_terminating(body: Manifest) -> bool:
    # The cause that the admission plugin NamespaceLifecycle adds to its refusal.
    causes = (body.get("details") or {}).get("causes") or ()
    return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


def _event_manifest(feed: Manifest, event: Event, instance: str) -> dict[str, Any]:
    metadata = feed["metadata"]
    moment = datetime.now(UTC)
    # The name follows client-go: the object's name and the time in hexadecimal.
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {
            "name": f"{metadata['name']}.{int(moment.timestamp() * 1_000_000):x}",
            "namespace": metadata["namespace"],
        },
        # metav1.MicroTime is parsed with exactly six fractional digits.
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
