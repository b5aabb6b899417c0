"""Outside data becomes a valid `StockFeed` here, or an error that lists all that is wrong.

Both ways into the operator pass through: what the API server hands over (`parse`), and what a
person is about to hand to it (`check`), which is stricter.
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
    """A feed is not as the resource's schema and rules ask.

    Attributes:
        problems: what is wrong, one text each: the field's path, why, and what to do.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def parse(resource: Mapping[str, Any]) -> StockFeed:
    """The feed that the API server stored.

    Fields that this version does not know are passed over: a newer CRD may have them.

    Raises:
        InvalidFeedError: it breaks the schema or a rule, e.g. because it was stored before a rule
            was added.
    """
    feed = _typed(resource)
    _refuse(broken_rules(feed))
    return feed


def check(resource: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> StockFeed:
    """The feed that a person wrote; defaults are filled in.

    Args:
        resource: the StockFeed as read from YAML.
        old: the StockFeed that it is to replace, for rules on changes.

    Raises:
        InvalidFeedError: it has unknown fields, or breaks the schema or a rule.
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
    """The CRD's schema of the whole resource."""
    found: dict[str, Any] = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def _typed(resource: Mapping[str, Any]) -> StockFeed:
    # JSON, because strict types take a list for a tuple only from there.
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
    """The data without fields that are null, which the API server drops or sets to the default."""
    if isinstance(value, Mapping):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value


def broken_rules(feed: Model, old: Model | None = None) -> Iterator[str]:
    """What the API server would say of each rule that the feed breaks.

    Args:
        feed: the new feed.
        old: the feed as it was; None at creation, when no transition rule applies.
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
            # No list here holds a transition rule, so its items need no partner in the old list.
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
    """The type without `Annotated` and `| None`, and the rules it is annotated with."""
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
