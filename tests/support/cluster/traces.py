"""Resources on the host that a cluster could leave behind, as sets to compare."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from support.cluster.layout import STATE

_DIRECTORIES = ("/etc", "/opt", "/run", "/run/netns", "/var/lib", "/var/log", str(STATE.parent))
_SYSCTLS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "net/ipv4/ip_forward",
    "net/netfilter/nf_conntrack_max",
)
_ENGINES = ("libpod", "buildah", "/containers/storage/")

Traces = dict[str, set[str]]


def traces() -> Traces:
    """Returns the present resources of each kind, except those of an engine that builds images."""
    return {
        "processes": _processes(),
        "interfaces": _lines("ip", "-oneline", "-brief", "link"),
        "routes": _lines("ip", "route"),
        "rules": {line for line in _lines("iptables-save") if line.startswith("-A")},
        "mounts": _without_engines(
            line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()
        ),
        "cgroups": _without_engines(map(str, Path("/sys/fs/cgroup").rglob("*/"))),
        "files": {str(path) for name in _DIRECTORIES for path in _entries(Path(name))},
        "sysctls": {f"{name}={(Path('/proc/sys') / name).read_text()}" for name in _SYSCTLS},
    }


def changes(before: Traces, after: Traces) -> Traces:
    """Returns the resources of each kind that appeared or disappeared; omits kinds without any."""
    found = {kind: before[kind] ^ after[kind] for kind in before}
    return {kind: entries for kind, entries in found.items() if entries}


def _processes() -> set[str]:
    """Returns the processes in other PID namespaces than this process's."""
    own = Path("/proc/self/ns/pid").readlink()
    found = set()
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            program = str((directory / "exe").readlink())
            foreign = (directory / "ns/pid").readlink() != own
            groups = (directory / "cgroup").read_text()
        except OSError:
            continue  # it has ended meanwhile, or is a kernel thread
        if foreign and _without_engines([groups]):
            found.add(f"{directory.name} {program}")
    return found


def _without_engines(paths: Iterable[str]) -> set[str]:
    return {path for path in paths if all(name not in path for name in _ENGINES)}


def _lines(*command: str) -> set[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def _entries(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.exists() else []
