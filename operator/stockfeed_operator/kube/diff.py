"""Comparison of a live object with its desired manifest."""

from typing import Any

from kubernetes.utils.quantity import parse_quantity

_QUANTITIES = frozenset({"requests", "limits"})


def contains(live: Any, wanted: Any) -> bool:
    """Reports whether every field of `wanted` has the same value in `live`.

    `live` may have additional map keys, e.g. defaults set by the API server, and additional items
    in lists whose items are named (containers, variables, mounts). All other lists must be equal
    item by item.
    """
    if isinstance(wanted, dict):
        # The API server omits empty strings, so a missing field matches "".
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
    """Compares two quantities by value: the API server stores `1000m` as `1`."""
    return bool(live == wanted or parse_quantity(live) == parse_quantity(wanted))


def _items(live: list[Any], wanted: list[Any]) -> bool:
    # E.g. a sidecar or a variable that an admission webhook added.
    if all(isinstance(item, dict) and "name" in item for item in (*live, *wanted)):
        by_name = {item["name"]: item for item in live}
        return all(
            item["name"] in by_name and contains(by_name[item["name"]], item) for item in wanted
        )
    return len(live) == len(wanted) and all(map(contains, live, wanted))
