"""The operator's ServiceAccount has the permissions that the operator needs, and no others."""

import pytest
from kubernetes.client import (
    AuthorizationV1Api,
    V1ResourceAttributes,
    V1SubjectAccessReview,
    V1SubjectAccessReviewSpec,
)

from cluster.e2e.core.conftest import TAPE
from support.e2e.kube import Kube

_OPERATOR = "system:serviceaccount:stockfeed:stockfeed-operator"
_LOAD = f"system:serviceaccount:stocks:{TAPE}-load"
_PODS = f"system:serviceaccount:stocks:{TAPE}"

# (who, verb, group, resource, namespace, allowed)
_TABLE = [
    *[
        (_OPERATOR, verb, group, resource, "stocks", True)
        for group, resource in (
            ("apps", "deployments"),
            ("kafka.strimzi.io", "kafkatopics"),
            ("argoproj.io", "cronworkflows"),
            ("argoproj.io", "workflows"),
            ("monitoring.coreos.com", "podmonitors"),
            ("networking.k8s.io", "networkpolicies"),
            ("policy", "poddisruptionbudgets"),
            ("", "configmaps"),
            ("", "serviceaccounts"),
            ("rbac.authorization.k8s.io", "rolebindings"),
        )
        for verb in ("list", "watch", "create", "patch")
    ],
    (_OPERATOR, "delete", "apps", "deployments", "stocks", True),
    (_OPERATOR, "delete", "kafka.strimzi.io", "kafkatopics", "stocks", True),
    (_OPERATOR, "list", "", "pods", "stocks", True),
    (_OPERATOR, "create", "events.k8s.io", "events", "stocks", True),
    (_OPERATOR, "patch", "stockfeed.dev", "stockfeeds/status", "stocks", True),
    (_OPERATOR, "create", "coordination.k8s.io", "leases", "stockfeed", True),
    *[(_OPERATOR, verb, "", "secrets", "stocks", False) for verb in ("get", "list", "watch")],
    (_OPERATOR, "get", "", "secrets", "stockfeed", False),
    (_OPERATOR, "create", "", "pods", "stocks", False),
    (_OPERATOR, "delete", "", "pods", "stocks", False),
    (_OPERATOR, "create", "", "pods/exec", "stocks", False),
    (_OPERATOR, "get", "", "pods/log", "stocks", False),
    (_OPERATOR, "delete", "stockfeed.dev", "stockfeeds", "stocks", False),
    (_OPERATOR, "create", "stockfeed.dev", "stockfeeds", "stocks", False),
    (_OPERATOR, "create", "rbac.authorization.k8s.io", "clusterrolebindings", "", False),
    (_OPERATOR, "create", "rbac.authorization.k8s.io", "roles", "stocks", False),
    (_OPERATOR, "escalate", "rbac.authorization.k8s.io", "clusterroles", "", False),
    (_OPERATOR, "patch", "apiextensions.k8s.io", "customresourcedefinitions", "", False),
    (_OPERATOR, "create", "coordination.k8s.io", "leases", "stocks", False),
    (_OPERATOR, "delete", "", "namespaces", "", False),
    (_OPERATOR, "list", "", "nodes", "", False),
    (_OPERATOR, "impersonate", "", "users", "", False),
    (_LOAD, "create", "argoproj.io", "workflowtaskresults", "stocks", True),
    (_LOAD, "patch", "argoproj.io", "workflowtaskresults", "stocks", True),
    (_LOAD, "get", "", "secrets", "stocks", False),
    (_LOAD, "create", "argoproj.io", "workflows", "stocks", False),
    (_PODS, "get", "", "secrets", "stocks", False),
    (_PODS, "list", "", "pods", "stocks", False),
]


@pytest.mark.parametrize(("who", "verb", "group", "resource", "namespace", "allowed"), _TABLE)
def test_operator_has_exactly_the_expected_permissions(
    kube: Kube, who: str, verb: str, group: str, resource: str, namespace: str, allowed: bool
) -> None:
    name, _, part = resource.partition("/")
    attributes = V1ResourceAttributes(
        verb=verb, group=group, resource=name, subresource=part, namespace=namespace
    )
    review = V1SubjectAccessReview(
        spec=V1SubjectAccessReviewSpec(user=who, resource_attributes=attributes)
    )
    answer = AuthorizationV1Api(kube.client).create_subject_access_review(review)
    assert answer.status.allowed is allowed, answer.status.reason


def test_accepts_network_policies(kube: Kube) -> None:
    found = kube.find("NetworkPolicy", f"stockfeed.dev/feed={TAPE}")
    assert [policy["metadata"]["name"] for policy in found]
