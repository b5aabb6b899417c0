"""The API server validates feeds as `support.crd.table` expects, with the exact messages."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from support.cluster.platform import install
from support.cluster.platform.install import CHARTS
from support.crd.table import Case, rule_cases, schema_cases
from support.e2e.figures import Figures
from support.e2e.kube import Kube

_NAMESPACE = "crd-cases"
_PATH = f"/apis/stockfeed.dev/v1alpha1/namespaces/{_NAMESPACE}/stockfeeds"
_PAUSED = {"stockfeed.dev/pause-reconciliation": "true"}
_CRD = "stockfeeds.stockfeed.dev"


@pytest.fixture(scope="module")
def api(kube: Kube) -> Iterator[Kube]:
    """The cluster with a namespace for the table's feeds."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}
    kube.apply(namespace)
    yield kube
    kube.delete("Namespace", _NAMESPACE)


def test_validates_feeds_as_expected(api: Kube, figures: Figures) -> None:
    cases = [*rule_cases(), *schema_cases()]
    wrong = [text for case in cases if (text := _difference(api, case))]
    assert not wrong, "\n".join(wrong)
    figures.note("CRD: feeds judged by the API server", str(len(cases)))


def test_helm_upgrades_the_crd(api: Kube, tmp_path: Path) -> None:
    # Stands for the chart of an older release: its CRD has another column.
    old = tmp_path / "stockfeed-operator"
    shutil.copytree(CHARTS / "stockfeed-operator", old, symlinks=False)
    template = old / "templates/crd.yaml"
    template.write_text(template.read_text().replace("name: Freshness", "name: Newest"))
    install.operator(chart=old)
    assert "Newest" in _columns(api)
    install.operator()
    assert "Freshness" in _columns(api)
    assert "Newest" not in _columns(api)


def _columns(api: Kube) -> list[str]:
    version = _crd(api)["spec"]["versions"][0]
    return [str(column["name"]) for column in version["additionalPrinterColumns"]]


def _crd(api: Kube) -> dict[str, Any]:
    found = api.get("CustomResourceDefinition", _CRD, namespace="")
    assert found is not None
    return found


def _difference(api: Kube, case: Case) -> str:
    """Returns the difference between the API server's and the expected messages; empty if none."""
    if case.old is None:
        said = _errors(api, "POST", _PATH, _in_namespace(case.feed))
    else:
        said = _updated(api, case.old, case.feed)
    expected = {*case.errors}
    if case.fields:
        missing = [field for field in case.fields if not any(field in text for text in said)]
        return f"{case.name}: nothing blames {missing}: {said}" if missing else ""
    return "" if said == expected else f"{case.name}: {said} instead of {expected}"


def _updated(api: Kube, old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    # Paused, so that the operator does not reconcile it.
    stored = _call(api, "POST", _PATH, _in_namespace(old, _PAUSED), dry_run=False)
    name = stored["metadata"]["name"]
    version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
    try:
        changed = _in_namespace(new)
        changed["metadata"] = {**changed["metadata"], "name": name, **version}
        return _errors(api, "PUT", f"{_PATH}/{name}", changed)
    finally:
        _call(api, "DELETE", f"{_PATH}/{name}", None, dry_run=False)


def _in_namespace(
    feed: dict[str, Any], annotations: dict[str, str] | None = None
) -> dict[str, Any]:
    metadata = {**feed["metadata"], "namespace": _NAMESPACE}
    if annotations:
        metadata["annotations"] = annotations
    return {**feed, "metadata": metadata}


def _errors(api: Kube, method: str, path: str, body: dict[str, Any]) -> set[str]:
    """Returns field and message of each validation error; empty if the object is accepted."""
    try:
        _call(api, method, path, body, dry_run=True)
    except ApiException as error:
        status = json.loads(error.body)
        causes = (status.get("details") or {}).get("causes") or ()
        found = {f"{cause.get('field', '')}: {cause['message']}" for cause in causes}
        return found or {str(status["message"])}
    return set()


def _call(api: Kube, method: str, path: str, body: Any, *, dry_run: bool) -> dict[str, Any]:
    query = [("dryRun", "All")] if dry_run else []
    strict = [] if method == "DELETE" else [("fieldValidation", "Strict")]
    answer: dict[str, Any] = api.client.call_api(
        path,
        method,
        query_params=[*query, *strict],
        header_params={"Content-Type": "application/json", "Accept": "application/json"},
        body=body,
        auth_settings=["BearerToken"],
        response_types_map={200: "object", 201: "object", 202: "object"},
        _return_http_data_only=True,
    )
    return answer
