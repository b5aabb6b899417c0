"""The CRD and the example feeds, validated by the API server's own code."""

import json
from pathlib import Path

import pytest

from stockfeed_operator.spec.crd import crd
from support.crd.table import Case, messages, rule_cases, schema_cases
from support.crd.tool import CrdCheck, Subject

# A cold build of the Go program takes minutes.
pytestmark = pytest.mark.timeout(1800)

_NEWER_THAN_1_30 = "isSemver(self) || true"
_EVERY_PAIR_OF_SYMBOLS = "self.all(g, self.all(h, g.symbols.all(s, h.symbols.all(t, s != t))))"

CASES = [*rule_cases(), *schema_cases()]


@pytest.fixture(scope="module")
def verdicts(crdcheck: CrdCheck, crd_file: Path) -> dict[str, list[str]]:
    """Validates all cases at once and returns the API server's errors by case name."""
    found = crdcheck.judge([crd_file], [Subject(case.feed, case.old) for case in CASES])
    return {case.name: errors for case, errors in zip(CASES, found.objects, strict=True)}


def test_api_server_accepts_the_crd_within_its_rule_cost_budget(
    crdcheck: CrdCheck, crd_file: Path
) -> None:
    assert crdcheck.judge([crd_file]).crds == {str(crd_file): []}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_api_server_reports_exactly_the_expected_errors(
    case: Case, verdicts: dict[str, list[str]]
) -> None:
    errors = verdicts[case.name]
    if case.fields:
        fields = {_field(error) for error in errors}
        assert fields == set(case.fields), errors
    else:
        assert errors == list(case.errors)


@pytest.mark.parametrize(
    ("field", "change", "problem"),
    [
        (
            "suspend",
            {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "type cannot be set to null",
        ),
        ("suspend", {"x-kubernetes-validations": [{"rule": "self =="}]}, "Syntax error"),
        ("drainTimeout", {"default": 5}, "must be of type string"),
        ("drainTimeout", {"x-kubernetes-validations": [{"rule": _NEWER_THAN_1_30}]}, "on 1.30"),
        (
            "symbolGroups",
            {"x-kubernetes-validations": [{"rule": _EVERY_PAIR_OF_SYMBOLS}]},
            "estimated rule cost exceeds budget",
        ),
    ],
)
def test_tool_rejects_a_crd_that_the_api_server_would_reject(
    crdcheck: CrdCheck, tmp_path: Path, field: str, change: dict[str, object], problem: str
) -> None:
    bad = crd()
    schema = bad["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    schema["properties"][field].update(change)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(bad))
    assert problem in "\n".join(crdcheck.judge([path]).crds[str(path)])


def test_every_rule_has_a_passing_and_a_failing_case() -> None:
    table = messages()
    assert _messages(crd()) == set(table)
    assert all(passing and failing for passing, failing in table.values())


def _messages(node: object) -> set[str]:
    """Returns the messages of all validation rules in a part of the CRD."""
    if isinstance(node, list):
        return {message for part in node for message in _messages(part)}
    if not isinstance(node, dict):
        return set()
    own = {rule["message"] for rule in node.get("x-kubernetes-validations", ())}
    return own | {message for part in node.values() for message in _messages(part)}


def _field(error: str) -> str:
    """Returns the path in an error of the API server."""
    if error.startswith("unknown field "):
        return error.removeprefix("unknown field ").strip('"')
    return error.partition(": ")[0]
