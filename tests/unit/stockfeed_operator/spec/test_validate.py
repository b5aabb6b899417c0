"""Validation without a cluster; tests/integration/crd runs the same cases on the API server."""

import pytest

from stockfeed_operator.spec.validate import InvalidFeedError, check, parse
from support.crd.table import Case, merged, render_only_cases, rule_cases, schema_cases

RULE_CASES = rule_cases()
SCHEMA_CASES = [*schema_cases(), *render_only_cases()]
VALID = next(case.feed for case in SCHEMA_CASES if case.valid)


def problems(case: Case) -> list[str]:
    try:
        check(case.feed, case.old)
    except InvalidFeedError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("case", RULE_CASES, ids=lambda case: case.name)
def test_rules_have_the_same_messages_as_on_the_api_server(case: Case) -> None:
    assert problems(case) == list(case.errors)


@pytest.mark.parametrize("case", SCHEMA_CASES, ids=lambda case: case.name)
def test_schema_errors_name_the_same_fields_as_on_the_api_server(case: Case) -> None:
    assert {problem.partition(": ")[0] for problem in problems(case)} == set(case.fields)


@pytest.mark.parametrize(
    ("patch", "problem"),
    [
        ({"kafka": None}, "spec.kafka: is required"),
        (
            {"landing": {"bucketName": "x"}},
            "spec.landing.bucketName: unknown field; did you mean bucket?",
        ),
        (
            {"source": {"poll_interval": "6s"}},
            "spec.source.poll_interval: unknown field; did you mean pollInterval?",
        ),
        ({"x": 1}, "spec.x: unknown field"),
        (
            {"landing": {"layout": "perevent"}},
            "spec.landing.layout: 'perevent' is not one of Batched, PerEvent; did you mean "
            "PerEvent?",
        ),
        (
            {"symbolGroups": [{"name": "a", "symbols": [True]}]},
            "spec.symbolGroups[0].symbols[0]: is the boolean true, but must be a string: YAML "
            "reads unquoted words such as ON, NO, YES and TRUE as booleans; put it in quotes",
        ),
        (
            {"symbolGroups": [{"name": "a", "symbols": ["F", "F"]}]},
            "spec.symbolGroups[0].symbols[1]: F is listed more than once; keep one",
        ),
        (
            {"source": {"requestsPerMinute": 0}},
            "spec.source.requestsPerMinute: 0: input should be greater than or equal to 1",
        ),
        (
            {"source": {"exchangeTimezone": "Nowhere/Town"}},
            "spec.source.exchangeTimezone: 'Nowhere/Town': unknown time zone; write an IANA name "
            "such as America/New_York",
        ),
        (
            {"warehouse": {"resources": {"limits": {"cpu": 0.5}}}},
            "spec.warehouse.resources.limits.cpu: 0.5: write a quantity such as 2, 500m, 64Mi or "
            "1.5Gi; put decimal numbers in quotes",
        ),
    ],
)
def test_schema_errors_say_how_to_fix_them(patch: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidFeedError) as caught:
        check(merged(VALID, {"spec": patch}))
    assert problem in caught.value.problems


def test_reports_all_problems_at_once() -> None:
    feed = merged(VALID, {"spec": {"suspended": True, "kafka": None, "suspend": 1}})
    with pytest.raises(InvalidFeedError) as caught:
        check(feed)
    assert len(caught.value.problems) == 3


def test_parse_ignores_fields_of_a_newer_version() -> None:
    feed = merged(VALID, {"spec": {"novelty": 1}, "status": {"symbols": 4, "novelty": 2}})
    parsed = parse(feed)
    assert parsed.status is not None
    assert parsed.status.symbols == 4


def test_parse_rejects_a_stored_feed_that_violates_a_rule() -> None:
    feed = merged(VALID, {"spec": {"drainTimeout": "soon"}})
    with pytest.raises(InvalidFeedError, match=r"spec\.drainTimeout"):
        parse(feed)
