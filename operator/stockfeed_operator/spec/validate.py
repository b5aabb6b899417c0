"""Parses external data into a valid `StockFeed`, or raises an error that lists all problems.

`parse` reads resources from the API server. `check` reads files written by users and is stricter:
it also rejects unknown fields.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from stockfeed_operator.spec.crd import crd
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.fields import Model
from stockfeed_operator.spec.rules import Rule, TransitionRule
from stockfeed_operator.spec.validate_schema import mistyped, unknown_and_repeated


class InvalidFeedError(Exception):
    """The feed violates the resource's schema or its rules.

    Attributes:
        problems: one text for each problem, with the field's path, the reason and the remedy.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def parse(resource: Mapping[str, Any]) -> StockFeed:
    """Parses a feed stored by the API server.

    Unknown fields are ignored, because a newer CRD may have added them.

    Raises:
        InvalidFeedError: the feed violates the schema or a rule, e.g. because it was stored before
            the rule was added.
    """
    feed = _typed(resource)
    _refuse(broken_rules(feed))
    return feed


def check(resource: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> StockFeed:
    """Parses a feed written by a user, and fills in defaults.

    Args:
        resource: the StockFeed as read from YAML.
        old: the StockFeed to be replaced, for transition rules; None means creation.

    Raises:
        InvalidFeedError: the feed has unknown fields, or violates the schema or a rule.
    """
    unknown = list(unknown_and_repeated(_without_nulls(resource), schema()))
    try:
        feed = _typed(resource)
    except InvalidFeedError as error:
        raise InvalidFeedError((*unknown, *error.problems)) from error
    _refuse((*unknown, *broken_rules(feed, None if old is None else _typed(old))))
    return feed


@cache
def schema() -> dict[str, Any]:
    """Returns the CRD's OpenAPI schema."""
    found: dict[str, Any] = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def _typed(resource: Mapping[str, Any]) -> StockFeed:
    # Via JSON, because pydantic's strict mode accepts a list for a tuple only in JSON input.
    text = json.dumps(_without_nulls(resource))
    try:
        return StockFeed.model_validate_json(text, extra="ignore", by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidFeedError(mistyped(error)) from error


def _refuse(problems: Iterable[str]) -> None:
    found = tuple(problems)
    if found:
        raise InvalidFeedError(found)


def _without_nulls(value: Any) -> Any:
    """Removes null fields, which the API server drops or replaces by their default."""
    if isinstance(value, Mapping):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value


def broken_rules(feed: Model, old: Model | None = None) -> Iterator[str]:
    """Yields the API server's error message for each rule that the feed violates.

    Args:
        feed: the new feed.
        old: the previous feed; None at creation, when transition rules do not apply.
    """
    return _broken(feed, type(feed), old, "")


def _broken(value: Any, hint: Any, old: Any, path: str) -> Iterator[str]:
    base, rules = _unwrapped(hint)
    if value is None:
        return
    if isinstance(value, Model):
        rules += type(value).rules
    for rule in rules:
        if not _holds(rule, value, old):
            yield _text(rule, value, path)
    if isinstance(value, Model):
        yield from _broken_in_fields(value, old, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            # Items have no old value: the model has no transition rules inside lists.
            yield from _broken(item, get_args(base)[0], None, f"{path}[{index}]")


def _broken_in_fields(model: Model, old: Model | None, path: str) -> Iterator[str]:
    hints = _hints(type(model))
    for name, field in type(model).model_fields.items():
        before = None if old is None else getattr(old, name)
        here = f"{path}.{field.alias}".removeprefix(".")
        yield from _broken(getattr(model, name), hints[name], before, here)


@cache
def _hints(model: type[Model]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _unwrapped(hint: Any) -> tuple[Any, tuple[Rule | TransitionRule, ...]]:
    """Strips `Annotated` and `| None` from a type, and returns it with its rules."""
    if get_origin(hint) is Annotated:
        base, *metadata = get_args(hint)
        inner, rules = _unwrapped(base)
        own = tuple(part for part in metadata if isinstance(part, Rule | TransitionRule))
        return inner, (*rules, *own)
    if get_origin(hint) in (Union, UnionType):
        (alternative,) = (part for part in get_args(hint) if part is not NoneType)
        return _unwrapped(alternative)
    return hint, ()


def _holds(rule: Rule | TransitionRule, value: Any, old: Any) -> bool:
    if isinstance(rule, Rule):
        return rule.holds(value)
    return old is None or rule.holds(value, old)


def _text(rule: Rule | TransitionRule, value: Any, path: str) -> str:
    where = f"{path}{rule.field_path}".removeprefix(".")
    shown = f"{json.dumps(value)}: " if isinstance(value, str | int) else ""
    return f"{where}: Invalid value: {shown}{rule.message}"
