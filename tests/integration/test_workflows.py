"""Runs the workflows that the operator renders against the local stack.

With `--images` (`make test-images`), their steps run in the built images.
"""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from confluent_kafka import Producer

from stockfeed.contract.topics import topic_name
from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.java_kafka import JavaKafka
from stockfeed_local.stack.s3 import SeaweedS3
from stockfeed_local.stack.snowflake import SnowflakeEmulator
from stockfeed_operator.plan.desired import render
from stockfeed_operator.status import loads
from support.inmemory.feeds import INSTALLATION, feed
from support.workflows.processes import Processes
from support.workflows.quotes import Quotes
from support.workflows.runner import Engine, Run, play

# Building an image takes minutes the first time.
pytestmark = pytest.mark.timeout(3600)

PROJECT = Path(__file__).parents[2] / "dbt_stocks"
FEED = "us"
DBT_SCHEMA = "ANALYTICS"
KPI = f"{DBT_SCHEMA}.GOLD_KPI"
TABLES = ("SILVER_CLEAN_STOCK", "GOLD_KPI", "GOLD_CANDLESTICK", "GOLD_VOLATILITY")


@dataclass
class World:
    """A feed with its bucket, its schemas and its Workflows.

    Attributes:
        kafka: the feed's `spec.kafka`.
        landing: the feed's `spec.landing`.
        warehouse: the feed's `spec.warehouse`, without dbt.
        quotes: writes landed objects to the bucket.
        secrets: the namespace's Secrets, by name.
        home: directory for the volumes of each run.
        engine: runs the containers.
    """

    kafka: dict[str, Any]
    landing: dict[str, Any]
    warehouse: dict[str, Any]
    quotes: Quotes
    secrets: dict[str, dict[str, str]]
    home: Path
    engine: Engine

    def run(self, name: str, *, dbt: dict[str, Any] | None = None, **parameters: Any) -> Run:
        """Runs one of the feed's Workflows.

        Args:
            name: `load`, `replay`, `rebuild`, `verify`, `trace` or `daily`.
            dbt: overrides of `spec.warehouse.dbt`.
            parameters: the Workflow's parameters.
        """
        changed = {**self.warehouse, "dbt": {"schema": DBT_SCHEMA, **(dbt or {})}}
        spec = {"kafka": self.kafka, "landing": self.landing, "warehouse": changed}
        rendered = render(feed(FEED, **spec), INSTALLATION)
        specs = {part["metadata"]["name"]: part["spec"] for part in rendered if _is_argos(part)}
        workflow = specs[f"{FEED}-{name}"]
        home = self.home / uuid.uuid4().hex
        home.mkdir()
        workflow = workflow.get("workflowSpec", workflow)
        return play(workflow, self.secrets, self.engine, home, **parameters)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a statement, run in the schema of the raw tables."""
        parts = self.secrets["snowflake"]
        with snowflake.connector.connect(
            **parts,
            database=self.warehouse["database"],
            schema=self.warehouse["schema"],
            network_timeout=30,
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(text)
            return [tuple(row) for row in cursor.fetchall()]

    def symbols(self) -> list[str]:
        """Returns the symbols in gold_kpi."""
        return [str(row[0]) for row in self.query(f"SELECT SYMBOL FROM {KPI} ORDER BY 1")]

    def replayed(self) -> list[tuple[int, int]]:
        rows = self.query(
            "SELECT V:_meta.partition::NUMBER, V:_meta.offset::NUMBER "
            "FROM SOURCE_STOCK_QUOTES_REPLAY ORDER BY 1, 2"
        )
        return [(int(row[0]), int(row[1])) for row in rows]


def _is_argos(manifest: dict[str, Any]) -> bool:
    return str(manifest["apiVersion"]).startswith("argoproj.io/")


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Runs containers as processes or, with `--images`, from the built images."""
    if not request.config.getoption("--images"):
        return Processes(_dbt_image_env(tmp_path_factory.mktemp("dbt") / "parsed"))
    containers, images = import_module("workflows.containers"), import_module("images.engine")
    built = {
        INSTALLATION.pipeline_image: images.build("pipeline"),
        INSTALLATION.dbt_image: images.build("dbt"),
    }
    found: Engine = containers.Containers(built)
    return found


def _dbt_image_env(parsed: Path) -> dict[str, str]:
    """Returns the dbt image's environment; parses the project once, as the image build does."""
    env = {"STOCKFEED_DBT_PROJECT_DIR": str(PROJECT)}
    command = [sys.executable, "-m", "stockfeed.transform.parsed", str(parsed)]
    subprocess.run(command, env=env, check=True, capture_output=True)
    return {**env, "STOCKFEED_DBT_PARSED_FILE": str(parsed)}


@pytest.fixture(scope="module")
def world(
    kafka: JavaKafka,
    s3: SeaweedS3,
    snowflake: SnowflakeEmulator,
    engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    suffix = uuid.uuid4().hex[:8].upper()
    bucket = f"workflows-{suffix.lower()}"
    s3.create_bucket(bucket)
    # Other tests of this worker may use the same feed name on the same Kafka.
    topics = {
        "cluster": None,
        "bootstrapServers": kafka.endpoint,
        "topicPrefix": f"workflows-{suffix.lower()}",
    }
    landing = {"endpoint": s3.endpoint, "bucket": bucket}
    warehouse = {"database": f"WORKFLOWS_{suffix}", "schema": "RAW"}
    secrets = {
        "minio": {"accessKeyId": s3.access_key, "secretAccessKey": s3.secret_key},
        "snowflake": {
            "account": "emulator",
            "user": "workflows",
            "password": "any",
            "host": snowflake.host,
            "port": str(snowflake.port),
            "protocol": "http",
        },
    }
    quotes = Quotes(ObjectStore(s3.client(), bucket), FEED)
    return World(
        topics, landing, warehouse, quotes, secrets, tmp_path_factory.mktemp("pods"), engine
    )


@pytest.fixture(scope="module")
def first(world: World) -> Run:
    """The first run: loads and builds two partitions with two objects each."""
    for partition in (0, 1):
        world.quotes.land(partition, 20)
        world.quotes.land(partition, 10)
    return world.run("load")


@pytest.fixture
def pruned(world: World, first: Run) -> Iterator[None]:
    """Drops the replay table after the test."""
    yield
    world.query("DROP TABLE SOURCE_STOCK_QUOTES_REPLAY")


def test_load_run_builds_and_reports_rows_files_and_durations(world: World, first: Run) -> None:
    assert first.phase == "Succeeded", first
    assert (first.outputs["rows"], first.outputs["files"]) == ("60", "4")
    load = loads.last_load([first.workflow], None)
    assert load is not None
    assert (load.rows, load.files) == (60, 4)
    assert load.newest_quote_at == "2024-04-18T16:13:38Z"
    assert load.load_seconds is not None
    assert load.build_seconds is not None
    assert world.symbols() == ["F", "GM"]


def test_load_run_without_new_objects_skips_the_build(world: World, first: Run) -> None:
    run = world.run("load")
    assert run.phase == "Succeeded", run
    assert (run.outputs["rows"], run.outputs["build-seconds"]) == ("0", "0")
    assert "there is nothing to build" in run.containers["main"].log
    assert loads.last_load([run.workflow], None) is None


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"from_offset": "15", "to_offset": "24", "partition": "1"}, [(1, 15, 25)]),
        (
            {"from_time": "2024-04-18T16:13:19Z", "to_time": "2024-04-18T16:13:21Z"},
            [(0, 10, 12), (1, 10, 12)],
        ),
    ],
)
def test_replay_fills_its_own_table_and_changes_nothing_else(
    world: World, pruned: None, given: dict[str, str], rows: list[tuple[int, int, int]]
) -> None:
    loaded = world.query("SELECT COUNT(*), MAX(BATCH_SEQ) FROM SOURCE_STOCK_QUOTES")
    expected = [(part, offset) for part, low, high in rows for offset in range(low, high)]
    run = world.run("replay", dbt=None, **given)
    assert run.phase == "Succeeded", run
    assert run.outputs["rows"] == str(len(expected))
    assert world.replayed() == expected
    assert world.query("SELECT COUNT(*), MAX(BATCH_SEQ) FROM SOURCE_STOCK_QUOTES") == loaded


def test_verify_reports_a_complete_day(world: World, first: Run) -> None:
    run = world.run("verify", dbt=None, **{"from": "2024-04-18", "to": "2024-04-19"})
    assert run.phase == "Succeeded", run
    *_, last = run.containers["main"].log.splitlines()
    assert last == "complete"


def test_verify_fails_for_unlanded_messages_and_names_them(
    world: World, first: Run, kafka: JavaKafka
) -> None:
    topic = topic_name(world.kafka["topicPrefix"], FEED, "vans")
    kafka.create_topic(topic, 1)
    producer = Producer({"bootstrap.servers": kafka.endpoint})
    producer.produce(topic, b"{}")
    assert producer.flush(30) == 0
    assert world.run("verify").phase == "Succeeded", "a new message may still be on its way"
    run = world.run("verify", patience="0s")
    assert run.phase == "Failed"
    assert run.message.startswith("main: Error (exit code 1): ")
    assert "not-landed: vans/" in run.message
    assert f"offsets 0 to 0 of {topic} are in Kafka, but not landed" in run.message


def test_trace_follows_a_quote_through_all_stages(world: World, first: Run) -> None:
    run = world.run("trace", symbol="F")
    assert run.phase == "Succeeded", run
    stages = [line.split()[0] for line in run.containers["main"].log.splitlines()]
    assert stages[:7] == ["us:", "poll", "kafka", "object", "ledger", "bronze", "silver"]
    assert "no longer in the log" in run.containers["main"].log


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("replay", {}, "give one range: --from-offset and --to-offset"),
        ("replay", {"from_offset": "5"}, "--to-offset is empty; give both ends"),
        (
            "replay",
            {"from_offset": "999", "to_offset": "1000"},
            "nothing is landed in this range",
        ),
        ("rebuild", {"model": "gold_nothing"}, "the project has no model 'gold_nothing'"),
        ("trace", {"symbol": "GMM"}, "no event of symbol 'GMM'"),
        ("verify", {"from": "noon"}, "'noon' is not a time"),
    ],
)
def test_invalid_parameters_fail_with_the_reason_as_message(
    world: World, first: Run, name: str, given: dict[str, str], reason: str
) -> None:
    run = world.run(name, dbt=None, **given)
    assert run.phase == "Failed"
    assert run.message.startswith("main: Error (exit code 1): ")
    assert reason in run.message


def test_failing_dbt_test_fails_the_run_until_the_model_is_rebuilt(
    world: World, first: Run
) -> None:
    good = world.query(f"SELECT * FROM {KPI} WHERE SYMBOL = 'F'")
    world.query(f"UPDATE {KPI} SET CURRENT_PRICE = -1 WHERE SYMBOL = 'F'")
    world.quotes.land(1, 5)
    failed = world.run("load")

    assert failed.phase == "Failed"
    assert failed.containers["load"].code == 0
    assert failed.message.startswith("main: Error (exit code 1): ")
    assert "test gold_kpi_current_price_is_positive: " in failed.message
    assert failed.outputs["rows"] == "5"
    # A failed run has outputs too, but its rows may be missing in gold.
    assert loads.last_load([failed.workflow], None) is None

    rebuilt = world.run("rebuild", model="gold_kpi")
    assert rebuilt.phase == "Succeeded", rebuilt
    assert world.query(f"SELECT * FROM {KPI} WHERE SYMBOL = 'F'") == good
    assert world.run("load").phase == "Succeeded"


def test_rebuild_restores_all_tables_and_the_daily_run_passes(world: World, first: Run) -> None:
    before = {name: _rows(world, name) for name in TABLES}
    assert all(before.values())
    rebuilt = world.run("rebuild", model="silver_clean_stock")
    assert rebuilt.phase == "Succeeded", rebuilt
    assert {name: _rows(world, name) for name in TABLES} == before
    daily = world.run("daily")
    assert daily.phase == "Succeeded", daily
    assert daily.containers["verify"].log.endswith("complete\n")


def test_daily_run_fails_for_an_incomplete_day(world: World, first: Run) -> None:
    position = "UPDATE LOAD_POSITION SET NEXT_OFFSET = NEXT_OFFSET {} 1 WHERE PARTITION_ID = 0"
    world.query(position.format("+"))
    run = world.run("daily", dbt={"enabled": False})
    world.query(position.format("-"))
    assert run.message.startswith("main: Error (exit code 1): ")
    assert "position: autos/" in run.message


def _rows(world: World, name: str) -> set[str]:
    return {repr(row) for row in world.query(f"SELECT * FROM {DBT_SCHEMA}.{name}")}


def test_unloadable_object_does_not_block_other_partitions(world: World, first: Run) -> None:
    key = world.quotes.land_broken(0, 5)
    world.quotes.land(2, 7)
    run = world.run("load")

    assert run.phase == "Failed"
    assert run.containers["load"].code == 0
    assert run.message.startswith("main: Error (exit code 1): ")
    assert "the load left objects out: 1 partitions stopped, the others are loaded:" in run.message
    assert key in run.message
    assert world.symbols() == ["F", "GM", "TSLA"]
    load = loads.last_load([run.workflow], None)
    assert load is not None
    assert (load.rows, load.files) == (7, 1)

    # The next run has nothing new to load, but fails again and names the object again.
    later = world.run("load")
    assert later.phase == "Failed"
    assert key in later.message
    assert "there is nothing to build" in later.containers["main"].log


def test_unloadable_object_fails_the_load_if_dbt_is_disabled(world: World, first: Run) -> None:
    if world.quotes.ends.get(0) == 30:
        world.quotes.land_broken(0, 5)
    run = world.run("load", dbt={"enabled": False})
    assert run.phase == "Failed"
    assert list(run.containers) == ["main"]
    assert "PartialLoadError: 1 partitions stopped" in run.message


def test_failed_load_starts_no_build(world: World, first: Run) -> None:
    secrets = world.secrets
    world.secrets = secrets | {"minio": {"accessKeyId": secrets["minio"]["accessKeyId"]}}
    try:
        run = world.run("load")
    finally:
        world.secrets = secrets
    assert run.phase == "Failed"
    assert not run.containers["main"].started
    assert run.message.startswith("load: Error (exit code 1): ")
    assert "secretAccessKey is missing, unreadable or empty" in run.message
    assert run.outputs["rows"] == "0"
