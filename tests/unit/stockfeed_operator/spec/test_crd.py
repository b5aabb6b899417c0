"""The generated CRD; tests/integration/crd checks that the API server accepts it."""

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


def test_no_field_can_be_nested_without_limit() -> None:
    assert "x-kubernetes-preserve-unknown-fields" not in str(crd())


def test_descriptions_are_one_paragraph() -> None:
    assert "\n" not in str(field("spec.kafka.cluster")["description"])


def test_only_fields_without_default_are_required() -> None:
    assert field("spec")["required"] == ["source", "symbolGroups", "kafka", "landing", "warehouse"]
    assert field("spec.source")["required"] == ["apiKeySecretRef"]
    assert field("spec.warehouse")["required"] == ["database", "credentialsSecretRef"]


def test_objects_default_to_the_defaults_of_their_fields() -> None:
    assert field("spec.landing.rotate")["default"] == {}
    assert field("spec.landing.rotate.records")["default"] == 10_000


def test_objects_without_nested_defaults_have_no_default() -> None:
    assert "default" not in field("spec.pods")
    assert "default" not in field("spec.session.extendedHours")


def test_lists_declare_how_server_side_apply_merges_them() -> None:
    assert field("spec.symbolGroups")["x-kubernetes-list-map-keys"] == ["name"]
    assert field("spec.symbolGroups.[].symbols")["x-kubernetes-list-type"] == "set"
    assert field("status.conditions")["x-kubernetes-list-map-keys"] == ["type"]


def test_bounds_of_groups_and_symbols() -> None:
    assert field("spec.symbolGroups")["maxItems"] == 30
    assert field("spec.symbolGroups.[].symbols")["maxItems"] == 100
    assert field("spec.symbolGroups.[].symbols.[]")["maxLength"] == 16


def test_freshness_columns_are_dates_so_that_kubectl_shows_their_age() -> None:
    columns = {column["name"]: column for column in VERSION["additionalPrinterColumns"]}
    assert list(columns) == ["Ready", "Symbols", "Freshness", "Last load", "Age"]
    assert columns["Freshness"]["type"] == columns["Last load"]["type"] == "date"


def test_short_name_and_status_subresource() -> None:
    names = crd()["spec"]["names"]
    assert names["shortNames"] == ["sf"]
    assert VERSION["subresources"] == {"status": {}}


def test_exchange_calendars_supports_every_calendar() -> None:
    known = exchange_calendars.get_calendar_names(include_aliases=False)
    assert set(get_args(Calendar)) <= set(known)


def test_command_prints_the_crd() -> None:
    printed = CliRunner().invoke(main, ["crd"])
    assert printed.exit_code == 0
    assert yaml.safe_load(printed.output) == crd()
    assert "&id" not in printed.output
