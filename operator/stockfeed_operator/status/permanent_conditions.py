"""How well the parts of a feed work, as statements: topics, producers, consumers, loads."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from stockfeed.contract.times import parse_optional_rfc3339
from stockfeed_operator.kube.kinds import CRON_WORKFLOW, TOPIC, Key, Manifest
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.connections import topic_of
from stockfeed_operator.manifests.metadata import CONSUMER, PRODUCER
from stockfeed_operator.plan.drain import Stage, State
from stockfeed_operator.plan.observe import Observed, ready_replicas, replicas
from stockfeed_operator.plan.plan import Plan
from stockfeed_operator.spec import conditions
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.status import loads
from stockfeed_operator.status.pod_problems import (
    PodProblem,
    find_pod_problem,
    replica_failure,
    termination_messages,
)
from stockfeed_operator.status.statements import Statement

_WORDS_LIMIT = 1000
# A cluster may first have to add a node.
_SCHEDULING = timedelta(minutes=1)
_RESULTS = (loads.SUCCEEDED, loads.LOAD_FAILED, loads.BUILD_FAILED, loads.OBJECTS_LEFT_OUT)
_WORKFLOW_LABEL = "workflows.argoproj.io/workflow"
_TYPE = {PRODUCER: conditions.PRODUCERS_AVAILABLE, CONSUMER: conditions.CONSUMERS_AVAILABLE}


def topics(feed: StockFeed, observed: Observed) -> Statement:
    """Whether every group's topic is there to be used."""
    kind = conditions.TOPICS_READY
    if feed.spec.kafka.cluster is None:
        text = "the topics are not this operator's: kafka.bootstrapServers is set"
        return Statement(kind, "True", "External", text)
    if TOPIC in observed.missing:
        text = (
            "the cluster has no KafkaTopic of kafka.strimzi.io/v1: install Strimzi 1.0 or later, "
            "or set kafka.bootstrapServers"
        )
        return Statement(kind, "False", "StrimziMissing", text)
    for group in feed.spec.symbol_groups:
        name = topic_of(feed, group.name)
        reason, message = _topic_problem(observed.objects.get(Key(TOPIC.kind, name)))
        if reason:
            return Statement(kind, "False", reason, f"KafkaTopic {name}: {message}")
    return Statement(kind, "True", "TopicsReady", "every topic is ready")


def _topic_problem(topic: Manifest | None) -> tuple[str, str]:
    """Why the topic is not ready; empty when it is."""
    status = {} if topic is None else topic.get("status") or {}
    said: dict[str, Any] = next(
        (found for found in status.get("conditions") or () if found["type"] == "Ready"), {}
    )
    if said.get("status") == "True":
        return "", ""
    if said.get("status") == "False":
        return "TopicNotReady", f"{said.get('reason', '')}: {said.get('message', '')}"
    text = "Strimzi's topic operator has not said anything of it; does it watch this namespace?"
    return "TopicPending", text


def pods(feed: StockFeed, observed: Observed, plan: Plan, component: str) -> Statement:
    """Whether every group has the producers or consumers that it should have now."""
    kind = _TYPE[component]
    running = [group for group in feed.spec.symbol_groups if _runs(plan, component, group.name)]
    if not running:
        return Statement(kind, "True", "Stopped", f"{component}s are stopped, as they should be")
    for group in running:
        said = _group_pods(observed, component, group.name)
        if said is not None:
            return said
    return Statement(kind, "True", "Available", f"every group has its {component}s")


def _runs(plan: Plan, component: str, group: str) -> bool:
    state = plan.state(group)
    return state is State.RUNNING or (state is State.DRAINING and component == CONSUMER)


def _group_pods(observed: Observed, component: str, group: str) -> Statement | None:
    """What is wrong with a group's pods of one role; None when nothing is."""
    deployment = observed.deployment(component, group)
    ready, wanted = ready_replicas(deployment), replicas(deployment)
    if deployment is not None and ready >= max(wanted, 1):
        return None
    problem = find_pod_problem(observed.pods_of(component, group)) or replica_failure(deployment)
    if problem is not None:
        text = f"group {group}: {problem.message}"
        return Statement(_TYPE[component], "False", problem.reason, text)
    text = f"group {group}: {ready} of {max(wanted, 1)} {component}s are ready"
    return Statement(_TYPE[component], "False", "NotReady", text)


def load(feed: StockFeed, observed: Observed, plan: Plan, now: datetime) -> Statement:
    """Whether what is landed comes into the warehouse."""
    kind = conditions.LOAD_HEALTHY
    if plan.target_holder is not None:
        return Statement(kind, "False", "WarehouseTargetTaken", _taken(feed, plan.target_holder))
    if CRON_WORKFLOW in observed.missing:
        text = (
            "the cluster has no CronWorkflow of argoproj.io/v1alpha1: install Argo Workflows 4.0 "
            "or later"
        )
        return Statement(kind, "False", "ArgoMissing", text)
    stuck = _refused(feed, observed) or _stuck(observed, now)
    if stuck is not None:
        return stuck
    newest = loads.newest(observed.workflows)
    if newest is None:
        return _as_before(observed)
    if loads.failed(newest):
        words = _failure_message(newest, observed.pods)
        reason = loads.reason_of_failure(newest, words)
        return Statement(kind, "False", reason, _of_run(newest, words))
    return Statement(kind, "True", loads.SUCCEEDED, "the newest load and build succeeded")


def _refused(feed: StockFeed, observed: Observed) -> Statement | None:
    """What Argo says of a CronWorkflow that it does not run, e.g. for its schedule."""
    cron = observed.objects.get(Key(CRON_WORKFLOW.kind, names.load(feed.metadata.name)))
    said = ((cron or {}).get("status") or {}).get("conditions") or ()
    for condition in said:
        if condition["type"] == "SpecError" and condition["status"] == "True":
            text = f"CronWorkflow {names.load(feed.metadata.name)}: {condition.get('message', '')}"
            return Statement(conditions.LOAD_HEALTHY, "False", "ScheduleRefused", text)
    return None


def _stuck(observed: Observed, now: datetime) -> Statement | None:
    """Why the pod of a run cannot start; the run itself ends only with its deadline."""
    for workflow in loads.running(observed.workflows):
        problem = find_pod_problem(_pods_of(workflow, observed.pods))
        if problem is not None and not _passes(problem, workflow, now):
            text = _of_run(workflow, problem.message)
            return Statement(conditions.LOAD_HEALTHY, "False", problem.reason, text)
    return None


def _passes(problem: PodProblem, workflow: Manifest, now: datetime) -> bool:
    """Whether the trouble may be over by itself in a moment."""
    if problem.reason == "Unschedulable":
        started = parse_optional_rfc3339(workflow["status"].get("startedAt"))
        return started is None or now - started < _SCHEDULING
    return problem.reason == "Crashing"  # Argo is about to end this run


def _taken(feed: StockFeed, holder: StockFeed) -> str:
    warehouse = feed.spec.warehouse
    return (
        f"the older feed {holder.metadata.name} writes schema {warehouse.schema_name} or "
        f"{warehouse.dbt.schema_name} of database {warehouse.database}; give this feed schemas of "
        "its own (warehouse.schema, warehouse.dbt.schema)"
    )


def _as_before(observed: Observed) -> Statement:
    """What was said before: Workflows are deleted some time after their end."""
    kind = conditions.LOAD_HEALTHY
    before = observed.condition(kind)
    if before is not None and before.reason in _RESULTS:
        return Statement(kind, before.status, before.reason, before.message)
    return Statement(kind, "Unknown", "NoLoadYet", "no load has ended yet")


def _failure_message(workflow: Manifest, found: Iterable[Manifest]) -> str:
    # Argo's message is of the first container that failed; a build behind a failed load only says
    # that it did not start.
    said: str = workflow["status"].get("message") or termination_messages(_pods_of(workflow, found))
    return said or "Argo gave no reason"


def _of_run(workflow: Manifest, words: str) -> str:
    return f"Workflow {workflow['metadata']['name']}: {words[:_WORDS_LIMIT]}"


def _pods_of(workflow: Manifest, found: Iterable[Manifest]) -> list[Manifest]:
    return [pod for pod in found if _workflow_of(pod) == workflow["metadata"]["name"]]


def _workflow_of(pod: Manifest) -> str | None:
    labels: dict[str, str] = pod["metadata"].get("labels") or {}
    return labels.get(_WORKFLOW_LABEL)


def summary(statements: Iterable[Statement], plan: Plan) -> Statement:
    """Ready: nothing is wrong, and the feed is what its spec asks for, be it at rest."""
    bad = [said for said in statements if _is_bad(said, plan)]
    # What could not be applied is the cause of whatever else is wrong.
    first = min(bad, key=lambda said: said.type != conditions.NOT_APPLIED, default=None)
    if first is not None:
        return Statement(conditions.READY, "False", first.reason, first.message)
    if plan.intent.stop_reason is None:
        return Statement(conditions.READY, "True", "Running", "quotes are polled, landed, loaded")
    reason = plan.intent.stop_reason if plan.stage is Stage.STOPPED else "Stopping"
    return Statement(conditions.READY, "True", reason, "the feed is stopped in order")


def _is_bad(said: Statement, plan: Plan) -> bool:
    if said.type == conditions.NOT_APPLIED:
        return True
    if said.type == conditions.LOAD_HEALTHY and said.status == "Unknown":
        return plan.stage is Stage.RUNNING  # a stopped feed may never have loaded
    parts = {conditions.TOPICS_READY, conditions.LOAD_HEALTHY, *_TYPE.values()}
    return said.type in parts and said.status == "False"
