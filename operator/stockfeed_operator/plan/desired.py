"""The desired state: the manifests that a feed and its plan call for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from stockfeed_operator.kube.api import FIELD_MANAGER
from stockfeed_operator.kube.kinds import DEPLOYMENT, DISRUPTION_BUDGET, TOPIC, Key, Manifest
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.accounts import accounts, task_results_binding
from stockfeed_operator.manifests.connections import topic_of
from stockfeed_operator.manifests.consumer import consumer, disruption_budget
from stockfeed_operator.manifests.maintenance import maintenance
from stockfeed_operator.manifests.metadata import CONSUMER, Installation
from stockfeed_operator.manifests.policies import network_policy, pod_monitor
from stockfeed_operator.manifests.producer import producer, shares
from stockfeed_operator.manifests.topics import topic
from stockfeed_operator.manifests.workflow import cron_workflow, final_load
from stockfeed_operator.plan import budget
from stockfeed_operator.plan.drain import Stage, State
from stockfeed_operator.plan.observe import Observed, replicas
from stockfeed_operator.plan.plan import Plan, StopReason, standalone_plan
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.source import SymbolGroup


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired state of a feed's objects.

    Attributes:
        manifests: the objects to apply, in this order.
        retained: objects to keep unchanged: neither applied nor pruned.
        deletable_topics: topics to delete. No other topic is ever deleted.
    """

    manifests: tuple[Manifest, ...]
    retained: frozenset[Key] = frozenset()
    deletable_topics: frozenset[Key] = frozenset()


def render(feed: StockFeed, installation: Installation) -> list[Manifest]:
    """Returns the feed's manifests without looking at a cluster.

    Args:
        feed: a valid feed; if it is suspended, its Deployments have no replicas.
        installation: images and names that the chart sets.
    """
    return list(desired(feed, standalone_plan(feed), installation).manifests)


def desired(
    feed: StockFeed,
    plan: Plan,
    installation: Installation,
    autoscaled: Collection[str] = (),
) -> Desired:
    """Returns the desired state of the feed's objects.

    Args:
        feed: the feed.
        plan: the decisions of this reconcile.
        installation: images and names that the chart sets.
        autoscaled: names of the groups whose consumer replicas an autoscaler currently sets.
    """
    deletable_topics = _deletable_topics(feed, plan)
    if plan.finished:
        return Desired((), deletable_topics=deletable_topics)
    # In the order of need: without its ServiceAccount no pod is created, a pod waits for the
    # ConfigMaps that it mounts, and the policy should apply before there are pods.
    manifests = [
        *accounts(feed, installation),
        task_results_binding(feed, installation),
        network_policy(feed, installation),
        shares(feed, installation, budget.shares(feed, plan.budget)),
        *(part for group in feed.spec.symbol_groups for part in _group(feed, group, installation)),
        *_deployments(feed, plan, installation, autoscaled),
        *_loads(feed, plan, installation),
        pod_monitor(feed, installation),
    ]
    return Desired(tuple(manifests), _retained_consumers(feed, plan), deletable_topics)


def _group(feed: StockFeed, group: SymbolGroup, installation: Installation) -> list[Manifest]:
    parts = (topic(feed, group, installation), disruption_budget(feed, group, installation))
    return [part for part in parts if part is not None]


def _deployments(
    feed: StockFeed, plan: Plan, installation: Installation, autoscaled: Collection[str]
) -> Iterable[Manifest]:
    # Consumers come first so that they find the start of a partition before its first quote.
    for group in feed.spec.symbol_groups:
        replicas = None if group.name in autoscaled else group.consumer.replicas
        if plan.state(group.name) is State.STOPPED:
            replicas = 0
        yield consumer(feed, group, installation, replicas)
    for group in feed.spec.symbol_groups:
        running = plan.state(group.name) is State.RUNNING
        yield producer(feed, group, installation, int(running))


def _loads(feed: StockFeed, plan: Plan, installation: Installation) -> Iterable[Manifest]:
    if plan.target_holder is not None:
        return
    yield cron_workflow(feed, installation, plan.stage in (Stage.LOADING, Stage.STOPPED))
    # Maintenance continues between sessions: the daily tests are meant to run then.
    yield from maintenance(
        feed, installation, plan.intent.stop_reason in (StopReason.SUSPENDED, StopReason.DELETED)
    )
    if plan.stage is Stage.LOADING and plan.drain_started_at is not None:
        yield final_load(feed, installation, round(plan.drain_started_at.timestamp()))


def _retained_consumers(feed: StockFeed, plan: Plan) -> frozenset[Key]:
    """Returns the consumer objects of removed groups that are still draining."""
    wanted = {group.name for group in feed.spec.symbol_groups}
    draining = [name for name, stop in plan.groups.items() if stop.state is State.DRAINING]
    consumers = [
        names.consumer(feed.metadata.name, name) for name in draining if name not in wanted
    ]
    return frozenset(
        Key(kind.kind, name) for name in consumers for kind in (DEPLOYMENT, DISRUPTION_BUDGET)
    )


def _deletable_topics(feed: StockFeed, plan: Plan) -> frozenset[Key]:
    """Returns topics of removed groups that are fully landed, if the feed's policy is Delete."""
    if feed.spec.kafka.deletion_policy != "Delete":
        return frozenset()
    wanted = set() if plan.finished else {group.name for group in feed.spec.symbol_groups}
    gone = [name for name, stop in plan.groups.items() if stop.clean and name not in wanted]
    return frozenset(Key(TOPIC.kind, topic_of(feed, name)) for name in gone)


def autoscaled_groups(feed: StockFeed, observed: Observed) -> frozenset[str]:
    """Returns the groups whose consumer replicas an autoscaler currently sets.

    That is the case if the spec says so and another field manager owns `spec.replicas`. Until
    then, and after a stop, the operator sets the replicas itself: an autoscaler ignores a
    Deployment with zero replicas, and a field without an owner reverts to its default of 1.
    """
    return frozenset(
        group.name
        for group in feed.spec.symbol_groups
        if group.consumer.autoscaled and _is_autoscaled(observed.deployment(CONSUMER, group.name))
    )


def _is_autoscaled(deployment: Manifest | None) -> bool:
    if deployment is None or replicas(deployment) == 0:
        return False
    # A manager that writes through the `scale` subresource, as a HorizontalPodAutoscaler and
    # `kubectl scale` do, owns the field as well.
    return any(
        entry.get("manager") != FIELD_MANAGER
        and "f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {})
        for entry in deployment["metadata"].get("managedFields", ())
    )
