"""Whether a live object has all that is wanted of it; what others add does not count."""

from typing import Any

from kubernetes.utils.quantity import parse_quantity

_QUANTITIES = frozenset({"requests", "limits"})


def contains(live: Any, wanted: Any) -> bool:
    """Whether every field that is wanted is there with the wanted value.

    Maps may have more keys. Lists of named parts (containers, variables, mounts) may have more of
    them; other lists must agree item by item.
    """
    if isinstance(wanted, dict):
        # An empty text is stored as none at all.
        return isinstance(live, dict) and all(
            _field(name, live[name], part) if name in live else part == ""
            for name, part in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(live, list) and _items(live, wanted)
    return bool(live == wanted)


def _field(name: str, live: Any, wanted: Any) -> bool:
    if name in _QUANTITIES and isinstance(wanted, dict) and isinstance(live, dict):
        return all(key in live and _same_quantity(live[key], wanted[key]) for key in wanted)
    return contains(live, wanted)


def _same_quantity(live: Any, wanted: Any) -> bool:
    """The API server writes `1000m` as `1`."""
    return bool(live == wanted or parse_quantity(live) == parse_quantity(wanted))


def _items(live: list[Any], wanted: list[Any]) -> bool:
    if all(isinstance(item, dict) and "name" in item for item in (*live, *wanted)):
        by_name = {item["name"]: item for item in live}
        return all(
            item["name"] in by_name and contains(by_name[item["name"]], item) for item in wanted
        )
    return len(live) == len(wanted) and all(map(contains, live, wanted))
