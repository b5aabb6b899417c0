"""Retention of landed objects (`landing.retention`), enforced by the bucket's lifecycle rules.

S3 has one list of lifecycle rules per bucket, which can only be replaced as a whole:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html. Rules of
other feeds and other programs are written back unchanged. S3 cannot limit the permission to some of
the rules, so this module must not touch rules of a prefix that belongs to another owner: it takes a
`ClaimedFeed`, which only a feed with its owner marker has.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from stockfeed.contract.objects import events_prefix, feed_prefix, groups_prefix
from stockfeed.errors import StockfeedError, TransientError
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import Lifecycle, ObjectStore
from stockfeed.ownership import ClaimedFeed

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import LifecycleRuleOutputTypeDef

_log = structlog.get_logger(__name__)

_PERMISSIONS: Final = "s3:GetLifecycleConfiguration, s3:PutLifecycleConfiguration"

_MAX_WRITES = 5
# Longer than another writer needs between its read and its write.
_RECHECK_SECONDS = 1.0


def apply_retention(
    store: ObjectStore,
    claimed: ClaimedFeed,
    days: int | None,
    metrics: ConsumerMetrics,
    sleep: Callable[[float], object],
) -> None:
    """Sets the feed's lifecycle rules to its retention; failures are logged and counted only.

    Args:
        store: the bucket.
        claimed: the feed.
        days: days after which objects expire; None keeps them and removes the feed's rules.
        metrics: `retention_faults` is set to 1 on failure.
        sleep: waits for the given seconds; may return early.
    """
    feed = claimed.name
    try:
        found = store.lifecycle()
    except StockfeedError as error:
        # A feed without retention does not need the permission to read the rules.
        if days is None:
            _log.info("could not check for rules of an earlier retention", error=str(error))
        else:
            _report_failure(error, store.bucket, feed, metrics)
        return
    try:
        _write_until_stable(store, found, feed, days, sleep)
    except StockfeedError as error:
        _report_failure(error, store.bucket, feed, metrics)


def _write_until_stable(
    store: ObjectStore,
    found: Lifecycle,
    feed: str,
    days: int | None,
    sleep: Callable[[float], object],
) -> None:
    """Writes the rules until a read confirms that no concurrent writer overwrote them.

    S3 has no conditional put for lifecycle rules, so the last writer wins.

    Raises:
        TransientError: concurrent writers overwrote the rules every time.
    """
    writes = 0
    while (rules := merge_rules(found.rules, feed, days)) != found.rules:
        if writes == _MAX_WRITES:
            raise TransientError(
                f"another writer overwrote the lifecycle rules {writes} times in a row"
            )
        store.set_lifecycle(replace(found, rules=rules))
        writes += 1
        _log.info("set lifecycle rules", days=days, rules=len(rules))
        sleep(_RECHECK_SECONDS)
        found = store.lifecycle()


def merge_rules(
    rules: "Sequence[LifecycleRuleOutputTypeDef]", feed: str, days: int | None
) -> "list[LifecycleRuleOutputTypeDef]":
    """Returns the rules with the feed's own rules updated and all others unchanged.

    A rule belongs to the feed if both its id and its prefix match. Correct rules keep their place.

    Args:
        rules: the bucket's current rules.
        feed: the feed's name.
        days: age in days at which objects expire; None means never.
    """
    owned = _owned_prefixes(feed)
    earlier = {f"stockfeed-{feed}": feed_prefix(feed)}  # it included the owner marker
    missing = {} if days is None else dict(owned)
    merged = []
    for rule in rules:
        name = rule.get("ID", "")
        prefix = _prefix(rule)
        if earlier.get(name) == prefix:
            continue
        if owned.get(name) != prefix:
            merged.append(rule)
        elif name in missing and _expires(rule, days):
            merged.append(rule)
            del missing[name]
    if days is not None:
        merged += [_rule(name, prefix, days) for name, prefix in missing.items()]
    return merged


def _owned_prefixes(feed: str) -> dict[str, str]:
    """Returns the prefixes of the feed's rules by rule id."""
    # Feed names cannot contain underscores, so ids of different feeds cannot collide.
    return {
        f"stockfeed-{feed}": groups_prefix(feed),
        f"stockfeed-{feed}_events": events_prefix(feed),
    }


def _rule(name: str, prefix: str, days: int) -> "LifecycleRuleOutputTypeDef":
    return {
        "ID": name,
        "Filter": {"Prefix": prefix},
        "Status": "Enabled",
        "Expiration": {"Days": days},
    }


def _prefix(rule: "LifecycleRuleOutputTypeDef") -> str:
    """Returns a rule's prefix, which old rules have at the top level instead of in `Filter`."""
    return rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))


def _expires(rule: "LifecycleRuleOutputTypeDef", days: int | None) -> bool:
    return rule["Status"] == "Enabled" and rule.get("Expiration", {}).get("Days") == days


def _report_failure(
    error: StockfeedError, bucket: str, feed: str, metrics: ConsumerMetrics
) -> None:
    metrics.retention_faults.set(1)
    prefixes = " and ".join(_owned_prefixes(feed).values())
    _log.warning(
        "cannot apply landing.retention to the bucket's lifecycle rules; landing continues",
        bucket=bucket,
        error=str(error),
        permissions=_PERMISSIONS,
        remedy="if the store denied access, grant the consumers' credentials these permissions on "
        "the bucket and restart the consumers. If the store does not support lifecycle rules, "
        f"delete old objects below {prefixes} by other means",
    )
