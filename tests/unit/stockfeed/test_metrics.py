import re

import pytest
from prometheus_client import CollectorRegistry

from stockfeed.metrics import ConsumerMetrics, LoaderMetrics, ProducerMetrics

ROLES = [ProducerMetrics, ConsumerMetrics, LoaderMetrics]


def families(*roles):
    registry = CollectorRegistry()
    for role in roles:
        role(registry)
    return list(registry.collect())


@pytest.mark.parametrize("role", ROLES)
def test_names_follow_prometheus_rules(role):
    for family in families(role):
        assert re.fullmatch(r"stockfeed_[a-z]+(_[a-z]+)*", family.name)
        assert not family.name.endswith(("_total", "_count", "_sum", "_milliseconds"))
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_roles_share_no_name():
    # One registry refuses a second metric of the same name.
    assert families(*ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_each_process_and_test_counts_for_itself(role):
    assert len(families(role)) == len(families(role))
