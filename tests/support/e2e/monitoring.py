"""The cluster's Prometheus: queries, alerts, targets, and parsed expressions."""

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

from support.e2e.kube import Kube, until

_PROXY = "/api/v1/namespaces/monitoring/services/prometheus-operated:web/proxy/api/v1"
_SEVERITY = ("inactive", "pending", "firing")


class Monitoring:
    """Prometheus, reached through the API server, as on kind.

    Args:
        kube: the cluster.
    """

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def now(self, query: str) -> list[dict[str, Any]]:
        """Returns the series of an instant query."""
        return list(self._request("query", query=query)["result"])

    def over(self, query: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """Returns the series of a range query; times are Unix seconds, and `step` is in seconds."""
        answer = self._request("query_range", query=query, start=start, end=end, step=step)
        return list(answer["result"])

    def alerts(self, feed: str = "") -> dict[str, str]:
        """Returns the state of each `pending` or `firing` alert, of one feed if it is given."""
        found: dict[str, str] = {}
        for alert in self._request("alerts")["alerts"]:
            labels = alert["labels"]
            if feed in ("", labels.get("feed")):
                name = labels["alertname"]
                found[name] = max(found.get(name, ""), alert["state"], key=_rank)
        return found

    def wait_for_alert(self, name: str, feed: str, seconds: float) -> str:
        """Waits until the alert is pending or firing for the feed, and returns its state.

        Raises:
            TimeoutError: it is neither in time; the message lists the alerts that are.
        """
        return until(
            f"alert {name} of {feed or 'any feed'}",
            lambda: self.alerts(feed).get(name, ""),
            seconds,
            lambda: f"alerts: {self.alerts(feed)}",
            pause=2,
        )

    def targets(self) -> list[dict[str, Any]]:
        """Returns the scrape targets, each with `labels`, `health` and `lastError`."""
        return list(self._request("targets", state="active")["activeTargets"])

    def rules(self) -> dict[str, dict[str, Any]]:
        """Returns all loaded alerting and recording rules by name."""
        groups = self._request("rules")["groups"]
        return {
            f"{rule['name']}: {rule['query']}": rule for group in groups for rule in group["rules"]
        }

    def selectors(self, expression: str) -> list[str]:
        """Returns the series selectors of an expression."""
        tree = self._request("parse_query", query=expression)
        return sorted({_selector(node) for node in _vectors(tree)})

    def _request(self, what: str, **parameters: object) -> Any:
        text = self._kube.request(f"{_PROXY}/{what}?{urllib.parse.urlencode(parameters)}")
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
