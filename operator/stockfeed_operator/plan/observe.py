"""The observed state of a feed, read once at the start of a reconcile."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from stockfeed.contract.times import parse_optional_rfc3339
from stockfeed_operator.kube.api import Cluster
from stockfeed_operator.kube.kinds import (
    DEPLOYMENT,
    FEED,
    MANAGED,
    POD,
    TOPIC,
    WORKFLOW,
    Key,
    Kind,
    Manifest,
    key_of,
)
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import (
    COMPONENT_LABEL,
    CONSUMER,
    FEED_LABEL,
    GROUP_LABEL,
    PRODUCER,
)
from stockfeed_operator.plan.ownership import owns_topic
from stockfeed_operator.spec import conditions
from stockfeed_operator.spec.conditions import Condition
from stockfeed_operator.spec.feed import GROUP, StockFeed
from stockfeed_operator.spec.feed_status import GroupStatus, StockFeedStatus
from stockfeed_operator.spec.validate import InvalidFeedError, parse

FINALIZER = f"{GROUP}/ordered-stop"
PAUSE_ANNOTATION = f"{GROUP}/pause-reconciliation"


@dataclass(frozen=True, slots=True)
class Observed:
    """A feed and its objects.

    Attributes:
        resource: the stored feed.
        feed: the parsed feed, or the error that describes why it is invalid.
        status: the status that the operator wrote last; empty if it cannot be parsed.
        neighbours: the other valid feeds in the namespace.
        objects: objects with the feed's label, by key, except pods, Workflows, and topics of
            others.
        pods: the feed's pods.
        workflows: the feed's Workflows.
        missing: kinds whose CRD is not installed.
    """

    resource: Manifest
    feed: StockFeed | InvalidFeedError
    status: StockFeedStatus
    neighbours: tuple[StockFeed, ...]
    objects: Mapping[Key, Manifest]
    pods: tuple[Manifest, ...]
    workflows: tuple[Manifest, ...]
    missing: frozenset[Kind]

    @property
    def name(self) -> str:
        """The feed's name."""
        return str(self.resource["metadata"]["name"])

    @property
    def uid(self) -> str:
        """The feed's uid."""
        return str(self.resource["metadata"]["uid"])

    @property
    def generation(self) -> int:
        """The generation of the feed's spec."""
        return int(self.resource["metadata"].get("generation", 0))

    @property
    def deleting(self) -> bool:
        """Whether the feed is being deleted."""
        return "deletionTimestamp" in self.resource["metadata"]

    @property
    def paused(self) -> bool:
        """Whether an annotation pauses reconciliation. Deletion takes precedence over a pause."""
        annotations = self.resource["metadata"].get("annotations") or {}
        return annotations.get(PAUSE_ANNOTATION) == "true" and not self.deleting

    @property
    def finalizers(self) -> tuple[str, ...]:
        """The feed's finalizers."""
        return tuple(self.resource["metadata"].get("finalizers") or ())

    def condition(self, kind: str) -> Condition | None:
        """Returns a condition from the last status by type; None if it has none."""
        return next((found for found in self.status.conditions if found.type == kind), None)

    def group_status(self, group: str) -> GroupStatus | None:
        """Returns a group from the last status; None if it has none."""
        return next((found for found in self.status.groups if found.name == group), None)

    def deployment(self, component: str, group: str) -> Manifest | None:
        """Returns the group's Deployment for a component; None if there is none."""
        name = {PRODUCER: names.producer, CONSUMER: names.consumer}[component](self.name, group)
        return self.objects.get(Key(DEPLOYMENT.kind, name))

    def pods_of(self, component: str, group: str) -> tuple[Manifest, ...]:
        """Returns the group's pods of a component that have not terminated."""
        return tuple(
            pod
            for pod in self.pods
            if _labels(pod).get(COMPONENT_LABEL) == component
            and _labels(pod).get(GROUP_LABEL) == group
            # Evicted and finished pods remain, with their labels, until the garbage collector of
            # kube-controller-manager removes them (by default only beyond 12,500).
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        )

    def publishing_pods(self, group: str, now: datetime) -> int:
        """Returns the number of the group's producer pods that may still publish."""
        running = [pod for pod in self.pods_of(PRODUCER, group) if may_be_running(pod, now)]
        # A Deployment with replicas but without pods is about to start one.
        return max(len(running), replicas(self.deployment(PRODUCER, group)))

    @property
    def groups(self) -> frozenset[str]:
        """Names of the groups that have Deployments or appear in the status."""
        deployed = (
            _labels(manifest).get(GROUP_LABEL)
            for key, manifest in self.objects.items()
            if key.kind == DEPLOYMENT.kind
        )
        known = (group.name for group in self.status.groups)
        return frozenset(name for name in (*deployed, *known) if name is not None)


def observe(cluster: Cluster, namespace: str, name: str) -> Observed | None:
    """Reads the feed and its objects; returns None if the feed does not exist.

    Raises:
        ClusterError: a request to the API server failed.
    """
    resource = cluster.get(FEED, namespace, name)
    if resource is None:
        return None
    labels = {FEED_LABEL: name}
    listed = {kind: cluster.list(kind, namespace, labels) for kind in MANAGED}
    # Without a label selector: feeds share API keys and warehouse targets whatever their labels.
    others = cluster.list(FEED, namespace, {}) or ()
    return Observed(
        resource=resource,
        feed=_parse(resource),
        status=_stored_status(resource),
        neighbours=_neighbours(others, name),
        objects={
            key_of(manifest): manifest
            for kind, found in listed.items()
            for manifest in (found or ())
            if kind is not WORKFLOW and (kind is not TOPIC or owns_topic(name, manifest))
        },
        pods=tuple(cluster.list(POD, namespace, labels) or ()),
        workflows=tuple(listed[WORKFLOW] or ()),
        missing=frozenset(kind for kind, found in listed.items() if found is None),
    )


def _parse(resource: Manifest) -> StockFeed | InvalidFeedError:
    try:
        return parse(resource)
    except InvalidFeedError as error:
        return error


def _stored_status(resource: Manifest) -> StockFeedStatus:
    """Parses the status and drops conditions that other controllers or users added."""
    try:
        # As JSON, because the models are strict: from Python objects, pydantic accepts no list for
        # a tuple.
        text = json.dumps(resource.get("status") or {})
        status = StockFeedStatus.model_validate_json(text, extra="ignore")
    except ValidationError:
        return StockFeedStatus()
    own = tuple(found for found in status.conditions if found.type in conditions.ALL)
    return status.model_copy(update={"conditions": own})


def _neighbours(resources: Iterable[Manifest], name: str) -> tuple[StockFeed, ...]:
    parsed = [_parse(other) for other in resources if other["metadata"]["name"] != name]
    return tuple(other for other in parsed if not isinstance(other, InvalidFeedError))


def _labels(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels") or {}


def replicas(deployment: Manifest | None) -> int:
    """Returns the Deployment's desired replicas; 0 if there is no Deployment."""
    # 1 is the API's default for a Deployment without `replicas`.
    return 0 if deployment is None else int(deployment["spec"].get("replicas", 1))


def ready_replicas(deployment: Manifest | None) -> int:
    """Returns the number of ready pods that run the Deployment's current template."""
    if deployment is None:
        return 0
    status = deployment.get("status") or {}
    # Until the Deployment controller has seen the new spec, the counts describe the old one.
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return 0
    return int(min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0)))


def may_be_running(pod: Manifest, now: datetime) -> bool:
    """Reports whether the pod may still be running.

    A pod on a lost node keeps its deletion timestamp, which includes the grace period, until the
    node returns. Once that time has passed, the pod counts as terminated.
    """
    deadline = parse_optional_rfc3339(pod["metadata"].get("deletionTimestamp"))
    return deadline is None or now <= deadline
