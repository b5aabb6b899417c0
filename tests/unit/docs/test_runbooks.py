"""The runbooks: their structure, links and commands."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from stockfeed.cli import main as stockfeed
from stockfeed.settings import LoaderSettings
from stockfeed_operator.cli import main as operator
from support.tools.programs import kubectl

ROOT = Path(__file__).parents[3]
RUNBOOKS = ROOT / "docs" / "runbooks"
SCRIPT = RUNBOOKS / "by-hand.sh"
PAGES = sorted(RUNBOOKS.glob("*.md"))
FEEDS = sorted((ROOT / "charts" / "stockfeed-platform" / "examples").glob("feed-*.yaml"))
HEADINGS = [
    "What it means",
    "What users see",
    "How to diagnose",
    "How to fix it",
    "How to confirm recovery",
]
RESOURCES = {
    *("stockfeed", "stockfeeds", "workflow", "workflows", "cronworkflow", "pods", "secret"),
    *("secrets", "kafka", "kafkanodepools", "kafkatopics", "kafkausers", "leases", "podmonitors"),
}

page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def commands(text: str) -> list[list[str]]:
    """Returns the commands in a page's code blocks, split into words, without pipes."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line.partition(" | ")[0]) for line in lines]


def named(program: str) -> list[list[str]]:
    """Returns the arguments of all calls of a program; by-hand.sh counts as `stockfeed`."""
    found = []
    for each in PAGES:
        for words in commands(each.read_text()):
            if words[0] == program:
                found.append(words[1:])
            if words[0].endswith("by-hand.sh") and program == "stockfeed":
                found.append(words[3:])
    return found


@cache
def flags(*command: str) -> frozenset[str]:
    """Returns the flags in kubectl's help for a command."""
    done = subprocess.run(
        [kubectl(), *command, "--help"], capture_output=True, text=True, check=True
    )
    general = subprocess.run([kubectl(), "options"], capture_output=True, text=True, check=True)
    return frozenset(re.findall(r"--[a-z][a-z-]+", done.stdout + general.stdout))


@page
def test_every_page_has_the_same_sections(page: Path) -> None:
    if page.stem != "README":
        assert re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE) == HEADINGS


@page
def test_linked_files_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert (RUNBOOKS / target).exists(), target


def test_readme_lists_every_page() -> None:
    listed = set(re.findall(r"\]\((\w+\.md)\)", (RUNBOOKS / "README.md").read_text()))
    assert listed == {path.name for path in PAGES} - {"README.md"}


def test_stockfeed_accepts_its_commands() -> None:
    found = named("stockfeed")
    assert {words[0] for words in found} == {"verify", "loader"}
    for words in found:
        command = stockfeed.get_command(click.Context(stockfeed), words[0])
        assert command is not None
        command.make_context(words[0], list(words[1:]))


def test_kubectl_has_every_flag_and_every_resource_is_known() -> None:
    found = named("kubectl")
    assert len(found) > 50
    for words in found:
        verb = words[:2] if words[0] in ("auth", "rollout") else words[:1]
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= flags(*verb), words
        if words[0] in ("get", "describe") and not words[1].startswith("--raw"):
            assert set(words[1].split(",")) <= RESOURCES, words


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {name for each in PAGES for name in re.findall(r"`make ([a-z0-9-]+)", each.read_text())}
    assert asked
    assert asked <= targets


def test_shellcheck_accepts_the_script() -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([shellcheck, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def by_hand(tmp_path: Path) -> Callable[..., Any]:
    """Returns a function that runs by-hand.sh with a fake kubectl.

    The fake returns the given CronWorkflow, and prints the created object.
    """
    if shutil.which("jq") is None:
        if os.environ.get("CI"):
            pytest.fail("there is no jq: install it")
        pytest.skip("NOT CHECKED: docs/runbooks/by-hand.sh. There is no jq: install it")
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\n[ "$1" = get ] && cat {tmp_path}/cron.json || cat\n')
    kubectl.chmod(0o755)

    def run(cron: Any, *words: str) -> Any:
        (tmp_path / "cron.json").write_text(json.dumps(cron))
        done = subprocess.run(
            [SCRIPT, "stocks", "us", *words],
            env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_by_hand_runs_a_command_with_the_feeds_settings(
    path: Path, by_hand: Callable[..., Any]
) -> None:
    rendered = CliRunner().invoke(operator, ["render", "--file", str(path)])
    (cron,) = (
        part
        for part in yaml.safe_load_all(rendered.output)
        if part["kind"] == "CronWorkflow" and part["metadata"]["name"].endswith("-load")
    )
    words = ["loader", "--skip", "feed=us/x", "--reason", "COPY refuses it, ticket 4711"]
    made = by_hand(cron, *words)
    (template,) = made["spec"]["templates"]
    (container,) = template["containerSet"]["containers"]
    assert made["kind"] == "Workflow"
    assert "labels" not in made["metadata"]
    assert made["spec"]["synchronization"] == cron["spec"]["workflowSpec"]["synchronization"]
    assert container["name"] == "main"
    assert container["command"] == ["stockfeed", *words]
    assert "args" not in container
    env = {entry["name"] for entry in container["env"]}
    needed = {
        field.alias
        for field in LoaderSettings.model_fields.values()
        if field.is_required() and field.alias and field.alias.startswith("STOCKFEED_")
    }
    assert needed
    assert needed <= env
