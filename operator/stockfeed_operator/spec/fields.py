"""Base class of the StockFeed model, and field types that its parts share."""

import re
from typing import Annotated, Any, ClassVar, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.spec.rules import Rule, TransitionRule, add_rule

# At most six digits per unit, because the API server's durations overflow after 292 years.
DURATION_PATTERN: Final = "^([0-9]{1,6}(ms|s|m|h))+$"
RETENTION_PATTERN: Final = "^[1-9][0-9]{0,4}(m|h|d)$"
QUANTITY_PATTERN: Final = r"^[0-9]+(\.[0-9]+)?([KMGTPE]i|[numkMGTPE]|[eE][0-9]+)?$"
_SIZE_PATTERN: Final = "^[1-9][0-9]*(Ki|Mi|Gi|k|M|G)?$"
_GROUP_NAME_PATTERN: Final = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_SYMBOL_PATTERN: Final = "^[A-Z0-9][-A-Z0-9.:=^/]*$"


class Model(BaseModel):
    """Base class for all parts of the resource.

    Instances are frozen, fields are camelCase in JSON, and docstrings become CRD descriptions.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        # As in the API server: the text "3" is not accepted as a number, nor 1 as a boolean.
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        # The docstring below a field becomes its description in the CRD.
        use_attribute_docstrings=True,
    )

    rules: ClassVar[tuple[Rule | TransitionRule, ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Returns the schema with the rules of the class."""
        schema = handler(core)
        target = handler.resolve_ref_schema(schema)
        for rule in cls.rules:
            target.update(add_rule(target, rule))
        return schema


class ListSet:
    """Marks a list of unique items, which server-side apply may merge."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds `x-kubernetes-list-type`."""
        return {**handler(core), "x-kubernetes-list-type": "set"}


class ListMap(NamedTuple):
    """Marks a list of objects that are identified by the field `key`."""

    key: str

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Adds `x-kubernetes-list-type` and its keys."""
        keywords = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [self.key]}
        return {**handler(core), **keywords}


class IntOrString:
    """Marks a value that may be a number or a string, such as a quantity."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Replaces the schema by the API server's keyword, which excludes a `type`."""
        return {"x-kubernetes-int-or-string": True, "pattern": QUANTITY_PATTERN}


def is_duration(text: str) -> bool:
    """Returns whether the text is a duration greater than zero."""
    return re.fullmatch(DURATION_PATTERN, text) is not None and parse_duration(text) > 0


def is_retention(text: str) -> bool:
    """Returns whether the text is a retention such as `7d`."""
    return re.fullmatch(RETENTION_PATTERN, text) is not None


Duration = Annotated[
    str,
    Field(max_length=16),
    Rule(
        f"self.matches('{DURATION_PATTERN}') && duration(self) > duration('0s')",
        "write a duration greater than zero in hours, minutes, seconds or milliseconds, "
        "such as 500ms, 6s, 1m30s or 2h",
        is_duration,
    ),
]
"""A duration such as `1m30s`; `stockfeed.contract.durations.parse_duration` returns seconds."""

Retention = Annotated[
    str,
    Field(max_length=6),
    Rule(
        f"self.matches('{RETENTION_PATTERN}')",
        "write a whole number greater than zero followed by m, h or d, such as 30m, 36h or 7d",
        is_retention,
    ),
]
"""A retention such as `7d`; `parse_duration` accepts it as well."""

Size = Annotated[
    str,
    Field(max_length=12),
    Rule(
        f"self.matches('{_SIZE_PATTERN}')",
        "write a number of bytes greater than zero, such as 65536, 512Ki or 16Mi",
        lambda text: re.fullmatch(_SIZE_PATTERN, text) is not None,
    ),
]
"""A size such as `16Mi`; `stockfeed.contract.durations.parse_size` returns bytes."""

GroupName = Annotated[
    str,
    Field(min_length=1, max_length=30),
    Rule(
        f"self.matches('{_GROUP_NAME_PATTERN}')",
        "write a name of lower-case letters, digits and '-' that starts and ends with a letter or "
        "digit, such as megacaps",
        lambda text: re.fullmatch(_GROUP_NAME_PATTERN, text) is not None,
    ),
]
"""A group's name, which becomes part of topic names, Deployment names and object keys."""

Symbol = Annotated[
    str,
    Field(min_length=1, max_length=16),
    Rule(
        f"self.matches('{_SYMBOL_PATTERN}')",
        "write the provider's symbol in upper case, such as AAPL, BRK.B or BINANCE:BTCUSDT",
        lambda text: re.fullmatch(_SYMBOL_PATTERN, text) is not None,
    ),
]

SecretName = Annotated[
    str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
]
SecretKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
Url = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s/]+(/\S*)?$")]
SqlName = Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*$")]
LabelValue = Annotated[
    str, Field(max_length=63, pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")
]
StringMap = Annotated[dict[str, str], Field(max_length=64)]
LabelMap = Annotated[dict[str, LabelValue], Field(max_length=64)]


def _quantity(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(QUANTITY_PATTERN, value):
        return value
    raise PydanticCustomError(
        "quantity", "write a quantity such as 2, 500m, 64Mi or 1.5Gi; put decimal numbers in quotes"
    )


Quantity = Annotated[Any, AfterValidator(_quantity), IntOrString()]


class SecretRef(Model):
    """A Secret in the feed's namespace."""

    name: SecretName
    """Name of the Secret."""
