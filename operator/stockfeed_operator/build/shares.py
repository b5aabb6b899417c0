"""Each group's share of the API key's budget, as a file that its producer re-reads."""

from collections.abc import Mapping

from stockfeed_operator.build import metadata as meta
from stockfeed_operator.build import names
from stockfeed_operator.build.installation import Installation
from stockfeed_operator.kinds import CONFIG_MAP, Manifest
from stockfeed_operator.spec import StockFeed


def shares(
    feed: StockFeed, installation: Installation, per_minute: Mapping[str, float]
) -> Manifest:
    """The ConfigMap of shares.

    Args:
        feed: the feed.
        installation: the version.
        per_minute: requests per minute by group.
    """
    name = names.shares(feed.metadata.name)
    return {
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.kind,
        "metadata": meta.metadata(feed, installation, name, meta.PRODUCER),
        "data": {group: f"{share:.4f}" for group, share in sorted(per_minute.items())},
    }
