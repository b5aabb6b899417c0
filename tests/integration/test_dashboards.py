"""Every dashboard query returns data from a Prometheus that scrapes real processes.

Producers, consumers, the loader and the operator run as processes. `support.dashboards.standins`
exports the metrics of Argo's controller, the kubelet, kube-state-metrics, Kafka and certificates.

If the environment variable `CONTACT_SHEET` names a file, a page with every panel's data is written
to it.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import start_http_server

from stockfeed.contract import env
from stockfeed.contract.times import format_rfc3339
from stockfeed_local.demo.roles import Environment, Group
from stockfeed_local.demo.services import BUCKET, Services
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.quote_server import QuoteServer
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.snowflake import SnowflakeEmulator
from stockfeed_operator.kube.kinds import FEED, Key
from support.dashboards import sheet, standins
from support.dashboards.panels import panels
from support.dashboards.server import Prometheus, Target
from support.inmemory.apiserver import ApiServer
from support.inmemory.cluster import NAMESPACE, InMemoryCluster
from support.inmemory.feeds import Life
from support.inmemory.http import StubServer
from support.inmemory.process import free_port, operator, until
from support.prometheus.rules import groups

US = "us"
GROUPS = (
    Group("megacaps", "dashboards.us.megacaps", ("AAPL", "MSFT")),
    Group("autos", "dashboards.us.autos", ("TSLA", "F")),
)
SYMBOLS = ",".join(symbol for group in GROUPS for symbol in group.symbols)
COMMAND = str(Path(sys.executable).with_name("stockfeed"))
OPERATOR = {
    "PIPELINE_IMAGE": "stockfeed/pipeline:1",
    "DBT_IMAGE": "stockfeed/dbt:1",
    "TASK_RESULTS_ROLE": "task-results",
    "LEASE_NAMESPACE": "stockfeed",
    "POD_NAME": "operator-0",
    "RESYNC_INTERVAL": "10s",
}


def started_roles(
    running: ExitStack, environment: Environment, home: Path
) -> tuple[list[Target], list[tuple[str, str]]]:
    """Starts a loader and every group's producer and consumer.

    Returns:
        The scrape targets, and the name and container of each pod that they stand for.
    """
    targets, pods = [], []
    for role in ("consumer", "producer"):
        for group in GROUPS:
            port, pod = free_port(), f"us-{group.name}-{role}-0"
            given = getattr(environment, role)(group, port)
            given |= {env.POLL_INTERVAL: "500ms", env.REQUESTS_PER_MINUTE: "600"}
            _start(running, pod, role, given, home)
            labels = {"namespace": NAMESPACE, "feed": US, "group": group.name, "role": role}
            targets.append(Target(port, {**labels, "pod": pod}))
            pods.append((pod, role))
    port = free_port()
    given = {**environment.loader(), env.HTTP_PORT: str(port), env.LOAD_INTERVAL: "1s"}
    _start(running, "loader", "loader", given, home)
    targets.append(Target(port, {"namespace": NAMESPACE, "feed": US, "pod": "loader"}))
    return targets, pods


def _start(running: ExitStack, name: str, role: str, given: dict[str, str], home: Path) -> None:
    process = Process(name, [COMMAND, role], home, given)
    running.callback(process.kill)
    process.start()


def started_operator(running: ExitStack, home: Path) -> Target:
    """Starts the operator on two feeds: one with a load and a deleted object, one refused."""
    home.mkdir()
    life = Life(InMemoryCluster())
    server = ApiServer(life.cluster)
    port = free_port()
    settings = {f"STOCKFEED_OPERATOR_{name}": text for name, text in OPERATOR.items()}
    settings["STOCKFEED_OPERATOR_HTTP_PORT"] = str(port)
    life.create()
    life.cluster.edit(FEED, US, lambda live: live.update(status={"lastLoad": _load()}))
    # It names the first feed's tables, so its load is refused.
    taken = Life(life.cluster, "taken")
    taken.create()
    stub = running.enter_context(StubServer(server))
    running.enter_context(operator(stub.url, home, settings))
    until(lambda: taken.condition("LoadHealthy"), "the second feed's status", home / "log")
    shares = Key("ConfigMap", f"{US}-shares")
    until(lambda: shares in life.cluster.objects, "the first feed's objects", home / "log")
    # Drift for the operator to repair.
    del life.cluster.objects[shares]
    return Target(port, {"namespace": "stockfeed", "pod": "operator-0"})


def _load() -> dict[str, object]:
    now = format_rfc3339(datetime.now(UTC), "seconds")
    counts = {"rows": 420, "files": 6, "bytes": 90_000}
    seconds = {"loadSeconds": 4.2, "buildSeconds": 11.0}
    return {"workflow": "w1", "finishedAt": now, "newestQuoteAt": now, **counts, **seconds}


def started_standins(running: ExitStack, pods: list[tuple[str, str]]) -> Target:
    """Starts an exporter for the components that the test does not run."""
    series = [
        *standins.controller(NAMESPACE, US),
        *standins.controller_itself(),
        *standins.pods(NAMESPACE, [*pods, ("us-load-1763859600", "main")]),
        *standins.pods("stockfeed", [("operator-0", "operator")]),
        *standins.certificates(NAMESPACE, US, "autos"),
        *standins.kafka(NAMESPACE, [group.topic for group in GROUPS]),
    ]
    return exporter(running, series)


def exporter(running: ExitStack, series: Iterable[standins.Series]) -> Target:
    """Serves the series on a free port."""
    server, thread = start_http_server(0, "127.0.0.1", standins.registry(series))
    running.callback(thread.join)
    running.callback(server.server_close)
    running.callback(server.shutdown)
    return Target(server.server_port)


@pytest.fixture(scope="module")
def prometheus(
    kafka: JavaKafka,
    s3: SeaweedS3,
    snowflake: SnowflakeEmulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Prometheus]:
    """A Prometheus that scrapes the pipeline, the operator and the stand-ins."""
    home = tmp_path_factory.mktemp("dashboards")
    s3.create_bucket(BUCKET)
    for group in GROUPS:
        kafka.create_topic(group.topic, partitions=2)
    with ExitStack() as running:
        options = ["--random-walk", "--symbols", SYMBOLS]
        quotes = running.enter_context(QuoteServer(home / "quotes", home, options))
        services = Services(kafka, s3, snowflake, quotes, None)
        targets, pods = started_roles(running, Environment(US, services, home), home)
        targets.append(started_operator(running, home / "operator"))
        targets.append(started_standins(running, pods))
        yield running.enter_context(Prometheus(home / "prometheus", targets, groups()))


@pytest.fixture(scope="module")
def unanswered(prometheus: Prometheus) -> list[str]:
    """Queries without data after five minutes; a rate needs two scrapes first."""
    waiting = [(panel, query) for panel in panels() for query in panel.queries]
    deadline = time.monotonic() + 300
    while waiting and time.monotonic() < deadline:
        waiting = [(panel, query) for panel, query in waiting if not prometheus.now(query.sent())]
        time.sleep(1)
    return [
        f"{panel.dashboard}: {panel.title}: {query.legend}: {query.sent()}"
        for panel, query in waiting
    ]


def test_every_query_of_every_panel_returns_data(unanswered: list[str]) -> None:
    assert unanswered == []


def test_every_query_returns_data_for_a_selected_feed(
    unanswered: list[str], prometheus: Prometheus
) -> None:
    empty = [
        query.expr
        for panel in panels()
        for query in panel.queries
        if not prometheus.now(query.sent(NAMESPACE, US))
    ]
    assert empty == []


def test_merged_table_has_a_row_per_group_and_all_columns(
    unanswered: list[str], prometheus: Prometheus
) -> None:
    (found,) = (panel for panel in panels() if panel.title == "Groups")
    rows = sheet.rows(found, prometheus)
    assert {row["group"] for row in rows} == {group.name for group in GROUPS}
    assert all(row["Landed"] > 0 for row in rows)
    assert all(row["Stopped partitions"] == 0 for row in rows)


def _watch(prometheus: Prometheus, scrapes: int) -> None:
    deadline = time.monotonic() + 180 + 2 * scrapes
    while prometheus.scraped() < scrapes:
        assert time.monotonic() < deadline, prometheus.process.log_tail()
        time.sleep(1)


def test_contact_sheet_shows_every_panel(
    unanswered: list[str], prometheus: Prometheus, tmp_path: Path
) -> None:
    wanted = os.environ.get("CONTACT_SHEET")
    target = Path(wanted or tmp_path / "sheet.html")
    # A sheet that is kept needs enough samples to show lines.
    _watch(prometheus, scrapes=sheet.SECONDS if wanted else 5)
    text = _drawn(prometheus)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    assert text.count('class="panel') == len(list(panels()))
    assert "no data" not in text


def _drawn(prometheus: Prometheus) -> str:
    """Returns the page once every panel has data; a line needs more samples than a value."""
    deadline = time.monotonic() + 180
    while "no data" in (page := sheet.page(prometheus)) and time.monotonic() < deadline:
        time.sleep(2)
    return page


def test_a_hundred_feeds_draw_at_most_ten_lines_and_fill_the_tables(tmp_path: Path) -> None:
    with ExitStack() as running:
        target = exporter(running, standins.many(NAMESPACE, 100))
        crowded = running.enter_context(Prometheus(tmp_path, [target], groups()))
        _watch(crowded, scrapes=3)
        graphs = [panel for panel in panels() if panel.json["type"] == "timeseries"]
        lines = {
            panel.title: sum(len(crowded.now(query.sent())) for query in panel.queries)
            for panel in graphs
        }
        (table,) = (
            panel for panel in panels() if (panel.dashboard, panel.title) == ("feeds", "Feeds")
        )
        rows = sheet.rows(table, crowded)
    assert max(lines.values()) == 10
    assert len(rows) == 100
