"""Which groups' consumers are counted by an autoscaler, as the objects' owners of fields tell."""

from stockfeed_operator.build.metadata import CONSUMER, MANAGER
from stockfeed_operator.kinds import Manifest
from stockfeed_operator.observe import Observed, replicas
from stockfeed_operator.spec import StockFeed


def autoscaled_groups(feed: StockFeed, seen: Observed) -> frozenset[str]:
    """Groups that are left to an autoscaler and that one has taken over.

    Until it has, and after a stop, the operator sets the number: an autoscaler leaves a Deployment
    at zero alone, and a field that nobody sets falls back to one.
    """
    return frozenset(
        group.name
        for group in feed.spec.symbol_groups
        if group.consumer.autoscaled and _taken_over(seen.deployment(CONSUMER, group.name))
    )


def _taken_over(deployment: Manifest | None) -> bool:
    if deployment is None or replicas(deployment) == 0:
        return False
    return any(
        entry.get("manager") != MANAGER
        and "f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {})
        for entry in deployment["metadata"].get("managedFields", ())
    )
