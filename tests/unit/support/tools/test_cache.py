"""The cache of tools, and tools that this machine cannot get."""

from pathlib import Path

import pytest

from support.tools.cache import ToolError, ToolUnavailableError, cached, required_for


def test_makes_an_item_once(tmp_path: Path) -> None:
    calls: list[Path] = []

    def make(path: Path) -> None:
        calls.append(path)
        path.write_text("built")

    assert cached(tmp_path / "cache" / "tool", make).read_text() == "built"
    assert cached(tmp_path / "cache" / "tool", make).read_text() == "built"
    assert len(calls) == 1


def test_leaves_nothing_if_making_fails(tmp_path: Path) -> None:
    def make(path: Path) -> None:
        path.mkdir()
        raise ToolError("the compiler's message")

    with pytest.raises(ToolError, match="the compiler's message"):
        cached(tmp_path / "tool", make)
    assert [path.name for path in tmp_path.iterdir()] == ["tool.lock"]


def test_removes_what_a_killed_build_left(tmp_path: Path) -> None:
    (tmp_path / "tool.partial" / "tool").mkdir(parents=True)
    cached(tmp_path / "tool", Path.mkdir)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tool", "tool.lock"]


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_unavailable_tool_skips_a_test_but_fails_it_in_ci(
    ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="NOT CHECKED: the CRD: no go"), required_for("the CRD"):
        raise ToolUnavailableError("no go")


def test_failed_build_is_an_error_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    with pytest.raises(ToolError, match="does not compile"), required_for("the CRD"):
        raise ToolError("does not compile")
