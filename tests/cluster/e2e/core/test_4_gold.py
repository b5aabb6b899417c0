"""A feed on the tape, from `kubectl apply` to gold, with the default schedule."""

from datetime import datetime

from cluster.e2e.core.conftest import TAPE, Market
from support.e2e.figures import Figures
from support.e2e.kube import Kube, Manifest

_SYMBOLS = ("AAPL", "IBM", "MSFT")


def test_gold_has_each_bar_of_the_tape(market: Market, figures: Figures) -> None:
    feed, server = market.tape, market.tape_server
    feed.until("the end of the tape", lambda: server.done(_SYMBOLS), 180)
    warehouse = feed.warehouse()
    feed.until("all bars in gold", lambda: not warehouse.differences(server.bars), 240)
    assert warehouse.differences(server.bars) == ""
    figures.note("Tape: bars in gold, each exact", str(len(server.bars)))


def test_runs_follow_the_schedule(market: Market) -> None:
    runs = market.tape.runs()
    assert runs
    for run in runs:
        labels = run["metadata"]["labels"]
        assert labels["workflows.argoproj.io/cron-workflow"] == f"{TAPE}-load"
        if run.get("status", {}).get("finishedAt"):
            assert run["status"]["phase"] == "Succeeded", market.tape.explain()


def test_status_reports_last_load_and_freshness(market: Market, figures: Figures) -> None:
    feed = market.tape
    feed.wait("Ready", "True", 90, "Running")
    load = feed.status["lastLoad"]
    assert load["rows"] > 0
    assert load["files"] > 0
    newest = datetime.fromisoformat(load["newestQuoteAt"])
    finished = datetime.fromisoformat(load["finishedAt"])
    assert newest < finished
    figures.note("Load: seconds", f"{load['loadSeconds']:.1f}")
    figures.note("Build: seconds", f"{load['buildSeconds']:.1f}")
    figures.note("Poll to end of build", f"{(finished - newest).total_seconds():.0f} s")


def test_pods_serve_metrics(market: Market, kube: Kube) -> None:
    """The pods that the PodMonitor selects serve metrics on the port that it names."""
    (monitor,) = kube.find("PodMonitor", f"stockfeed.dev/feed={TAPE}")
    labels = monitor["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{name}={value}" for name, value in labels.items())
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    pods = [pod for pod in kube.pods(selector) if _has_port(pod, endpoint["port"])]
    texts = {pod["metadata"]["name"]: _scraped(kube, pod) for pod in pods}
    assert len(texts) == 4
    for name, text in texts.items():
        counted = (
            "stockfeed_polls_total" if "producer" in name else "stockfeed_objects_written_total"
        )
        assert counted in text, name


def test_argo_exports_counts_of_loaded_rows(market: Market, kube: Kube) -> None:
    text = kube.request(
        "/api/v1/namespaces/argo/services/workflow-controller-metrics:9090/proxy/metrics"
    )
    (line,) = [
        line
        for line in text.splitlines()
        if "stockfeed_load_rows_total{" in line and f'feed="{TAPE}"' in line
    ]
    assert float(line.rpartition(" ")[2]) > 0


def test_operator_exports_the_feeds_freshness(market: Market, kube: Kube) -> None:
    (pod,) = kube.pods("app.kubernetes.io/name=stockfeed-operator", "stockfeed")
    text = _scraped(kube, pod)
    assert f'feed="{TAPE}"' in text
    assert "stockfeed_operator_feed_newest_quote" in text


def _has_port(pod: Manifest, name: str) -> bool:
    """Returns whether the pod is running and has the port, as Prometheus requires."""
    ports = [port for one in pod["spec"]["containers"] for port in one.get("ports", ())]
    running = pod["status"]["phase"] == "Running"
    return running and name in [port.get("name") for port in ports]


def _scraped(kube: Kube, pod: Manifest) -> str:
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    return kube.request(f"/api/v1/namespaces/{namespace}/pods/{name}:8080/proxy/metrics")
