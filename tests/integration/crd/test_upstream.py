"""Sources of the real CRDs, and errors when they are unavailable."""

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


def test_argos_linter_and_crds_are_from_the_same_release() -> None:
    argolint = Path(__file__).parents[2] / "support" / "argolint"
    modules = (argolint / "go.mod").read_text()
    assert f"require {upstream.ARGO.version.replace('@', ' ')}\n" in modules
    assert upstream.ARGO.checksum in (argolint / "go.sum").read_text()


def test_rejects_a_module_with_another_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    other = GoFiles(upstream.ARGO.version, "h1:other=")
    monkeypatch.setitem(upstream._IN_MODULES, "Workflow", (other, "any"))
    with pytest.raises(ToolError, match=upstream.ARGO.checksum.replace("+", r"\+")):
        upstream.upstream_crd("Workflow")


def test_cached_strimzi_crds_need_no_maven(tmp_path: Path) -> None:
    made = upstream.upstream_crd("KafkaTopic").parent
    (tmp_path / made.name).symlink_to(made)
    assert strimzi_crd("KafkaTopic", tmp_path, {"PATH": ""}).read_text().startswith("apiVersion")


def test_without_maven_reports_the_reason_and_leaves_no_files(tmp_path: Path) -> None:
    reason = "cannot download Strimzi's CRD generator: no mvn in PATH"
    with pytest.raises(ToolUnavailableError, match=reason):
        strimzi_crd("KafkaTopic", tmp_path, {"PATH": ""})
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_missing_strimzi_crds_skip_locally_and_fail_in_ci(
    ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(kind: str) -> Path:
        raise ToolUnavailableError("no mvn")

    monkeypatch.setattr(upstream, "strimzi_crd", unavailable)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"NOT CHECKED: objects of KafkaTopic .* no mvn"):
        upstream.upstream_crd("KafkaTopic")
