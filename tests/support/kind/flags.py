"""Checks command lines against the tools' own `--help` output."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from support.kind.commands import Command

# helm, kind and docker print "  -n, --namespace string   …", kubectl "    -n, --namespace='':".
_FLAG = re.compile(r"^ +(?:-(\w), )?--([\w-]+)(=.*:| \S+|)(?: {2,}.*)?$", re.MULTILINE)
_SECTION = re.compile(r"^(?:\S.*)?Commands.*:\n((?:  .*\n)+)", re.MULTILINE)
_SUBCOMMAND = re.compile(r"^  ([a-z][\w-]*)\*? ", re.MULTILINE)
_EXPANSION = "$"
# The words after their first operand are another command.
_RUN_COMMANDS = {("docker", "exec"), ("podman", "exec")}


@dataclass(frozen=True)
class Help:
    """A command as its help describes it.

    Attributes:
        subcommands: names; empty if the command takes operands.
        flags: names with their dashes, and whether a flag takes a value.
    """

    subcommands: frozenset[str]
    flags: dict[str, bool]


class Judge:
    """Finds unknown subcommands and flags in command lines.

    Args:
        binaries: path of each tool by its name.
    """

    def __init__(self, binaries: dict[str, str]) -> None:
        self._binaries = binaries
        self._helps: dict[tuple[str, ...], Help] = {}

    def knows(self, command: Command) -> bool:
        """Returns whether the command's tool is installed; docker and podman may not be."""
        return command.tool in self._binaries

    def problems(self, command: Command) -> list[str]:
        """Returns a sentence for each unknown subcommand, unknown flag and missing value."""
        return [f"{command.place}: {problem}" for problem in self._problems(list(command.words))]

    def _problems(self, words: list[str]) -> Iterator[str]:
        path: tuple[str, ...] = (words.pop(0),)
        while words and (word := words.pop(0)) != "--":
            known = self._help(path)
            if word.startswith("-") and word != "-":
                yield from self._flag(path, word, words)
            elif word in known.subcommands:
                path = (*path, word)
            elif known.subcommands and not word.startswith(_EXPANSION):
                yield f"{' '.join(path)} has no subcommand {word}"
                return
            elif path in _RUN_COMMANDS:
                return

    def _flag(self, path: tuple[str, ...], word: str, rest: list[str]) -> Iterator[str]:
        name, has_value, _ = word.partition("=")
        flags = self._help(path).flags
        if name not in flags:
            yield f"{' '.join(path)} has no flag {name}"
        elif flags[name] and not has_value:
            if not rest:
                yield f"{' '.join(path)} {name} lacks its value"
            del rest[:1]

    def _help(self, path: tuple[str, ...]) -> Help:
        if path not in self._helps:
            self._helps[path] = _read(self._binaries[path[0]], path[1:])
        return self._helps[path]


@cache
def _read(binary: str, path: tuple[str, ...]) -> Help:
    own = _output(binary, *path, "--help")
    # Only `kubectl options` lists the flags that all its commands share.
    everywhere = _output(binary, "options") if "kubectl options" in own else ""
    subcommands = _SUBCOMMAND.findall("".join(_SECTION.findall(own)))
    return Help(frozenset(subcommands), dict(_flags(own + everywhere)))


def _flags(text: str) -> Iterator[tuple[str, bool]]:
    for short, name, value in _FLAG.findall(text):
        # A value in brackets is optional, and an optional value is never a separate word.
        optional = "[" in value and not value.startswith("=")
        takes_value = bool(value) and value not in ("=true:", "=false:") and not optional
        yield f"--{name}", takes_value
        if short:
            yield f"-{short}", takes_value


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
