"""What the cluster shows of a feed, read once at the start of a reconcile."""

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
from stockfeed_operator.spec import conditions
from stockfeed_operator.spec.conditions import Condition
from stockfeed_operator.spec.feed import GROUP, StockFeed
from stockfeed_operator.spec.feed_status import GroupStatus, StockFeedStatus
from stockfeed_operator.spec.validate import InvalidFeedError, parse

FINALIZER = f"{GROUP}/ordered-stop"
PAUSE_ANNOTATION = f"{GROUP}/pause-reconciliation"


@dataclass(frozen=True, slots=True)
class Observed:
    """A feed and all that belongs to it.

    Attributes:
        resource: the feed as stored.
        feed: the feed, or why it is invalid.
        status: what the operator said last; empty where it cannot be understood.
        neighbours: the valid other feeds of its namespace.
        objects: what carries the feed's label, by key; without pods and workflows.
        pods: the feed's pods.
        workflows: the feed's Workflows.
        missing: kinds that the cluster does not know.
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
        """Whether the feed is to go."""
        return "deletionTimestamp" in self.resource["metadata"]

    @property
    def paused(self) -> bool:
        """Whether a person asked to leave everything as it is; a deletion goes on regardless."""
        annotations = self.resource["metadata"].get("annotations") or {}
        return annotations.get(PAUSE_ANNOTATION) == "true" and not self.deleting

    @property
    def finalizers(self) -> tuple[str, ...]:
        """The feed's finalizers."""
        return tuple(self.resource["metadata"].get("finalizers") or ())

    def condition(self, kind: str) -> Condition | None:
        """A condition of the last status."""
        return next((found for found in self.status.conditions if found.type == kind), None)

    def group_status(self, group: str) -> GroupStatus | None:
        """A group of the last status."""
        return next((found for found in self.status.groups if found.name == group), None)

    def deployment(self, component: str, group: str) -> Manifest | None:
        """The group's Deployment of one role."""
        name = {PRODUCER: names.producer, CONSUMER: names.consumer}[component](self.name, group)
        return self.objects.get(Key(DEPLOYMENT.kind, name))

    def pods_of(self, component: str, group: str) -> tuple[Manifest, ...]:
        """The group's pods of one role that have not come to their end."""
        return tuple(
            pod
            for pod in self.pods
            if _labels(pod).get(COMPONENT_LABEL) == component
            and _labels(pod).get(GROUP_LABEL) == group
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        )

    @property
    def groups(self) -> frozenset[str]:
        """Names of the groups that have Deployments or are known from the status."""
        deployed = (
            _labels(manifest).get(GROUP_LABEL)
            for key, manifest in self.objects.items()
            if key.kind == DEPLOYMENT.kind
        )
        known = (group.name for group in self.status.groups)
        return frozenset(name for name in (*deployed, *known) if name is not None)


def observe(cluster: Cluster, namespace: str, name: str) -> Observed | None:
    """Reads the feed and what belongs to it; None when there is no such feed.

    Raises:
        ClusterError: the API server does not answer, or not with what was asked for.
    """
    resource = cluster.get(FEED, namespace, name)
    if resource is None:
        return None
    labels = {FEED_LABEL: name}
    listed = {kind: cluster.list(kind, namespace, labels) for kind in MANAGED}
    others = cluster.list(FEED, namespace, {}) or ()
    return Observed(
        resource=resource,
        feed=_parsed(resource),
        status=_stored_status(resource),
        neighbours=_neighbours(others, name),
        objects={
            key_of(manifest): manifest
            for kind, found in listed.items()
            for manifest in (found or ())
            if kind is not WORKFLOW
        },
        pods=tuple(cluster.list(POD, namespace, labels) or ()),
        workflows=tuple(listed[WORKFLOW] or ()),
        missing=frozenset(kind for kind, found in listed.items() if found is None),
    )


def _parsed(resource: Manifest) -> StockFeed | InvalidFeedError:
    try:
        return parse(resource)
    except InvalidFeedError as error:
        return error


def _stored_status(resource: Manifest) -> StockFeedStatus:
    """The status, without what others may have put into it."""
    try:
        text = json.dumps(resource.get("status") or {})
        status = StockFeedStatus.model_validate_json(text, extra="ignore")
    except ValidationError:
        return StockFeedStatus()
    own = tuple(found for found in status.conditions if found.type in conditions.ALL)
    return status.model_copy(update={"conditions": own})


def _neighbours(resources: Iterable[Manifest], name: str) -> tuple[StockFeed, ...]:
    parsed = [_parsed(other) for other in resources if other["metadata"]["name"] != name]
    return tuple(other for other in parsed if not isinstance(other, InvalidFeedError))


def _labels(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels") or {}


def replicas(deployment: Manifest | None) -> int:
    """How many pods the Deployment asks for; 0 where there is none."""
    return 0 if deployment is None else int(deployment["spec"].get("replicas", 1))


def ready_replicas(deployment: Manifest | None) -> int:
    """How many pods of the Deployment's current template are ready."""
    if deployment is None:
        return 0
    status = deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return 0
    return int(min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0)))


def may_be_running(pod: Manifest, now: datetime) -> bool:
    """Whether the pod may still do something: a lost node's pod is marked but never confirmed."""
    deadline = parse_optional_rfc3339(pod["metadata"].get("deletionTimestamp"))
    return deadline is None or now <= deadline
