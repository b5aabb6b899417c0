"""A chart's values, addressed by path, at the granularity of its schema."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

# Maps with keys of the user's choice and Kubernetes' own structures count as one value each.
_WHOLE = "#/definitions/resources"


def load(path: Path) -> dict[str, Any]:
    """Returns the values in a file."""
    return dict(yaml.safe_load(path.read_text()))


def schema_paths(chart: Path) -> set[str]:
    """Returns the paths of the values in the chart's schema, such as `kafka.brokers.replicas`."""
    schema = json.loads((chart / "values.schema.json").read_text())
    schema["properties"].pop("global")  # helm's own
    return _of_schema(schema, schema["definitions"])


def _of_schema(schema: dict[str, Any], definitions: dict[str, Any], path: str = "") -> set[str]:
    if schema.get("$ref") == _WHOLE:
        return {path}
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "properties" not in schema:
        return {path}
    return {
        found
        for name, part in schema["properties"].items()
        for found in _of_schema(part, definitions, _joined(path, name))
    }


def paths(values: Any, known: set[str], path: str = "") -> set[str]:
    """Returns the paths of the given values.

    Args:
        values: the values at `path`.
        known: paths that are not descended into.
        path: the values' own path.
    """
    if not isinstance(values, Mapping) or path in known:
        return {path}
    return {
        found for name, part in values.items() for found in paths(part, known, _joined(path, name))
    }


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}".removeprefix(".")


def get(values: Any, path: str) -> Any:
    """Returns the value at the path."""
    for name in path.split("."):
        values = values[name]
    return values


def has(values: Any, path: str) -> bool:
    """Returns whether there is a value at the path."""
    try:
        get(values, path)
    except (KeyError, TypeError):
        return False
    return True


def replaced(values: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Returns a copy of the values with another value at the path."""
    copy = deepcopy(dict(values))
    parent, _, name = path.rpartition(".")
    target = get(copy, parent) if parent else copy
    target[name] = value
    return copy
