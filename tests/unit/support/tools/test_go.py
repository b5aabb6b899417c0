"""Go tools: the cache key, which decides whether a tool is rebuilt, and missing Go."""

from dataclasses import replace
from pathlib import Path

import pytest

from support.cluster import gotools
from support.tools.cache import ToolUnavailableError
from support.tools.go import GoTool


@pytest.fixture
def tool(tmp_path: Path) -> GoTool:
    source = tmp_path / "source"
    source.mkdir()
    (source / "go.mod").write_text("module example.test/tool\n\nrequire example.test/lib v1.2.3\n")
    (source / "go.sum").write_text("")
    (source / "main.go").write_text("package main\n")
    return GoTool("tool", source, tmp_path / "cache", module="example.test/lib")


def test_cache_key_changes_with_the_module_and_the_tags_only(tool: GoTool) -> None:
    # Pinned: with another key every machine rebuilds the cluster's tools, for half an hour.
    assert tool.directory().name == "tool-cb9d5eaaa8bad14e"
    (tool.source / "README.md").write_text("no source\n")
    assert tool.directory().name == "tool-cb9d5eaaa8bad14e"
    assert replace(tool, tags="small").directory() != tool.directory()
    before = tool.directory()
    (tool.source / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert tool.directory() != before


def test_version_is_the_required_one(tool: GoTool) -> None:
    assert tool.version() == "v1.2.3"


@pytest.mark.parametrize("tool", [gotools.KUBERNETES, gotools.ARGO], ids=lambda tool: tool.name)
def test_stamped_tools_require_the_module_of_their_version(tool: GoTool) -> None:
    assert tool.version().startswith("v")


def test_without_go_the_error_names_what_to_install(
    tool: GoTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolUnavailableError, match=r"install Go 1\.26 or newer"):
        tool.build()


def test_removes_builds_of_older_modules_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = gotools.PROMETHEUS_OPERATOR.directory().name
    for name in (current, "prometheus-0123456789abcdef", "e2e-images-0123.tar", "cluster.lock"):
        (tmp_path / name).mkdir()
    tools = tuple(replace(tool, cache=tmp_path) for tool in gotools.ALL)
    monkeypatch.setattr(gotools, "CACHE", tmp_path)
    monkeypatch.setattr(gotools, "ALL", tools)
    gotools.remove_outdated()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {current, "e2e-images-0123.tar", "cluster.lock"}
