"""The pipeline's own roles as processes: the same commands as in the cluster's pods."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from stockfeed.contract import endpoints, env, secret_keys
from stockfeed.contract.topics import consumer_group, topic_name
from stockfeed.errors import ConfigurationError, StockfeedError
from stockfeed_local.demo.services import BUCKET, Services
from stockfeed_local.stack.ports import HOST, free_ports
from stockfeed_local.stack.process import Process

DATABASE: Final = "STOCKS"
PARTITIONS: Final = 3

_GROUPS: Final = 2
# A killed role is no failure; one that cannot run would be started again for ever.
_DEATHS: Final = 10
_COMMAND: Final = str(Path(sys.executable).parent / "stockfeed")
_PROJECT: Final = Path(__file__).resolve().parents[4] / "dbt_stocks"
# What a user has set for real accounts must not reach the demo.
_OURS: Final = ("STOCKFEED_", "SNOWFLAKE_", "AWS_", "DBT_")


@dataclass(frozen=True, slots=True)
class Group:
    """One symbol group of the demo's feed."""

    name: str
    topic: str
    symbols: tuple[str, ...]


def symbol_groups(feed: str, symbols: Sequence[str]) -> list[Group]:
    """The symbols in up to two groups, every other symbol in the same one."""
    names = [f"group-{number + 1}" for number in range(min(_GROUPS, len(symbols)))]
    ordered = sorted(symbols)
    return [
        Group(name, topic_name("stock-quotes", feed, name), tuple(ordered[number :: len(names)]))
        for number, name in enumerate(names)
    ]


class Environment:
    """The settings of each role, as the operator would write them into pods.

    Args:
        feed: the feed's name.
        services: where things are.
        work: directory for what a load leaves for the build.
    """

    def __init__(self, feed: str, services: Services, work: Path) -> None:
        self._feed = feed
        self._services = services
        self._work = work
        self._base = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
            env.FEED: feed,
            env.LOG_FORMAT: "console",
        }

    def producer(self, group: Group, port: int) -> dict[str, str]:
        """The tape moves on when a quote is acknowledged, so it is polled as fast as it goes."""
        return self._base | {
            **self._kafka(group, port),
            env.SOURCE_BASE_URL: self._services.quotes.base_url,
            env.SOURCE_API_KEY: "demo",
            env.SYMBOLS: ",".join(group.symbols),
            env.POLL_INTERVAL: "1ms",
            env.REQUESTS_PER_MINUTE: "600000",
            env.HEARTBEAT_INTERVAL: "off",
        }

    def consumer(self, group: Group, port: int) -> dict[str, str]:
        """Objects of two seconds, so that the loader has something to do."""
        return self._base | {
            **self._kafka(group, port),
            **self._s3(),
            env.KAFKA_CONSUMER_GROUP: consumer_group(self._feed, group.name),
            env.ROTATE_INTERVAL: "2s",
        }

    def loader(self) -> dict[str, str]:
        """The load of one run."""
        return self._base | {**self._s3(), **self._snowflake()}

    def inspection(self) -> dict[str, str]:
        """Of who looks at all stages in this process, where the SDK's own variables are not set."""
        s3, directory = self._services.s3, self._work / "s3-credentials"
        directory.mkdir()
        (directory / secret_keys.S3_ACCESS_KEY_ID).write_text(s3.access_key)
        (directory / secret_keys.S3_SECRET_ACCESS_KEY).write_text(s3.secret_key)
        return self.loader() | {
            env.S3_CREDENTIALS_DIR: str(directory),
            env.KAFKA_BOOTSTRAP_SERVERS: self._services.kafka.endpoint,
        }

    def build(self) -> dict[str, str]:
        """The build of one run; the parsed project is kept between runs."""
        if not _PROJECT.is_dir():
            raise ConfigurationError(f"{_PROJECT} is missing: run the demo from a source tree")
        return self._base | {
            **self._snowflake(),
            env.DBT_PROJECT_DIR: str(_PROJECT),
            "DBT_TARGET_PATH": str(self._work / "dbt-target"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def _kafka(self, group: Group, port: int) -> dict[str, str]:
        return {
            env.GROUP: group.name,
            env.HTTP_PORT: str(port),
            env.KAFKA_BOOTSTRAP_SERVERS: self._services.kafka.endpoint,
            env.KAFKA_TOPIC: group.topic,
        }

    def _s3(self) -> dict[str, str]:
        s3 = self._services.s3
        return {
            env.S3_ENDPOINT: s3.endpoint,
            env.S3_BUCKET: BUCKET,
            env.AWS_ACCESS_KEY_ID: s3.access_key,
            env.AWS_SECRET_ACCESS_KEY: s3.secret_key,
        }

    def _snowflake(self) -> dict[str, str]:
        snowflake = self._services.snowflake
        return {
            env.WAREHOUSE_DATABASE: DATABASE,
            env.OUTPUTS_DIR: str(self._work / "outputs"),
            env.SNOWFLAKE_ACCOUNT: "emulator",
            env.SNOWFLAKE_USER: "demo",
            env.SNOWFLAKE_PASSWORD: "demo",
            env.SNOWFLAKE_HOST: snowflake.host,
            env.SNOWFLAKE_PORT: str(snowflake.port),
            env.SNOWFLAKE_PROTOCOL: "http",
        }


class Roles:
    """Producers and consumers of all groups; one that dies is started again.

    Args:
        environment: their settings.
        groups: one producer and one consumer each.
        logs: where they log.
    """

    def __init__(self, environment: Environment, groups: Sequence[Group], logs: Path) -> None:
        ports = iter(free_ports(2 * len(groups)))
        self._producers: list[Process] = []
        self._consumers: dict[int, Process] = {}
        self._deaths: Counter[str] = Counter()
        for group in groups:
            self._producers.append(
                _role("producer", group, environment.producer(group, next(ports)), logs)
            )
            port = next(ports)
            self._consumers[port] = _role(
                "consumer", group, environment.consumer(group, port), logs
            )

    def start(self) -> None:
        """Starts all of them."""
        for process in (*self._consumers.values(), *self._producers):
            process.start()

    def stop(self) -> None:
        """Ends all of them, the producers first."""
        self.stop_producers()
        _terminate(list(self._consumers.values()))

    def stop_producers(self) -> None:
        """Ends the producers after their last acknowledgement."""
        _terminate(self._producers)

    def restart_dead(self, *, producers: bool) -> list[str]:
        """Starts what died, as Kubernetes would; returns the names.

        Raises:
            StockfeedError: one died too often; the message shows the log's end.
        """
        watched = [*self._consumers.values(), *(self._producers if producers else [])]
        dead = [process for process in watched if not process.alive]
        for process in dead:
            self._deaths[process.name] += 1
            if self._deaths[process.name] > _DEATHS:
                raise StockfeedError(
                    f"{process.name} ended {_DEATHS + 1} times; the end of {process.log_path}:\n"
                    f"{process.log_tail(40)}"
                )
            process.start()
        return [process.name for process in dead]

    def drained(self, client: httpx.Client, partitions: int) -> bool:
        """Whether every group's consumer owns all partitions and has landed all there is."""
        return all(_drained(client, port, partitions) for port in self._consumers)


_GRACE_SECONDS: Final = 25.0


def _terminate(processes: Sequence[Process]) -> None:
    """At once: each may take its whole grace, where what it talks to is gone."""
    with ThreadPoolExecutor(len(processes)) as pool:
        list(pool.map(lambda process: process.terminate(_GRACE_SECONDS), processes))


def _role(role: str, group: Group, environment: dict[str, str], logs: Path) -> Process:
    return Process(f"{role}-{group.name}", [_COMMAND, role], logs, environment)


def one_shot(role: str, environment: dict[str, str], logs: Path) -> Process:
    """A role that runs once and ends: the loader or the build."""
    arguments = [_COMMAND, role, *(["--once"] if role == "loader" else [])]
    return Process(role, arguments, logs, environment)


def _drained(client: httpx.Client, port: int, partitions: int) -> bool:
    try:
        answer = client.get(f"http://{HOST}:{port}{endpoints.DRAINED}")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK and len(answer.json()["partitions"]) == partitions
