"""Which feed may write a warehouse target: the oldest of those that name it."""

from collections.abc import Iterable

from stockfeed_operator.spec.feed import StockFeed

Target = tuple[str, str, str]


def targets_of(feed: StockFeed) -> frozenset[Target]:
    """What the feed writes: its raw schema and its models' schema, by the Secret they are in."""
    warehouse = feed.spec.warehouse
    schemas = [warehouse.schema_name]
    if warehouse.dbt.enabled:
        schemas.append(warehouse.dbt.schema_name)
    account = warehouse.credentials_secret_ref.name
    # Snowflake folds names that are not quoted to upper case.
    return frozenset((account, warehouse.database.upper(), name.upper()) for name in schemas)


def find_holder(feed: StockFeed, others: Iterable[StockFeed]) -> StockFeed | None:
    """The older feed that has one of the feed's targets; None when the feed may write.

    A feed that is refused itself holds nothing.

    Args:
        feed: the feed.
        others: the other feeds of its namespace.
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
    return feed.metadata.creation_timestamp or "", feed.metadata.name
