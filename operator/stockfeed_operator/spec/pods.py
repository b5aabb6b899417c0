"""How the feed's pods run: images, placement, resources, identity."""

from typing import Annotated, Any, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import FreeForm, LabelMap, Model, Quantity, SecretRef, StringMap

ImageName = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\s@:/]\S*$")]


class Resources(Model):
    """Compute resources of a container."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16, default_factory=dict)]
    """What the scheduler sets aside, by resource, e.g. `{cpu: 50m, memory: 96Mi}`."""
    limits: Annotated[dict[str, Quantity], Field(max_length=16, default_factory=dict)]
    """What the container may use at most, by resource, e.g. `{memory: 256Mi}`."""


class Toleration(Model):
    """A taint that the pods tolerate, as in a pod's spec."""

    key: Annotated[str, Field(max_length=316)] | None = None
    """The taint's key; omitted with operator Exists, it matches every key."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Exists ignores the value."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; omitted, it matches every effect."""
    toleration_seconds: int | None = None
    """With effect NoExecute: how long a pod stays after the taint came, in seconds."""


class Images(Model):
    """Images in place of those that the operator was installed with."""

    pipeline: ImageName | None = None
    """Image of producer, consumer and loader, with tag or digest."""
    dbt: ImageName | None = None
    """Image of the dbt build, with tag or digest."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When nodes pull the images; omitted, Kubernetes decides by the tag."""
    pull_secrets: Annotated[tuple[SecretRef, ...], Field(max_length=8)] = ()
    """Secrets with the credentials of the images' registry."""


class Pods(Model):
    """Settings of all pods of the feed: producers, consumers and loads."""

    labels: LabelMap = Field(default_factory=dict)
    """Further labels of the pods, e.g. `sidecar.istio.io/inject: "false"`."""
    annotations: StringMap = Field(default_factory=dict)
    """Annotations of the pods."""
    node_selector: LabelMap = Field(default_factory=dict)
    """Labels that a node must have."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = ()
    """Taints that the pods tolerate."""
    affinity: Annotated[dict[str, Any], FreeForm()] | None = None
    """Scheduling preferences, as in a pod's spec (`kubectl explain pod.spec.affinity`)."""
    priority_class_name: Annotated[str, Field(max_length=253)] | None = None
    """PriorityClass of the pods."""
    images: Images = Images()
    """Images in place of those that the operator was installed with."""
    service_account_annotations: StringMap = Field(default_factory=dict)
    """Annotations of the ServiceAccounts, for a cloud's workload identity, e.g.
    `eks.amazonaws.com/role-arn`. With these, `landing.credentialsSecretRef` is not needed."""
