"""Downloads the CRDs of other projects, and reports why they are unavailable."""

from pathlib import Path

import pytest

from support.crd import upstream
from support.crd.strimzi_crds import KINDS, strimzi_crd
from support.crd.tool import CrdCheck
from support.tools.cache import ToolError, ToolUnavailableError
from support.tools.go import GoFiles

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("kind", KINDS)
def test_api_server_accepts_strimzis_crds(kind: str, crdcheck: CrdCheck) -> None:
    path = upstream.upstream_crd(kind)
    assert crdcheck.judge([path]).crds == {str(path): []}


def test_argo_linter_and_argo_crds_have_the_same_version() -> None:
    argolint = Path(__file__).parents[2] / "support" / "argolint"
    modules = (argolint / "go.mod").read_text()
    assert f"require {upstream.ARGO.version.replace('@', ' ')}\n" in modules
    assert upstream.ARGO.checksum in (argolint / "go.sum").read_text()


def test_rejects_a_module_whose_checksum_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    other = GoFiles(upstream.ARGO.version, "h1:other=")
    monkeypatch.setitem(upstream._IN_MODULES, "Workflow", (other, "any"))
    with pytest.raises(ToolError, match=upstream.ARGO.checksum.replace("+", r"\+")):
        upstream.upstream_crd("Workflow")


def test_uses_cached_strimzi_crds_without_maven(tmp_path: Path) -> None:
    cached = upstream.upstream_crd("KafkaTopic").parent
    (tmp_path / cached.name).symlink_to(cached)
    assert strimzi_crd("KafkaTopic", tmp_path, {"PATH": ""}).read_text().startswith("apiVersion")


def test_missing_maven_is_reported_and_leaves_no_files(tmp_path: Path) -> None:
    reason = "cannot download Strimzi's CRD generator: no mvn in PATH"
    with pytest.raises(ToolUnavailableError, match=reason):
        strimzi_crd("KafkaTopic", tmp_path, {"PATH": ""})
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_missing_strimzi_crds_skip_the_test_locally_and_fail_it_in_ci(
    ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(kind: str) -> Path:
        raise ToolUnavailableError("no mvn")

    monkeypatch.setattr(upstream, "strimzi_crd", unavailable)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"NOT CHECKED: objects of KafkaTopic .* no mvn"):
        upstream.upstream_crd("KafkaTopic")
