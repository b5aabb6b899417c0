"""Outside data becomes a valid `StockFeed` here, or an error that lists all that is wrong.

Both ways into the operator pass through: what the API server hands over (`parse`), and what a
person is about to hand to it (`check`), which is stricter.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from stockfeed_operator.crd import crd
from stockfeed_operator.spec import StockFeed
from stockfeed_operator.validate_rules import broken_rules
from stockfeed_operator.validate_schema import mistyped, unknown_and_repeated


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
