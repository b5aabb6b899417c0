"""Checks a feed against the schema, and reports each problem with the path of the field."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails, ValidationError


def unknown_and_repeated(value: Any, schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yields unknown fields, and duplicates in lists whose items must be unique.

    The API server drops unknown fields with a warning. Here they are errors, because they are most
    likely misspelt.

    Args:
        value: the resource or a part of it, as read from YAML.
        schema: the CRD's schema for that part.
        path: the path of that part.
    """
    if isinstance(value, Mapping):
        yield from _in_object(value, schema, path)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from _repeated(value, schema, path)
        for index, item in enumerate(value):
            yield from unknown_and_repeated(item, schema.get("items", {}), f"{path}[{index}]")


def _in_object(value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    properties = schema.get("properties")
    for name, part in value.items():
        here = f"{path}.{name}".removeprefix(".")
        if properties is None or here == "metadata":
            continue  # free-form, or validated by the API server itself
        if name in properties:
            yield from unknown_and_repeated(part, properties[name], here)
        else:
            yield f"{here}: unknown field{_suggestion(str(name), list(properties))}"


def _repeated(items: Sequence[Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys is None and schema.get("x-kubernetes-list-type") != "set":
        return
    seen = set()
    for index, item in enumerate(items):
        name = item.get(keys[0]) if keys and isinstance(item, Mapping) else item
        if isinstance(name, Hashable) and name in seen:
            yield f"{path}[{index}]: {name} is listed more than once; keep one"
        elif isinstance(name, Hashable):
            seen.add(name)


def mistyped(error: ValidationError) -> Iterator[str]:
    """Yields pydantic's validation errors, with paths as the API server writes them."""
    details = error.errors()
    for detail in details:
        place = detail["loc"]
        # Pydantic reports a list with invalid items as too short as well; report the items only.
        if not any(other["loc"][: len(place)] == place != other["loc"] for other in details):
            yield _format_error(detail)


def _format_error(error: ErrorDetails) -> str:
    """Formats one validation error."""
    return f"{path_of(error['loc'])}: {_reason(error)}"


def path_of(location: Sequence[int | str]) -> str:
    """Formats a location as a path, e.g. `spec.symbolGroups[0].name`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _reason(error: ErrorDetails) -> str:
    given = error.get("input")
    match error["type"]:
        case "missing":
            return "is required"
        case "string_type" if isinstance(given, bool):
            return (
                f"is the boolean {str(given).lower()}, but must be a string: YAML reads unquoted "
                "words such as ON, NO, YES and TRUE as booleans; put it in quotes"
            )
        case "literal_error":
            choices = str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
            known = [choice.strip("' ") for choice in choices.split(",")]
            hint = _suggestion(str(given), known) if known else ""
            return f"{given!r} is not one of {', '.join(known)}{hint}"
        case "string_pattern_mismatch":
            return f"{given!r} must match {error.get('ctx', {}).get('pattern')}"
        case _:
            message = error["msg"][:1].lower() + error["msg"][1:]
            return message if isinstance(given, Mapping | list | None) else f"{given!r}: {message}"


def _suggestion(word: str, known: list[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower().replace("_", ""), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""
