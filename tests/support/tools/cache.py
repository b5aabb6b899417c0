"""The user's cache of fetched and built tools, and the rule for tools that are unavailable.

The cache is `$XDG_CACHE_HOME/stockfeed`, outside the source tree, so that all clones share it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from stockfeed_local.stack.maven import cache_root, locked

CACHE: Final = cache_root(os.environ)


class ToolError(Exception):
    """Fetching or building a tool failed; the message includes the failed command's output."""


class ToolUnavailableError(ToolError):
    """This machine lacks what it takes to get the tool; the message names what to install."""


def cached(target: Path, make: Callable[[Path], None]) -> Path:
    """Returns `target`, calling `make` first if it does not exist yet.

    `make` writes to a temporary path, which is then renamed, so `target` is always complete. It
    runs in one process at a time: pytest's workers would all build the same tool otherwise.

    Args:
        target: the file or directory.
        make: creates the file or directory at the path that it is given.
    """
    if target.exists():
        return target
    with locked(target.with_name(f"{target.name}.lock")):
        work = target.with_name(f"{target.name}.partial")
        shutil.rmtree(work, ignore_errors=True)  # left by a killed process
        if not target.exists():
            work.mkdir()
            try:
                make(work / target.name)
                (work / target.name).rename(target)
            finally:
                shutil.rmtree(work)
    return target


@contextmanager
def required_for(checks: str) -> Iterator[None]:
    """Skips the calling test if a tool is unavailable, or fails it if the variable CI is set.

    Args:
        checks: what remains unchecked without the tool.
    """
    try:
        yield
    except ToolUnavailableError as error:
        reason = f"NOT CHECKED: {checks}: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
