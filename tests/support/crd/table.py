"""A table of StockFeeds that the API server's code, `render` and a real cluster must judge alike.

Each file in `cases/rules` is one validation rule: its message, feeds that pass and feeds that fail.
`cases/schema.yaml` lists feeds that the schema accepts or rejects.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """A StockFeed and the expected result of its validation.

    Attributes:
        name: file and case.
        feed: the StockFeed.
        old: the StockFeed that it replaces if the case is an update, otherwise None.
        errors: the API server's complete error messages; empty for a valid feed.
        fields: paths of the invalid fields, for cases where the API server and `render` word their
            messages differently.
    """

    name: str
    feed: dict[str, Any]
    old: dict[str, Any] | None
    errors: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return not (self.errors or self.fields)


def rule_cases() -> list[Case]:
    """Returns feeds that pass and feeds that fail, for every rule."""
    return [case for file in sorted((_CASES / "rules").glob("*.yaml")) for case in _cases(file)]


def schema_cases() -> list[Case]:
    """Returns feeds that the schema accepts or rejects."""
    return list(_cases(_CASES / "schema.yaml"))


def render_only_cases() -> list[Case]:
    """Returns feeds that only `render` and the operator reject."""
    return list(_cases(_CASES / "render-only.yaml"))


def messages() -> dict[str, tuple[int, int]]:
    """Returns the number of passing and failing feeds by each rule's message."""
    files = [_read(file) for file in (_CASES / "rules").glob("*.yaml")]
    return {file["message"]: (len(file["accepted"]), len(file["refused"])) for file in files}


def _cases(file: Path) -> Iterator[Case]:
    content = _read(file)
    for entry in (*content.get("accepted", ()), *content.get("refused", ())):
        yield Case(
            name=f"{file.stem}: {entry['name']}",
            feed=_feed(entry.get("feed", {}), entry.get("groupSizes")),
            old=_feed(entry["old"], None) if "old" in entry else None,
            errors=(f"{entry['at']}: {content['message']}",) if "at" in entry else (),
            fields=tuple(entry.get("fields", ())),
        )


def _read(file: Path) -> Any:
    # PyYAML's C parser, because each pytest worker reads several hundred cases.
    return yaml.load(file.read_text(), yaml.CSafeLoader)


def _feed(patch: dict[str, Any], group_sizes: list[int] | None) -> dict[str, Any]:
    feed: dict[str, Any] = merged(_read(_CASES / "base.yaml"), patch)
    if group_sizes is not None:
        feed["spec"]["symbolGroups"] = _groups(group_sizes)
        feed["spec"]["source"]["requestsPerMinute"] = 100_000
    return feed


def _groups(sizes: list[int]) -> list[dict[str, Any]]:
    """Returns groups of the given numbers of symbols, with names and symbols of maximum length."""
    return [
        {
            "name": f"{group:030d}",
            "symbols": [f"S{group:04d}.{symbol:010d}" for symbol in range(size)],
        }
        for group, size in enumerate(sizes)
    ]


def merged(target: Any, patch: Any) -> Any:
    """Returns the target with a JSON merge patch (RFC 7386) applied."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
