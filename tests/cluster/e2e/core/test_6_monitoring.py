"""A real Prometheus discovers all targets, answers every panel's queries, and loads every alert.

It runs last: by then loads, changes and a daily run have produced the metrics.
"""

import re
import time

import pytest

from cluster.e2e.core.conftest import Market
from support.cluster.platform.install import ON_KIND
from support.dashboards.panels import Panel, Query, panels
from support.e2e.figures import Figures
from support.e2e.kube import until
from support.e2e.monitoring import Monitoring
from support.prometheus.rules import alerts

# Metrics of systems that this cluster lacks; on kind, Strimzi's broker has its metrics reporter.
_NOT_HERE = {
    "stockfeed_kafka_certificate_expiry_timestamp_seconds": "Kafka has no TLS here",
    "stockfeed_loads_total": "the loader runs by the minute, not as a service",
    "stockfeed_load_latency_seconds_bucket": "the loader runs by the minute, not as a service",
    "stockfeed_partitions_stopped": "the loader runs by the minute, not as a service",
}
_NOT_HERE |= dict.fromkeys(
    () if ON_KIND else (
        "kafka_cluster_partition_underminisr",
        "kafka_controller_kafkacontroller_offlinepartitionscount",
        "kafka_log_log_size",
        "kafka_server_brokertopicmetrics_messagesinpersec_total",
        "kafka_server_replicamanager_underreplicatedpartitions",
    ),
    "the broker has no Strimzi reporter",
)  # fmt: skip
# These series do not exist until the first such event.
_ONLY_WHEN_IT_HAPPENS = {
    "argo_workflows_cronworkflows_concurrencypolicy_triggered": "a run was suppressed",
    "stockfeed:feed_stale": "a feed is stale",
}
_RUN_SECONDS = 1800
# A series shows that the alert's metric is exported with these labels. Whether its values fire the
# alert is tested by `promtool test rules`.
_FAULTS = re.compile(r'\b(reason|status|result|condition|outcome)(=~|!=|=|!~)"[^"]*"')


def _is_excused(expression: str) -> bool:
    """Returns whether the expression reads a metric that this cluster cannot have."""
    names = set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", expression))
    return bool(names & (_NOT_HERE.keys() | _ONLY_WHEN_IT_HAPPENS.keys()))


def test_all_targets_are_up(market: Market, monitoring: Monitoring) -> None:
    """Waits until Prometheus has forgotten pods that no longer exist."""
    names = (market.tape.name, market.twin.name)
    wanted = {f"stocks/{name}" for name in names} | {"stockfeed/stockfeed-operator"}

    def up() -> bool:
        found = {target["labels"]["job"] for target in monitoring.targets()}
        return wanted <= found and not _down(monitoring)

    until("all targets to be up", up, 120, lambda: str(_down(monitoring)))
    assert len([one for one in monitoring.targets() if _job(one) == f"stocks/{names[0]}"]) == 4


def test_series_have_the_feeds_labels(market: Market, monitoring: Monitoring) -> None:
    """The labels are not those of the exporting process: the operator, Argo's controller."""
    feed = market.tape.name
    for metric in ("stockfeed_operator_feed_running", "argo_workflows_stockfeed_load_rows_total"):
        (labels,) = (found["metric"] for found in monitoring.now(f'{metric}{{feed="{feed}"}}'))
        assert labels["namespace"] == "stocks"
    for role in ("producer", "consumer"):
        found = monitoring.now(f'up{{feed="{feed}",role="{role}"}}')
        assert {one["metric"]["group"] for one in found} == {"pair", "single"}


def test_every_panel_query_returns_data(
    market: Market, monitoring: Monitoring, figures: Figures
) -> None:
    asked = [(panel, query) for panel in panels() for query in panel.queries]
    wanted = [pair for pair in asked if not _is_excused(pair[1].sent())]
    until(
        "all panels to have data",
        lambda: not _unanswered(wanted, monitoring),
        120,
        lambda: "\n".join(_unanswered(wanted, monitoring)),
        pause=5,
    )
    figures.note("Dashboards: queries answered", f"{len(wanted)} of {len(asked)}")


def _unanswered(asked: list[tuple[Panel, Query]], monitoring: Monitoring) -> list[str]:
    return [
        f"{panel.dashboard}: {panel.title}: {query.sent()}"
        for panel, query in asked
        if not (monitoring.now(query.sent()) or _has_line(query, monitoring))
    ]


def _has_line(query: Query, monitoring: Monitoring) -> bool:
    """Returns whether a graph has a line; a pod that ran for a minute has a short one."""
    now = time.time()
    return not query.instant and bool(monitoring.over(query.sent(), now - _RUN_SECONDS, now, 5))


@pytest.mark.parametrize("metric", sorted(_NOT_HERE))
def test_excused_metrics_are_absent(market: Market, monitoring: Monitoring, metric: str) -> None:
    assert monitoring.now(metric) == [], _NOT_HERE[metric]


def test_all_rules_are_loaded_and_healthy(market: Market, monitoring: Monitoring) -> None:
    rules = [rule for rule in monitoring.rules().values() if rule["name"].startswith("StockFeed")]
    assert {rule["name"] for rule in rules} == set(alerts())
    broken = {
        rule["name"]: rule.get("lastError")
        for rule in monitoring.rules().values()
        if rule["health"] != "ok"
    }
    assert broken == {}


@pytest.mark.parametrize("name", sorted(alerts()))
def test_alerts_read_existing_series(market: Market, monitoring: Monitoring, name: str) -> None:
    (query,) = (rule["query"] for rule in monitoring.rules().values() if rule["name"] == name)
    selectors = monitoring.selectors(query)
    assert selectors
    wanted = [_FAULTS.sub(r'\1!=""', one) for one in selectors if not _is_excused(one)]
    assert [one for one in wanted if not _existed(one, monitoring)] == []


def _existed(selector: str, monitoring: Monitoring) -> bool:
    """Returns whether the series existed at any time of this run; some end with their object."""
    return bool(monitoring.now(f"count(last_over_time({selector}[{_RUN_SECONDS}s]))"))


def test_healthy_feeds_raise_no_alert(market: Market, monitoring: Monitoring) -> None:
    """The feed's API key was revoked for a while, which one alert remembers for ten minutes."""
    assert monitoring.alerts(market.twin.name).keys() <= {"StockFeedApiRejecting"}


def _down(monitoring: Monitoring) -> list[str]:
    return [
        f"{_job(target)} {target['scrapeUrl']}: {target['lastError']}"
        for target in monitoring.targets()
        if target["health"] != "up"
    ]


def _job(target: dict[str, dict[str, str]]) -> str:
    return target["labels"]["job"]
