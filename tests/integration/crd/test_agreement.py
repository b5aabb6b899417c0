"""The operator and the API server report the same errors for random feeds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stockfeed_operator.spec.validate import InvalidFeedError, check
from support.crd.table import merged, schema_cases
from support.crd.tool import CrdCheck, Subject

pytestmark = pytest.mark.timeout(1800)

BASE = next(case.feed for case in schema_cases() if case.valid)

durations = st.one_of(
    st.sampled_from(["0s", "6", "1d", "", "6s", "999999h999999h9s", "500ms", "0s0ms", "1h0m"]),
    st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from(["ms", "s", "m", "h"])),
        min_size=1,
        max_size=2,
    ).map(lambda parts: "".join(f"{number}{unit}" for number, unit in parts)),
)
retentions = st.one_of(
    st.sampled_from(["7x", "0d", "1d1h", "99999d"]),
    st.tuples(st.integers(0, 3000), st.sampled_from("mhd")).map(lambda part: f"{part[0]}{part[1]}"),
)
symbols = st.one_of(
    st.sampled_from(["F", "GM", "BRK.B", "f", "A B"]), st.text("AB.-:=^/", min_size=1, max_size=16)
)
groups = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.text("ab1-.A", min_size=1, max_size=30),
            "symbols": st.lists(symbols, min_size=1, max_size=6, unique=True),
        },
        optional={"pollInterval": durations},
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda group: str(group["name"]),
)
sizes = st.sampled_from(["0", "1Ki", "16MB", "9"])
kafkas = st.fixed_dictionaries(
    {},
    optional={
        "cluster": st.one_of(st.none(), st.just("stocks")),
        "bootstrapServers": st.just("a:9092"),
        "retention": retentions,
        "partitions": st.integers(1, 4),
        "replicas": st.integers(1, 3),
        "topicPrefix": st.sampled_from(["stock-quotes", "quotes"]),
    },
)
specs = st.fixed_dictionaries(
    {
        "source": st.fixed_dictionaries(
            {"requestsPerMinute": st.integers(1, 500)},
            optional={"pollInterval": durations, "timeout": durations},
        ),
        "kafka": kafkas,
    },
    optional={
        "drainTimeout": durations,
        "symbolGroups": groups,
        "landing": st.fixed_dictionaries(
            {
                "rotate": st.fixed_dictionaries(
                    {"bytes": st.sampled_from(["0", "1Ki", "16MB", "9"])}
                )
            },
            optional={"retention": retentions, "bucket": st.sampled_from(["one", "two"])},
        ),
    },
)
names = st.one_of(st.just("us-equities"), st.text("ab-.1", min_size=1, max_size=42))
patches = st.fixed_dictionaries({"spec": specs, "metadata": st.fixed_dictionaries({"name": names})})


def problems(feed: dict[str, Any], old: dict[str, Any] | None) -> set[str]:
    """Returns the errors that the operator reports; `old` is the feed before an update."""
    try:
        check(feed, old)
    except InvalidFeedError as error:
        return set(error.problems)
    return set()


# Many feeds per example, because each example starts a process. No shrinking, because the message
# shows the feed for which the results differ.
@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(pairs=st.lists(st.tuples(patches, st.none() | patches), min_size=10, max_size=30))
def test_operator_and_api_server_report_the_same_errors(
    pairs: list[tuple[dict[str, Any], dict[str, Any] | None]], crdcheck: CrdCheck, crd_file: Path
) -> None:
    subjects = [
        Subject(merged(BASE, new), None if old is None else merged(BASE, old)) for new, old in pairs
    ]
    reported = crdcheck.judge([crd_file], subjects).objects
    for subject, errors in zip(subjects, reported, strict=True):
        expected = problems(subject.feed, subject.old)
        assert set(errors) == expected, f"{subject}: {expected ^ set(errors)}"
