"""Validation rules of the StockFeed resource, each as a CEL expression and as a Python check.

The API server enforces the CEL expression; `stockfeed-operator render` runs the Python check. A
rule is attached to the part of the model that it validates: a type, a field (inside `Annotated`) or
a class. Each rule has both forms because no CEL library for Python supports the API server's `sum`
and `sets`. The feeds in tests/support/crd/cases prove that both forms agree.
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
    """A validation rule for a value.

    Attributes:
        cel: CEL expression for the API server; `self` is the value.
        message: the problem, and how to fix it.
        holds: the same check in Python; takes the model's value.
        field_path: field to report, relative to the value, e.g. `.source.requestsPerMinute`; empty
            means the value itself.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]
    field_path: str = ""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds the rule to the schema of the annotated type or field."""
        return add_rule(handler(core), self)


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """A validation rule for a change of a value; it does not apply at creation.

    Attributes:
        cel: CEL expression for the API server; `self` is the new value, `oldSelf` the old one.
        message: the problem, and how to fix it.
        holds: the same check in Python; takes the new value, then the old one.
        field_path: as in `Rule`.
    """

    cel: str
    message: str
    holds: Callable[[Any, Any], bool]
    field_path: str = ""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds the rule to the schema of the annotated field."""
        return add_rule(handler(core), self)


def immutable(message: str) -> TransitionRule:
    """Returns a rule that forbids changes; the field must be required or have a default."""
    return TransitionRule("self == oldSelf", message, lambda new, old: bool(new == old))


def add_rule(schema: JsonSchemaValue, rule: Rule | TransitionRule) -> JsonSchemaValue:
    """Returns the schema with the rule appended."""
    entry = {"rule": rule.cel, "message": rule.message}
    if rule.field_path:
        entry["fieldPath"] = rule.field_path
    return {**schema, VALIDATIONS: [*schema.get(VALIDATIONS, ()), entry]}
