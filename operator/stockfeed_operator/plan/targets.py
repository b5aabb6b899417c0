"""Warehouse targets: only the oldest of the feeds that use a schema may write to it."""

from collections.abc import Iterable

from stockfeed_operator.spec.feed import StockFeed

Target = tuple[str, str, str]
"""Name of the credentials Secret, database, and schema."""


def targets_of(feed: StockFeed) -> frozenset[Target]:
    """Returns the schemas that the feed writes to: for raw data, and for dbt models if enabled."""
    warehouse = feed.spec.warehouse
    schemas = [warehouse.schema_name]
    if warehouse.dbt.enabled:
        schemas.append(warehouse.dbt.schema_name)
    account = warehouse.credentials_secret_ref.name
    # Snowflake converts unquoted identifiers to upper case.
    return frozenset((account, warehouse.database.upper(), name.upper()) for name in schemas)


def find_holder(feed: StockFeed, others: Iterable[StockFeed]) -> StockFeed | None:
    """Returns the older feed that holds one of the feed's targets; None if there is none.

    A feed that is itself blocked by an older feed holds no targets.

    Args:
        feed: the feed.
        others: the other feeds in its namespace.
    """
    held: dict[Target, StockFeed] = {}
    for candidate in sorted([feed, *others], key=_age):
        wanted = targets_of(candidate)
        taken = next((held[target] for target in sorted(wanted) if target in held), None)
        if candidate is feed:
            return taken
        if taken is None:
            held.update(dict.fromkeys(wanted, candidate))
    return None


def _age(feed: StockFeed) -> tuple[str, str]:
    # RFC 3339 times in UTC sort as text. They have whole seconds, so the name breaks ties.
    return feed.metadata.creation_timestamp or "", feed.metadata.name
