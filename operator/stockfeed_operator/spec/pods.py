"""Settings of a feed's pods: images, scheduling, resources and identity."""

from typing import Annotated, Literal

from pydantic import Field

from stockfeed_operator.spec.affinity import Affinity
from stockfeed_operator.spec.fields import LabelMap, Model, Quantity, SecretRef, StringMap

ImageName = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\s@:/]\S*$")]


class Resources(Model):
    """Resource requests and limits of a container."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16, default_factory=dict)]
    """Resources reserved by the scheduler, e.g. `{cpu: 50m, memory: 96Mi}`."""
    limits: Annotated[dict[str, Quantity], Field(max_length=16, default_factory=dict)]
    """Maximum resources that the container may use, e.g. `{memory: 256Mi}`."""


class Toleration(Model):
    """A toleration, as in `pod.spec.tolerations`."""

    key: Annotated[str, Field(max_length=316)] | None = None
    """Key of the taint. If omitted, operator must be Exists, which then matches every key."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Equal (default) compares the taint's value with `value`; Exists matches any value."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """Value of the taint, for operator Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint. If omitted, every effect matches."""
    toleration_seconds: int | None = None
    """With effect NoExecute: seconds after which a pod is evicted from a tainted node. If omitted,
    it is never evicted."""


class Images(Model):
    """Images that replace the defaults with which the operator was installed."""

    pipeline: ImageName | None = None
    """Image of producer, consumer and loader, with tag or digest. If omitted, the operator's
    default."""
    dbt: ImageName | None = None
    """Image of the dbt build, with tag or digest. If omitted, the operator's default."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When nodes pull the images. If omitted, Kubernetes chooses: Always for the tag `latest`,
    otherwise IfNotPresent."""
    pull_secrets: Annotated[tuple[SecretRef, ...], Field(max_length=8)] = ()
    """Secrets with registry credentials."""


class Pods(Model):
    """Settings for all pods of the feed: producers, consumers and loads."""

    labels: LabelMap = Field(default_factory=dict)
    """Additional labels of the pods, e.g. `sidecar.istio.io/inject: "false"`."""
    annotations: StringMap = Field(default_factory=dict)
    """Additional annotations of the pods."""
    node_selector: LabelMap = Field(default_factory=dict)
    """Node labels that the pods require."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = ()
    """Taints that the pods tolerate."""
    affinity: Affinity | None = None
    """Affinity of the pods; see `kubectl explain pod.spec.affinity`."""
    priority_class_name: Annotated[str, Field(max_length=253)] | None = None
    """PriorityClass of the pods."""
    images: Images = Images()
    """Images that replace the defaults with which the operator was installed."""
    service_account_annotations: StringMap = Field(default_factory=dict)
    """Annotations of the pods' ServiceAccounts, e.g. `eks.amazonaws.com/role-arn` for a cloud
    provider's workload identity, which makes `landing.credentialsSecretRef` unnecessary."""
