"""Every command line in the scripts uses subcommands and flags that the tool documents."""

import shutil
from pathlib import Path

import pytest

from support.kind.commands import ENGINES, Command, tool_commands
from support.kind.flags import Judge
from support.kind.world import SCRIPTS, World
from support.tools.programs import helm, kind, kubectl

FILES = sorted(SCRIPTS.glob("*.sh"))
WRONG = {
    "kubectl get pods --namespaces stocks": "kubectl get has no flag --namespaces",
    "kubectl gett pods": "kubectl has no subcommand gett",
    "kubectl get pods --namespace": "kubectl get --namespace lacks its value",
    "kubectl --contxt x get pods": "kubectl has no flag --contxt",
    "helm upgrade r c --instal": "helm upgrade has no flag --instal",
    "helm upgrade r c --atomic": "helm upgrade has no flag --atomic",
    "kind create cluster --wayt 2m": "kind create cluster has no flag --wayt",
    "kind load image-archiv x": "kind load has no subcommand image-archiv",
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    found = {"kind": kind(), "helm": helm(), "kubectl": kubectl()}
    engines = {name: path for name in ENGINES if (path := shutil.which(name))}
    return Judge({name: str(path) for name, path in (found | engines).items()})


@pytest.mark.parametrize("script", FILES, ids=lambda path: path.name)
def test_scripts_use_documented_flags_only(judge: Judge, script: Path) -> None:
    commands = [command for command in tool_commands(script) if judge.knows(command)]

    assert [problem for command in commands for problem in judge.problems(command)] == []


def test_finds_the_scripts_command_lines() -> None:
    found = {command.words[:3] for script in FILES for command in tool_commands(script)}

    assert ("kind", "create", "cluster") in found
    assert ("kubectl", "wait", "$2") in found, "handed to wait_for"
    assert ("helm", "list", "--all-namespaces") in found, "handed to part"
    assert ("docker", "save", "--output") in found, "called by $ENGINE"
    assert ("podman", "save", "--output") in found, "called by $ENGINE"
    assert any({"--repo", "--version"} <= set(c.words) for c in tool_commands(SCRIPTS / "up.sh"))


@pytest.mark.parametrize(("line", "problem"), WRONG.items())
def test_finds_undocumented_flags(judge: Judge, line: str, problem: str) -> None:
    assert judge.problems(Command("x.sh:1", tuple(line.split())))[0] == f"x.sh:1: {problem}"


def test_actual_calls_use_documented_flags_only(judge: Judge, world: World) -> None:
    world.make_ready()
    (world.home / "clusters").write_text("stockfeed\n")
    for script in (["up.sh"], ["status.sh"], ["logs.sh", str(world.home / "logs")], ["down.sh"]):
        assert world.run(*script).returncode == 0, world.last.stderr
    # Calls of images/build.sh are checked by building the images.
    calls = [call for call in world.calls() if call[:2] != ["docker", "build"]]
    commands = [Command("call", tuple(call)) for call in calls]

    assert {command.tool for command in commands} == {"docker", "kind", "helm", "kubectl"}
    assert [p for c in commands if judge.knows(c) for p in judge.problems(c)] == []
