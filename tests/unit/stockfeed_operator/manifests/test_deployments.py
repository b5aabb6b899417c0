from typing import Any

import pytest

from stockfeed_operator.kube.kinds import Manifest
from stockfeed_operator.manifests.consumer import consumer, disruption_budget
from stockfeed_operator.manifests.producer import producer
from support.inmemory.feeds import INSTALLATION, feed


def _pod(manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return found


def _both(**spec: Any) -> list[Manifest]:
    one = feed(**spec)
    group = one.spec.symbol_groups[0]
    return [producer(one, group, INSTALLATION, 1), consumer(one, group, INSTALLATION, 2)]


@pytest.mark.parametrize("manifest", _both(), ids=["producer", "consumer"])
def test_pods_are_hardened(manifest: Manifest) -> None:
    pod = _pod(manifest)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("manifest", _both(), ids=["producer", "consumer"])
def test_selector_matches_only_the_pods_of_the_group(manifest: Manifest) -> None:
    selector = manifest["spec"]["selector"]["matchLabels"]
    assert selector.items() <= manifest["spec"]["template"]["metadata"]["labels"].items()
    assert selector["stockfeed.dev/group"] == "megacaps"
    assert selector["app.kubernetes.io/component"] in manifest["metadata"]["name"]


def test_user_labels_cannot_override_selector_labels() -> None:
    for manifest in _both(pods={"labels": {"stockfeed.dev/feed": "other", "team": "x"}}):
        labels = manifest["spec"]["template"]["metadata"]["labels"]
        assert (labels["stockfeed.dev/feed"], labels["team"]) == ("us", "x")


def test_producer_never_has_two_pods() -> None:
    made, _ = _both()
    assert made["spec"]["strategy"] == {"type": "Recreate"}
    assert made["spec"]["replicas"] == 1


def test_omits_replicas_for_an_autoscaler() -> None:
    one = feed()
    assert "replicas" not in consumer(one, one.spec.symbol_groups[0], INSTALLATION, None)["spec"]


@pytest.mark.parametrize(
    ("given", "has"),
    [({}, False), ({"replicas": 2}, True), ({"replicas": 1, "autoscaled": True}, True)],
)
def test_only_groups_with_several_consumers_have_a_disruption_budget(
    given: dict[str, Any], has: bool
) -> None:
    one = feed(symbolGroups=[{"name": "g", "symbols": ["A"], "consumer": given}])
    made = disruption_budget(one, one.spec.symbol_groups[0], INSTALLATION)
    assert (made is not None) is has
