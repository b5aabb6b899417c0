"""Checks a feed's rules in Python, and words a broken one as the API server does."""

import json
from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from stockfeed_operator.rules import Rule, TransitionRule
from stockfeed_operator.spec_types import Model


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
