"""The tools' command lines in shell scripts, found in the scripts' syntax trees."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.tools.programs import shfmt

ENGINES: Final = ("docker", "podman")
TOOLS: Final = ("kind", "kubectl", "helm", *ENGINES)

# A shell function of the scripts that passes its arguments to a tool.
_WRAPPERS: Final = {"install": ("helm", "upgrade")}
# Builtins and functions that run the command given as arguments.
_RUNNERS: Final = ("command", "exec", "part", "wait_for")


@dataclass(frozen=True)
class Command:
    """A command line of one of the tools.

    Attributes:
        place: script and line.
        words: tool, subcommands, flags and operands; an expansion is written `$NAME`.
    """

    place: str
    words: tuple[str, ...]

    @property
    def tool(self) -> str:
        """Returns the tool's name."""
        return self.words[0]


def calls(script: Path) -> list[Command]:
    """Returns every simple command of the script, whatever it calls."""
    done = subprocess.run(
        [shfmt(), "--to-json"], input=script.read_bytes(), capture_output=True, check=False
    )
    assert done.returncode == 0, f"{script}: {done.stderr.decode()}"
    return [
        Command(f"{script.name}:{node['Args'][0]['Pos']['Line']}", words)
        for node in _nodes(json.loads(done.stdout))
        if node.get("Type") == "CallExpr" and (words := tuple(map(_text, node.get("Args") or ())))
    ]


def tool_commands(script: Path) -> list[Command]:
    """Returns the tools' command lines; a line that runs any engine yields one for each engine."""
    return [command for call in calls(script) for command in _tools_in(call)]


def _tools_in(call: Command) -> Iterator[Command]:
    first, *rest = call.words
    if first in _WRAPPERS:
        yield Command(call.place, (*_WRAPPERS[first], *rest))
    starts = range(len(call.words)) if first in _RUNNERS else [0]
    for start in starts:
        tool, *arguments = call.words[start:]
        for name in ENGINES if tool == "$ENGINE" else (tool,):
            if name in TOOLS:
                yield Command(call.place, (name, *arguments))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(child, dict | list):
            yield from _nodes(child)


def _text(part: dict[str, Any]) -> str:
    """Returns a word as written, without its quotes."""
    if "Parts" in part:
        return "".join(map(_text, part["Parts"]))
    if part["Type"] == "ParamExp":
        return f"${part['Param']['Value']}"
    return str(part.get("Value", "$()"))
