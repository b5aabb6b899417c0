"""Reading feeds from YAML: several documents, surprising scalars, and errors with positions."""

import pytest
import yaml

from stockfeed_operator.spec.validate import InvalidFeedError
from stockfeed_operator.spec.yaml import valid_feeds
from support.crd.table import schema_cases

FEED = yaml.safe_dump(next(case.feed for case in schema_cases() if case.valid))


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidFeedError) as caught:
        valid_feeds(text, "feed.yaml")
    return list(caught.value.problems)


def test_finds_feeds_among_other_kinds() -> None:
    text = f"kind: Secret\n---\n{FEED}---\n---\n{FEED.replace('us-equities', 'eu-equities')}"
    assert [feed.metadata.name for feed in valid_feeds(text, "feed.yaml")] == [
        "us-equities",
        "eu-equities",
    ]


def test_fills_in_defaults() -> None:
    (feed,) = valid_feeds(FEED, "feed.yaml")
    assert feed.spec.source.poll_interval == "6s"
    assert feed.spec.symbol_groups[0].consumer.resources.limits == {"memory": "512Mi"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1", "feed.yaml:1:6: expected ',' or ']', but got '<stream end>'"),
        (
            "a:\n  b: 1\n c: 2\n",
            "feed.yaml:3:2: expected <block end>, but found '<block mapping start>'",
        ),
        ("a:\n\t- b", "feed.yaml:2:1: found character '\\t' that cannot start any token"),
        ("a:\n  b: 1\n  b: 2\n", "feed.yaml:3:3: the key 'b' is duplicated; keep one"),
        ("a: *b", "feed.yaml:1:4: found undefined alias 'b'"),
        ("a: !!python/object:os.system x", "feed.yaml:1:4: could not determine a constructor"),
        ("kind: Pod", "feed.yaml: no document with `kind: StockFeed` found"),
        ("\x00", "feed.yaml: unacceptable character #x0000"),
    ],
)
def test_yaml_errors_have_line_and_column(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


def test_dates_remain_strings_as_in_kubectl() -> None:
    text = FEED.replace("name: us-equities", "name: us-equities\n  annotations: {day: 2024-01-02}")
    (feed,) = valid_feeds(text, "feed.yaml")
    assert feed.metadata.annotations == {"day": "2024-01-02"}


def test_reports_problems_of_all_feeds_by_name() -> None:
    bad = FEED.replace("bucket: source-transaction", "bucket: ab")
    found = problems(f"{bad}---\n{bad.replace('us-equities', 'eu-equities')}")
    assert [problem.partition(": ")[0] for problem in found] == [
        "StockFeed us-equities",
        "StockFeed eu-equities",
    ]
