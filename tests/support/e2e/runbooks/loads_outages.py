"""Outages of loads and builds."""

import uuid
from typing import Any

from support.e2e.feeds import SUBMITTED, group, manifest
from support.e2e.kube import NAMESPACE, Manifest
from support.e2e.runbooks import inject
from support.e2e.runbooks.outage import EACH_MINUTE, NO_LOADS, Outage, Testbed

_RUN_SECONDS = 360
_CONDITION_SECONDS = 240
_QUICK = {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
# So little CPU that a build takes longer than a minute.
_LAME = {**_QUICK, "limits": {"cpu": "80m", "memory": "1Gi"}}


class Chain(Outage):
    """One group's chain has an invalid object, and in another group's chain one is missing."""

    alerts = (
        "StockFeedFileRejected",
        "StockFeedLoadFailing",
        "StockFeedChainBroken",
        "StockFeedCompletenessBurnFast",
        "StockFeedCompletenessBurnSlow",
    )
    resolved_by_repair = frozenset(
        {"StockFeedFileRejected", "StockFeedLoadFailing", "StockFeedChainBroken"}
    )

    def __init__(self, testbed: Testbed) -> None:
        super().__init__(testbed)
        self._metadata: dict[str, str] = {}
        self._object: dict[str, Any] = {}

    def group_for(self, alert: str) -> str:
        return "bad" if alert in ("StockFeedFileRejected", "StockFeedLoadFailing") else "gone"

    def resource(self) -> Manifest:
        groups = [group("bad", ["AAPL"]), group("gone", ["FB"])]
        return self.small(symbolGroups=groups, warehouse=NO_LOADS)

    def cause(self) -> None:
        # Not the first object: without it, the chain would just begin later.
        self._bad, gone = self.wait_for_objects(3, "bad")[0], self.wait_for_objects(3, "gone")[1]
        self._metadata = inject.strip_metadata(self._bad)
        self._object = inject.remove_object(gone)
        self.feed.change(warehouse={**self.feed.resource["spec"]["warehouse"], **EACH_MINUTE})
        self.feed.wait("LoadHealthy", "False", _CONDITION_SECONDS, "ObjectsLeftOut")

    def repair(self) -> None:
        inject.put_metadata(self._bad, self._metadata)
        inject.restore_object(self._object)


class Images(Outage):
    """The image of producers, consumers and loads cannot be pulled."""

    alerts = ("StockFeedPodsNotReady",)
    resolved_by_repair = frozenset(alerts)

    def resource(self) -> Manifest:
        pods = {"images": {"pipeline": "stockfeed.test/nowhere:1", "pullPolicy": "IfNotPresent"}}
        return self.small(pods=pods, warehouse=EACH_MINUTE)

    def cause(self) -> None:
        for kind in ("ProducersAvailable", "LoadHealthy"):
            self.feed.wait(kind, "False", _CONDITION_SECONDS, "ImagePullFailed")

    def repair(self) -> None:
        self.feed.remove_part("pods")
        _end_runs(self)


class Taken(Outage):
    """The feed writes into the schemas of an older feed, so its loads must not start."""

    alerts = ("StockFeedLoadFailing",)
    has_no_pods = True
    resolved_by_repair = frozenset(alerts)

    def resource(self) -> Manifest:
        older = Chain(self.testbed).feed.name
        return self._into(manifest(older, "", [])["spec"]["warehouse"]["schema"], NO_LOADS)

    def cause(self) -> None:
        self.feed.wait("LoadHealthy", "False", _CONDITION_SECONDS, "WarehouseTargetTaken")

    def repair(self) -> None:
        self.feed.apply(self._into("RB_OTHER_RAW", EACH_MINUTE))

    def _into(self, schema: str, loads: Manifest) -> Manifest:
        return self.small(warehouse={**loads, "schema": schema})


class Slow(Outage):
    """A build takes longer than the interval between two builds."""

    alerts = ("StockFeedLoadSlow", "StockFeedRunsSuppressed")

    def resource(self) -> Manifest:
        return self._with(_LAME)

    def repair(self) -> None:
        self.feed.apply(self._with(_QUICK))
        _end_runs(self)

    def wait_until_healed(self) -> None:
        super().wait_until_healed()
        self.feed.until("a quick build", self._is_quick, _RUN_SECONDS)

    def _is_quick(self) -> bool:
        return float(self.feed.status.get("lastLoad", {}).get("buildSeconds", 60)) < 30

    def _with(self, resources: Manifest) -> Manifest:
        schema = self.feed.name.replace("-", "_").upper()
        return self.small(warehouse={"dbt": {"schema": schema, "resources": resources}})


class Daily(Outage):
    """A row in gold is wrong, which only the daily run detects."""

    alerts = ("StockFeedDailyTestsFailing",)

    def resource(self) -> Manifest:
        return self.small(warehouse={"schedule": NO_LOADS["schedule"]})

    def cause(self) -> None:
        self.wait_for_objects(2)
        assert self._ended(self._submit("load")) == "Succeeded"
        self.feed.warehouse().set_price("AAPL", "-1")
        self._run = self._submit("daily")
        assert self._ended(self._run) == "Failed"

    def repair(self) -> None:
        rebuilt = self.feed.submit("rebuild", {"model": "gold_kpi"})
        assert rebuilt.phase == "Succeeded", rebuilt.message

    def wait_until_healed(self) -> None:
        super().wait_until_healed()
        assert self._ended(self._submit("daily")) == "Succeeded"

    def variables(self, group_name: str) -> dict[str, str]:
        return {**super().variables(group_name), "WORKFLOW": self._run}

    def _submit(self, cron: str) -> str:
        """Submits a CronWorkflow as `argo submit --from cronwf/NAME` does; the run is kept."""
        name = f"{self.feed.name}-{cron}-{uuid.uuid4().hex[:6]}"
        scheduled = self.testbed.kube.get("CronWorkflow", f"{self.feed.name}-{cron}") or {}
        labels = {
            **scheduled["spec"].get("workflowMetadata", {}).get("labels", {}),
            SUBMITTED: cron,
        }
        run = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
            "spec": scheduled["spec"]["workflowSpec"],
        }
        self.testbed.kube.apply(run)
        return name

    def _ended(self, run: str) -> str:
        return str(self.feed.until(f"{run} to end", lambda: self._phase(run), _RUN_SECONDS))

    def _phase(self, name: str) -> str:
        status = (self.testbed.kube.get("Workflow", name) or {}).get("status") or {}
        return str(status["phase"]) if status.get("finishedAt") else ""


def _end_runs(outage: Outage) -> None:
    """Deletes runs that hang, as the page says, so that the next one need not wait for them."""
    for run in outage.feed.runs():
        outage.testbed.kube.delete("Workflow", run["metadata"]["name"])
