"""The table of feeds that the API server's code, `render` and a cluster all judge alike.

Each file in `cases/rules` holds one rule's message, with feeds that pass and feeds that fail;
`cases/schema.yaml` holds feeds that the schema takes or refuses.
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
    """One feed, and what is to be said of it.

    Attributes:
        name: file and case.
        feed: the StockFeed.
        old: the StockFeed that it replaces, if the case is an update.
        errors: the API server's whole texts; empty for a valid feed.
        fields: paths to blame, where the API server and `render` have words of their own.
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
    """Of every rule, feeds that pass and feeds that fail."""
    return [case for file in sorted((_CASES / "rules").glob("*.yaml")) for case in _cases(file)]


def schema_cases() -> list[Case]:
    """Feeds that the schema takes or refuses."""
    return list(_cases(_CASES / "schema.yaml"))


def render_only_cases() -> list[Case]:
    """Feeds that only `render` and the operator refuse."""
    return list(_cases(_CASES / "render-only.yaml"))


def messages() -> dict[str, tuple[int, int]]:
    """Of every rule's message: how many feeds pass, and how many fail."""
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
    # PyYAML's parser in C: every worker of pytest reads the hundreds of cases.
    return yaml.load(file.read_text(), yaml.CSafeLoader)


def _feed(patch: dict[str, Any], group_sizes: list[int] | None) -> dict[str, Any]:
    feed: dict[str, Any] = merged(_read(_CASES / "base.yaml"), patch)
    if group_sizes is not None:
        feed["spec"]["symbolGroups"] = _groups(group_sizes)
        feed["spec"]["source"]["requestsPerMinute"] = 100_000
    return feed


def _groups(sizes: list[int]) -> list[dict[str, Any]]:
    """Groups of so many symbols each, with names and symbols as long as they may be."""
    return [
        {
            "name": f"{group:030d}",
            "symbols": [f"S{group:04d}.{symbol:010d}" for symbol in range(size)],
        }
        for group, size in enumerate(sizes)
    ]


def merged(target: Any, patch: Any) -> Any:
    """The target after a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
