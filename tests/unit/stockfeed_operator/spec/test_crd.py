"""What the generated CRD says; tests/integration/crd shows that the API server takes it."""

from typing import Any, get_args

import exchange_calendars
import yaml
from click.testing import CliRunner

from stockfeed_operator.cli import main
from stockfeed_operator.spec.calendars import Calendar
from stockfeed_operator.spec.crd import crd

VERSION = crd()["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]


def field(path: str) -> dict[str, Any]:
    schema = SCHEMA
    for name in path.split("."):
        schema = schema["items"] if name == "[]" else schema["properties"][name]
    found: dict[str, Any] = schema
    return found


def fields(schema: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    found = {path: schema}
    for name, part in schema.get("properties", {}).items():
        found |= fields(part, f"{path}.{name}")
    if "items" in schema:
        found |= fields(schema["items"], f"{path}.[]")
    return found


def test_every_field_is_described() -> None:
    described = fields(field("spec"), "spec") | fields(field("status"), "status")
    assert [path for path, part in described.items() if "description" not in part] == [
        "spec.symbolGroups.[].symbols.[]"
    ]


def test_descriptions_are_one_paragraph() -> None:
    assert "\n" not in str(field("spec.kafka.cluster")["description"])


def test_required_is_only_what_has_no_default() -> None:
    assert field("spec")["required"] == ["source", "symbolGroups", "kafka", "landing", "warehouse"]
    assert field("spec.source")["required"] == ["apiKeySecretRef"]
    assert field("spec.warehouse")["required"] == ["database", "credentialsSecretRef"]


def test_an_object_defaults_to_its_fields_defaults() -> None:
    assert field("spec.landing.rotate")["default"] == {}
    assert field("spec.landing.rotate.records")["default"] == 10_000


def test_an_object_without_defaults_inside_stays_absent() -> None:
    assert "default" not in field("spec.pods")
    assert "default" not in field("spec.session.extendedHours")


def test_lists_can_be_merged_by_appliers() -> None:
    assert field("spec.symbolGroups")["x-kubernetes-list-map-keys"] == ["name"]
    assert field("spec.symbolGroups.[].symbols")["x-kubernetes-list-type"] == "set"
    assert field("status.conditions")["x-kubernetes-list-map-keys"] == ["type"]


def test_bounds_of_groups_and_symbols() -> None:
    assert field("spec.symbolGroups")["maxItems"] == 30
    assert field("spec.symbolGroups.[].symbols")["maxItems"] == 100
    assert field("spec.symbolGroups.[].symbols.[]")["maxLength"] == 16


def test_printed_columns_age_by_themselves() -> None:
    columns = {column["name"]: column for column in VERSION["additionalPrinterColumns"]}
    assert list(columns) == ["Ready", "Symbols", "Freshness", "Last load", "Age"]
    assert columns["Freshness"]["type"] == columns["Last load"]["type"] == "date"


def test_names() -> None:
    names = crd()["spec"]["names"]
    assert names["shortNames"] == ["sf"]
    assert VERSION["subresources"] == {"status": {}}


def test_every_calendar_is_known() -> None:
    known = exchange_calendars.get_calendar_names(include_aliases=False)
    assert set(get_args(Calendar)) <= set(known)


def test_command_prints_the_crd() -> None:
    printed = CliRunner().invoke(main, ["crd"])
    assert printed.exit_code == 0
    assert yaml.safe_load(printed.output) == crd()
    assert "&id" not in printed.output
