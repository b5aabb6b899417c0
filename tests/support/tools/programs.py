"""The programs that tests call, each fetched or built on first use."""

import shutil
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kind import wheel_tools
from support.tools import debian
from support.tools.cache import CACHE, cached, required_for
from support.tools.go import GoTool

_ROOT: Final = Path(__file__).parents[3]
_SCRIPTS: Final = "the scripts of `make kind-…` and kind-config.yaml"

# The kind that `make kind-up` builds if the machine has none.
KIND: Final = GoTool("kind", _ROOT / "charts" / "kind" / "tools")
_SHFMT: Final = GoTool("shfmt", _ROOT / "tests" / "support" / "kind")


def helm() -> Path:
    """Returns helm's path."""
    return _from_wheel("helm")


def kubectl() -> Path:
    """Returns kubectl's path."""
    return _from_wheel("kubectl")


def kind() -> Path:
    """Returns kind's path."""
    with required_for(_SCRIPTS):
        return KIND.build() / "kind"


def shfmt() -> Path:
    """Returns the path of shfmt, whose `--to-json` prints the syntax tree of a script."""
    with required_for(_SCRIPTS):
        return _SHFMT.build() / "shfmt"


def prometheus() -> Path:
    """Returns the path of Prometheus: the machine's own, otherwise Debian's."""
    return _of_prometheus("prometheus")


def promtool() -> Path:
    """Returns the path of Prometheus' promtool: the machine's own, otherwise Debian's."""
    return _of_prometheus("promtool")


@cache
def _from_wheel(name: str) -> Path:
    target = CACHE / "wheel" / f"{name}-{version(wheel_tools.PACKAGE)}"
    return cached(target, lambda path: wheel_tools.unpack(name, path))


def _of_prometheus(name: str) -> Path:
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    with required_for("queries of dashboards and alerts, which Prometheus itself evaluates"):
        return debian.unpacked("prometheus") / "usr" / "bin" / name
