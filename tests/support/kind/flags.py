"""What a tool's own help says about its subcommands and flags, and command lines judged by it."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from support.kind.commands import Command

# "  -n, --namespace string   …" of helm, kind and docker, "    -n, --namespace='':" of kubectl.
_FLAG = re.compile(r"^ +(?:-(\w), )?--([\w-]+)(=.*:| \S+|)(?: {2,}.*)?$", re.MULTILINE)
_SECTION = re.compile(r"^(?:\S.*)?Commands.*:\n((?:  .*\n)+)", re.MULTILINE)
_SUBCOMMAND = re.compile(r"^  ([a-z][\w-]*)\*? ", re.MULTILINE)
_EXPANSION = "$"
# What follows their first operand is a command of its own.
_RUN_COMMANDS = {("docker", "exec"), ("podman", "exec")}


@dataclass(frozen=True)
class Help:
    """A command as its help tells it.

    Attributes:
        subcommands: names; empty where the command takes operands.
        flags: with their dashes, and whether a value follows.
    """

    subcommands: frozenset[str]
    flags: dict[str, bool]


class Judge:
    """Finds what is wrong with command lines.

    Args:
        binaries: path of each tool by its name.
    """

    def __init__(self, binaries: dict[str, str]) -> None:
        self._binaries = binaries
        self._helps: dict[tuple[str, ...], Help] = {}

    def knows(self, command: Command) -> bool:
        """Whether the command's tool is there to be asked; docker and podman may not be."""
        return command.tool in self._binaries

    def problems(self, command: Command) -> list[str]:
        """A sentence for each unknown subcommand or flag and each flag that lacks its value."""
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
    # kubectl tells of the flags of all its commands here only.
    everywhere = _output(binary, "options") if "kubectl options" in own else ""
    subcommands = _SUBCOMMAND.findall("".join(_SECTION.findall(own)))
    return Help(frozenset(subcommands), dict(_flags(own + everywhere)))


def _flags(text: str) -> Iterator[tuple[str, bool]]:
    for short, name, value in _FLAG.findall(text):
        # A value in brackets is optional, and then it never is a word of its own.
        optional = "[" in value and not value.startswith("=")
        takes_value = bool(value) and value not in ("=true:", "=false:") and not optional
        yield f"--{name}", takes_value
        if short:
            yield f"-{short}", takes_value


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
