"""Every query of every dashboard is answered by a Prometheus that scrapes running processes.

Producers, consumers, the loader as a service and the operator are the real ones. Argo's controller,
the kubelet, kube-state-metrics, Kafka's reporter and certificates have a stand-in,
`dashboards.standins`.
With `CONTACT_SHEET` set to a file's name, a page with the data of every panel is left there.
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
    """Producers and consumers of all groups and a loader; their targets, their pods."""
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
    """The operator with a feed that has loaded and lost an object, and one that may not load."""
    home.mkdir()
    life = Life(InMemoryCluster())
    server = ApiServer(life.cluster)
    port = free_port()
    settings = {f"STOCKFEED_OPERATOR_{name}": text for name, text in OPERATOR.items()}
    settings["STOCKFEED_OPERATOR_HTTP_PORT"] = str(port)
    life.create()
    life.cluster.edit(FEED, US, lambda live: live.update(status={"lastLoad": _load()}))
    # Its tables are the first feed's, so its load is refused.
    taken = Life(life.cluster, "taken")
    taken.create()
    stub = running.enter_context(StubServer(server))
    running.enter_context(operator(stub.url, home, settings))
    until(lambda: taken.condition("LoadHealthy"), "the second feed's status", home / "log")
    shares = Key("ConfigMap", f"{US}-shares")
    until(lambda: shares in life.cluster.objects, "the first feed's objects", home / "log")
    # Something to repair.
    del life.cluster.objects[shares]
    return Target(port, {"namespace": "stockfeed", "pod": "operator-0"})


def _load() -> dict[str, object]:
    now = format_rfc3339(datetime.now(UTC), "seconds")
    counts = {"rows": 420, "files": 6, "bytes": 90_000}
    seconds = {"loadSeconds": 4.2, "buildSeconds": 11.0}
    return {"workflow": "w1", "finishedAt": now, "newestQuoteAt": now, **counts, **seconds}


def started_standins(running: ExitStack, pods: list[tuple[str, str]]) -> Target:
    """The exporter of what does not run here."""
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
    """Serves the series."""
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
    """Scrapes all of them."""
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
    """Queries that bring nothing within two minutes; the first rates need two scrapes."""
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


def test_a_feed_that_is_chosen_is_found_by_every_query(
    unanswered: list[str], prometheus: Prometheus
) -> None:
    empty = [
        query.expr
        for panel in panels()
        for query in panel.queries
        if not prometheus.now(query.sent(NAMESPACE, US))
    ]
    assert empty == []


def test_a_merged_table_has_every_row_and_every_column(
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


def test_the_contact_sheet_shows_every_panel(
    unanswered: list[str], prometheus: Prometheus, tmp_path: Path
) -> None:
    wanted = os.environ.get("CONTACT_SHEET")
    target = Path(wanted or tmp_path / "sheet.html")
    # A person wants to see lines.
    _watch(prometheus, scrapes=sheet.SECONDS if wanted else 5)
    text = _drawn(prometheus)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    assert text.count('class="panel') == len(list(panels()))
    assert "no data" not in text


def _drawn(prometheus: Prometheus) -> str:
    """The page; a line is drawn later than its query is answered for the first time."""
    deadline = time.monotonic() + 180
    while "no data" in (page := sheet.page(prometheus)) and time.monotonic() < deadline:
        time.sleep(2)
    return page


def test_a_hundred_feeds_draw_few_lines_and_fill_the_tables(tmp_path: Path) -> None:
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
