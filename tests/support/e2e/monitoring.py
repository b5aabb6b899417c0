"""The cluster's Prometheus: queries, alerts, targets, and the parts of an expression."""

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

from support.e2e.kube import Kube, until

_PROXY = "/api/v1/namespaces/monitoring/services/prometheus-operated:web/proxy/api/v1"
_SEVERITY = ("inactive", "pending", "firing")


class Monitoring:
    """Prometheus, asked through the API server, as on kind.

    Args:
        kube: the cluster.
    """

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def now(self, query: str) -> list[dict[str, Any]]:
        """The series of an instant query."""
        return list(self._ask("query", query=query)["result"])

    def over(self, query: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The series of a query over time, in Unix seconds."""
        answer = self._ask("query_range", query=query, start=start, end=end, step=step)
        return list(answer["result"])

    def alerts(self, feed: str = "") -> dict[str, str]:
        """The alerts that are `pending` or `firing`, of one feed if it is named."""
        found: dict[str, str] = {}
        for alert in self._ask("alerts")["alerts"]:
            labels = alert["labels"]
            if feed in ("", labels.get("feed")):
                name = labels["alertname"]
                found[name] = max(found.get(name, ""), alert["state"], key=_rank)
        return found

    def wait_for_alert(self, name: str, feed: str, seconds: float) -> str:
        """Waits until the alert is pending or firing for the feed, and says which of them.

        Raises:
            TimeoutError: it is neither; the message has the alerts that are.
        """
        return until(
            f"alert {name} of {feed or 'any feed'}",
            lambda: self.alerts(feed).get(name, ""),
            seconds,
            lambda: f"alerts: {self.alerts(feed)}",
            pause=2,
        )

    def targets(self) -> list[dict[str, Any]]:
        """What is scraped, each with `labels`, `health` and `lastError`."""
        return list(self._ask("targets", state="active")["activeTargets"])

    def rules(self) -> dict[str, dict[str, Any]]:
        """All rules that are loaded, alerting and recording, by name and query."""
        groups = self._ask("rules")["groups"]
        return {
            f"{rule['name']}: {rule['query']}": rule for group in groups for rule in group["rules"]
        }

    def selectors(self, expression: str) -> list[str]:
        """The series that an expression reads, each as a selector of its own."""
        tree = self._ask("parse_query", query=expression)
        return sorted({_selector(node) for node in _vectors(tree)})

    def _ask(self, what: str, **parameters: object) -> Any:
        text = self._kube.ask(f"{_PROXY}/{what}?{urllib.parse.urlencode(parameters)}")
        answer = json.loads(text)
        if answer.get("status") != "success":
            raise AssertionError(f"Prometheus: {what} {parameters}: {text[:1000]}")
        return answer["data"]


def _rank(state: str) -> int:
    return _SEVERITY.index(state) if state else -1


def _vectors(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for part in node:
            yield from _vectors(part)
    elif isinstance(node, dict):
        if node.get("type") in ("vectorSelector", "matrixSelector"):
            yield node
        for part in node.values():
            yield from _vectors(part)


def _selector(node: dict[str, Any]) -> str:
    matchers = [
        f"{matcher['name']}{matcher['type']}{json.dumps(matcher['value'])}"
        for matcher in node["matchers"]
    ]
    return "{" + ",".join(sorted(matchers)) + "}"
