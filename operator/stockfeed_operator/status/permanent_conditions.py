"""Conditions that a feed always has: topics, producers, consumers, loads, and their summary."""

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

_MESSAGE_LIMIT = 1000
# A cluster autoscaler may have to add a node first.
_SCHEDULING = timedelta(minutes=1)
_RESULTS = (loads.SUCCEEDED, loads.LOAD_FAILED, loads.BUILD_FAILED, loads.OBJECTS_LEFT_OUT)
_WORKFLOW_LABEL = "workflows.argoproj.io/workflow"
_TYPE = {PRODUCER: conditions.PRODUCERS_AVAILABLE, CONSUMER: conditions.CONSUMERS_AVAILABLE}


def topics(feed: StockFeed, observed: Observed) -> Statement:
    """Returns TopicsReady: whether the topics of all groups are ready."""
    kind = conditions.TOPICS_READY
    if feed.spec.kafka.cluster is None:
        text = "topics are managed outside of this operator, because kafka.bootstrapServers is set"
        return Statement(kind, "True", "External", text)
    if TOPIC in observed.missing:
        text = (
            "the CRD for KafkaTopic in kafka.strimzi.io/v1 is missing: install Strimzi 1.0 or "
            "later, or set kafka.bootstrapServers"
        )
        return Statement(kind, "False", "StrimziMissing", text)
    for group in feed.spec.symbol_groups:
        name = topic_of(feed, group.name)
        reason, message = _topic_problem(observed.objects.get(Key(TOPIC.kind, name)))
        if reason:
            return Statement(kind, "False", reason, f"KafkaTopic {name}: {message}")
    return Statement(kind, "True", "TopicsReady", "all topics are ready")


def _topic_problem(topic: Manifest | None) -> tuple[str, str]:
    """Returns reason and message of a topic that is not ready; empty if it is ready."""
    status = {} if topic is None else topic.get("status") or {}
    ready: dict[str, Any] = next(
        (found for found in status.get("conditions") or () if found["type"] == "Ready"), {}
    )
    if ready.get("status") == "True":
        return "", ""
    if ready.get("status") == "False":
        return "TopicNotReady", f"{ready.get('reason', '')}: {ready.get('message', '')}"
    text = "Strimzi's topic operator has not set a status yet; does it watch this namespace?"
    return "TopicPending", text


def pods(feed: StockFeed, observed: Observed, plan: Plan, component: str) -> Statement:
    """Returns whether every group has the producers or consumers that should currently run."""
    kind = _TYPE[component]
    running = [group for group in feed.spec.symbol_groups if _runs(plan, component, group.name)]
    if not running:
        return Statement(kind, "True", "Stopped", f"{component}s are stopped, as intended")
    for group in running:
        unavailable = _group_pods(observed, component, group.name)
        if unavailable is not None:
            return unavailable
    return Statement(kind, "True", "Available", f"all {component}s are ready")


def _runs(plan: Plan, component: str, group: str) -> bool:
    state = plan.state(group)
    return state is State.RUNNING or (state is State.DRAINING and component == CONSUMER)


def _group_pods(observed: Observed, component: str, group: str) -> Statement | None:
    """Returns the condition for unavailable pods of a group; None if all are available."""
    deployment = observed.deployment(component, group)
    ready, wanted = ready_replicas(deployment), replicas(deployment)
    # A group that runs needs a pod, even if its Deployment was scaled to zero by others.
    if deployment is not None and ready >= max(wanted, 1):
        return None
    problem = find_pod_problem(observed.pods_of(component, group)) or replica_failure(deployment)
    if problem is not None:
        text = f"group {group}: {problem.message}"
        return Statement(_TYPE[component], "False", problem.reason, text)
    text = f"group {group}: {ready} of {max(wanted, 1)} {component}s are ready"
    return Statement(_TYPE[component], "False", "NotReady", text)


def load(feed: StockFeed, observed: Observed, plan: Plan, now: datetime) -> Statement:
    """Returns LoadHealthy: whether landed quotes are loaded into the warehouse."""
    kind = conditions.LOAD_HEALTHY
    if plan.target_holder is not None:
        return Statement(
            kind, "False", "WarehouseTargetTaken", _target_taken(feed, plan.target_holder)
        )
    if CRON_WORKFLOW in observed.missing:
        text = (
            "the CRD for CronWorkflow in argoproj.io/v1alpha1 is missing: install Argo Workflows "
            "4.0 or later"
        )
        return Statement(kind, "False", "ArgoMissing", text)
    stuck = _refused(feed, observed) or _stuck(observed, now)
    if stuck is not None:
        return stuck
    newest = loads.newest(observed.workflows)
    if newest is None:
        return _previous_or_unknown(observed)
    if loads.failed(newest):
        message = _failure_message(newest, observed.pods)
        reason = loads.reason_of_failure(newest, message)
        return Statement(kind, "False", reason, _of_run(newest, message))
    return Statement(kind, "True", loads.SUCCEEDED, "the newest load and build succeeded")


def _refused(feed: StockFeed, observed: Observed) -> Statement | None:
    """Returns the condition for a CronWorkflow that Argo rejects, e.g. for its schedule."""
    cron = observed.objects.get(Key(CRON_WORKFLOW.kind, names.load(feed.metadata.name)))
    for condition in ((cron or {}).get("status") or {}).get("conditions") or ():
        if condition["type"] == "SpecError" and condition["status"] == "True":
            text = f"CronWorkflow {names.load(feed.metadata.name)}: {condition.get('message', '')}"
            return Statement(conditions.LOAD_HEALTHY, "False", "ScheduleRefused", text)
    return None


def _stuck(observed: Observed, now: datetime) -> Statement | None:
    """Returns the condition for a run whose pod cannot start.

    The run itself fails only when its deadline ends.
    """
    for workflow in loads.running(observed.workflows):
        problem = find_pod_problem(_pods_of(workflow, observed.pods))
        if problem is not None and not _is_transient(problem, workflow, now):
            text = _of_run(workflow, problem.message)
            return Statement(conditions.LOAD_HEALTHY, "False", problem.reason, text)
    return None


def _is_transient(problem: PodProblem, workflow: Manifest, now: datetime) -> bool:
    """Returns whether the problem may resolve itself soon."""
    if problem.reason == "Unschedulable":
        started = parse_optional_rfc3339(workflow["status"].get("startedAt"))
        return started is None or now - started < _SCHEDULING
    return problem.reason == "Crashing"  # Argo is about to fail this run


def _target_taken(feed: StockFeed, holder: StockFeed) -> str:
    warehouse = feed.spec.warehouse
    return (
        f"the older feed {holder.metadata.name} already writes to schema {warehouse.schema_name} "
        f"or {warehouse.dbt.schema_name} in database {warehouse.database}; set other schemas for "
        "this feed (warehouse.schema, warehouse.dbt.schema)"
    )


def _previous_or_unknown(observed: Observed) -> Statement:
    """Returns the previous result, since finished Workflows are eventually deleted."""
    kind = conditions.LOAD_HEALTHY
    before = observed.condition(kind)
    if before is not None and before.reason in _RESULTS:
        return Statement(kind, before.status, before.reason, before.message)
    return Statement(kind, "Unknown", "NoLoadYet", "no load has finished yet")


def _failure_message(workflow: Manifest, found: Iterable[Manifest]) -> str:
    # Prefer Argo's message, which is from the first container that failed. The message of a build
    # after a failed load only says that it did not start.
    message: str = workflow["status"].get("message") or ""
    return message or termination_messages(_pods_of(workflow, found)) or "Argo gave no reason"


def _of_run(workflow: Manifest, message: str) -> str:
    return f"Workflow {workflow['metadata']['name']}: {message[:_MESSAGE_LIMIT]}"


def _pods_of(workflow: Manifest, found: Iterable[Manifest]) -> list[Manifest]:
    return [pod for pod in found if _workflow_of(pod) == workflow["metadata"]["name"]]


def _workflow_of(pod: Manifest) -> str | None:
    labels: dict[str, str] = pod["metadata"].get("labels") or {}
    return labels.get(_WORKFLOW_LABEL)


def summary(statements: Iterable[Statement], plan: Plan) -> Statement:
    """Returns Ready: whether the feed is in the state that its spec demands, running or stopped."""
    bad = [statement for statement in statements if _is_bad(statement, plan)]
    # An object that could not be applied is the likely cause of all other problems.
    first = min(bad, key=lambda statement: statement.type != conditions.NOT_APPLIED, default=None)
    if first is not None:
        return Statement(conditions.READY, "False", first.reason, first.message)
    if plan.intent.stop_reason is None:
        return Statement(
            conditions.READY, "True", "Running", "quotes are polled, landed and loaded"
        )
    if plan.stage is Stage.STOPPED:
        reason, text = plan.intent.stop_reason.value, "the feed is stopped, as intended"
    else:
        reason, text = "Stopping", "the feed is stopping, as intended"
    return Statement(conditions.READY, "True", reason, text)


def _is_bad(statement: Statement, plan: Plan) -> bool:
    if statement.type == conditions.NOT_APPLIED:
        return True
    if statement.type == conditions.LOAD_HEALTHY and statement.status == "Unknown":
        return plan.stage is Stage.RUNNING  # a stopped feed may never have loaded anything
    parts = {conditions.TOPICS_READY, conditions.LOAD_HEALTHY, *_TYPE.values()}
    return statement.type in parts and statement.status == "False"
