"""A Prometheus server for one test."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stockfeed_local.stack.ports import HOST, free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import ProcessService
from support.tools.programs import prometheus

_RULES = "rules.yaml"


@dataclass(frozen=True)
class Target:
    """A process to scrape.

    Attributes:
        port: the port of its `/metrics`.
        labels: the labels that the PodMonitor would add.
    """

    port: int
    labels: dict[str, str] = field(default_factory=dict)


class Prometheus(ProcessService):
    """Scrapes every second; a target's own labels win, as with `honorLabels`.

    Args:
        home: directory for configuration, data and log.
        targets: the processes to scrape.
        groups: rule groups.
    """

    def __init__(
        self, home: Path, targets: Sequence[Target], groups: Sequence[dict[str, Any]]
    ) -> None:
        (self._port,) = free_ports(1)
        home.mkdir(parents=True, exist_ok=True)
        config = home / "prometheus.yaml"
        config.write_text(yaml.safe_dump(_config(targets)))
        (home / _RULES).write_text(yaml.safe_dump({"groups": list(groups)}))
        command = [
            str(prometheus()),
            f"--config.file={config}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--web.listen-address={HOST}:{self._port}",
        ]
        super().__init__(Process("prometheus", command, home))

    @property
    def waits_for(self) -> str:
        """Returns the awaited event, for the error message of a timeout."""
        return "an answer at /-/ready"

    @property
    def endpoint(self) -> str:
        """Returns the server's base URL."""
        return f"http://{HOST}:{self._port}"

    def is_ready(self) -> bool:
        """Returns whether the server is ready."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def scraped(self) -> int:
        """Returns the number of successful scrapes of the target that has the fewest."""
        counted = self.now("min(sum_over_time(up[1h]))")  # some scrapes time out on a busy machine
        return int(counted[0]["value"][1]) if counted else 0

    def now(self, query: str) -> list[dict[str, Any]]:
        """Returns the series of an instant query."""
        return self._ask("query", query=query)

    def over(self, query: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """Returns the series of a range query; times are Unix seconds, and `step` is in seconds."""
        return self._ask("query_range", query=query, start=start, end=end, step=step)

    def _ask(self, what: str, **parameters: object) -> list[dict[str, Any]]:
        url = f"{self.endpoint}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return list(json.load(answer)["data"]["result"])
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters['query']}: {error.read().decode()}") from error


def _config(targets: Sequence[Target]) -> dict[str, Any]:
    static = [{"targets": [f"{HOST}:{target.port}"], "labels": target.labels} for target in targets]
    job = {"job_name": "stockfeed", "honor_labels": True, "static_configs": static}
    often = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    return {"global": often, "rule_files": [_RULES], "scrape_configs": [job]}
