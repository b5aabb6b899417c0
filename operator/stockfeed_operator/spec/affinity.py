"""Affinity of a feed's pods, as in `pod.spec.affinity`.

The fields are Kubernetes' own. They are declared one by one because an object of unknown fields
could be nested to any depth.
"""

from typing import Annotated, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import LabelMap, Model

# About the longest qualified name: a prefix of 253 characters, a slash and 63 more. 316 is the
# limit of Kubernetes' own condition types (metav1.Condition), which have the same form.
_Text = Annotated[str, Field(max_length=316)]
_Item = Annotated[str, Field(max_length=316, description="One of them.")]
_Texts = Annotated[tuple[_Item, ...], Field(max_length=64)]
_Weight = Annotated[int, Field(ge=1, le=100)]


class NodeSelectorRequirement(Model):
    """A condition on a node's label or field."""

    key: _Text
    """Key of the label or field."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How the key's value relates to `values`."""
    values: _Texts = ()
    """Values to compare with; empty for Exists and DoesNotExist."""


_NodeRequirements = Annotated[tuple[NodeSelectorRequirement, ...], Field(max_length=32)]


class NodeSelectorTerm(Model):
    """Conditions that a node must meet together."""

    match_expressions: _NodeRequirements = ()
    """Conditions on the node's labels."""
    match_fields: _NodeRequirements = ()
    """Conditions on the node's fields, such as `metadata.name`."""


class NodeSelector(Model):
    """Terms of which a node must meet one."""

    node_selector_terms: Annotated[tuple[NodeSelectorTerm, ...], Field(min_length=1, max_length=32)]
    """Alternative terms."""


class PreferredSchedulingTerm(Model):
    """A preference for nodes that meet a term."""

    weight: _Weight
    """Weight of the preference, from 1 to 100."""
    preference: NodeSelectorTerm
    """Conditions on the preferred nodes."""


class NodeAffinity(Model):
    """Rules about the nodes of the pods."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    """Nodes that the pods require."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        tuple[PreferredSchedulingTerm, ...], Field(max_length=32)
    ] = ()
    """Nodes that the pods prefer."""


class LabelSelectorRequirement(Model):
    """A condition on a label."""

    key: _Text
    """Key of the label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How the label's value relates to `values`."""
    values: _Texts = ()
    """Values to compare with; empty for Exists and DoesNotExist."""


class LabelSelector(Model):
    """Conditions on labels, all of which must be met."""

    match_labels: LabelMap = Field(default_factory=dict)
    """Labels and their values."""
    match_expressions: Annotated[tuple[LabelSelectorRequirement, ...], Field(max_length=32)] = ()
    """Conditions on labels."""


class PodAffinityTerm(Model):
    """Pods to be near to or far from."""

    topology_key: _Text
    """Node label that defines what near means, e.g. `topology.kubernetes.io/zone`."""
    label_selector: LabelSelector | None = None
    """Labels of those pods. If omitted, no pod matches."""
    namespace_selector: LabelSelector | None = None
    """Labels of the pods' namespaces, in addition to `namespaces`."""
    namespaces: _Texts = ()
    """Namespaces of the pods. If this and namespaceSelector are omitted, the feed's namespace."""
    match_label_keys: _Texts = ()
    """Label keys whose values must equal those of the feed's pod."""
    mismatch_label_keys: _Texts = ()
    """Label keys whose values must differ from those of the feed's pod."""


class WeightedPodAffinityTerm(Model):
    """A preference for being near to or far from pods."""

    weight: _Weight
    """Weight of the preference, from 1 to 100."""
    pod_affinity_term: PodAffinityTerm
    """The pods."""


_PodTerms = Annotated[tuple[PodAffinityTerm, ...], Field(max_length=32)]
_WeightedPodTerms = Annotated[tuple[WeightedPodAffinityTerm, ...], Field(max_length=32)]


class PodAffinity(Model):
    """Rules about pods to be near to or far from."""

    required_during_scheduling_ignored_during_execution: _PodTerms = ()
    """Requirements."""
    preferred_during_scheduling_ignored_during_execution: _WeightedPodTerms = ()
    """Preferences."""


class Affinity(Model):
    """Affinity of the pods, as in `pod.spec.affinity`."""

    node_affinity: NodeAffinity | None = None
    """Nodes of the pods."""
    pod_affinity: PodAffinity | None = None
    """Pods to be near to."""
    pod_anti_affinity: PodAffinity | None = None
    """Pods to be far from."""
