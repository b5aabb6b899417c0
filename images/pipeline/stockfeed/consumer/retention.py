"""`landing.retention`: the bucket itself removes a feed's old objects, by lifecycle rules.

A bucket has one list of rules, which is read and replaced as a whole. Other feeds and other
programs have rules in it too; they are written back as they were read.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from stockfeed.contract.objects import events_prefix, feed_prefix
from stockfeed.errors import StockfeedError, TransientError
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import Lifecycle, ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import LifecycleRuleOutputTypeDef

_log = structlog.get_logger(__name__)

_PERMISSIONS: Final = "s3:GetLifecycleConfiguration, s3:PutLifecycleConfiguration"

_MAX_WRITES = 5
# Longer than another writer takes from its read to its write.
_RECHECK_SECONDS = 1.0


def apply_retention(
    store: ObjectStore,
    feed: str,
    days: int | None,
    metrics: ConsumerMetrics,
    sleep: Callable[[float], object],
) -> None:
    """Makes the feed's rules in the bucket what its retention says; a refusal is logged only.

    Args:
        store: the bucket.
        feed: the feed's name.
        days: how long objects are kept; None: for good, so the feed's rules are removed.
        metrics: where a refusal is shown.
        sleep: waits so many seconds; may return early.
    """
    try:
        found = store.lifecycle()
    except StockfeedError as error:
        # Who never set a retention need not allow anyone to read the rules.
        if days is None:
            _log.info("did not look for rules of an earlier retention", error=str(error))
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
    """Writes until a read shows that no other writer undid it.

    Raises:
        TransientError: others undid it every time.
    """
    writes = 0
    while (rules := merge_rules(found.rules, feed, days)) != found.rules:
        if writes == _MAX_WRITES:
            raise TransientError(f"others overwrote the lifecycle rules {writes} times in a row")
        store.set_lifecycle(replace(found, rules=rules))
        writes += 1
        _log.info("set lifecycle rules", days=days, rules=len(rules))
        sleep(_RECHECK_SECONDS)
        found = store.lifecycle()


def merge_rules(
    rules: "Sequence[LifecycleRuleOutputTypeDef]", feed: str, days: int | None
) -> "list[LifecycleRuleOutputTypeDef]":
    """The rules with the feed's own as they should be, and all others as they are.

    A rule is the feed's own by id and prefix. One that is right already stays as it is.

    Args:
        rules: what the bucket has.
        feed: the feed's name.
        days: age in days at which objects expire; None: never.
    """
    owned = _owned_prefixes(feed)
    missing = {} if days is None else dict(owned)
    merged = []
    for rule in rules:
        name = rule.get("ID", "")
        if owned.get(name) != _prefix(rule):
            merged.append(rule)
        elif name in missing and _expires(rule, days):
            merged.append(rule)
            del missing[name]
    if days is not None:
        merged += [_rule(name, prefix, days) for name, prefix in missing.items()]
    return merged


def _owned_prefixes(feed: str) -> dict[str, str]:
    """Prefixes of the feed's rules by id."""
    # No name of a feed has an underscore, so no feed's id is another's.
    return {f"stockfeed-{feed}": feed_prefix(feed), f"stockfeed-{feed}_events": events_prefix(feed)}


def _rule(name: str, prefix: str, days: int) -> "LifecycleRuleOutputTypeDef":
    return {
        "ID": name,
        "Filter": {"Prefix": prefix},
        "Status": "Enabled",
        "Expiration": {"Days": days},
    }


def _prefix(rule: "LifecycleRuleOutputTypeDef") -> str:
    """What a rule applies to; older rules have it outside of the filter."""
    return rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))


def _expires(rule: "LifecycleRuleOutputTypeDef", days: int | None) -> bool:
    return rule["Status"] == "Enabled" and rule.get("Expiration", {}).get("Days") == days


def _report_failure(
    error: StockfeedError, bucket: str, feed: str, metrics: ConsumerMetrics
) -> None:
    metrics.retention_faults.set(1)
    below = " and ".join(_owned_prefixes(feed).values())
    _log.warning(
        "the bucket's lifecycle rules are not what landing.retention says; landing goes on",
        bucket=bucket,
        error=str(error),
        permissions=_PERMISSIONS,
        remedy="where the store denied it, give the consumers' credentials these permissions on "
        "the bucket; then restart the consumers. Where the store has no lifecycle rules, remove "
        f"old objects below {below} by its own means",
    )
