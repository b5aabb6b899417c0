"""Order of test files, and their distribution over pytest-xdist's workers.

A unit of work, usually one file, stays on one worker, which starts the services that it needs
once. The longest units start first, by the durations that `make test-durations` recorded: a long
unit that starts last keeps one worker busy while the others have nothing left to do.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

ROOT: Final = Path(__file__).parents[2]
DURATIONS: Final = ROOT / "tests" / "durations.json"

# Folders that are one unit, because their files share something that takes long to make.
_BUILDING: Final = (
    # On a new machine, their first test builds Go programs for minutes. They start first, and a
    # second worker would only wait for the same build.
    "tests/integration/crd/",
    "tests/integration/kind/",
)
_SHARING: Final = ("tests/integration/inspection/",)  # a feed that was loaded and built once


def unit_of(nodeid: str) -> str:
    """Returns the unit of work that a test or a file belongs to: a file or a folder."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in _BUILDING + _SHARING if file.startswith(folder)), file)


def ranks(units: Iterable[str], durations: Mapping[str, int]) -> dict[str, int]:
    """Returns each unit's position, the one to start first at 0.

    Integration tests without a recorded duration come first, for they may take long. Unit tests
    without one come last.

    Args:
        units: in any order, repeated or not.
        durations: seconds by file.
    """
    recorded: Counter[str] = Counter()
    for file, seconds in durations.items():
        recorded[unit_of(file)] += seconds

    def key(unit: str) -> tuple[bool, int, str]:
        may_take_long = unit in _BUILDING or (
            unit not in recorded and not unit.startswith("tests/unit/")
        )
        return not may_take_long, -recorded[unit], unit

    return {unit: position for position, unit in enumerate(sorted(set(units), key=key))}


def sort_items(items: list[pytest.Item]) -> None:
    """Sorts tests by the rank of their unit; within a unit they keep their order.

    Only unit and integration tests are moved: the suites on a cluster depend on their order.
    """
    suites = ("tests/unit/", "tests/integration/")
    units = [unit_of(item.nodeid) for item in items if item.nodeid.startswith(suites)]
    ranked = ranks(units, read_durations())
    items.sort(key=lambda item: ranked.get(unit_of(item.nodeid), -1))


def read_durations() -> dict[str, int]:
    """Returns the recorded seconds by file."""
    durations: dict[str, int] = json.loads(DURATIONS.read_text())
    return durations


class UnitScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each worker its next unit, in the order of collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # it would put files with many tests first

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


class DurationRecorder:
    """Records how long each file takes, for the files that a run includes."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds one phase of a test: setup, call or teardown."""
        self._seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Replaces the durations of the files that ran; those below one second are not kept."""
        known = {
            file: seconds for file, seconds in read_durations().items() if (ROOT / file).exists()
        }
        measured = {file: round(seconds) for file, seconds in self._seconds.items()}
        kept = {file: seconds for file, seconds in (known | measured).items() if seconds}
        longest_first = sorted(kept.items(), key=lambda pair: (-pair[1], pair[0]))
        DURATIONS.write_text(json.dumps(dict(longest_first), indent=2) + "\n")
