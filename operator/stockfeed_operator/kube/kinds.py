"""The Kubernetes kinds that the operator reads and writes."""

from dataclasses import dataclass
from typing import Any, Final

from stockfeed_operator.spec.feed import API_VERSION, KIND, PLURAL

Manifest = dict[str, Any]
"""A Kubernetes object as decoded JSON."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A Kubernetes resource type.

    Attributes:
        api_version: `apiVersion` in manifests: group and version.
        kind: `kind` in manifests.
        plural: the name in URLs.
        provider: the product that installs the CRD; empty for built-in kinds and StockFeed.
    """

    api_version: str
    kind: str
    plural: str
    provider: str = ""

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The API version without the group."""
        return self.api_version.rpartition("/")[2]


FEED: Final = Kind(API_VERSION, KIND, PLURAL)
SERVICE_ACCOUNT: Final = Kind("v1", "ServiceAccount", "serviceaccounts")
ROLE_BINDING: Final = Kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings")
CONFIG_MAP: Final = Kind("v1", "ConfigMap", "configmaps")
NETWORK_POLICY: Final = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
DISRUPTION_BUDGET: Final = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
DEPLOYMENT: Final = Kind("apps/v1", "Deployment", "deployments")
TOPIC: Final = Kind("kafka.strimzi.io/v1", "KafkaTopic", "kafkatopics", "Strimzi")
CRON_WORKFLOW: Final = Kind(
    "argoproj.io/v1alpha1", "CronWorkflow", "cronworkflows", "Argo Workflows"
)
WORKFLOW: Final = Kind("argoproj.io/v1alpha1", "Workflow", "workflows", "Argo Workflows")
WORKFLOW_TEMPLATE: Final = Kind(
    "argoproj.io/v1alpha1", "WorkflowTemplate", "workflowtemplates", "Argo Workflows"
)
POD_MONITOR: Final = Kind(
    "monitoring.coreos.com/v1", "PodMonitor", "podmonitors", "Prometheus Operator"
)
POD: Final = Kind("v1", "Pod", "pods")
EVENT: Final = Kind("events.k8s.io/v1", "Event", "events")

MANAGED: Final = (
    SERVICE_ACCOUNT,
    ROLE_BINDING,
    CONFIG_MAP,
    NETWORK_POLICY,
    DISRUPTION_BUDGET,
    TOPIC,
    DEPLOYMENT,
    CRON_WORKFLOW,
    WORKFLOW_TEMPLATE,
    WORKFLOW,
    POD_MONITOR,
)
"""The kinds of objects that the operator creates for a feed."""

_BY_NAME: Final = {(kind.api_version, kind.kind): kind for kind in (FEED, POD, EVENT, *MANAGED)}


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Identifies an object within its feed's namespace."""

    kind: str
    name: str


def kind_of(manifest: Manifest) -> Kind:
    """Returns the kind of a manifest that the operator built or read.

    Raises:
        KeyError: the operator does not work with this kind.
    """
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]


def key_of(manifest: Manifest) -> Key:
    """Returns the key of a manifest."""
    return Key(manifest["kind"], manifest["metadata"]["name"])
