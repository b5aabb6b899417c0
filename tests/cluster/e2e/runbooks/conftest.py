"""Small feeds, each with an outage or two; all are made first, so that their waits overlap."""

import json
from dataclasses import dataclass

import pytest

from cluster.e2e.feeds import RUN, Feed, group, key_secret, manifest, source
from cluster.e2e.kube import NAMESPACE, Kube, Manifest
from cluster.e2e.tapes import Tape, start_tape, wait_for_tape
from cluster.platform.install import ON_KIND

API, KEY, IMAGES, TAKEN, LOST, CHAIN = (
    f"rb-{name}-{RUN}" for name in ("api", "key", "images", "taken", "lost", "chain")
)
NO_LOADS = {"schedule": "0 0 1 1 *", "dbt": {"enabled": False}}
EACH_MINUTE = {"schedule": "* * * * *", "dbt": {"enabled": False}}
_SLOW = "2s"
_SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


@dataclass(frozen=True)
class Ward:
    """The feeds by their names, and the quote server of all but one."""

    kube: Kube
    feeds: dict[str, Feed]
    server: Tape


@pytest.fixture(scope="session")
def ward(kube: Kube) -> Ward:
    """All feeds, started; what is wrong with some from the beginning is."""
    if ON_KIND:
        pytest.skip("the outages are of the stand-ins on our own cluster, not of kind's platform")
    server = start_tape(kube, f"rb-tape-{RUN}", dict.fromkeys(_SYMBOLS, 190))
    strict = start_tape(kube, f"rb-strict-{RUN}", {"AAPL": 2000})
    for tape in (server, strict):
        wait_for_tape(tape)
    _ask_for_a_token(kube, strict)
    for name in (API, KEY, IMAGES, TAKEN, LOST, CHAIN):
        kube.apply(key_secret(name))
    feeds = [
        _api(server),
        _feed(KEY, strict, [group("only", ["AAPL"])], warehouse=EACH_MINUTE),
        _feed(LOST, server, [group("only", ["AAPL"])], warehouse=NO_LOADS),
        _feed(CHAIN, server, [group("bad", ["AAPL"]), group("gone", ["FB"])], warehouse=NO_LOADS),
        _images(server),
        _taken(server),
    ]
    started = {}
    for resource in feeds:
        name = resource["metadata"]["name"]
        started[name] = Feed(kube, name)
        started[name].apply(resource)
    return Ward(kube, started, server)


def _feed(name: str, server: Tape, groups: list[Manifest], **spec: object) -> Manifest:
    for one in groups:
        one["consumer"] = {**one["consumer"], "replicas": 1}
    kafka = {"cluster": "stocks", "partitions": 1, "replicas": 1}
    parts = {"kafka": kafka, "source": source(name, server.base_url, _SLOW), **spec}
    return manifest(name, server.base_url, groups, **parts)


def _api(server: Tape) -> Manifest:
    """Answers about three of its four symbols are bad."""
    for kind, symbol in (("429", "GOOG"), ("429", "MSFT"), ("zeros", "IBM")):
        order = {"kind": kind, "symbol": symbol, "count": 1_000_000}
        server.kube.ask(_control(server, "fault"), order, "POST")
    symbols = ["AAPL", "GOOG", "IBM", "MSFT"]
    return _feed(API, server, [group("only", symbols)], warehouse=NO_LOADS)


def _images(server: Tape) -> Manifest:
    """Its pods of producers, consumers and loads cannot start."""
    pods = {"images": {"pipeline": "stockfeed.test/nowhere:1", "pullPolicy": "IfNotPresent"}}
    return _feed(IMAGES, server, [group("only", ["AAPL"])], pods=pods, warehouse=EACH_MINUTE)


def _taken(server: Tape) -> Manifest:
    """Writes into the schemas of an older feed."""
    schemas = manifest(KEY, "", [])["spec"]["warehouse"]
    own = {**NO_LOADS, "schema": schemas["schema"]}
    return _feed(TAKEN, server, [group("only", ["AAPL"])], warehouse=own)


def _control(server: Tape, what: str) -> str:
    return f"/api/v1/namespaces/{NAMESPACE}/services/{server.name}:8080/proxy/control/{what}"


def forget_faults(server: Tape) -> None:
    """The server answers again as it should."""
    server.kube.ask(_control(server, "fault"), None, "DELETE")


def _ask_for_a_token(kube: Kube, server: Tape) -> None:
    """The server lets in only who has the token `valid`."""
    live = kube.get("Deployment", server.name) or {}
    pod = json.loads(json.dumps(live["spec"]["template"]["spec"]))
    pod["containers"][0]["args"].append("--token=valid")
    kube.patch("Deployment", server.name, {"spec": {"template": {"spec": pod}}})
