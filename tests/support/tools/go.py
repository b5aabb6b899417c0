"""Go modules as sources of tools: programs built from them, and files that they carry."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.tools.cache import CACHE, ToolError, ToolUnavailableError, cached


@dataclass(frozen=True)
class GoTool:
    """Programs built from one Go module.

    A module with Go files is one program. In a module without any, each `tool` directive of its
    go.mod names a program. Programs are linked statically, so they run in an image from scratch.

    Attributes:
        name: prefix of the build's directory in the cache.
        source: the module's directory.
        cache: where builds are kept.
        stamp: the Go variable that takes upstream's version; empty if there is none.
        module: the required module that supplies that version.
        lost_links: symbolic links to source files in `module`, by path; a module's archive
            cannot contain links.
        tags: build tags, separated by commas.
    """

    name: str
    source: Path
    cache: Path = CACHE / "go"
    stamp: str = ""
    module: str = ""
    lost_links: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""

    def directory(self) -> Path:
        """Returns the build's directory, whether or not it exists yet."""
        digest = hashlib.sha256()
        for path in sorted([*self.source.glob("*.go"), *self.source.glob("go.*")]):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        digest.update(self.tags.encode())
        return self.cache / f"{self.name}-{digest.hexdigest()[:16]}"

    def build(self) -> Path:
        """Returns the directory of the programs, built first if the module has changed.

        Raises:
            ToolUnavailableError: there is no Go.
            ToolError: the build fails.
        """
        return cached(self.directory(), self._make)

    def dependency(self, module: str) -> Path:
        """Returns the source directory of a module that this one requires."""
        return Path(json.loads(_go(self.source, "mod", "download", "-json", module))["Dir"])

    def version(self) -> str:
        """Returns the version of `module` that go.mod requires."""
        for line in (self.source / "go.mod").read_text().splitlines():
            words = line.removeprefix("require").split()
            if words[:1] == [self.module]:
                return words[1]
        raise ToolError(f"{self.source}/go.mod does not require {self.module}")

    def _make(self, target: Path) -> None:
        print(f"building {self.name} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        stamp = f" -X {self.stamp}={self.version()}" if self.stamp else ""
        options = ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w{stamp}", "-o", f"{target}/"]
        if self.tags:
            options.append(f"-tags={self.tags}")
        if self.lost_links:
            options.append(f"-modfile={self._with_links(target.parent)}")
        target.mkdir()
        _go(self.source, "build", *options, "." if [*self.source.glob("*.go")] else "tool")
        seconds = time.monotonic() - began
        print(f"built {self.name} in {seconds:.0f} s", file=sys.stderr, flush=True)

    def _with_links(self, work: Path) -> Path:
        """Returns a go.mod that replaces `module` with a copy that has its links restored."""
        copy, modfile = work / "module", work / "go.mod"
        shutil.copytree(self.dependency(self.module), copy)
        for link, target in self.lost_links.items():
            (copy / link).symlink_to(target)
        replace = f"\nreplace {self.module} => {copy}\n"
        modfile.write_text((self.source / "go.mod").read_text() + replace)
        shutil.copy(self.source / "go.sum", work / "go.sum")
        return modfile


@dataclass(frozen=True)
class GoFiles:
    """A Go module that carries files, such as CRDs or a chart.

    Attributes:
        version: path and version, as `go mod download` takes them.
        checksum: of the content, as in a go.sum.
    """

    version: str
    checksum: str

    def directory(self) -> Path:
        """Returns the module's directory in Go's own cache, downloaded first if needed.

        Raises:
            ToolUnavailableError: there is no Go.
            ToolError: the module cannot be downloaded, or its content is not the pinned one.
        """
        answer = json.loads(_go(Path(__file__).parent, "mod", "download", "-json", self.version))
        if answer["Sum"] != self.checksum:
            raise ToolError(f"{self.version} has the checksum {answer['Sum']}, not {self.checksum}")
        return Path(answer["Dir"])


def _go(directory: Path, *arguments: str) -> str:
    if shutil.which("go") is None:
        raise ToolUnavailableError("no `go` on the PATH: install Go 1.26 or newer")
    command = ["nice", "-n", "15", "go", *arguments]
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ToolError(f"{directory}: {' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout
