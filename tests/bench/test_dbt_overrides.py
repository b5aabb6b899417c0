"""What the dbt overrides and the parsed project save in each minute's build.

docs/decisions/0010-dbt-overrides.md quotes the figures that these tests print.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import snowflake.connector

from generator.statements.recorder import Recording, recording_emulator
from stockfeed_local.stack.ports import HOST

PROJECT = Path(__file__).parents[2] / "dbt_stocks"
FIRST_QUOTE = 1_713_456_789
ROUNDS = 3
"""Builds of each kind whose median counts."""
_PLAIN_SELECTOR = """
selectors:
  - name: minute
    definition:
      method: fqn
      value: "*"
      exclude:
        - {method: test_name, value: all_at_once}
        - {method: resource_type, value: unit_test}
"""

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


def without(name: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        (project / "macros" / name).unlink()

    return change


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))

    return change


def one_query_per_test(project: Path) -> None:
    (project / "selectors.yml").write_text(_PLAIN_SELECTOR)


def plain_dbt(project: Path) -> None:
    for change in CHANGES.values():
        change(project)


CHANGES: dict[str, Callable[[Path], None]] = {
    "macros/materializations/incremental.sql": without("materializations/incremental.sql"),
    "macros/get_assert_columns_equivalent.sql": without("get_assert_columns_equivalent.sql"),
    "STOCKFEED_NEWEST_BATCHES": replace(
        "macros/newest_batch.sql", "env_var('STOCKFEED_NEWEST_BATCHES', '{}')", "'{}'"
    ),
    "test all_at_once": one_query_per_test,
}
"""How to take each override out of a copy of the project."""


@dataclass
class Feed:
    """A feed's raw table in a recording emulator, and builds of it.

    Attributes:
        recording: the emulator.
        database: of this feed only.
        home: everything that the builds write is below it.
        project: the dbt project.
    """

    recording: Recording
    database: str
    home: Path
    project: Path = PROJECT
    batches: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def land(self) -> None:
        """Inserts one quote as the next batch."""
        self.batches += 1
        meta = {
            "topic": "q",
            "partition": 0,
            "offset": self.batches,
            "timestamp": 1_713_456_789_000,
        }
        line = {"symbol": "F", "c": 10, "t": 1_713_456_789 + 60 * self.batches, "_meta": meta}
        self.execute(
            "insert into RAW.SOURCE_STOCK_QUOTES select parse_json(%s),"
            f" 'feed=f/group=g/topic=0a1b/partition=00000/0.jsonl.gz', {self.batches},"
            " convert_timezone('UTC', current_timestamp())::timestamp_ntz",
            json.dumps(line),
        )

    def execute(self, sql: str, *parameters: str) -> None:
        with (
            snowflake.connector.connect(
                account="emulator",
                user="bench",
                password="any",
                host=HOST,
                port=self.recording.port,
                protocol="http",
                database=self.database,
                network_timeout=30,
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, parameters or None)

    def build(self, step: str = "") -> float:
        """Runs `stockfeed build` as a pod does; returns its CPU seconds.

        CPU time, because other load on the machine changes it less than the duration.
        """
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "STOCKFEED_FEED": "bench",
            "STOCKFEED_WAREHOUSE_DATABASE": self.database,
            "STOCKFEED_DBT_PROJECT_DIR": str(self.project),
            "SNOWFLAKE_ACCOUNT": "emulator",
            "SNOWFLAKE_USER": "bench",
            "SNOWFLAKE_PASSWORD": "any",
            "SNOWFLAKE_HOST": HOST,
            "SNOWFLAKE_PORT": str(self.recording.port),
            "SNOWFLAKE_PROTOCOL": "http",
            **self.environment,
        }
        command = [str(Path(sys.executable).with_name("stockfeed")), "build"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with self.recording.during(step):
            done = subprocess.run(
                command, env=environment, check=False, capture_output=True, text=True, timeout=240
            )
        assert done.returncode == 0, done.stdout + done.stderr
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def statements(self, step: str) -> int:
        return sum(statement.step == step for statement in self.recording.statements)


@contextmanager
def feed(home: Path, name: str, recording: Recording) -> Iterator[Feed]:
    home = home / name
    home.mkdir()
    made = Feed(recording, f"BENCH_{name.upper()}", home)
    made.execute("create schema if not exists RAW")
    made.execute(
        "create table RAW.SOURCE_STOCK_QUOTES"
        " (V variant, FILE_NAME varchar, BATCH_SEQ number(38, 0), LOADED_AT timestamp_ntz)"
    )
    yield made


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    with recording_emulator(tmp_path_factory.mktemp("warehouse")) as recording:
        yield recording


def statements_of_a_minute(
    home: Path, recording: Recording, name: str, change: Callable[[Path], None]
) -> int:
    """Returns how many statements the second build sends; the first one creates the tables."""
    with feed(home, re.sub(r"\W", "_", name), recording) as made:
        made.project = made.home / "project"
        shutil.copytree(PROJECT, made.project)
        change(made.project)
        made.land()
        made.build()
        made.land()
        made.build(name)
        return made.statements(name)


def test_each_override_saves_statements(recording: Recording, tmp_path: Path) -> None:
    cases = {"as shipped": lambda _: None, **CHANGES, "all of these": plain_dbt}
    counted = {
        name: statements_of_a_minute(tmp_path, recording, name, change)
        for name, change in cases.items()
    }
    shipped = counted.pop("as shipped")
    print(f"\nbuild: {shipped} statements in a minute's run; without")
    for name, count in counted.items():
        print(f"  {name:42} {count:4}  ratio {count / shipped:.2f}")
    assert all(count > shipped for count in counted.values())


def test_the_parsed_project_saves_seconds(recording: Recording, tmp_path: Path) -> None:
    parsed = tmp_path / "parsed"
    subprocess.run(
        [sys.executable, "-m", "stockfeed.transform.parsed", parsed],
        env={"PATH": os.environ["PATH"], "STOCKFEED_DBT_PROJECT_DIR": str(PROJECT)},
        check=True,
        capture_output=True,
    )
    ways = {
        "parsed in the image": {"STOCKFEED_DBT_PARSED_FILE": str(parsed)},
        "partial parse, target/ kept": {"DBT_TARGET_PATH": str(tmp_path / "target")},
        "parsed in the run": {},
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    with feed(tmp_path, "parsing", recording) as made:
        for environment in ways.values():  # creates the tables, and target/
            made.environment = environment
            made.land()
            made.build()
        for _ in range(ROUNDS):  # in turn, so that a busy machine slows all
            for name, environment in ways.items():
                made.environment = environment
                made.land()
                took[name].append(made.build())
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    first = medians["parsed in the image"]
    print(f"\nbuild: CPU seconds of `stockfeed build`, median of {ROUNDS}")
    for name, seconds in medians.items():
        print(f"  {name:28} {seconds:6.2f}  ratio {seconds / first:.2f}")
    assert first < medians["parsed in the run"]
