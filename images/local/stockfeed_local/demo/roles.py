"""Runs the pipeline's roles as processes, with the same commands as the pods on a cluster."""

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
# A role that dies is restarted, as on Kubernetes. One that dies this often cannot run at all.
_MAX_DEATHS: Final = 10
_GRACE_SECONDS: Final = 25.0
_COMMAND: Final = str(Path(sys.executable).parent / "stockfeed")
_PROJECT: Final = Path(__file__).resolve().parents[4] / "dbt_stocks"
# Settings for real accounts in the user's environment must not reach the demo.
_OWN_PREFIXES: Final = ("STOCKFEED_", "SNOWFLAKE_", "AWS_", "DBT_")


@dataclass(frozen=True, slots=True)
class Group:
    """A symbol group of the demo's feed."""

    name: str
    topic: str
    symbols: tuple[str, ...]


def symbol_groups(feed: str, symbols: Sequence[str]) -> list[Group]:
    """Splits symbols into up to two groups, alternating in alphabetical order."""
    names = [f"group-{number + 1}" for number in range(min(_GROUPS, len(symbols)))]
    ordered = sorted(symbols)
    return [
        Group(name, topic_name("stock-quotes", feed, name), tuple(ordered[number :: len(names)]))
        for number, name in enumerate(names)
    ]


class Environment:
    """The environment variables of each role, as the operator would set them in pods.

    Args:
        feed: Name of the feed.
        services: The services that the roles connect to.
        work: Directory for the roles' working files.
    """

    def __init__(self, feed: str, services: Services, work: Path) -> None:
        self._feed = feed
        self._services = services
        self._work = work
        self._base = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(_OWN_PREFIXES)
            },
            env.FEED: feed,
            env.LOG_FORMAT: "console",
            # dbt's connection must not ask a cloud's metadata address either, see `snowflake.py`.
            "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
        }

    def producer(self, group: Group, port: int) -> dict[str, str]:
        """Returns the environment of a producer that polls without a pause.

        The tape moves on only when a quote is acknowledged, so no quote is missed.
        """
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
        """Returns the environment of a consumer that writes an object every two seconds."""
        return self._base | {
            **self._kafka(group, port),
            **self._s3(),
            env.KAFKA_CONSUMER_GROUP: consumer_group(self._feed, group.name),
            env.ROTATE_INTERVAL: "2s",
        }

    def loader(self) -> dict[str, str]:
        """Returns the environment of a loader that runs once."""
        return self._base | {**self._s3(), **self._snowflake()}

    def inspection(self) -> dict[str, str]:
        """Returns the environment of verify and trace, which run in this process.

        They get the S3 credentials as files, because the SDK's variables are not set here.
        """
        s3, directory = self._services.s3, self._work / "s3-credentials"
        directory.mkdir()
        (directory / secret_keys.S3_ACCESS_KEY_ID).write_text(s3.access_key)
        (directory / secret_keys.S3_SECRET_ACCESS_KEY).write_text(s3.secret_key)
        return self.loader() | {
            env.S3_CREDENTIALS_DIR: str(directory),
            env.KAFKA_BOOTSTRAP_SERVERS: self._services.kafka.endpoint,
        }

    def build(self) -> dict[str, str]:
        """Returns the environment of a build, with a dbt target directory that all builds share."""
        if not _PROJECT.is_dir():
            raise ConfigurationError(f"{_PROJECT} is missing; run the demo from a source tree")
        return self._base | {
            **self._snowflake(),
            env.DBT_PROJECT_DIR: str(_PROJECT),
            "DBT_TARGET_PATH": str(self._work / "dbt-target"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def _kafka(self, group: Group, port: int) -> dict[str, str]:
        return {
            env.GROUP: group.name,
            env.HTTP_HOST: "127.0.0.1",
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
    """The producers and consumers of all groups.

    Args:
        environment: Their environment variables.
        groups: The groups; each has one producer and one consumer.
        logs: Directory of the log files.
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
        """Starts all consumers and producers."""
        for process in (*self._consumers.values(), *self._producers):
            process.start()

    def stop(self) -> None:
        """Stops all producers, then all consumers."""
        self.stop_producers()
        _terminate(list(self._consumers.values()))

    def stop_producers(self) -> None:
        """Stops the producers; each waits for its last acknowledgement."""
        _terminate(self._producers)

    def restart_dead(self, *, producers: bool) -> list[str]:
        """Restarts the roles that have died, as Kubernetes would.

        Args:
            producers: Include the producers; False once they are stopped.

        Returns:
            The names of the restarted roles.

        Raises:
            StockfeedError: A role died too often; the message shows the end of its log.
        """
        roles = [*self._consumers.values(), *(self._producers if producers else [])]
        dead = [process for process in roles if not process.alive]
        for process in dead:
            self._deaths[process.name] += 1
            if self._deaths[process.name] > _MAX_DEATHS:
                raise StockfeedError(
                    f"{process.name} died {_MAX_DEATHS + 1} times; "
                    f"the end of {process.log_path}:\n{process.log_tail(40)}"
                )
            process.start()
        return [process.name for process in dead]

    def drained(self, client: httpx.Client, partitions: int) -> bool:
        """Returns whether each consumer owns all partitions and has landed all messages."""
        return all(_drained(client, port, partitions) for port in self._consumers)


def _terminate(processes: Sequence[Process]) -> None:
    """Terminates processes in parallel: each may need all its grace if a service is down."""
    with ThreadPoolExecutor(len(processes)) as pool:
        list(pool.map(lambda process: process.terminate(_GRACE_SECONDS), processes))


def _role(role: str, group: Group, environment: dict[str, str], logs: Path) -> Process:
    return Process(f"{role}-{group.name}", [_COMMAND, role], logs, environment)


def one_shot(role: str, environment: dict[str, str], logs: Path) -> Process:
    """Returns the process of a role that runs once and exits: the loader or the build."""
    arguments = [_COMMAND, role, *(["--once"] if role == "loader" else [])]
    return Process(role, arguments, logs, environment)


def _drained(client: httpx.Client, port: int, partitions: int) -> bool:
    try:
        answer = client.get(f"http://{HOST}:{port}{endpoints.DRAINED}")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK and len(answer.json()["partitions"]) == partitions
