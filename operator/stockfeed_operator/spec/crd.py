"""The CustomResourceDefinition, generated from the model.

The API server takes structural schemas only: no `$ref`, no `anyOf` with null, no `const`. Pydantic
writes all three, so its schema is rewritten here; what an unset field means is `absent`, not null.
"""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from stockfeed_operator.spec.feed import GROUP, KIND, PLURAL, VERSION, StockFeed

_DROPPED: Final = ("title", "additionalProperties", "$defs")
_COLUMNS: Final = (
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', "Whether all is well"),
    ("Symbols", "integer", ".status.symbols", "Number of symbols"),
    ("Freshness", "date", ".status.lastLoad.newestQuoteAt", "Age of the newest quote loaded"),
    ("Last load", "date", ".status.lastLoad.finishedAt", "Time since the last load"),
    ("Age", "date", ".metadata.creationTimestamp", "Time since the feed was made"),
)


class _Generator(GenerateJsonSchema):
    """Writes a model's default as the part of it that its own fields do not default to."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return super().encode_default(dft)


def crd() -> dict[str, Any]:
    """The CRD as the API server takes it."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": _names(),
            "scope": "Namespaced",
            "versions": [_version()],
        },
    }


def _names() -> dict[str, Any]:
    return {
        "kind": KIND,
        "listKind": f"{KIND}List",
        "plural": PLURAL,
        "singular": KIND.lower(),
        "shortNames": ["sf"],
        "categories": ["all", "stockfeed"],
    }


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, "description": description}
            for name, kind, path, description in _COLUMNS
        ],
        "schema": {"openAPIV3Schema": _schema()},
    }


def _schema() -> JsonSchemaValue:
    raw = StockFeed.model_json_schema(schema_generator=_Generator)
    schema = structural(raw, raw["$defs"])
    # The API server checks these three itself; a rule may only point to a field that is declared.
    properties = schema["properties"]
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    properties["metadata"] = {"type": "object", "properties": {"name": {"type": "string"}}}
    return {**schema, "required": ["spec"]}


def structural(schema: JsonSchemaValue, definitions: dict[str, JsonSchemaValue]) -> JsonSchemaValue:
    """The schema in the form that the API server takes.

    Args:
        schema: a schema as pydantic writes it.
        definitions: what its `$ref`s refer to, by name.
    """
    flat = _merged(schema, definitions)
    result = {key: value for key, value in flat.items() if key not in _DROPPED}
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    if "properties" in result:
        result["properties"] = {
            name: structural(part, definitions) for name, part in result["properties"].items()
        }
    if "items" in result:
        result["items"] = structural(result["items"], definitions)
    if isinstance(flat.get("additionalProperties"), dict):
        result["additionalProperties"] = structural(flat["additionalProperties"], definitions)
    return _without_idle_default(result)


def _merged(schema: JsonSchemaValue, definitions: dict[str, JsonSchemaValue]) -> JsonSchemaValue:
    """The schema with its reference and its one alternative to null taken in, its const an enum."""
    result = dict(schema)
    if "$ref" in result:
        name = result.pop("$ref").rpartition("/")[2]
        return {**_merged(definitions[name], definitions), **result}
    if "anyOf" in result:
        (alternative,) = (part for part in result.pop("anyOf") if part != {"type": "null"})
        result.pop("default", None)
        return {**_merged(alternative, definitions), **result}
    if "const" in result:
        result["enum"] = [result.pop("const")]
    return result


def _without_idle_default(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema without an empty default that fills in nothing."""
    idle = schema.get("default") in ([], {}) and not _fills_in(schema)
    return {key: value for key, value in schema.items() if not (idle and key == "default")}


def _fills_in(schema: JsonSchemaValue) -> bool:
    properties = schema.get("properties", {}).values()
    return any("default" in part or _fills_in(part) for part in properties)
