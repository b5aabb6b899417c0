"""What a rule of the StockFeed resource is: its CEL text, and the same check in Python.

The API server enforces the CEL text; `stockfeed-operator render` runs the Python check. A rule is
defined once, where it sits in the model: on a type, on a field (inside `Annotated`), or on a class.
No CEL library for Python knows the API server's `sum` and `sets`, so each rule carries both forms,
and one table of feeds (tests/support/crd/cases) shows that they agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on one value.

    Attributes:
        cel: the API server's rule; `self` is the value.
        message: what is wrong and how to put it right.
        holds: the same check on the model's value.
        field_path: the field to blame, relative to the value, e.g. `.source.requestsPerMinute`;
            empty for the value itself.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]
    field_path: str = ""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds the rule to the schema of the type or field that is annotated with it."""
        return add_rule(handler(core), self)


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """A rule on a value and the value before; not checked at creation.

    Attributes:
        cel: the API server's rule; `self` is the value, `oldSelf` the one before.
        message: what is wrong and how to put it right.
        holds: the same check on the model's values, the new one first.
    """

    cel: str
    message: str
    holds: Callable[[Any, Any], bool]
    field_path: str = ""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds the rule to the schema of the field that is annotated with it."""
        return add_rule(handler(core), self)


def immutable(message: str) -> TransitionRule:
    """A rule that the value never changes; the field needs a default or must be required."""
    return TransitionRule("self == oldSelf", message, lambda new, old: bool(new == old))


def add_rule(schema: JsonSchemaValue, rule: Rule | TransitionRule) -> JsonSchemaValue:
    """The schema with the rule as its last."""
    entry = {"rule": rule.cel, "message": rule.message}
    if rule.field_path:
        entry["fieldPath"] = rule.field_path
    return {**schema, VALIDATIONS: [*schema.get(VALIDATIONS, ()), entry]}
